"""Child processes: started in a session of their own, found again, ended for sure.

Knows nothing about what they do. Restarting them is services/worker/supervise.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO

import psutil

logger = logging.getLogger(__name__)

MARK = "MAILADMIN_CHILD"  # in the environment of a child and of all that it starts
PR_SET_PDEATHSIG = 1  # prctl(2)
GONE_WITHIN = 3.0  # seconds that the system needs at most to end a killed process
CLOCK_SLACK = 2.0  # seconds that the start time of a process may seem to move


class AlreadyRunning(Exception):
    """Another process holds the lock of this data folder; `pid` is 0 if unknown."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        super().__init__(f"held by process {pid}")


def lock(path: Path) -> IO[str]:
    """Hold `path` until this process ends, however it ends. Raises AlreadyRunning."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.seek(0)
        text = handle.read().strip()
        handle.close()
        raise AlreadyRunning(int(text) if text.isdigit() else 0) from error
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def start(
    argv: list[str],
    *,
    mark: str,
    pid_file: Path,
    log: Path | None,
    environ: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child as leader of a new session; it gets SIGTERM when we die.

    mark: names it and all its descendants. log: file that its output is appended to;
    None passes the output through. Raises OSError when nothing was started.
    """
    output = log.open("ab") if log is not None else None
    try:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            env={**os.environ, **(environ or {}), MARK: mark},
            start_new_session=True,
            preexec_fn=_die_with_parent(),  # noqa: PLW1509  we have no threads
        )
    finally:
        if output is not None:
            output.close()
    record = {"pid": child.pid, "started": time.time()}
    try:
        pid_file.parent.mkdir(parents=True, exist_ok=True)
        pid_file.write_text(json.dumps(record), encoding="ascii")
    except OSError as error:
        # It runs all the same; only a successor of ours would not find it again.
        logger.error("%s cannot be written: %s", pid_file, error)
    return child


def _die_with_parent() -> Callable[[], None] | None:
    """For the child between fork and exec: SIGTERM when the parent dies (Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # loaded here: nothing is imported after the fork
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask


def members(group: int, mark: str, since: float = 0.0) -> list[psutil.Process]:
    """Living processes of a process group that carry our mark, started after `since`.

    The mark keeps us from ending a stranger that got the number of a dead child.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if (
                os.getpgid(process.pid) == group
                and process.status() != psutil.STATUS_ZOMBIE
                and process.create_time() >= since - CLOCK_SLACK
                and process.environ().get(MARK) == mark
            ):
                found.append(process)
    return found


def kill(processes: Iterable[psutil.Process]) -> list[int]:
    """SIGKILL, and wait until they are gone; returns the ids of those still there."""
    killed = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            killed.append(process)
    psutil.wait_procs(killed, timeout=GONE_WITHIN)
    return [process.pid for process in killed]


def end_leftover(pid_file: Path, mark: str, grace: float) -> list[int]:
    """End what a killed predecessor left behind: SIGTERM to the main process, SIGKILL.

    grace: seconds between the two. Returns the ids of the processes that were found.
    """
    try:
        record = json.loads(pid_file.read_text(encoding="ascii"))
        pid, since = int(record["pid"]), float(record["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return []
    found = members(pid, mark, since)
    for process in found:
        if process.pid == pid:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
    until = time.monotonic() + grace
    left = found
    while left and time.monotonic() < until:
        time.sleep(0.1)
        left = members(pid, mark, since)
    kill(left)
    pid_file.unlink(missing_ok=True)
    return [process.pid for process in found]

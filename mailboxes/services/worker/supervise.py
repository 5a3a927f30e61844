"""Keeps child processes running: starts, restarts with a back-off, stops in order.

Used by `manage.py serve` (web, worker, sandbox) and `manage.py worker` (the cluster).
One thread, no threads in the caller: the children are forked. How a process is started
and found again: services/worker/processes.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import processes

logger = logging.getLogger(__name__)

LOG_LIMIT = 10_000_000  # bytes of one log file; one older file is kept
LOG_CHECK_EVERY = 60.0  # seconds
BACKOFF_FIRST = 0.5  # seconds before the first restart, doubled with each
BACKOFF_LAST = 15.0
STEADY_AFTER = 10.0  # seconds of life after which the back-off starts anew
LEFTOVER_GRACE = 6.0  # seconds for what a killed predecessor left behind


@dataclass(frozen=True)
class Child:
    """What to run. grace: seconds between SIGTERM and SIGKILL.

    again: arguments added from the second start on. log: file name in DATA/log;
    None passes its output through.
    """

    name: str
    argv: tuple[str, ...]
    grace: float = 5.0
    again: tuple[str, ...] = ()
    log: bool = True
    environ: dict[str, str] = field(default_factory=dict)


@dataclass
class _State:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0  # monotonic
    restart_at: float = 0.0
    backoff: float = BACKOFF_FIRST
    starts: int = 0


class Supervisor:
    """Children of one supervisor in one data folder.

    `name` is unique in the data folder; a lock keeps a second one out and is held until
    this process ends. Raises AlreadyRunning.
    """

    def __init__(self, name: str, data: Path) -> None:
        self.name = name
        self._run = data / "run"
        self._logs = data / "log"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._lock = processes.lock(self._run / f"{name}.lock")
        self._mark = f"{data}:{name}"
        self._states: dict[str, _State] = {}
        self._logs_checked = time.monotonic()
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        self.stopping = False

    # signals

    def watch_signals(self) -> None:
        """SIGTERM and SIGINT ask to stop; SIGCHLD ends a wait early."""
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _ask_to_stop(self, *_: object) -> None:
        self.stopping = True

    def wait(self, seconds: float) -> None:
        """Sleep, but wake up when a signal arrives."""
        ready, _, _ = select.select([self._wake], [], [], max(0.0, seconds))
        if ready:
            os.read(self._wake, 4096)

    # children

    def end_leftovers(self) -> list[int]:
        """End the children of a killed predecessor. Returns their process ids."""
        found: list[int] = []
        for pid_file in sorted(self._run.glob(f"{self.name}.*.pid")):
            found += processes.end_leftover(pid_file, self._mark, LEFTOVER_GRACE)
        if found:
            logger.warning("ended %d processes of a killed predecessor", len(found))
        return found

    def add(self, child: Child) -> None:
        """Start a child and keep it running from now on."""
        self._states[child.name] = _State(child)
        self._start(self._states[child.name])

    def poll(self) -> list[str]:
        """Restart what has ended and is due. Returns the names that were restarted."""
        restarted: list[str] = []
        for state in self._states.values():
            if state.process is not None and state.process.poll() is not None:
                self._ended(state)
            if (
                state.process is None
                and not self.stopping
                and time.monotonic() >= state.restart_at
            ):
                self._start(state)
                if state.process is not None:
                    restarted.append(state.child.name)
        self._limit_logs()
        return restarted

    def running(self, name: str) -> bool:
        """The child lives (it may still be starting)."""
        process = self._states[name].process
        return process is not None and process.poll() is None

    def pid(self, name: str) -> int | None:
        """Process id of the child, None while it does not run."""
        process = self._states[name].process
        return process.pid if process is not None else None

    def starts(self, name: str) -> int:
        """How often the child was started."""
        return self._states[name].starts

    def members(self, name: str) -> list[int]:
        """Process ids of the child and of its descendants in its group."""
        process = self._states[name].process
        if process is None:
            return []
        return [p.pid for p in processes.members(process.pid, self._mark)]

    def kill(self, name: str) -> list[int]:
        """SIGKILL to a child's group; `poll` restarts it at once. Returns the ids."""
        state = self._states[name]
        if state.process is None:
            return []
        group = [p.pid for p in processes.members(state.process.pid, self._mark)]
        self._end_group(state)
        state.restart_at = time.monotonic()
        return group

    def stop(self, enough: Callable[[float], bool] | None = None) -> None:
        """SIGTERM to every child's main process, SIGKILL to its group after its grace.

        Only the main process gets SIGTERM: django-q2 hangs when its whole group does.
        enough: asked while we wait, with the seconds so far; True ends the grace.
        """
        self.stopping = True
        begun = time.monotonic()
        for state in self._states.values():
            if state.process is not None and state.process.poll() is None:
                state.process.terminate()
        while True:
            late = False
            waited = time.monotonic() - begun
            no_more = enough is not None and enough(waited)
            for state in self._states.values():
                if state.process is None:
                    continue
                over = no_more or waited > state.child.grace
                if state.process.poll() is None and not over:
                    late = True
                    continue
                if over:
                    logger.warning("%s did not stop, killed", state.child.name)
                self._end_group(state)
            if not late:
                return
            self.wait(0.1)

    # inside

    def _start(self, state: _State) -> None:
        """Start it, or try again later: a full disk must not end the supervisor."""
        child = state.child
        argv = [*child.argv, *(child.again if state.starts else ())]
        try:
            state.process = processes.start(
                argv,
                mark=self._mark,
                pid_file=self._run / f"{self.name}.{child.name}.pid",
                log=self._logs / f"{child.name}.log" if child.log else None,
                environ=child.environ,
            )
        except OSError as error:
            state.restart_at = time.monotonic() + state.backoff
            logger.error(
                "%s cannot be started (%s), tried again in %.1f s",
                child.name,
                error,
                state.backoff,
            )
            state.backoff = min(BACKOFF_LAST, state.backoff * 2)
            return
        state.started = time.monotonic()
        state.starts += 1
        logger.debug("%s started as process %d", child.name, state.process.pid)

    def _ended(self, state: _State) -> None:
        assert state.process is not None  # callers look
        code = state.process.returncode
        lived = time.monotonic() - state.started
        if lived >= STEADY_AFTER:
            state.backoff = BACKOFF_FIRST
        self._end_group(state)
        state.restart_at = time.monotonic() + state.backoff
        if not self.stopping:
            how = f"signal {-code}" if code < 0 else f"status {code}"
            logger.warning(
                "%s ended with %s after %.0f s, restarts in %.1f s",
                state.child.name,
                how,
                lived,
                state.backoff,
            )
        state.backoff = min(BACKOFF_LAST, state.backoff * 2)

    def _end_group(self, state: _State) -> None:
        """Nothing of the child may be left: its main process has ended or hangs."""
        assert state.process is not None  # callers look
        state.process.kill()
        state.process.wait()
        processes.kill(processes.members(state.process.pid, self._mark))
        state.process = None
        with contextlib.suppress(OSError):  # it names nobody who lives any more
            (self._run / f"{self.name}.{state.child.name}.pid").unlink(missing_ok=True)

    def _limit_logs(self) -> None:
        if time.monotonic() - self._logs_checked < LOG_CHECK_EVERY:
            return
        self._logs_checked = time.monotonic()
        for name, state in self._states.items():
            path = self._logs / f"{name}.log"
            if state.child.log and path.exists() and path.stat().st_size > LOG_LIMIT:
                # The child keeps the file open for appending: empty it in place, also
                # where there is no room for a copy.
                try:
                    shutil.copyfile(path, path.with_suffix(".log.1"))
                except OSError as error:
                    logger.error("%s cannot be kept: %s", path.name, error)
                os.truncate(path, 0)

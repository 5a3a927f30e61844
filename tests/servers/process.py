"""Private server processes: a folder, free ports, a start that waits, a sure stop."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

START_SECONDS = 20.0
# Where scripts/test-servers puts what must not be installed beside another server.
UNPACKED = Path("/opt/mailadmin-tests")


class ServerMissing(Exception):
    """The server cannot be used here; the text says why."""


def need(*commands: str) -> None:
    """Raises ServerMissing unless all commands are installed and we are root.

    Root, because Dovecot and Postfix change to users of their own.
    """
    for command in commands:
        if shutil.which(command, path=search_path()) is None:
            raise ServerMissing(f"{command} is not installed (scripts/test-servers)")
    if os.geteuid() != 0:
        raise ServerMissing(f"{commands[0]} is started by root only")


def search_path() -> str:
    """PATH with the folders of servers, which ordinary users often lack."""
    return os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"


def folder(name: str) -> Path:
    """A new folder that other users may enter; short, for the sake of sockets."""
    made = Path(tempfile.mkdtemp(prefix=f"ma-{name}-", dir="/tmp"))
    made.chmod(0o755)
    return made


def free_port() -> int:
    """A port on loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Waits until `condition` holds. Raises TimeoutError with `what`."""
    deadline = time.monotonic() + START_SECONDS
    pause = 0.01
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def answers(port: int) -> bool:
    """Whether something accepts connections on the port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def output(*command: str) -> str:
    """What a command prints."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return (done.stdout or done.stderr).strip()


def package_version(name: str) -> str:
    """Version of a Debian package, for servers that do not tell their own."""
    found = output("dpkg-query", "-W", "-f", "${Version}", name)
    return found.partition("-")[0].rpartition(":")[2]


class Foreground:
    """A server that stays in the foreground, in a process group of its own."""

    def __init__(self, command: list[str], log: Path, **env: str) -> None:
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [
                    shutil.which(command[0], path=search_path()) or command[0],
                    *command[1:],
                ],
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                env=os.environ | env,
            )
        self._log = log

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        def ready() -> bool:
            if self._process.poll() is not None:
                raise RuntimeError(f"{what} ended: {self._log.read_text()[-2000:]}")
            return condition()

        wait_for(ready, f"{what} does not answer: {self._log.read_text()[-2000:]}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        self._process.send_signal(number)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)

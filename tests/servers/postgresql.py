"""A private PostgreSQL: TCP on loopback only, no password, gone with the tests."""

from __future__ import annotations

import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import process

OWNER = "postgres"  # Debian's user; the server refuses to run as root
BINARIES = Path("/usr/lib/postgresql")  # Debian keeps each version's apart
USER = "mailadmin"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "max_connections": "50",
}


@dataclass
class PostgreSQL:
    """The running server; its databases belong to `USER`."""

    home: Path
    port: int
    version: str
    _running: process.Foreground

    @property
    def url(self) -> str:
        """DATABASE_URL of its first database."""
        return f"postgres://{USER}@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        # SIGINT: clients are cut off; SIGTERM would wait for them.
        self._running.stop(signal.SIGINT)
        shutil.rmtree(self.home, ignore_errors=True)


def start() -> PostgreSQL:
    """Starts a PostgreSQL of the newest installed version. Raises ServerMissing."""
    initdb, postgres = str(_binary("initdb")), str(_binary("postgres"))
    process.need(postgres, "setpriv")
    home, port = process.folder("postgresql"), process.free_port()
    shutil.chown(home, OWNER, OWNER)
    as_owner = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--init-groups"]
    folder = home / "data"
    subprocess.run(
        [*as_owner, initdb, "-D", str(folder), "-U", USER, "-E", "UTF8"]
        + ["--locale=C.UTF-8", "--auth=trust", "--no-sync"],
        check=True,
        capture_output=True,
        cwd=home,
        timeout=120,
    )
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    running = process.Foreground(
        [*as_owner, postgres, "-D", str(folder), "-p", str(port), *settings],
        home / "start.log",
    )
    running.wait_until(lambda: process.answers(port), "PostgreSQL")
    version = process.output(postgres, "--version").split()[2]
    return PostgreSQL(home, port, version, running)


def _binary(name: str) -> Path:
    versions = list(BINARIES.glob(f"*/bin/{name}"))
    if not versions:
        raise process.ServerMissing(
            "PostgreSQL is not installed (scripts/test-servers)"
        )
    return max(versions, key=lambda path: int(path.parts[-3]))

"""A private tinyproxy: a real HTTP proxy that is asked to CONNECT."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from mailboxes.transports.base import Proxy

from . import process

CONFIG = """
Port {port}
Listen 127.0.0.1
Timeout 60
LogFile "{home}/tinyproxy.log"
LogLevel Connect
MaxClients 50
Allow 127.0.0.1
{further}
"""


@dataclass
class TinyProxy:
    """The running proxy. `log` names the tunnels that it made."""

    home: Path
    port: int
    version: str
    username: str
    password: str
    _running: process.Foreground

    @property
    def proxy(self) -> Proxy:
        return Proxy("127.0.0.1", self.port, self.username, self.password)

    @property
    def log(self) -> str:
        return (self.home / "tinyproxy.log").read_text()

    def stop(self) -> None:
        self._running.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def start(
    username: str = "", password: str = "", only_port: int | None = None
) -> TinyProxy:
    """Starts a tinyproxy, with Basic login when `username` is given.

    only_port: CONNECT to any other port is forbidden (403). Raises ServerMissing.
    """
    process.need("tinyproxy")
    home, port = process.folder("proxy"), process.free_port()
    further = f"BasicAuth {username} {password}\n" if username else ""
    if only_port is not None:
        further += f"ConnectPort {only_port}\n"
    config = home / "tinyproxy.conf"
    config.write_text(CONFIG.format(port=port, home=home, further=further))
    running = process.Foreground(
        ["tinyproxy", "-d", "-c", str(config)], home / "start.log"
    )
    running.wait_until(lambda: process.answers(port), "tinyproxy")
    version = process.output("tinyproxy", "-v").split()[-1]
    return TinyProxy(home, port, version, username, password, running)

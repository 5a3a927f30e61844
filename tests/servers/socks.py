"""Private SOCKS5 servers of two families: microsocks and Dante.

Dante takes the accounts of the system only: the one with a login refuses everybody.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from mailboxes.core.choices import ProxyKind
from mailboxes.transports.base import Proxy

from . import process

# It forbids 127.0.0.2, so that there is something to forbid.
DANTE = """
logoutput: {home}/dante.log
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
user.privileged: root
user.unprivileged: nobody
clientmethod: none
socksmethod: {method}
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks block {{ from: 0.0.0.0/0 to: 127.0.0.2/32 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 command: connect }}
"""


@dataclass
class SocksServer:
    """The running proxy."""

    home: Path
    port: int
    version: str
    username: str
    password: str
    _running: process.Foreground

    @property
    def proxy(self) -> Proxy:
        login = self.username, self.password
        return Proxy("127.0.0.1", self.port, *login, kind=ProxyKind.SOCKS5)

    def stop(self) -> None:
        self._running.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def start_microsocks(username: str = "", password: str = "") -> SocksServer:
    """Starts a microsocks, with a login when given. Raises ServerMissing."""
    process.need("microsocks")
    home, port = process.folder("microsocks"), process.free_port()
    login = ["-u", username, "-P", password] if username else []
    running = process.Foreground(
        ["microsocks", "-i", "127.0.0.1", "-p", str(port), *login], home / "log"
    )
    running.wait_until(lambda: process.answers(port), "microsocks")
    version = process.package_version("microsocks")
    return SocksServer(home, port, version, username, password, running)


def start_dante(with_login: bool = False) -> SocksServer:
    """Starts a Dante; with a login, nobody's is right. Raises ServerMissing."""
    process.need("danted")
    home, port = process.folder("dante"), process.free_port()
    config = home / "danted.conf"
    method = "username" if with_login else "none"
    config.write_text(DANTE.format(home=home, port=port, method=method))
    running = process.Foreground(["danted", "-f", str(config)], home / "log")
    running.wait_until(lambda: process.answers(port), "danted")
    version = process.output("danted", "-v").split()[1].strip("v.")
    return SocksServer(home, port, version, "", "", running)

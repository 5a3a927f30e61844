"""A private Squid: a real HTTP proxy, with or without a login (Basic)."""

from __future__ import annotations

import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from mailboxes.transports.base import Proxy

from . import process

HELPER = "/usr/lib/squid/basic_ncsa_auth"
CONFIG = """
http_port 127.0.0.1:{port}
visible_hostname localhost
pid_filename {home}/squid.pid
cache_log {home}/cache.log
access_log stdio:{home}/access.log
coredump_dir {home}
cache deny all
cache_effective_user proxy
shutdown_lifetime 0 seconds
pinger_enable off
dns_v4_first on
forward_max_tries 1
connect_timeout 5 seconds
{rules}
http_access allow all
"""
# 127.0.0.2 is forbidden, so that there is something to forbid.
RULES = "acl barred dst 127.0.0.2\nhttp_access deny barred"
LOGIN = """
auth_param basic program {helper} {home}/users
auth_param basic children 1 startup=1
acl known proxy_auth REQUIRED
http_access deny !known
"""


@dataclass
class Squid:
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
        return (self.home / "access.log").read_text()

    def stop(self) -> None:
        self._running.stop(signal.SIGKILL)  # nothing of it is kept
        shutil.rmtree(self.home, ignore_errors=True)


def start(username: str = "", password: str = "") -> Squid:
    """Starts a Squid, with a login when given. Raises ServerMissing."""
    process.need("squid", "openssl")
    home, port = process.folder("squid"), process.free_port()
    shutil.chown(home, "proxy", "proxy")
    rules = RULES
    if username:
        crypted = process.output("openssl", "passwd", "-apr1", password)
        (home / "users").write_text(f"{username}:{crypted}\n")
        rules = LOGIN.format(helper=HELPER, home=home) + rules
    config = home / "squid.conf"
    config.write_text(CONFIG.format(port=port, home=home, rules=rules))
    running = process.Foreground(
        ["squid", "-N", "-n", f"ma{port}", "-f", str(config)],
        home / "start.log",
    )
    running.wait_until(lambda: process.answers(port), "squid")
    version = process.output("squid", "-v").split("Version ")[1].split()[0]
    return Squid(home, port, version, username, password, running)

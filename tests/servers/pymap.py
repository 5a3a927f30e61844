"""A private pymap: an IMAP server in Python, of a family of its own; in memory.

Passwords and XOAUTH2, over STARTTLS. Every user name exists, with `PASSWORD` or with a
token of `token_of()`. Tests take user names of their own, so that nothing needs
cleaning.
"""

from __future__ import annotations

import imaplib
import ssl
import sys
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import trustme
from imapclient.imap_utf7 import encode

from mailboxes.core.choices import Security
from mailboxes.transports.base import Endpoint

from . import process
from .mailboxes import PASSWORD, Mailboxes

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Pymap(Mailboxes):
    """The running server; see the module."""

    home: Path
    port: int
    ca_pem: str
    secret: bytes
    version: str
    _running: process.Foreground
    smallest = b"x"  # APPEND of nothing is a cancelled one (RFC 3502)

    def endpoint(self, security: Security = Security.STARTTLS) -> Endpoint:
        return Endpoint("localhost", self.port, security)

    def deliver(
        self,
        user: str,
        data: bytes,
        folder: str = "INBOX",
        arrived: datetime | None = None,
    ) -> None:
        """Puts a message into a folder, which is made where it is not there."""
        name = '"' + encode(folder).decode() + '"'
        with imaplib.IMAP4("localhost", self.port, timeout=20) as box:
            box.starttls(ssl.create_default_context(cadata=self.ca_pem))
            box.login(user, PASSWORD)
            if folder != "INBOX":
                box.create(name)
            when = imaplib.Time2Internaldate(arrived) if arrived else ""
            answer, told = box.append(name, "", when, data)
            assert answer == "OK", told


def start(authority: trustme.CA, secret: bytes) -> Pymap:
    """Starts a pymap with a certificate for localhost.

    secret: signs its tokens; those of another server with the same are good here too.
    """
    home = process.folder("pymap")
    port = process.free_port()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(home / "server.pem")
    (home / "secret").write_bytes(secret)
    running = process.Foreground(
        [
            *(sys.executable, "-m", "tests.servers.pymap_main"),
            *(str(port), str(home / "server.pem"), str(home / "secret"), PASSWORD),
        ],
        home / "start.log",
        PYTHONPATH=str(ROOT),
    )
    running.wait_until(lambda: process.answers(port), "pymap")
    return Pymap(
        home=home,
        port=port,
        ca_pem=authority.cert_pem.bytes().decode(),
        secret=secret,
        version=version("pymap"),
        _running=running,
    )

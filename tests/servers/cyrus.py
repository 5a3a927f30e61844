"""A private Cyrus: IMAP and POP3 over TLS and STARTTLS, passwords only.

The second family beside Dovecot. Debian's Cyrus knows no OAuth on the server's side.
Every user name of example.org exists, with Dovecot's `PASSWORD`; a mailbox is made at
its first sign-in. Debian's package is in the way of Dovecot's: scripts/test-servers
unpacks it without installing it.
"""

from __future__ import annotations

import imaplib
import shutil
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import trustme
from imapclient.imap_utf7 import encode

from mailboxes.core.choices import Security
from mailboxes.transports.base import Endpoint

from . import process
from .dovecot import OWNER
from .mailboxes import PASSWORD, Mailboxes
from .saslauthd import SaslAuthd

PLACE = process.UNPACKED / "cyrus"
PROGRAMS = PLACE / "usr/lib/cyrus/bin"
LIBRARIES = PLACE / "usr/lib/x86_64-linux-gnu"

IMAPD = """
configdirectory: {home}/lib
partition-default: {home}/spool
defaultpartition: default
proc_path: {home}/proc
mboxname_lockpath: {home}/lock
idlesocket: {home}/sock/idle
notifysocket: {home}/sock/notify
lmtpsocket: {home}/sock/lmtp
cyrus_user: {owner}
cyrus_group: {owner}
servername: localhost
unixhierarchysep: yes
altnamespace: yes
virtdomains: userid
defaultdomain: cyrus.invalid
allowplaintext: no
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: {home}/sock/mux
autocreate_quota: 0
failedloginpause: 0
autocreate_users: anyone
autocreate_post: yes
maxlogins_per_host: 0
maxlogins_per_user: 0
poptimeout: 10
popminpoll: 0
tls_server_cert: {home}/server.pem
tls_server_key: {home}/server.key
tls_versions: tls1_2 tls1_3
tls_session_timeout: 0
search_engine: none
"""
SERVICES = """
START {{
  recover cmd="{programs}/ctl_cyrusdb -C {home}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{programs}/imapd -C {home}/imapd.conf" listen="127.0.0.1:{imap}" prefork=0
  imaps cmd="{programs}/imapd -s -C {home}/imapd.conf" listen="127.0.0.1:{imaps}"
  pop cmd="{programs}/pop3d -C {home}/imapd.conf" listen="127.0.0.1:{pop3}" prefork=0
  pops cmd="{programs}/pop3d -s -C {home}/imapd.conf" listen="127.0.0.1:{pop3s}"
}}
"""


@dataclass
class Cyrus(Mailboxes):
    """The running server; see the module."""

    home: Path
    imap: int
    imaps: int
    pop3: int
    pop3s: int
    ca_pem: str
    version: str
    _running: process.Foreground
    _passwords: SaslAuthd
    smallest = b"X: y\r\n\r\n"  # the shortest message that it takes

    def endpoint(self, security: Security = Security.TLS) -> Endpoint:
        port = self.imaps if security is Security.TLS else self.imap
        return Endpoint("localhost", port, security)

    def pop3_endpoint(self, security: Security = Security.TLS) -> Endpoint:
        port = self.pop3s if security is Security.TLS else self.pop3
        return Endpoint("localhost", port, security)

    def deliver(
        self,
        user: str,
        data: bytes,
        folder: str = "INBOX",
        arrived: datetime | None = None,
    ) -> None:
        """Appends a message over IMAP; bytes come back as they are (with CRLF)."""
        context = ssl.create_default_context(cadata=self.ca_pem)
        with imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=context) as client:
            client.login(user, PASSWORD)
            name = f'"{encode(folder).decode("ascii")}"'
            if folder != "INBOX":
                path = folder.split("/")
                for depth in range(1, len(path) + 1):
                    part = encode("/".join(path[:depth])).decode("ascii")
                    client.create(f'"{part}"')
            when = imaplib.Time2Internaldate(arrived) if arrived else ""
            status, answer = client.append(name, "", when, data)
            if status != "OK":
                raise ValueError(answer)

    def remove(self, user: str, data: bytes) -> None:
        """Takes the messages with these bytes out of the inbox, over IMAP."""
        context = ssl.create_default_context(cadata=self.ca_pem)
        with imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=context) as client:
            client.login(user, PASSWORD)
            client.select("INBOX")
            for number in client.search(None, "ALL")[1][0].split():
                (_, found), *_ = client.fetch(number, "(BODY.PEEK[])")[1]
                if found == data:
                    client.store(number, "+FLAGS", "\\Deleted")
            client.expunge()

    def stop(self) -> None:
        self._passwords.stop()
        super().stop()


def start(authority: trustme.CA) -> Cyrus:
    """Starts a Cyrus with a certificate for localhost. Raises ServerMissing."""
    process.need(str(PROGRAMS / "master"))
    home = process.folder("cyrus")
    for name in ("lib", "spool", "sock"):
        (home / name).mkdir()
        shutil.chown(home / name, OWNER, OWNER)
    shutil.chown(home, OWNER, OWNER)
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(home / "server.key")
    for part in certificate.cert_chain_pems:
        part.write_to_path(home / "server.pem", append=True)
    shutil.chown(home / "server.key", OWNER, OWNER)
    ports = {name: process.free_port() for name in ("imap", "imaps", "pop3", "pop3s")}
    (home / "imapd.conf").write_text(IMAPD.format(home=home, owner=OWNER))
    (home / "cyrus.conf").write_text(
        SERVICES.format(home=home, programs=PROGRAMS, **ports)
    )
    passwords = SaslAuthd(home / "sock", PASSWORD)
    running = process.Foreground(
        [
            str(PROGRAMS / "master"),
            *("-C", str(home / "imapd.conf"), "-M", str(home / "cyrus.conf")),
            *("-p", str(home / "pid"), "-L", str(home / "log")),
        ],
        home / "start.log",
        LD_LIBRARY_PATH=str(LIBRARIES),
    )
    running.wait_until(lambda: bool(_version(ports["imap"])), "cyrus")
    return Cyrus(
        home=home,
        **ports,
        ca_pem=authority.cert_pem.bytes().decode(),
        version=_version(ports["imap"]),
        _running=running,
        _passwords=passwords,
    )


def _version(port: int) -> str:
    """As the greeting tells it, "" while there is none."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            words = line.recv(1000).decode().partition("Cyrus IMAP ")[2]
    except OSError:
        return ""
    return words.partition("-")[0]

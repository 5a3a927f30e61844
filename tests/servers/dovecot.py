"""A private Dovecot: IMAP, POP3 and LMTP; passwords, XOAUTH2 and OAUTHBEARER.

IMAP and POP3 are there over TLS and STARTTLS. Submission: postfix.py, exim.py.

Every user name exists, with `PASSWORD` or with a token of `token()`. Tests take user
names of their own, so that nothing needs cleaning.
"""

from __future__ import annotations

import base64
import os
import pwd
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

import trustme
from imapclient.imap_utf7 import encode

from mailboxes.core.choices import Security
from mailboxes.transports.base import Endpoint

from . import process
from .mailboxes import PASSWORD, Mailboxes

OWNER = "mail"  # Debian's user for mail files

CONFIG = """
base_dir = {home}/run
state_dir = {home}/run
log_path = {home}/dovecot.log
protocols = imap pop3 lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{home}/server.pem
ssl_key = <{home}/server.key
ssl_min_protocol = TLSv1.2
auth_mechanisms = {mechanisms}
auth_username_format = %Lu
{further}
auth_failure_delay = 0
first_valid_uid = 0
mail_location = maildir:~/Maildir
mail_max_userip_connections = 200
maildir_stat_dirs = yes
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {home}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner} home={home}/mail/%u allow_all_users=yes
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener auth-smtp {{
    mode = 0666
  }}
  unix_listener auth-client {{
    mode = 0666
  }}
}}
"""
OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={home}/keys/
username_attribute = sub
"""


ASKING = """
introspection_mode = post
introspection_url = {introspection}
force_introspection = yes
username_attribute = mailbox
active_attribute = active
active_value = true
"""


@dataclass
class Dovecot(Mailboxes):
    """The running server; see the module."""

    home: Path
    imap: int
    imaps: int
    pop3: int
    pop3s: int
    ca_pem: str
    secret: bytes
    version: str
    _running: process.Foreground
    _numbers: count

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
        """Puts a message into a Maildir; bytes come back as they are (with CRLF)."""
        place = self._maildir(user, folder)
        name = f"{next(self._numbers):09}.{secrets.token_hex(4)}.test"
        path = place / "tmp" / name
        path.write_bytes(data)
        if arrived:
            os.utime(path, (arrived.timestamp(), arrived.timestamp()))
        self._give(path)
        path.rename(place / "new" / name)

    def files(self, user: str, folder: str = "INBOX") -> list[Path]:
        """The messages of a folder as they lie on the disk."""
        place = self._maildir(user, folder)
        return [*(place / "new").iterdir(), *(place / "cur").iterdir()]

    def renumber(self, user: str) -> None:
        """Let all messages of the inbox have new UIDs, and so new UIDLs."""
        place = self._maildir(user, "INBOX")
        for path in (*place.glob("dovecot.index*"), *place.glob("dovecot-uidlist*")):
            path.unlink()

    def _maildir(self, user: str, folder: str) -> Path:
        place = self.home / "mail" / user / "Maildir"
        if folder != "INBOX":
            place = place / f".{encode(folder).decode().replace('/', '.')}"
        for name in ("", "cur", "new", "tmp"):
            (place / name).mkdir(parents=True, exist_ok=True)
        for path in (place, *place.iterdir(), place.parent, self.home / "mail" / user):
            with suppress(FileNotFoundError):  # a lock of Dovecot's, gone meanwhile
                self._give(path)
        return place

    def _give(self, path: Path) -> None:
        shutil.chown(path, OWNER, OWNER)


def start(
    authority: trustme.CA, *, bare: bool = False, introspection: str = ""
) -> Dovecot:
    """Starts a Dovecot with a certificate for localhost. Raises ServerMissing.

    bare: it offers neither XOAUTH2 nor an extension of IMAP, such as MOVE and UIDPLUS.
    introspection: where it asks about tokens (RFC 7662); without it those of `token_of`
    are good.
    """
    process.need("dovecot", "/usr/lib/dovecot/pop3-login")
    home = process.folder("dovecot")
    ports = {name: process.free_port() for name in ("imap", "imaps", "pop3", "pop3s")}
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(home / "server.key")
    for part in certificate.cert_chain_pems:
        part.write_to_path(home / "server.pem", append=True)
    secret = secrets.token_bytes(32)
    keys = home / "keys" / "default" / "HS256"
    keys.mkdir(parents=True)
    (keys / "default").write_bytes(base64.b64encode(secret))
    (home / "mail").mkdir()
    uid = pwd.getpwnam(OWNER).pw_uid
    os.chown(home / "mail", uid, uid)
    told = ASKING if introspection else OAUTH2
    (home / "oauth2.conf").write_text(
        told.format(home=home, introspection=introspection)
    )
    (home / "dovecot.conf").write_text(
        CONFIG.format(
            home=home,
            password=PASSWORD,
            owner=OWNER,
            mechanisms=f"plain {'' if bare else 'login xoauth2'} oauthbearer",
            further="imap_capability = IMAP4rev1" if bare else "",
            **ports,
        )
    )
    running = process.Foreground(
        ["dovecot", "-F", "-c", str(home / "dovecot.conf")], home / "start.log"
    )
    running.wait_until(lambda: process.answers(ports["imaps"]), "dovecot")
    return Dovecot(
        home=home,
        **ports,
        ca_pem=authority.cert_pem.bytes().decode(),
        secret=secret,
        version=process.output("dovecot", "--version").split()[0],
        _running=running,
        _numbers=count(1),
    )

"""The process of tests/servers/pymap.py: pymap, asked about tokens and passwords by us.

Usage: pymap_main.py PORT CERTIFICATE SECRET-FILE PASSWORD
"""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from pymap.backend.dict import Config, DictBackend, Identity, Login
from pymap.backend.dict.mailbox import MailboxData
from pymap.exceptions import InvalidAuth
from pymap.imap import IMAPService
from pymap.user import UserMetadata
from pysasl import SASLAuth
from pysasl.creds.external import ExternalVerificationRequired
from pysasl.creds.server import ServerCredentials
from pysasl.hashing import Cleartext

from tests.servers.tokens import holds


def number_from_one() -> None:
    """Let UIDs begin at 1, as tests of all servers expect it; pymap's own is 101."""
    make = MailboxData.__init__

    def made(self: MailboxData, *given: Any, **named: Any) -> None:
        make(self, *given, **named)
        self._max_uid = 0

    MailboxData.__init__ = made  # type: ignore[method-assign]


class Settings(Config):
    """What it offers: passwords and XOAUTH2."""

    @property
    def tls_auth(self) -> SASLAuth:
        return SASLAuth.named([b"PLAIN", b"LOGIN", b"XOAUTH2"])


class Everybody(Login):
    """Every user name exists, with one password and with every good token."""

    def __init__(self, config: Config, password: str, secret: bytes) -> None:
        super().__init__(config)
        self._password, self._secret = password, secret

    async def authenticate(self, credentials: ServerCredentials) -> Identity:
        name = credentials.authzid
        user = UserMetadata(self.config, name, password=self._password)
        try:
            good = credentials.verify(user)
        except ExternalVerificationRequired as asked:
            good = holds(self._secret, name, asked.token or "")
        if not good:
            raise InvalidAuth()
        self.users_dict.setdefault(name, user)
        return Identity(name, self, None, frozenset())


async def serve(port: str, certificate: str, secret: str, password: str) -> None:
    told = Namespace(
        debug=False,
        host=["127.0.0.1"],
        port=port,
        inherited_sockets=None,
        proxy_protocol=None,
        passlib_cfg=None,
        cert=certificate,
        key=certificate,
        tls=True,
        demo_data=False,
        demo_user="",
        demo_password="",
    )
    options: dict[str, Any] = {"invalid_user_sleep": 0.0, "hash_context": Cleartext()}
    config = Settings.from_args(told, **options)
    config.apply_context()
    login = Everybody(config, password, Path(secret).read_bytes())
    async with AsyncExitStack() as stack:
        await IMAPService(DictBackend(login, config), config).start(stack)
        await asyncio.Event().wait()


if __name__ == "__main__":
    number_from_one()
    asyncio.run(serve(*sys.argv[1:]))

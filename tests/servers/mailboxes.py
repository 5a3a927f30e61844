"""What the private servers of mailboxes share: users, credentials, a policy.

Each server lists these fields itself, beside its ports: see dovecot, cyrus, pymap.
"""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

from mailboxes.transports.base import Credential, NetworkPolicy

from . import process
from .tokens import make_token

PASSWORD = "correct-horse"
# One row for all servers: a relay brings mail for a name to the one that it knows.
_users = count(1)


class Mailboxes:
    """Every user name exists, with `PASSWORD` or, where it takes them, with a token."""

    home: Path
    ca_pem: str
    secret: bytes
    _running: process.Foreground
    smallest = b""  # the shortest message that it takes

    def policy(self, **changes: object) -> NetworkPolicy:
        values = {"connect_timeout": 10.0, "read_timeout": 20.0, "ca_pem": self.ca_pem}
        return NetworkPolicy(**{**values, **changes})  # type: ignore[arg-type]

    def password_of(self, user: str) -> Credential:
        return Credential(user, password=PASSWORD)

    def token_of(self, user: str, **details: int) -> Credential:
        return Credential(user, token=make_token(self.secret, user, **details))

    def new_user(self) -> str:
        return f"user{next(_users)}@example.org"

    def stop(self) -> None:
        self._running.stop()
        shutil.rmtree(self.home, ignore_errors=True)

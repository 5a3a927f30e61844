"""Encryption of secrets at rest: MultiFernet with named keys.

Does not know where keys come from (mailadmin/settings) or where ciphertext lies
(models/secrets.SecretValue). Stored form: `f1:<key id>:<Fernet token>`.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken

from .errors import SecretUnreadable

PREFIX = "f1"


def new_key() -> str:
    """A fresh key, as the key file and the environment hold it."""
    return Fernet.generate_key().decode()


def key_id(key: str) -> str:
    """Eight hex digits that name a key without telling anything about it."""
    raw = base64.urlsafe_b64decode(key)
    return hashlib.sha256(b"mailadmin-key-id" + raw).hexdigest()[:8]


class Keyring:
    """Keys, newest first: the first one writes, all of them read."""

    def __init__(self, keys: list[str]) -> None:
        if not keys:
            raise ValueError("no encryption key")
        self._fernets = {key_id(key): Fernet(key) for key in keys}
        self.primary = key_id(keys[0])

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._fernets)})"

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._fernets)

    def seal(self, text: str) -> str:
        token = self._fernets[self.primary].encrypt(text.encode()).decode()
        return f"{PREFIX}:{self.primary}:{token}"

    def open(self, sealed: str) -> str:
        """The plain text. Raises SecretUnreadable: never the ciphertext itself."""
        prefix, _, rest = sealed.partition(":")
        name, _, token = rest.partition(":")
        if prefix != PREFIX or name not in self._fernets:
            raise SecretUnreadable(f"no key {name!r}")
        try:
            return self._fernets[name].decrypt(token.encode()).decode()
        except InvalidToken as error:
            raise SecretUnreadable(f"key {name!r} does not fit") from error

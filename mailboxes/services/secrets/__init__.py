"""Seals and reveals secrets; the keys come from the settings.

Rows: models/secrets. Encryption itself: core/crypto. Nothing here logs or shows plain
text, and callers keep it only as long as a connection needs it.
"""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser

from ...core.crypto import Keyring
from ...core.errors import SecretUnreadable
from ...models import SecretValue

LOST = "lost:"  # before the id of a key that nobody has any more


@lru_cache(maxsize=4)
def _keyring(keys: tuple[str, ...]) -> Keyring:
    return Keyring(list(keys))


def keyring() -> Keyring:
    """The keys of this process, newest first."""
    return _keyring(tuple(settings.MAILADMIN_ENCRYPTION_KEYS))


def seal(
    text: str,
    purpose: SecretValue.Purpose = SecretValue.Purpose.PASSWORD,
    user: AbstractBaseUser | None = None,
) -> SecretValue:
    """Store `text` encrypted as a new row."""
    row = sealed(text, purpose, user)
    row.save(force_insert=True)
    return row


def sealed(
    text: str,
    purpose: SecretValue.Purpose = SecretValue.Purpose.PASSWORD,
    user: AbstractBaseUser | None = None,
) -> SecretValue:
    """`text` encrypted in a row that is not stored yet, for many at once."""
    ring = keyring()
    return SecretValue(
        purpose=purpose,
        ciphertext=ring.seal(text),
        key_id=ring.primary,
        created_by_id=user.pk if user is not None else None,
    )


def reveal(secret_id: int) -> str:
    """The plain text of a row. Raises SecretUnreadable, also when the row is gone."""
    ciphertext = (
        SecretValue.objects.filter(pk=secret_id)
        .values_list("ciphertext", flat=True)
        .first()
    )
    if ciphertext is None:
        raise SecretUnreadable(f"secret {secret_id} is not stored")
    return keyring().open(ciphertext)


def unknown_key_ids() -> list[str]:
    """Ids of keys that stored secrets need and this process does not have.

    Those of secrets that were given up (services/secrets/rotation) are not among them.
    """
    rows = SecretValue.objects.exclude(key_id__startswith=LOST).order_by()
    stored = rows.values_list("key_id", flat=True).distinct()
    return sorted(set(stored) - set(keyring().ids))

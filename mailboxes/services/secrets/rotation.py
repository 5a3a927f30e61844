"""Seals every stored secret anew with the first key, so that an old key can go (D12).

What is sealed how: services/secrets. The order of the steps for a person: the section
"Keys" of docs/operations.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from ...core.errors import SecretUnreadable
from ...models import SecretValue
from .. import audit, secrets

PORTION = 500  # rows of one transaction


@dataclass(frozen=True)
class Rotation:
    """sealed: rows that have the first key now. lost: rows that no key of ours opens.

    forgotten: those of them that are given up for good. key: id of the first key.
    """

    key: str
    sealed: int
    lost: int
    forgotten: int


def rotate(*, forget_lost: bool = False) -> Rotation:
    """Go through all rows; may be killed and run again.

    forget_lost: what cannot be opened keeps no start from succeeding any more. Its
    bytes stay, so a key that is found again opens it all the same.
    """
    key = secrets.keyring().primary
    rows = SecretValue.objects.exclude(key_id=key).order_by("pk")
    sealed = lost = last = 0
    while portion := list(
        rows.filter(pk__gt=last).values_list("pk", "ciphertext")[:PORTION]
    ):
        last = portion[-1][0]
        with transaction.atomic():
            for pk, ciphertext in portion:
                done = _seal(pk, ciphertext)
                if done is None:
                    lost += 1
                else:
                    sealed += done
    forgotten = _forget() if forget_lost and lost else 0
    if sealed or forgotten:
        audit.record(
            None, "secrets.sealed-anew", key=key, sealed=sealed, forgotten=forgotten
        )
    return Rotation(key, sealed, lost, forgotten)


def _seal(pk: int, ciphertext: str) -> int | None:
    """1 when it was sealed, 0 where it has changed meanwhile, None: unreadable."""
    ring = secrets.keyring()
    try:
        anew = ring.seal(ring.open(ciphertext))
    except SecretUnreadable:
        return None
    rows = SecretValue.objects.filter(pk=pk, ciphertext=ciphertext)
    return rows.update(ciphertext=anew, key_id=ring.primary)


def _forget() -> int:
    """Rows with a key that we have not are left out of the look at a start."""
    missing = secrets.unknown_key_ids()
    return SecretValue.objects.filter(key_id__in=missing).update(
        key_id=Concat(Value(secrets.LOST), F("key_id"))
    )

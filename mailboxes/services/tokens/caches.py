"""Rows of token caches: found, read, written by compare-and-set, forgotten, swept.

A refresh token that the authority replaced is never lost to another process: it is used
under a lease, and written where its predecessor still stands. What is asked of whom:
tokens.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from ...core.errors import SecretUnreadable
from ...models import PopClient, SecretValue, Sender, SmtpClient, TokenCache
from .. import secrets
from ..worker import leases

LOOK = 0.1  # seconds between looks while another process renews
Key = Mapping[str, Any]


def row_of(key: Key) -> TokenCache:
    """The row of a login, made if there is none."""
    return TokenCache.objects.get_or_create(**key)[0]


def read(row: TokenCache) -> str | None:
    """The access tokens of a row; None where a new one has to be asked for."""
    if row.value_id is None:
        return None
    try:
        return secrets.reveal(row.value_id)
    except SecretUnreadable:
        return None  # replaced meanwhile, or another key: the credential still works


def refresh_token(row: TokenCache) -> str:
    """The refresh token in place of the credential, "" while that one is good.

    It is of the credential, not of the row: where the tenant is written in another way
    since (its GUID in place of a domain) the row is a new one, and the credential from
    months ago has ended. Raises SecretUnreadable.
    """
    newest = _newest_of(row)
    try:
        return "" if newest is None else secrets.reveal(newest)
    except SecretUnreadable:
        other = _newest_of(row)
        if other in (None, newest):
            raise
        return secrets.reveal(other)  # it was replaced at this moment


def _newest_of(row: TokenCache) -> int | None:
    """Id of the refresh token that was given last for the credential of a row.

    By its own age: a row is also written where only its access tokens are new.
    """
    rows = _of_credential(row).exclude(refresh=None).order_by("-refresh_id")
    found: int | None = rows.values_list("refresh_id", flat=True).first()
    return found


def _of_credential(row: TokenCache) -> QuerySet[TokenCache]:
    """The rows of one sign-in, however its tenant was written."""
    if not row.credential:
        return TokenCache.objects.filter(pk=row.pk)
    return TokenCache.objects.filter(credential=row.credential, client_id=row.client_id)


def hold(key: Key, seconds: float, wait: float | None = None) -> TokenCache | None:
    """Take the turn to use a refresh token; waits while another process has it.

    seconds: how long the use may take. wait: seconds that are waited, None for as many.
    Returns the oldest row of the credential, whose lease is the turn of them all; None
    when it is still held after that. What the row of the key has now: `row_of`.
    """
    ends = time.monotonic() + (seconds if wait is None else wait)
    rows = _of_credential(row_of(key)).order_by("pk")
    pk = rows.values_list("pk", flat=True)[:1].get()
    while True:
        held = leases.claim(
            TokenCache.objects.filter(pk=pk), pk, timedelta(seconds=seconds)
        )
        if held is not None or time.monotonic() > ends:
            return held
        time.sleep(LOOK)


def let_go(row: TokenCache) -> None:
    """Give a held row back."""
    leases.release(row)


def write(row: TokenCache, cache: str) -> bool:
    """Store access tokens; False when another process was first, and ours are dropped.

    Both tokens are good, and mixing the two caches would lose one.
    """
    with transaction.atomic():
        value = secrets.seal(cache, SecretValue.Purpose.TOKEN_CACHE)
        written = TokenCache.objects.filter(pk=row.pk, version=row.version).update(
            value=value, version=F("version") + 1, updated_at=timezone.now()
        )
        # The loser's own row goes, or the winner's predecessor.
        _delete([row.value_id] if written else [value.pk])
    return bool(written)


def write_renewed(row: TokenCache, cache: str | None, refresh: str) -> bool:
    """Store access tokens and the refresh token that was given with them.

    Written where the refresh token that was used still stands, whatever became of the
    access tokens meanwhile; False where another one stands there.
    """
    with transaction.atomic():
        new = secrets.seal(refresh, SecretValue.Purpose.REFRESH_TOKEN)
        value = None
        if cache is not None:
            value = secrets.seal(cache, SecretValue.Purpose.TOKEN_CACHE)
        before = TokenCache.objects.filter(pk=row.pk).values_list("value_id", flat=True)
        old = before.first()
        written = TokenCache.objects.filter(pk=row.pk, refresh=row.refresh_id).update(
            value=value,
            refresh=new,
            version=F("version") + 1,
            updated_at=timezone.now(),
        )
        if written:
            _delete([old, row.refresh_id])
        else:
            _delete([new.pk, value.pk if value else None])
    return bool(written)


def forget(key: Key) -> None:
    """Drop the access tokens of a login; its refresh token stays."""
    with transaction.atomic():
        rows = TokenCache.objects.filter(**key)
        values = list(rows.values_list("value_id", flat=True))
        rows.update(value=None, version=F("version") + 1)
        _delete(values)


def sweep(before: datetime) -> int:
    """Remove caches that nobody has written since; a sign-in makes a new one.

    A refresh token stays as long as a section or a sender has the credential that it
    stands in for: without it the owner would have to sign in again.
    """
    with transaction.atomic():
        rows = TokenCache.objects.filter(updated_at__lt=before)
        doomed = rows
        if rows.filter(refresh__isnull=False).exists():
            kept = rows.filter(refresh__isnull=False, credential__in=_credentials())
            doomed = rows.exclude(pk__in=kept.values("pk"))
        values = list(doomed.values_list("value_id", "refresh_id"))
        count, _ = doomed.delete()
        _delete([pk for pair in values for pk in pair])
    return count


def _credentials() -> list[int]:
    """Credentials of sections as they are saved, and as senders have them in effect."""
    found: set[int] = set()
    for model in (PopClient, SmtpClient):
        rows = model.objects.exclude(password=None)
        found.update(rows.values_list("password_id", flat=True))
    for values in Sender.objects.values_list("revision__values", flat=True):
        if values and values.get("password"):
            found.add(values["password"])
    return sorted(found)


def _delete(values: Sequence[int | None]) -> None:
    purposes = SecretValue.Purpose
    SecretValue.objects.filter(
        pk__in=[pk for pk in values if pk],
        purpose__in=(purposes.TOKEN_CACHE, purposes.REFRESH_TOKEN),
    ).delete()

"""Gets a ready credential for a snapshot: a password, or a token with its cache.

The token protocol itself is oauth/microsoft. The cache of each login is encrypted and
written by compare-and-set; when another process was first, its cache stays and ours is
dropped: both tokens are good, and mixing the two caches would lose a refresh token.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from ..core.choices import Grant, Stage
from ..core.errors import Code, MailError, SecretUnreadable
from ..models import SecretValue, TokenCache
from ..oauth import microsoft
from ..oauth.base import TokenOutcome, TokenRequest
from ..transports.base import Credential, NetworkPolicy
from . import secrets
from .findings_authority import AUTHORITY
from .snapshots import Snapshot

# Refusals of a token by a mail server: what is cached is of no more use.
REFUSED = frozenset(
    {
        Code.TOKEN_NOT_ACCEPTED,
        Code.GRAPH_WRONG_AUDIENCE,
        Code.GRAPH_TOKEN_TIME,
        Code.GRAPH_CLAIMS_CHALLENGE,
    }
)
RENEW_BEFORE = 300.0  # seconds of life that a token must have left (feasibility.md 7)


def credential(
    snapshot: Snapshot,
    policy: NetworkPolicy,
    *,
    fresh: bool = False,
    margin: float = RENEW_BEFORE,
) -> tuple[Credential, bool]:
    """What signs `snapshot` in, and whether the authority was asked for it just now.

    fresh: ask the authority, whatever the cache holds (connection test).
    margin: seconds of life that a cached token must have left.
    Raises MailError.
    """
    password = _password(snapshot)
    if not snapshot.uses_token:
        return Credential(login=snapshot.login, password=password), False
    app_only = snapshot.grant is Grant.CLIENT_CREDENTIALS
    request = TokenRequest(
        authority=snapshot["tenant-authority"],
        directory_id=snapshot["directory-id"],
        client_id=snapshot["client-id"],
        scope=snapshot["scope"],
        grant=snapshot.grant,
        username=snapshot.login,
        password="" if app_only else password,
        client_secret=password if app_only else "",
    )
    row = _cache_row(snapshot)
    outcome = _acquire(request, policy, row, fresh=fresh, margin=margin)
    token = outcome.token
    return (
        Credential(
            login=snapshot.login,
            token=token.value,
            expires_at=token.expires_at,
            app_only=app_only,
        ),
        not token.from_cache,
    )


def _password(snapshot: Snapshot) -> str:
    if not snapshot["password"]:
        return ""
    try:
        return secrets.reveal(snapshot["password"])
    except SecretUnreadable as error:
        raise MailError(Code.SECRET_UNREADABLE, Stage.FIELDS, permanent=True) from error


def _acquire(
    request: TokenRequest,
    policy: NetworkPolicy,
    row: TokenCache,
    *,
    fresh: bool,
    margin: float,
) -> TokenOutcome:
    try:
        outcome = microsoft.acquire(
            request, policy, _read_cache(row), fresh=fresh, margin=margin
        )
    except MailError as error:
        error.evidence["side"] = AUTHORITY
        raise
    if outcome.cache is not None:
        _write_cache(row, outcome.cache)
    return outcome


def _cache_key(snapshot: Snapshot) -> dict[str, Any]:
    """One cache for each login; one for the application where it signs in itself."""
    app_only = snapshot.grant is Grant.CLIENT_CREDENTIALS
    return {
        "authority": snapshot["tenant-authority"],
        "directory_id": snapshot["directory-id"],
        "client_id": snapshot["client-id"],
        "username": "" if app_only else snapshot.login.lower(),
        "credential": snapshot["password"] or 0,
    }


def _cache_row(snapshot: Snapshot) -> TokenCache:
    return TokenCache.objects.get_or_create(**_cache_key(snapshot))[0]


def _read_cache(row: TokenCache) -> str | None:
    if row.value_id is None:
        return None
    try:
        return secrets.reveal(row.value_id)
    except SecretUnreadable:
        return None  # replaced meanwhile, or another key: the password still works


def _write_cache(row: TokenCache, cache: str) -> bool:
    """Compare-and-set; True when our cache was written."""
    with transaction.atomic():
        value = secrets.seal(cache, SecretValue.Purpose.TOKEN_CACHE)
        written = TokenCache.objects.filter(pk=row.pk, version=row.version).update(
            value=value, version=F("version") + 1
        )
        # The loser's own row goes, or the winner's predecessor.
        SecretValue.objects.filter(
            pk__in=[row.value_id or 0] if written else [value.pk],
            purpose=SecretValue.Purpose.TOKEN_CACHE,
        ).delete()
    return bool(written)


def forget(snapshot: Snapshot) -> None:
    """Drop the cached tokens of a login, as after the mail server refused one."""
    with transaction.atomic():
        rows = TokenCache.objects.filter(**_cache_key(snapshot))
        values = list(rows.values_list("value_id", flat=True))
        rows.update(value=None, version=F("version") + 1)
        SecretValue.objects.filter(
            pk__in=values, purpose=SecretValue.Purpose.TOKEN_CACHE
        ).delete()


def sweep(before: datetime) -> int:
    """Remove caches that nobody has written since; a sign-in makes a new one."""
    with transaction.atomic():
        rows = TokenCache.objects.filter(updated_at__lt=before)
        values = list(rows.values_list("value_id", flat=True))
        count, _ = rows.delete()
        SecretValue.objects.filter(
            pk__in=[pk for pk in values if pk], purpose=SecretValue.Purpose.TOKEN_CACHE
        ).delete()
    return count

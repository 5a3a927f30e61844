"""Gets a ready credential for a snapshot: a password, or a token with its cache.

The token protocols are in oauth/, what is asked for in tokens/requests. The cache of
each login is encrypted and written by compare-and-set; when another process was first,
its cache stays and ours is dropped (tokens/caches). A refresh token is used by one
process at a time, and the one that comes in its place is kept.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from ...core.choices import OWNER_GRANTS, Grant, Stage
from ...core.errors import Code, MailError, SecretUnreadable
from ...oauth.base import Token, TokenOutcome, TokenRequest
from ...transports.base import Credential, NetworkPolicy
from ..findings.authority import AUTHORITY
from ..findings.owners import OWNER
from ..options.snapshots import Snapshot
from . import caches as token_caches
from .requests import module_of, password_of, request_of

# Refusals of a token by a mail server: what is cached is of no more use.
REFUSED = frozenset(
    {
        Code.TOKEN_NOT_ACCEPTED,
        Code.SESSION_TOKEN_ENDED,
        Code.GRAPH_WRONG_AUDIENCE,
        Code.GRAPH_TOKEN_TIME,
        Code.GRAPH_CLAIMS_CHALLENGE,
    }
)
# Those, and a permission that the token lacks: one that is given later stands in newer
# tokens only, and this one would be good for an hour or more.
OUTDATED = REFUSED | {Code.GRAPH_ACCESS_DENIED}
RENEW_BEFORE = 300.0  # seconds of life that a token must have left (feasibility.md 7)
REQUESTS = 3  # that one renewal may make: configuration, token, and one more
SPARE = 5.0  # seconds for all that is not waiting for the network
# Seconds that a use of a refresh token is given at least: whoever waits for another
# gives up so long before its own end. An answer that is cut off loses the sign-in.
ENOUGH = 15.0


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
    if not snapshot.uses_token:
        password = password_of(snapshot)
        return Credential(login=snapshot.login, password=password), False
    try:
        token = _token(snapshot, policy, fresh=fresh, margin=margin)
    except MailError as error:
        error.evidence["side"] = AUTHORITY
        if snapshot.grant in OWNER_GRANTS:
            error.evidence[OWNER] = True
        raise
    return (
        Credential(
            login=snapshot.login,
            token=token.value,
            expires_at=token.expires_at,
            app_only=snapshot.grant is Grant.CLIENT_CREDENTIALS,
            account=snapshot.account if snapshot.is_shared else "",
        ),
        not token.from_cache,
    )


def _token(
    snapshot: Snapshot, policy: NetworkPolicy, *, fresh: bool, margin: float
) -> Token:
    request = request_of(snapshot)
    if snapshot.grant in OWNER_GRANTS:
        return _renewed(snapshot, request, policy, fresh=fresh, margin=margin)
    row = token_caches.row_of(cache_key(snapshot))
    outcome: TokenOutcome = module_of(snapshot).acquire(
        request, policy, token_caches.read(row), fresh=fresh, margin=margin
    )
    if outcome.cache is not None:
        token_caches.write(row, outcome.cache)
    return outcome.token


def _renewed(
    snapshot: Snapshot,
    request: TokenRequest,
    policy: NetworkPolicy,
    *,
    fresh: bool,
    margin: float,
) -> Token:
    """A token for the sign-in of an owner; its refresh token is used by one at a time.

    Whoever waited for another process finds what that one has stored; whoever has no
    time left for both asks nobody.
    """
    wire, key = module_of(snapshot), cache_key(snapshot)
    row = token_caches.row_of(key)
    found: Token | None = None
    if not fresh:
        found = wire.cached(request, token_caches.read(row), margin)
    if found is not None:
        return found
    longest = REQUESTS * (policy.connect_timeout + policy.read_timeout) + SPARE
    wait, left = longest, policy.left
    if left is not None:
        longest, wait = min(longest, left + SPARE), min(wait, left - ENOUGH)
    held = token_caches.hold(key, longest, wait) if wait > 0 else None
    if held is None:
        raise MailError(Code.TOKEN_UNAVAILABLE, Stage.TOKEN)
    try:
        row = token_caches.row_of(key)  # as the one before us has left it
        if not fresh:
            found = wire.cached(request, token_caches.read(row), margin)
        if found is not None:
            return found
        newest = _newest_refresh_token(row) or request.refresh_token
        outcome: TokenOutcome = wire.acquire(
            replace(request, refresh_token=newest),
            policy,
            token_caches.read(row),
            fresh=fresh,  # tokens for other resources stay in the cache
            margin=margin,
        )
        if outcome.refresh_token and outcome.refresh_token != newest:
            token_caches.write_renewed(row, outcome.cache, outcome.refresh_token)
        elif outcome.cache is not None:
            token_caches.write(row, outcome.cache)
    finally:
        token_caches.let_go(held)
    return outcome.token


def _newest_refresh_token(row: Any) -> str:
    try:
        return token_caches.refresh_token(row)
    except SecretUnreadable as error:
        raise MailError(Code.SECRET_UNREADABLE, Stage.FIELDS, permanent=True) from error


def cache_key(snapshot: Snapshot) -> dict[str, Any]:
    """One cache for each account that signs in; one for an application that does.

    A person's token opens each shared mailbox that the person has rights on.
    """
    app_only = snapshot.grant is Grant.CLIENT_CREDENTIALS
    return {
        "authority": snapshot["tenant-authority"],
        "directory_id": snapshot["directory-id"],
        "client_id": snapshot["client-id"],
        "username": "" if app_only else snapshot.account.lower(),
        "credential": snapshot["password"] or 0,
    }


def forget(snapshot: Snapshot) -> None:
    """Drop the cached tokens of a login, as after the mail server refused one."""
    token_caches.forget(cache_key(snapshot))


def sweep(before: datetime) -> int:
    """Remove caches that nobody has written since (tokens/caches)."""
    return token_caches.sweep(before)

"""Tokens from Entra ID through MSAL, of a user or of the application itself.

Password grant (RFC 6749 section 4.3): a cached token costs no request; else MSAL renews
silently, else the password is sent. Client credentials (section 4.4): a cached token
costs no request; else the client secret is sent, or an assertion signed by the key of a
certificate (RFC 7523), for there are no refresh tokens.
Storing the cache is services/tokens; what a refusal means is refusals.py.
Source: learn.microsoft.com, v2-oauth-ropc and v2-oauth2-client-creds-grant-flow; MSAL
Python 1.39.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
import warnings
from collections.abc import Mapping
from typing import Any

import msal

from ...core.choices import OWNER_GRANTS, Grant, Stage
from ...core.errors import Code, MailError
from ...transports.base import NetworkPolicy
from ..base import Token, TokenOutcome, TokenRequest
from ..recorder import Recorder
from .application import application, asked, checked, discovery, named, proof

SHOWN_CLAIMS = (
    "aud", "scp", "roles", "upn", "exp", "nbf", "appid", "tid", "idtyp", "oid",
)  # fmt: skip

GRANTS = frozenset({Grant.PASSWORD, Grant.CLIENT_CREDENTIALS}) | OWNER_GRANTS

_ACCESS_TOKEN = msal.TokenCache.CredentialType.ACCESS_TOKEN


def acquire(
    request: TokenRequest,
    policy: NetworkPolicy,
    cache: str | None,
    *,
    fresh: bool = False,
    margin: float = 300.0,
) -> TokenOutcome:
    """A token for `request`.

    cache: what an earlier call returned, None for none.
    fresh: ask the endpoint with the password or secret, whatever the cache holds.
    margin: seconds of life that a cached token must have left.
    Raises MailError at TENANT, TOKEN, or where the network failed.
    """
    if request.grant not in GRANTS:
        raise MailError(
            Code.CONFIG_INCOMPLETE,
            Stage.FIELDS,
            permanent=True,
            evidence={"option": "grant-type", "answer": str(request.grant)},
        )
    store = msal.SerializableTokenCache()
    if cache and not fresh:
        store.deserialize(cache)
        cached = _cached(store, request, margin)
        if cached is not None:
            return TokenOutcome(cached)

    def ask(client: Recorder) -> Mapping[str, Any]:
        if request.grant == Grant.CLIENT_CREDENTIALS:
            return _ask_for_application(request, store, client)
        if request.grant in OWNER_GRANTS:
            return _ask_by_refresh_token(request, store, client)
        return _ask_for_user(request, store, client, fresh)

    answer, client = asked(request, policy, ask)
    checked(answer, client, request, policy)
    _find_as_asked(store, request, str(answer["access_token"]))
    changed = store.serialize() if store.has_state_changed else None
    renewed = request.grant in OWNER_GRANTS
    return TokenOutcome(
        token_of(answer, from_cache=client.requests == 0),
        changed,
        refresh_token=str(answer.get("refresh_token", "")) if renewed else "",
    )


def cached(request: TokenRequest, cache: str | None, margin: float) -> Token | None:
    """A token of the cache that has `margin` seconds of life left; asks nobody."""
    if not cache:
        return None
    store = msal.SerializableTokenCache()
    store.deserialize(cache)
    return _cached(store, request, margin)


def _ask_for_user(
    request: TokenRequest,
    store: msal.SerializableTokenCache,
    client: Recorder,
    fresh: bool,
) -> Mapping[str, Any]:
    application = msal.PublicClientApplication(
        request.client_id,
        authority=f"{request.authority}/{request.directory_id}",
        token_cache=store,
        http_client=client,
    )
    scopes = named(request.scope)
    if not fresh:
        for account in application.get_accounts(request.username):
            # Renewing is only asked for when the cached token is too old for us.
            renewed = application.acquire_token_silent(
                scopes, account=account, force_refresh=True
            )
            if renewed and "access_token" in renewed:
                return dict(renewed)
    with warnings.catch_warnings():
        # MSAL warns that the password grant goes; the console itself tells the admin
        # so, with the dates, where it can be changed.
        warnings.simplefilter("ignore", DeprecationWarning)
        return dict(
            application.acquire_token_by_username_password(
                request.username, request.password, scopes
            )
        )


def _ask_by_refresh_token(
    request: TokenRequest, store: msal.SerializableTokenCache, client: Recorder
) -> Mapping[str, Any]:
    """Renew, and keep only the access token in the cache.

    The refresh token is kept apart by the caller, because it must outlive the cache;
    MSAL would keep it in its own way.
    """
    found = msal.TokenCache()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        answer = application(request, client, found).acquire_token_by_refresh_token(
            request.refresh_token, named(request.scope)
        )
    for entry in found.search(_ACCESS_TOKEN):
        store.modify(_ACCESS_TOKEN, entry, entry)
    return dict(answer)


def _ask_for_application(
    request: TokenRequest, store: msal.SerializableTokenCache, client: Recorder
) -> Mapping[str, Any]:
    # MSAL would answer from its cache while a token has five minutes left, whatever our
    # margin, and has no switch against it: it gets an empty one.
    found = msal.TokenCache()
    application = msal.ConfidentialClientApplication(
        request.client_id,
        client_credential=proof(request),
        authority=f"{request.authority}/{request.directory_id}",
        token_cache=found,
        http_client=client,
        azure_region=False,  # else MSAL_FORCE_REGION of the environment decides
        instance_discovery=discovery(request),
    )
    with warnings.catch_warnings():
        # Of tenants such as "organizations"; Entra refuses them, which says more.
        warnings.simplefilter("ignore", DeprecationWarning)
        answer = application.acquire_token_for_client(request.scope.split())
    for entry in found.search(_ACCESS_TOKEN):
        # Tokens for other resources stay in the cache that we were given.
        store.modify(_ACCESS_TOKEN, entry, entry)
    return dict(answer)


def _find_as_asked(
    store: msal.SerializableTokenCache, request: TokenRequest, token: str
) -> None:
    """Let the cache find a token under the scopes that were asked for.

    Entra writes them in its own case, and only those that it has granted. MSAL compares
    them to the letter, so that each cycle would ask again.
    """
    for entry in list(store.search(_ACCESS_TOKEN, query={"secret": token})):
        known = str(entry.get("target", "")).split()
        more = [scope for scope in named(request.scope) if scope not in known]
        if more:
            found = {"target": " ".join([*known, *more])}
            store.modify(_ACCESS_TOKEN, entry, entry | found)


def _cached(
    store: msal.SerializableTokenCache, request: TokenRequest, margin: float
) -> Token | None:
    """A cached token with enough life, found without building an application.

    The constructor of MSAL's application asks the authority for its configuration, so
    an idle cycle would cost a request.
    """
    found = store.search(
        _ACCESS_TOKEN,
        target=named(request.scope),
        query={"client_id": request.client_id},
    )
    for entry in found:
        # The same cache may hold tokens of a user from before the grant was changed.
        of_application = entry.get("home_account_id") is None
        by_application = request.grant == Grant.CLIENT_CREDENTIALS
        if request.grant not in OWNER_GRANTS and of_application != by_application:
            continue
        expires_at = float(entry.get("expires_on", 0))
        if expires_at - time.time() > margin:
            value = str(entry["secret"])
            return Token(value, expires_at, from_cache=True, claims=claims(value))
    return None


def token_of(answer: Mapping[str, Any], from_cache: bool) -> Token:
    """The access token of an answer of MSAL."""
    value = str(answer["access_token"])
    return Token(
        value,
        time.time() + float(answer.get("expires_in", 0)),
        from_cache=from_cache,
        claims=claims(value),
    )


def claims(token: str) -> dict[str, object]:
    """The claims of a JWT that diagnosis needs, unverified; {} for other tokens."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        payload = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError):
        return {}
    if not isinstance(payload, dict):
        return {}
    return {name: payload[name] for name in SHOWN_CLAIMS if name in payload}

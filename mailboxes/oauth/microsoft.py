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
import logging
import time
import warnings
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import ParseError

import msal
import requests

from ..core import certificates
from ..core.choices import OWNER_GRANTS, Grant, Stage
from ..core.errors import Code, MailError
from ..transports.base import NetworkPolicy
from . import federation, refusals, session
from .base import Token, TokenOutcome, TokenRequest
from .recorder import NotJson, Recorder, retry_after

SHOWN_CLAIMS = (
    "aud", "scp", "roles", "upn", "exp", "nbf", "appid", "tid", "idtyp", "oid",
)  # fmt: skip

GRANTS = frozenset({Grant.PASSWORD, Grant.CLIENT_CREDENTIALS}) | OWNER_GRANTS

_ACCESS_TOKEN = msal.TokenCache.CredentialType.ACCESS_TOKEN
_RESERVED = ("openid", "profile", "offline_access")
_KNOWN_HOSTS = msal.authority.WELL_KNOWN_AUTHORITY_HOSTS

# What MSAL raises in place of an answer: for an authority whose configuration it cannot
# read, for a status of 400 and above (although the body may say why), and for federated
# accounts on a description that is no XML or an answer without an assertion.
_RAISED = (ValueError, msal.exceptions.MsalServiceError, ParseError, RuntimeError)

# MSAL logs request parameters at DEBUG; what it knows is in our errors already.
logging.getLogger("msal").setLevel(logging.WARNING)


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
    host = refusals.host_of(request.authority)
    evidence = refusals.facts_of(request.authority, policy)
    evidence["user"] = request.username
    client = Recorder(session.make(policy), {host, *_KNOWN_HOSTS})
    try:
        if request.grant == Grant.CLIENT_CREDENTIALS:
            answer = _ask_for_application(request, store, client)
        elif request.grant in OWNER_GRANTS:
            answer = _ask_by_refresh_token(request, store, client)
        else:
            answer = _ask_for_user(request, store, client, fresh)
    except NotJson as error:
        response = error.response
        raise refusals.of_status(
            response.status_code, response.text, evidence, retry_after(response)
        ) from error
    except requests.exceptions.RequestException as error:
        evidence["host"] = client.host or host
        raise refusals.of_exception(error, evidence) from error
    except _RAISED as error:
        raise _unusable(error, client, evidence) from error
    finally:
        client.close()
    if "access_token" not in answer:
        raise _refused(answer, client, evidence)
    changed = store.serialize() if store.has_state_changed else None
    renewed = request.grant in OWNER_GRANTS
    return TokenOutcome(
        _token(answer, from_cache=client.requests == 0),
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
    scopes = _named(request.scope)
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
    asked = msal.TokenCache()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        answer = _application(request, client, asked).acquire_token_by_refresh_token(
            request.refresh_token, _named(request.scope)
        )
    for entry in asked.search(_ACCESS_TOKEN):
        store.modify(_ACCESS_TOKEN, entry, entry)
    return dict(answer)


def _application(
    request: TokenRequest, client: Recorder, cache: msal.TokenCache
) -> msal.ClientApplication:
    """The application as it is registered: with a proof of its own, or public."""
    proof = _proof(request)
    kind = msal.ConfidentialClientApplication if proof else msal.PublicClientApplication
    return kind(
        request.client_id,
        client_credential=proof,
        authority=f"{request.authority}/{request.directory_id}",
        token_cache=cache,
        http_client=client,
        instance_discovery=_discovery(request),
    )


def _discovery(request: TokenRequest) -> bool | None:
    """Whether MSAL looks up other names of the host; it must for one it does not know.

    After a refusal it would ask for them, and its answer would hide the pause that the
    refusal asks for.
    """
    return False if refusals.host_of(request.authority) in _KNOWN_HOSTS else None


def _named(scope: str) -> list[str]:
    """The scopes but for those that MSAL adds by itself and refuses to be given."""
    return [one for one in scope.split() if one.lower() not in _RESERVED]


def _ask_for_application(
    request: TokenRequest, store: msal.SerializableTokenCache, client: Recorder
) -> Mapping[str, Any]:
    # MSAL would answer from its cache while a token has five minutes left, whatever our
    # margin, and has no switch against it: it gets an empty one.
    asked = msal.TokenCache()
    application = msal.ConfidentialClientApplication(
        request.client_id,
        client_credential=_proof(request),
        authority=f"{request.authority}/{request.directory_id}",
        token_cache=asked,
        http_client=client,
        azure_region=False,  # else MSAL_FORCE_REGION of the environment decides
        instance_discovery=_discovery(request),
    )
    with warnings.catch_warnings():
        # Of tenants such as "organizations"; Entra refuses them, which says more.
        warnings.simplefilter("ignore", DeprecationWarning)
        answer = application.acquire_token_for_client(request.scope.split())
    for entry in asked.search(_ACCESS_TOKEN):
        # Tokens for other resources stay in the cache that we were given.
        store.modify(_ACCESS_TOKEN, entry, entry)
    return dict(answer)


def _proof(request: TokenRequest) -> str | dict[str, str] | None:
    """What proves the application, as MSAL takes it.

    With a certificate MSAL signs an assertion of its own for each request (PS256) and
    names the certificate by its SHA-256 thumbprint. Raises MailError.
    """
    if not request.certificate:
        return request.client_secret or None
    try:
        found = certificates.read(request.certificate)
    except certificates.CertificateUnusable as error:
        raise MailError(
            Code.CONFIG_INCOMPLETE,
            Stage.FIELDS,
            permanent=True,
            evidence={"option": "password", "answer": str(error)},
        ) from error
    return {"private_key": found.private_key, "public_certificate": found.public}


def _cached(
    store: msal.SerializableTokenCache, request: TokenRequest, margin: float
) -> Token | None:
    """A cached token with enough life, found without building an application.

    The constructor of MSAL's application asks the authority for its configuration, so
    an idle cycle would cost a request.
    """
    found = store.search(
        _ACCESS_TOKEN,
        target=_named(request.scope),
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


def _token(answer: Mapping[str, Any], from_cache: bool) -> Token:
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


def _refused(
    answer: Mapping[str, Any], client: Recorder, evidence: Mapping[str, object]
) -> MailError:
    last = client.last
    wait = retry_after(last) if last is not None else None
    if last is not None and last.status_code == 429:
        return refusals.of_status(429, str(answer.get("error", "")), evidence, wait)
    return refusals.of_answer(answer, evidence, wait)


def _unusable(
    error: Exception, client: Recorder, evidence: dict[str, object]
) -> MailError:
    """The MailError of one of `_RAISED`."""
    last = client.last
    if last is not None:
        status, wait = last.status_code, retry_after(last)
        if client.federated and status != 429:
            evidence["host"] = client.host
            return federation.of_error(error, last, evidence, wait)
        try:
            body = last.json()
        except ValueError:
            body = None
        if status != 429 and isinstance(body, dict) and body.get("error"):
            return refusals.of_answer(body, evidence, wait, status)
        if status == 429 or status >= 500:
            return refusals.of_status(status, last.text, evidence, wait)
    return MailError(
        Code.TENANT_UNKNOWN,
        Stage.TENANT,
        permanent=True,
        evidence={**evidence, "answer": str(error).splitlines()[0]},
    )

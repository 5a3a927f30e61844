"""Tokens from Entra ID by the password grant (RFC 6749 section 4.3), through MSAL.

A cached token costs no request; else MSAL renews silently, else the password is sent.
Storing the cache is services/tokens; what a refusal means is refusals.py.
Source: learn.microsoft.com, v2-oauth-ropc; MSAL Python 1.39.
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

import msal
import requests

from ..core.choices import Stage
from ..core.errors import Code, MailError
from ..transports.base import NetworkPolicy
from . import refusals, session
from .base import Token, TokenOutcome, TokenRequest

SHOWN_CLAIMS = (
    "aud", "scp", "roles", "upn", "exp", "nbf", "appid", "tid", "idtyp",
)  # fmt: skip

# MSAL logs request parameters at DEBUG; what it knows is in our errors already.
logging.getLogger("msal").setLevel(logging.WARNING)


class _Recorder:
    """The http_client that MSAL is given: our session, and the last answer kept.

    MSAL hands the body on, but not the status and Retry-After that tell a throttled
    endpoint or a filtering proxy from a refusal.
    """

    def __init__(self, made: requests.Session) -> None:
        self._session = made
        self.last: requests.Response | None = None
        self.requests = 0

    def get(self, url: str, **kwargs: Any) -> requests.Response:
        return self._keep(self._session.get(url, **kwargs))

    def post(self, url: str, **kwargs: Any) -> requests.Response:
        return self._keep(self._session.post(url, **kwargs))

    def close(self) -> None:
        self._session.close()

    def _keep(self, response: requests.Response) -> requests.Response:
        self.requests += 1
        self.last = response
        if not _is_json(response):
            # MSAL would fail on the body with an error of its JSON parser.
            raise _NotJson(response)
        return response


class _NotJson(Exception):
    """An answer that is no JSON: a proxy's page, or an endpoint in trouble."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        super().__init__(response.status_code)


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
    fresh: ask the endpoint with the password, whatever the cache holds.
    margin: seconds of life that a cached token must have left.
    Raises MailError at TENANT, TOKEN, or where the network failed.
    """
    store = msal.SerializableTokenCache()
    if cache and not fresh:
        store.deserialize(cache)
        cached = _cached(store, request, margin)
        if cached is not None:
            return TokenOutcome(cached)
    evidence: dict[str, object] = {
        "host": refusals.host_of(request.authority),
        "user": request.username,
    }
    client = _Recorder(session.make(policy))
    try:
        answer = _ask(request, store, client, fresh)
    except _NotJson as error:
        response = error.response
        raise refusals.of_status(
            response.status_code, response.text, evidence, _wait(response)
        ) from error
    except requests.exceptions.RequestException as error:
        raise refusals.of_exception(error, evidence) from error
    except ValueError as error:
        raise _unusable(error, client, evidence) from error
    finally:
        client.close()
    if "access_token" not in answer:
        raise _refused(answer, client, evidence)
    changed = store.serialize() if store.has_state_changed else None
    return TokenOutcome(_token(answer, from_cache=client.requests == 0), changed)


def _ask(
    request: TokenRequest,
    store: msal.SerializableTokenCache,
    client: _Recorder,
    fresh: bool,
) -> Mapping[str, Any]:
    application = msal.PublicClientApplication(
        request.client_id,
        authority=f"{request.authority}/{request.directory_id}",
        token_cache=store,
        http_client=client,
    )
    scopes = request.scope.split()
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


def _cached(
    store: msal.SerializableTokenCache, request: TokenRequest, margin: float
) -> Token | None:
    """A cached token with enough life, found without building an application.

    The constructor of MSAL's application asks the authority for its configuration, so
    an idle cycle would cost a request.
    """
    kind = msal.TokenCache.CredentialType.ACCESS_TOKEN
    found = store.search(
        kind, target=request.scope.split(), query={"client_id": request.client_id}
    )
    for entry in found:
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
    answer: Mapping[str, Any], client: _Recorder, evidence: Mapping[str, object]
) -> MailError:
    last = client.last
    wait = _wait(last) if last is not None else None
    if last is not None and last.status_code == 429:
        return refusals.of_status(429, str(answer.get("error", "")), evidence, wait)
    return refusals.of_answer(answer, evidence, wait)


def _unusable(
    error: ValueError, client: _Recorder, evidence: dict[str, object]
) -> MailError:
    """MSAL raises ValueError for an authority whose configuration it cannot read."""
    last = client.last
    if last is not None:
        try:
            body = last.json()
        except ValueError:
            body = None
        if isinstance(body, dict) and body.get("error"):
            return refusals.of_answer(body, evidence, _wait(last))
        if last.status_code >= 500:
            return refusals.of_status(
                last.status_code, last.text, evidence, _wait(last)
            )
    return MailError(
        Code.TENANT_UNKNOWN,
        Stage.TENANT,
        permanent=True,
        evidence={**evidence, "answer": str(error).splitlines()[0]},
    )


def _is_json(response: requests.Response) -> bool:
    try:
        response.json()
    except ValueError:
        return False
    return True


def _wait(response: requests.Response) -> float | None:
    """Seconds of Retry-After (RFC 9110 section 10.2.3), at most an hour."""
    value = response.headers.get("Retry-After", "")
    return min(float(value), 3600.0) if value.isdigit() else None

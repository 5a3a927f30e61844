"""Tokens from Google: of an owner who has signed in, or of a service account.

Refresh tokens and assertions go through google-auth, on our own session: its transport
reads certificates and proxies from the environment and waits by itself after a fault.
The link and the change of its code are two plain requests, which it does not have.
Tokens are opaque. Storing them is services/tokens; refusals: refusals.py.
Source: developers.google.com, "Using OAuth 2.0 for Web Server Applications" and "… for
Server to Server Applications"; RFC 6749, RFC 7523, RFC 7636.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

import requests
from google.auth import exceptions, transport
from google.oauth2 import credentials, service_account

from ..core.choices import Grant, Stage
from ..core.errors import Code, MailError
from ..transports.base import NetworkPolicy
from . import refusals, session
from .base import DeviceCode, Pending, Token, TokenOutcome, TokenRequest
from .pkce import METHOD, Proof
from .recorder import retry_after

AUTHORITY = "https://accounts.google.com"
TOKEN_URL = "https://oauth2.googleapis.com/token"
INFO_URL = "https://oauth2.googleapis.com/tokeninfo"
# Of an answer there; never the token.
TOLD = ("aud", "scope", "email", "exp", "error", "error_description")
LINK_URL = f"{AUTHORITY}/o/oauth2/v2/auth"
SCOPE = "https://mail.google.com/"  # the only one for IMAP, POP3 and SMTP
GRANTS = frozenset({Grant.AUTHORIZATION_CODE, Grant.SERVICE_ACCOUNT})
LIFE = 3600.0  # seconds, where an answer tells none


def claims(token: str) -> dict[str, object]:
    """Nothing: an access token of Google's is opaque."""
    return {}


def acquire(
    request: TokenRequest,
    policy: NetworkPolicy,
    cache: str | None,
    *,
    fresh: bool = False,
    margin: float = 300.0,
) -> TokenOutcome:
    """A token for `request`; arguments as of microsoft.acquire. Raises MailError."""
    if request.grant not in GRANTS:
        raise _field("grant-type", str(request.grant))
    found = None if fresh else cached(request, cache, margin)
    if found is not None:
        return TokenOutcome(found)
    made = _credentials(request)
    way = _Way(policy)
    try:
        made.refresh(way)
    except _Refused as error:
        raise _refused(error.response, request, policy) from error
    except requests.exceptions.RequestException as error:
        raise refusals.of_exception(error, _evidence(request, policy)) from error
    except exceptions.GoogleAuthError as error:
        # Behind its words it has the whole answer, tokens as well.
        words = str(error.args[0]) if error.args else type(error).__name__
        raise _unusable(words, request, policy) from error
    finally:
        way.close()
    expires_at = time.time() + LIFE
    if made.expiry is not None:
        # Its time is UTC without saying so.
        expires_at = made.expiry.replace(tzinfo=UTC).timestamp()
    token = Token(str(made.token), expires_at, from_cache=False)
    newest = str(getattr(made, "refresh_token", None) or "")
    return TokenOutcome(
        token,
        json.dumps({"token": token.value, "expires_at": expires_at}),
        refresh_token="" if newest == request.refresh_token else newest,
    )


def about(token: str, policy: NetworkPolicy) -> dict[str, object]:
    """What Google says of an access token: aud, scope, email, exp; error where none.

    For a token that a mail server has refused; it goes in the body, never in an
    address. Returns {} where nothing could be learned.
    """
    made = session.make(policy)
    try:
        answer = _json(made.post(INFO_URL, data={"access_token": token}))
    except requests.exceptions.RequestException:
        return {}
    finally:
        made.close()
    return {name: str((answer or {})[name]) for name in TOLD if name in (answer or {})}


def cached(request: TokenRequest, cache: str | None, margin: float) -> Token | None:
    """A token of the cache that has `margin` seconds of life left; asks nobody."""
    if not cache:
        return None
    try:
        told = json.loads(cache)
        value, expires_at = str(told["token"]), float(told["expires_at"])
    except (ValueError, KeyError, TypeError):
        return None  # of another provider, from before the authority was changed
    if expires_at - time.time() <= margin:
        return None
    return Token(value, expires_at, from_cache=True)


def link(request: TokenRequest, redirect_uri: str, state: str, proof: Proof) -> str:
    """The address at which the owner signs in and agrees; see microsoft.link."""
    query = {
        "client_id": request.client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": f"openid email {SCOPE}",
        "state": state,
        "nonce": proof.shown_nonce,
        "code_challenge": proof.challenge,
        "code_challenge_method": METHOD,
        # Without both a second sign-in brings no refresh token.
        "access_type": "offline",
        "prompt": "consent",
        "login_hint": request.username,
    }
    return f"{LINK_URL}?{urlencode(query)}"


def redeem(
    request: TokenRequest,
    policy: NetworkPolicy,
    code: str,
    redirect_uri: str,
    proof: Proof,
) -> TokenOutcome:
    """Change the code of an answer into tokens. Raises MailError."""
    form = {
        "grant_type": "authorization_code",
        "client_id": request.client_id,
        "client_secret": request.client_secret,
        "code": code,
        "code_verifier": proof.verifier,
        "redirect_uri": redirect_uri,
    }
    made = session.make(policy)
    try:
        response = made.post(TOKEN_URL, data=form)
    except requests.exceptions.RequestException as error:
        raise refusals.of_exception(error, _evidence(request, policy)) from error
    finally:
        made.close()
    answer = _json(response)
    if response.status_code != 200 or answer is None or "access_token" not in answer:
        raise _refused(response, request, policy)
    if not answer.get("refresh_token"):
        raise _unusable("No refresh token was returned.", request, policy)
    told = _identity(str(answer.get("id_token", "")))
    if told.get("nonce", proof.shown_nonce) != proof.shown_nonce:
        raise _unusable("The id token belongs to another link.", request, policy)
    life = float(answer.get("expires_in", LIFE))
    token = Token(str(answer["access_token"]), time.time() + life, from_cache=False)
    account = str(told.get("email", ""))
    return TokenOutcome(
        token, refresh_token=str(answer["refresh_token"]), account=account
    )


def begin_device(request: TokenRequest, policy: NetworkPolicy) -> DeviceCode:
    """Never: Google's device codes do not cover mail (limited scopes)."""
    raise _field("grant-type", str(request.grant))


def poll_device(
    request: TokenRequest, policy: NetworkPolicy, device: DeviceCode
) -> TokenOutcome | Pending:
    """Never; see begin_device."""
    raise _field("grant-type", str(request.grant))


class _Refused(Exception):
    """An answer that is no token."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        super().__init__(response.status_code)


class _Answer(transport.Response):
    """As google-auth reads one."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response

    @property
    def status(self) -> int:
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    @property
    def data(self) -> bytes:
        return self._response.content


class _Way(transport.Request):
    """google-auth's way to the network: one session of ours, one try."""

    def __init__(self, policy: NetworkPolicy) -> None:
        self._session = session.make(policy)

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> _Answer:
        response = self._session.request(method, url, data=body, headers=headers)
        if response.status_code != 200 or _json(response) is None:
            raise _Refused(response)  # else google-auth would try it again by itself
        return _Answer(response)

    def close(self) -> None:
        self._session.close()


def _credentials(request: TokenRequest) -> Any:
    if request.grant is not Grant.SERVICE_ACCOUNT:
        return credentials.Credentials(
            token=None,
            refresh_token=request.refresh_token,
            token_uri=TOKEN_URL,
            client_id=request.client_id,
            client_secret=request.client_secret,
        )
    try:
        key = json.loads(request.service_key)
        # Whatever the file says: the assertion goes to nobody else.
        info = {**key, "token_uri": TOKEN_URL}
        make = service_account.Credentials.from_service_account_info
        return make(info, scopes=[SCOPE], subject=request.username)
    except (ValueError, TypeError, exceptions.GoogleAuthError) as error:
        raise _field("secret", "The key of the service account cannot be read.") from (
            error
        )


def _evidence(request: TokenRequest, policy: NetworkPolicy) -> dict[str, object]:
    return {**refusals.facts_of(TOKEN_URL, policy), "user": request.username}


def _refused(
    response: requests.Response, request: TokenRequest, policy: NetworkPolicy
) -> MailError:
    evidence, wait = _evidence(request, policy), retry_after(response)
    answer = _json(response)
    if answer is None or response.status_code == 429 or not answer.get("error"):
        return refusals.of_status(response.status_code, response.text, evidence, wait)
    return refusals.of_answer(answer, evidence, wait, response.status_code)


def _unusable(words: str, request: TokenRequest, policy: NetworkPolicy) -> MailError:
    return MailError(
        Code.TOKEN_REFUSED,
        Stage.TOKEN,
        permanent=True,
        evidence={**_evidence(request, policy), "answer": words.splitlines()[0]},
    )


def _field(option: str, words: str) -> MailError:
    return MailError(
        Code.CONFIG_INCOMPLETE,
        Stage.FIELDS,
        permanent=True,
        evidence={"option": option, "answer": words},
    )


def _json(response: requests.Response) -> dict[str, Any] | None:
    try:
        found = response.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _identity(token: str) -> dict[str, object]:
    """The id token's claims; it came from Google itself, over TLS (OIDC 3.1.3.7)."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        found = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

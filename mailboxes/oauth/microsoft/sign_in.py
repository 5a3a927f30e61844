"""The first sign-in of a person at Entra: by a link in a browser, or by a device code.

Both end with a refresh token, which stands for the person from then on (tokens). The
link is made without asking anybody, so that a page can show it; codes are changed into
tokens through MSAL, which checks the nonce of the id token.
Source: learn.microsoft.com, v2-oauth2-auth-code-flow and v2-oauth2-device-code; RFC
6749 section 4.1, RFC 7636, RFC 8628.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msal

from ...core.choices import Stage
from ...core.errors import MailError
from ...transports.base import NetworkPolicy
from ..base import DeviceCode, Pending, Token, TokenOutcome, TokenRequest
from ..pkce import METHOD, Proof
from ..recorder import Recorder
from .application import application, asked, checked, evidence_of, named
from .tokens import token_of

OFFLINE = ("openid", "profile", "offline_access")  # offline: a refresh token is wanted
# The finding where there is none, for Entra gives no reason.
NOT_OFFLINE = "entra-consent-missing"
PENDING = "authorization_pending"
SLOWER = "slow_down"
SLOWER_BY = 5  # seconds (RFC 8628 section 3.5)


def link(request: TokenRequest, redirect_uri: str, state: str, proof: Proof) -> str:
    """The address at which the owner signs in and agrees.

    redirect_uri: where the browser is sent back to, as registered. state: comes back.
    """
    query = {
        "client_id": request.client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "response_mode": "query",
        "scope": " ".join([*named(request.scope), *OFFLINE]),
        "state": state,
        "nonce": proof.shown_nonce,
        "code_challenge": proof.challenge,
        "code_challenge_method": METHOD,
        # Else whoever is signed in at this browser already is taken without a word.
        "prompt": "select_account",
        "login_hint": request.username,
    }
    base = f"{request.authority}/{quote(request.directory_id, safe='')}"
    return f"{base}/oauth2/v2.0/authorize?{urlencode(query)}"


def redeem(
    request: TokenRequest,
    policy: NetworkPolicy,
    code: str,
    redirect_uri: str,
    proof: Proof,
) -> TokenOutcome:
    """Change the code of an answer into tokens. Raises MailError."""
    flow = {
        "state": "checked",  # by the caller, who has signed it
        "redirect_uri": redirect_uri,
        "scope": [*named(request.scope), *OFFLINE],
        "code_verifier": proof.verifier,
        "nonce": proof.nonce,
    }

    def ask(client: Recorder) -> Mapping[str, Any]:
        found = application(request, client, msal.TokenCache())
        return dict(
            found.acquire_token_by_auth_code_flow(
                flow, {"state": "checked", "code": code}, named(request.scope)
            )
        )

    return _outcome(request, policy, *asked(request, policy, ask))


def begin_device(request: TokenRequest, policy: NetworkPolicy) -> DeviceCode:
    """Ask for a device code, to be entered by the owner. Raises MailError."""

    def ask(client: Recorder) -> Mapping[str, Any]:
        found = application(request, client, msal.TokenCache())
        return dict(found.initiate_device_flow(named(request.scope)))

    answer, client = asked(request, policy, ask)
    checked(answer, client, request, policy, "device_code")
    return DeviceCode(
        user_code=str(answer.get("user_code", "")),
        verification_uri=str(answer.get("verification_uri", "")),
        interval=max(int(answer["interval"]), 1),
        expires_in=int(answer["expires_in"]),
        flow=json.dumps({"device_code": answer["device_code"]}),
    )


def poll_device(
    request: TokenRequest, policy: NetworkPolicy, device: DeviceCode
) -> TokenOutcome | Pending:
    """Ask once whether the owner is done. Raises MailError when it came to nothing."""
    flow = json.loads(device.flow) | {
        # With 0 MSAL would ask for ever, whatever the next line says.
        "interval": max(device.interval, 1),
        "expires_at": 0,  # so that MSAL asks once and does not wait
    }

    def ask(client: Recorder) -> Mapping[str, Any]:
        found = application(request, client, msal.TokenCache())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a call too soon: the caller waits
            return dict(found.acquire_token_by_device_flow(flow))

    answer, client = asked(request, policy, ask)
    if answer.get("error") == PENDING:
        return Pending(device.interval)
    if answer.get("error") == SLOWER:
        return Pending(device.interval + SLOWER_BY)
    return _outcome(request, policy, answer, client)


def _outcome(
    request: TokenRequest,
    policy: NetworkPolicy,
    answer: Mapping[str, Any],
    client: Recorder,
) -> TokenOutcome:
    checked(answer, client, request, policy)
    refresh_token = str(answer.get("refresh_token", ""))
    if not refresh_token:
        raise MailError(
            NOT_OFFLINE,
            Stage.TOKEN,
            permanent=True,
            evidence={
                **evidence_of(request, policy),
                "answer": "offline_access was asked for, and no refresh token came.",
            },
        )
    token: Token = token_of(answer, from_cache=False)
    told = answer.get("id_token_claims") or {}
    account = told.get("preferred_username") or told.get("email") or ""
    return TokenOutcome(
        token,
        refresh_token=refresh_token,
        account=str(token.claims.get("upn") or account),
    )

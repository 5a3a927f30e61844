"""The fake Google: discovery, the page on which an owner agrees, the token endpoint.

One OAuth client and one service account, whose key lies in the folder. Words of its
refusals are Google's. Its access tokens are opaque to clients; the mail servers here
read them (tokens).
Source: developers.google.com, "Using OAuth 2.0 for Web Server Applications" and "… for
Server to Server Applications".
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .. import effects
from ..ca import write_private
from ..entra.consent import ACCEPT
from ..entra.faults import shown
from ..faults import Faults
from ..grants import Codes, Granted
from ..http import Answer, Request
from ..tally import Tally
from ..tokens import TokenRefused, Tokens, fingerprint
from ..world import (
    GOOGLE_ACCOUNT,
    GOOGLE_ACCOUNT_ID,
    GOOGLE_CLIENT_ID,
    GOOGLE_SCOPE,
    GOOGLE_SECRET,
    Account,
)
from . import pages

TOKEN_URL = "https://oauth2.googleapis.com/token"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SECONDS = 3599
EMAIL_SCOPE = "https://www.googleapis.com/auth/userinfo.email"


class Refused(Exception):
    """A refusal in OAuth's form."""

    def __init__(self, error: str, text: str, status: int = 400) -> None:
        super().__init__(error)
        self.answer = Answer(status, {"error": error, "error_description": text})
        self.error = error


@lru_cache(maxsize=1)
def _service_key() -> str:
    """PEM of the service account; one for a process: it takes a tenth of a second."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@dataclass
class Google:
    """Answers requests. delegated: scopes of domain-wide delegation."""

    folder: Path
    accounts: dict[str, Account]
    tokens: Tokens
    faults: Faults
    tally: Tally
    delegated: set[str] = field(default_factory=lambda: {GOOGLE_SCOPE})
    codes: Codes = field(default_factory=Codes)

    def __post_init__(self) -> None:
        self._file = self.folder / "service-account.json"
        self.key = self._load() or self._make()

    def described(self) -> dict[str, str]:
        """What signs in here, for those who set up a section."""
        return {
            "client_id": GOOGLE_CLIENT_ID,
            "secret": GOOGLE_SECRET,
            "account_id": GOOGLE_ACCOUNT_ID,
            "service_key": json.dumps(self.key),
        }

    async def handle(self, request: Request) -> Answer:
        """Answer one request, by its path alone."""
        await asyncio.sleep(self.faults.delay(request.who))
        fault = self.faults.at(effects.REQUEST, request.who)
        if fault is not None:
            return await shown(fault, None)
        match request.method, request.path:
            case _, "/.well-known/openid-configuration":
                return Answer(200, _configuration())
            case _, "/o/oauth2/v2/auth":
                return self._page(request)
            case "POST", "/token":
                return self._token(request)
            case "POST", "/tokeninfo":
                return self._about(request)
        return Answer(404, {"error": "not_found"})

    # the page

    def _page(self, request: Request) -> Answer:
        given = request.form if request.method == "POST" else request.query
        target = given.get("redirect_uri", "")
        if given.get("client_id") != GOOGLE_CLIENT_ID:
            return pages.mistake(
                "Error 401: invalid_client", "The OAuth client was not found."
            )
        if urlsplit(target).scheme not in ("http", "https"):
            return pages.mistake("Error 400: redirect_uri_mismatch", "")
        if request.method != "POST":
            return Answer(200, pages.form(given, given.get("login_hint", "")))
        return self._answered(given, target)

    def agreed(self, query: dict[str, str], address: str, *, accept: bool) -> str:
        """Where the browser of somebody who answers the page is sent back to.

        For drills, which have no browser. query: of the link. Raises KeyError: there
        is no such account.
        """
        typed = {
            "username": address,
            "password": self.accounts[address].password,
            "answer": ACCEPT if accept else "cancel",
        }
        done = self._answered({**query, **typed}, query.get("redirect_uri", ""))
        return done.headers["Location"]

    def _answered(self, given: dict[str, str], target: str) -> Answer:
        state = {"state": given["state"]} if given.get("state") else {}
        if given.get("answer") != ACCEPT:
            return pages.back(target, {"error": "access_denied", **state})
        name = given.get("username", "").strip().lower()
        account = self.accounts.get(name)
        if account is None or given.get("password") != account.password:
            return Answer(200, pages.form(given, name, "Wrong password. Try again."))
        fault = self.faults.at(effects.PERSON, account.address)
        if fault is not None and fault.error:
            told = {"error": fault.error, "error_description": fault.text}
            return pages.back(target, {**told, **state})
        code = self.codes.give(
            Granted(
                client_id=GOOGLE_CLIENT_ID,
                scope=given.get("scope", ""),
                account=account.address,
                redirect_uri=target,
                challenge=given.get("code_challenge", ""),
                nonce=given.get("nonce", ""),
            )
        )
        if given.get("access_type") != "offline":
            self.codes.given[code].scope += " online"
        return pages.back(
            target, {"code": code, "scope": given.get("scope", ""), **state}
        )

    # tokens

    def _about(self, request: Request) -> Answer:
        """What a token is for; of the account only where the scopes name its address.

        Source: cloud.google.com, "Token types" (tokeninfo).
        """
        try:
            told = self.tokens.read_google(request.form.get("access_token", ""))
        except TokenRefused:
            text = "Invalid Value"
            return Answer(400, {"error": "invalid_token", "error_description": text})
        ends = int(told["exp"])
        body = {
            "azp": told["aud"],
            "aud": told["aud"],
            "scope": told["scope"],
            "exp": str(ends),
            "expires_in": str(ends - int(time.time())),
            "access_type": "offline",
        }
        if EMAIL_SCOPE in str(told["scope"]).split():
            body |= {"email": told["upn"], "email_verified": "true"}
        return Answer(200, body)

    def _token(self, request: Request) -> Answer:
        form = request.form
        who = self._owner(form) or (request.who or "")
        try:
            self._fault(who, request)
            match form.get("grant_type"):
                case "refresh_token":
                    body = self._refresh(form)
                case "authorization_code":
                    body = self._code(form)
                case grant if grant == JWT_BEARER:
                    body = self._assertion(form)
                case grant:
                    text = f"Invalid grant_type: {grant}"
                    raise Refused("unsupported_grant_type", text)
        except Refused as refused:
            self.tally.note("token", who, refused.error)
            return refused.answer
        self.tally.note("token", who, "ok")
        return Answer(200, body)

    def _fault(self, who: str, request: Request) -> None:
        fault = self.faults.at(effects.GRANT, who, request.who)
        if fault is not None:
            raise Refused(
                fault.error or "invalid_grant", fault.text, fault.status or 400
            )

    def _owner(self, form: dict[str, str]) -> str:
        """Whose token is asked for, as far as the request tells before it is judged."""
        try:
            if form.get("refresh_token"):
                return str(self.tokens.read_refresh(form["refresh_token"]).get("upn"))
            if form.get("assertion"):
                claims = jwt.decode(
                    form["assertion"], options={"verify_signature": False}
                )
                return str(claims.get("sub", ""))
        except (TokenRefused, jwt.InvalidTokenError):
            return ""
        granted = self.codes.given.get(form.get("code", ""))
        return granted.account if granted else ""

    def _client(self, form: dict[str, str]) -> None:
        if form.get("client_id") != GOOGLE_CLIENT_ID:
            raise Refused("invalid_client", "The OAuth client was not found.", 401)
        if form.get("client_secret") != GOOGLE_SECRET:
            text = "The provided client secret is invalid."
            raise Refused("invalid_client", text, 401)

    def _refresh(self, form: dict[str, str]) -> dict[str, Any]:
        self._client(form)
        try:
            claims = self.tokens.read_refresh(form.get("refresh_token", ""))
        except TokenRefused as error:
            raise Refused("invalid_grant", "Bad Request") from error
        account = self.accounts.get(str(claims.get("upn")))
        if account is None or claims.get("pwd") != fingerprint(account.password):
            raise Refused("invalid_grant", "Token has been expired or revoked.")
        return self._given(account.address, f"{GOOGLE_SCOPE} {EMAIL_SCOPE} openid")

    def _code(self, form: dict[str, str]) -> dict[str, Any]:
        self._client(form)
        granted = self.codes.given.get(form.get("code", ""))
        if granted is None or granted.used or granted.over:
            raise Refused("invalid_grant", "Malformed auth code.")
        if granted.redirect_uri != form.get("redirect_uri"):
            raise Refused("redirect_uri_mismatch", "Bad Request")
        if not granted.proves(form.get("code_verifier", "")):
            raise Refused("invalid_grant", "Invalid code verifier.")
        granted.used = True
        account = self.accounts[granted.account]
        fault = self.faults.at(effects.ANSWER, account.address)
        body = self._given(account.address, granted.scope)
        if "online" not in granted.scope.split() and fault is None:
            body["refresh_token"] = self.google_refresh(account)
        body["id_token"] = self.tokens.sign(
            {
                "iss": "https://accounts.google.com",
                "aud": GOOGLE_CLIENT_ID,
                "email": account.address,
                "nonce": granted.nonce,
            }
        )
        return body

    def google_refresh(self, account: Account) -> str:
        """A refresh token of Google's for an account."""
        return self.tokens.google_refresh(account)

    def _assertion(self, form: dict[str, str]) -> dict[str, Any]:
        key = serialization.load_pem_private_key(
            self.key["private_key"].encode(), password=None
        ).public_key()
        try:
            claims = jwt.decode(
                form.get("assertion", ""),
                key,  # type: ignore[arg-type]
                algorithms=["RS256"],
                audience=TOKEN_URL,
            )
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
            text = (
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a "
                "reasonable timeframe. Check your iat and exp values in the JWT claim."
            )
            raise Refused("invalid_grant", text) from error
        except jwt.InvalidTokenError as error:
            raise Refused("invalid_grant", "Invalid JWT Signature.") from error
        if claims.get("iss") != GOOGLE_ACCOUNT:
            raise Refused("invalid_grant", "Invalid grant: account not found")
        if not set(str(claims.get("scope", "")).split()) <= self.delegated:
            text = (
                "Client is unauthorized to retrieve access tokens using this method, "
                "or client not authorized for any of the scopes requested."
            )
            raise Refused("unauthorized_client", text, 401)
        subject = str(claims.get("sub", "")).lower()
        if subject not in self.accounts:
            raise Refused("invalid_grant", "Invalid email or User ID")
        return self._given(subject, GOOGLE_SCOPE, GOOGLE_ACCOUNT_ID)

    def _given(
        self, address: str, scope: str, client_id: str = GOOGLE_CLIENT_ID
    ) -> dict[str, Any]:
        fault = self.faults.at(effects.CLAIMS, address)
        change = fault.change if fault else {}
        return {
            "access_token": self.tokens.google(
                address, scope, SECONDS, client_id, change
            ),
            "expires_in": SECONDS,
            "scope": scope,
            "token_type": "Bearer",
        }

    # the key of the service account

    def _load(self) -> dict[str, str] | None:
        try:
            found = json.loads(self._file.read_text(encoding="ascii"))
            return dict(found) if found.get("client_email") == GOOGLE_ACCOUNT else None
        except (OSError, ValueError):
            return None

    def _make(self) -> dict[str, str]:
        pem = _service_key()
        made = {
            "type": "service_account",
            "project_id": "sandbox",
            "private_key_id": "sandbox-1",
            "private_key": pem,
            "client_email": GOOGLE_ACCOUNT,
            "client_id": GOOGLE_ACCOUNT_ID,
            "token_uri": TOKEN_URL,
        }
        write_private(self._file, json.dumps(made).encode())
        return made


def _configuration() -> dict[str, Any]:
    return {
        "issuer": "https://accounts.google.com",
        "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
        "token_endpoint": TOKEN_URL,
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid", "email", "profile"],
    }

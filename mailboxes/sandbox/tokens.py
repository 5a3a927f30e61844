"""Access and refresh tokens: made for the fake Entra ID, checked by the mail servers.

JWT with HS256 under a key of the sandbox (RFC 7515, RFC 7519). Claims as Entra writes
them for Exchange Online; who gets one: entra. How it travels in SASL: sasl.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
import uuid
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from .ca import write_private
from .world import EVERY_MAIL, GOOGLE_SCOPE, TENANT_ID, Account, App

REFRESH_SECONDS = 90 * 86400
GOOGLE_PREFIX = "ya29."
NOTHING: Mapping[str, Any] = {}


class TokenRefused(Exception):
    """A token that a mail server does not take; the text says why, for our log."""


class Tokens:
    """Signs and checks under the key in the folder."""

    def __init__(self, folder: Path) -> None:
        path = folder / "token.key"
        try:
            self._key = path.read_bytes()
        except FileNotFoundError:
            self._key = os.urandom(32)
            write_private(path, self._key)

    def access(
        self,
        account: Account,
        app: App,
        resource: str,
        seconds: int,
        change: Mapping[str, Any] = NOTHING,
    ) -> tuple[str, str]:
        """A delegated access token and its scopes, separated by spaces.

        change: claims that are otherwise (effects.Effect.change).
        """
        scopes = " ".join(app.permissions(resource))
        claims = _claims_of(account.object_id, app, resource, seconds) | {
            "acr": "1",
            "amr": ["pwd"],
            "appidacr": "0" if app.public else "1",
            "idtyp": "user",
            "ipaddr": "127.0.0.1",
            "name": account.name,
            "puid": _filler(account.object_id, 16).upper(),
            "scp": scopes,
            "sid": str(uuid.uuid4()),
            "sub": _filler(f"sub{account.object_id}", 43),
            "unique_name": account.address,
            "upn": account.address,
            "wids": ["b79fbf4d-3ef9-4689-8143-76b194e85509"],
            # Real ones carry these too; they bring ours to the real length.
            "xms_ftd": _filler("ftd", 300),
            "xms_idrel": "1 8",
            "xms_st": {"sub": _filler(f"st{account.object_id}", 43)},
        }
        return self.sign(_changed(claims, change)), scopes

    def application(
        self, app: App, resource: str, seconds: int, change: Mapping[str, Any] = NOTHING
    ) -> str:
        """An access token of the application itself; no `roles` without consent."""
        claims = _claims_of(app.principal_id, app, resource, seconds) | {
            "appidacr": "1",
            "idp": f"https://sts.windows.net/{TENANT_ID}/",
            "idtyp": "app",
            "sub": app.principal_id,
            "tenant_region_scope": "EU",
            "wids": ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"],
            "xms_ftd": _filler("ftd", 300),
            "xms_idrel": "7 12",
            "xms_tdbr": "EU",
        }
        roles = app.roles(resource)
        if roles:
            claims["roles"] = list(roles)
        return self.sign(_changed(claims, change))

    def identity(self, account: Account, app: App, nonce: str | None) -> str:
        """The id_token."""
        now = int(time.time())
        claims = {
            "aud": app.client_id,
            "iss": f"https://login.microsoftonline.com/{account.tenant_id}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "name": account.name,
            "oid": account.object_id,
            "preferred_username": account.address,
            "sub": _filler(f"sub{account.object_id}", 43),
            "tid": account.tenant_id,
            "ver": "2.0",
        }
        if nonce:
            claims["nonce"] = nonce
        return self.sign(claims)

    def refresh(self, account: Account, app: App, family: str = "") -> str:
        """A refresh token: opaque to clients, bound to account, app and password.

        family: of the one in whose place it comes, "" for a new sign-in.
        """
        claims = {
            "jti": str(uuid.uuid4()),
            "family": family or str(uuid.uuid4()),
            "use": "refresh",
            "upn": account.address,
            "appid": app.client_id,
            "exp": int(time.time()) + REFRESH_SECONDS,
            "pwd": fingerprint(account.password),
        }
        return "1.A" + self.sign(claims)

    def google(
        self,
        address: str,
        scope: str,
        seconds: int,
        client_id: str,
        change: Mapping[str, Any] = NOTHING,
    ) -> str:
        """An access token of Google's: opaque, for one account and some scopes."""
        claims = {
            "use": "google",
            "upn": address,
            "aud": client_id,
            "scope": scope,
            "exp": int(time.time()) + seconds,
            "jti": str(uuid.uuid4()),
        }
        return GOOGLE_PREFIX + self.sign(_changed(claims, change))

    def read_google(self, token: str) -> dict[str, Any]:
        """The claims of a token of Google's that has not ended. Raises TokenRefused."""
        claims = self.read(token.removeprefix(GOOGLE_PREFIX))
        if claims.get("use") != "google" or claims["exp"] < time.time():
            raise TokenRefused("not a token of Google's, or ended")
        return claims

    def google_refresh(self, account: Account) -> str:
        """A refresh token of Google's, bound to account and password."""
        claims = {
            "use": "refresh",
            "upn": account.address,
            "pwd": fingerprint(account.password),
            "jti": str(uuid.uuid4()),
        }
        return "1//" + self.sign(claims)

    def read_refresh(self, token: str) -> dict[str, Any]:
        """Its claims. Raises TokenRefused."""
        claims = self.read(token.removeprefix("1.A").removeprefix("1//"))
        if claims.get("use") != "refresh":
            raise TokenRefused("not a refresh token")
        return claims

    def check(
        self,
        token: str,
        user: str | None,
        scope: str,
        role: str,
        others: Collection[str] = (),
    ) -> dict[str, Any]:
        """The claims of a token that is good for a protocol. Raises TokenRefused.

        user: whose mailbox is opened, None where the token alone says it.
        scope: what a delegated token must have. It opens the mailbox of its own, or of
        `user` where its own is among `others`, who have rights there.
        role: what a token of an application must have; whether the mailbox lets that
        application in is for the caller to see.
        """
        claims = self.read(token.removeprefix(GOOGLE_PREFIX))
        if claims.get("exp", 0) < time.time():
            raise TokenRefused("expired")
        if claims.get("use") == "google":
            if GOOGLE_SCOPE not in str(claims.get("scope")).split():
                raise TokenRefused("scope")
            if str(claims.get("upn", "")).lower() != user.lower():
                raise TokenRefused("user")
            return claims
        if claims.get("aud") not in EVERY_MAIL:
            raise TokenRefused("audience")
        if claims.get("idtyp") == "app":
            if role not in claims.get("roles", ()):
                raise TokenRefused("roles")
            return claims
        if scope not in str(claims.get("scp", "")).split():
            raise TokenRefused("scope")
        upn = str(claims.get("upn", "")).lower()
        if user is not None and upn != user.lower() and upn not in others:
            raise TokenRefused("user")
        return claims

    def sign(self, claims: dict[str, Any]) -> str:
        """A signed JWT of any claims."""
        head = {"typ": "JWT", "alg": "HS256", "kid": "sandbox"}
        signed = f"{_encode(_json(head))}.{_encode(_json(claims))}"
        return f"{signed}.{_encode(self._mac(signed))}"

    def read(self, token: str) -> dict[str, Any]:
        """The claims of a token of ours, unjudged. Raises TokenRefused."""
        signed, _, signature = token.rpartition(".")
        try:
            good = hmac.compare_digest(_decode(signature), self._mac(signed))
            claims = json.loads(_decode(signed.partition(".")[2]))
        except (ValueError, UnicodeEncodeError) as error:
            raise TokenRefused("not a JWT") from error
        if not good or not isinstance(claims, dict):
            raise TokenRefused("signature")
        return claims

    def _mac(self, signed: str) -> bytes:
        return hmac.digest(self._key, signed.encode(), "sha256")


def _claims_of(object_id: str, app: App, resource: str, seconds: int) -> dict[str, Any]:
    """What tokens of users and of applications have in common."""
    now = int(time.time())
    return {
        "aud": resource,
        "iss": f"https://sts.windows.net/{TENANT_ID}/",
        "iat": now,
        "nbf": now,
        "exp": now + seconds,
        "aio": _filler(f"aio{now}{object_id}", 96),
        "app_displayname": app.name,
        "appid": app.client_id,
        "oid": object_id,
        "rh": _filler(f"rh{object_id}", 64),
        "tid": TENANT_ID,
        "uti": _filler(f"uti{time.time_ns()}", 22),
        "ver": "1.0",
    }


def _changed(claims: dict[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Claims with some otherwise: None takes one away, times are seconds from now."""
    now = int(time.time())
    changed = claims | {
        claim: now + value if claim in ("iat", "nbf", "exp") else value
        for claim, value in change.items()
    }
    return {claim: value for claim, value in changed.items() if value is not None}


def fingerprint(text: str) -> str:
    """Enough to see that a password changed, useless to find it."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def client_info(account: Account) -> str:
    """The client_info that MSAL makes its account id from."""
    return _encode(_json({"uid": account.object_id, "utid": account.tenant_id}))


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(
        text + "=" * (-len(text) % 4), altchars=b"-_", validate=True
    )


def _filler(seed: str, length: int) -> str:
    raw = b"".join(
        hashlib.sha256(f"{seed}{n}".encode()).digest() for n in range(length // 32 + 1)
    )
    return _encode(raw)[:length]

"""Sign-in lines: XOAUTH2, PLAIN and LOGIN taken apart and judged, for IMAP and SMTP.

XOAUTH2: Microsoft and Google, "SASL XOAUTH2" (developers.google.com/gmail/imap/
xoauth2-protocol); PLAIN: RFC 4616. The words on the wire: imap/server, smtp_server.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from . import effects
from .faults import Faults
from .tally import Tally
from .tokens import GOOGLE_PREFIX, TokenRefused, Tokens
from .world import GOOGLE_SCOPE, Account

# By service: permission of a user's token, and of an application's.
_PERMISSIONS = {
    "imap": ("IMAP.AccessAsUser.All", "IMAP.AccessAsApp"),
    "pop3": ("POP.AccessAsUser.All", "POP.AccessAsApp"),
    "smtp": ("SMTP.Send", "SMTP.SendAsApp"),
}


@dataclass(frozen=True)
class Refusal:
    """Why not; for the control log, never for the wire."""

    reason: str
    user: str = ""
    google: bool = (
        False  # of a token of Google's, whose servers have words of their own
    )


@dataclass
class SignIn:
    """Judges sign-ins of one protocol."""

    accounts: dict[str, Account]
    tokens: Tokens
    faults: Faults
    tally: Tally
    service: str  # of _PERMISSIONS

    def note(self, result: Account | Refusal) -> None:
        """Count how a sign-in ended."""
        if isinstance(result, Refusal):
            self.tally.note(self.service, result.user, result.reason)
        else:
            self.tally.note(self.service, result.address, "ok")

    def xoauth2(self, response: bytes) -> Account | Refusal:
        """Judge `user=...^Aauth=Bearer ...^A^A`."""
        fields = dict(
            part.partition("=")[::2]
            for part in response.decode("utf-8", "replace").split("\x01")
            if part
        )
        user = fields.get("user", "")
        scheme, _, token = fields.get("auth", "").partition(" ")
        if scheme.lower() != "bearer" or not response.endswith(b"\x01\x01"):
            return Refusal("malformed", user)
        account = self.accounts.get(user.lower())
        others = account.full_access if account else ()
        needed = _PERMISSIONS[self.service]
        google = token.startswith(GOOGLE_PREFIX)
        try:
            claims = self.tokens.check(token, user, *needed, others)
        except TokenRefused as refused:
            return Refusal(str(refused), user, google)
        if account is None:
            return Refusal("no mailbox", user, google)
        for_app = claims.get("idtyp") == "app"
        if for_app and claims.get("appid") not in account.app_access:
            return Refusal("application", user)
        at = effects.place(self.service, effects.XOAUTH2)
        if self.faults.at(at, account.address):
            return Refusal(f"{self.service}-refuse-token", user, google)
        return account

    def signer(self, response: bytes) -> str:
        """Whose token a response of XOAUTH2 has, "" for that of an application."""
        _, _, token = response.rstrip(b"\x01").rpartition(b"auth=Bearer ")
        try:
            claims = self.tokens.read(token.decode("utf-8", "replace"))
        except TokenRefused:
            return ""
        return str(claims.get("upn", "")).lower()

    def plain(self, response: bytes) -> Account | Refusal:
        """Judge `authzid NUL user NUL password`."""
        parts = response.split(b"\0")
        if len(parts) != 3:
            return Refusal("malformed")
        return self.password(*(part.decode("utf-8", "replace") for part in parts[1:]))

    def password(self, user: str, password: str) -> Account | Refusal:
        """Judge a name and a password: only for mailboxes that still allow it."""
        account = self.accounts.get(user.lower())
        if account is None:
            return Refusal("no mailbox", user)
        if not account.basic:
            return Refusal("basic authentication is off", user)
        if account.password != password:
            return Refusal("password", user)
        return account


def user_in(response: bytes, plain: bool) -> str:
    """The log-in name in a response of PLAIN, else of XOAUTH2; "" where it has none."""
    if plain:
        parts = response.split(b"\0")
        return parts[1].decode("utf-8", "replace") if len(parts) == 3 else ""
    first = response.partition(b"\x01")[0].decode("utf-8", "replace")
    return first.removeprefix("user=")


def decode(line: bytes) -> bytes | None:
    """Base64 of a SASL line; None when it is none. A lone = is the empty response."""
    if line == b"=":
        return b""
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error:
        return None


def challenge(refusal: Refusal, scope: str) -> bytes:
    """The base64 JSON with which an XOAUTH2 server says no.

    scope: that Exchange names.
    """
    status, scope = ("400", GOOGLE_SCOPE) if refusal.google else ("401", scope)
    answer = {"status": status, "schemes": "bearer", "scope": scope}
    return base64.b64encode(json.dumps(answer, separators=(",", ":")).encode())

"""Who may use the sandbox's EWS, and for which mailbox: token, password, impersonation.

Exchange Online takes tokens only; Contoso's own server takes the passwords of mailboxes
that still let one sign in. The words are Microsoft's (header x-ms-diagnostics).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from .. import effects
from ..faults import Faults
from ..http import Answer, Request
from ..tally import Tally
from ..tokens import TokenRefused, Tokens
from ..world import ON_PREMISES, Account
from .xml import Element, Refused, t, text_of

SERVICE = "ews"
SCOPE, ROLE = "EWS.AccessAsUser.All", "full_access_as_app"
NO_MAILBOX = "The SMTP address has no mailbox associated with it."
NOT_IMPERSONATED = (
    "ExchangeImpersonation SOAP header must be present for this type of OAuth token."
)
MAY_NOT = "The account does not have permission to impersonate the requested user."
UNSEEN = "The specified object was not found in the store., Default folder not found."
_WHY = {
    "audience": "The audience claim value is invalid for current resource.",
    "expired": "The token has expired.",
    "scope": "The token contains not enough scope to make this call.",
    "roles": "The token contains not enough scope to make this call.",
}
_CONNECTING = ("PrimarySmtpAddress", "SmtpAddress", "PrincipalName")


class Unauthorized(Exception):
    """401; the answer says why, as far as Exchange does."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


@dataclass(frozen=True)
class Caller:
    """Who has signed in. account: the user's, None for an application."""

    account: Account | None
    app: str = ""


@dataclass
class EwsSignIn:
    """Judges requests."""

    accounts: Mapping[str, Account]
    tokens: Tokens
    faults: Faults
    tally: Tally

    def caller(self, request: Request) -> Caller:
        """Who sends a request. Raises Unauthorized."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        own = _host(request) == ON_PREMISES
        if scheme.lower() == "bearer" and not own:
            return self._token(given.strip(), request)
        if scheme.lower() == "basic" and own:
            return self._password(given.strip())
        if scheme:
            self.tally.note(SERVICE, "", f"{scheme.lower()} is not taken")
        raise Unauthorized(_no(own))

    def named(self, request: Request) -> str:
        """The user that a request is about, as far as it says; for faults."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            return _pair(given.strip())[0]
        return request.headers.get("x-anchormailbox", "")

    def mailbox(self, caller: Caller, header: Element | None) -> Account:
        """Whose mailbox is opened. Raises Refused."""
        wanted = _impersonated(header)
        if caller.account is not None:
            if wanted and wanted != caller.account.address:
                raise Refused("ErrorImpersonateUserDenied", MAY_NOT, fault=True)
            return caller.account
        if not wanted:
            self.tally.note(SERVICE, caller.app, "no impersonation")
            raise Refused("ErrorInvalidRequest", NOT_IMPERSONATED, fault=True)
        account = self.accounts.get(wanted)
        if account is None:
            self.tally.note(SERVICE, wanted, "no mailbox")
            raise Refused("ErrorNonExistentMailbox", NO_MAILBOX, fault=True)
        if caller.app not in account.app_access:
            self.tally.note(SERVICE, wanted, "application")
            raise Refused("ErrorImpersonateUserDenied", MAY_NOT, fault=True)
        return account

    def opened(self, caller: Caller, own: Account, owner: str) -> Account:
        """The mailbox that a request is about. Raises Refused: no rights there.

        own: of the caller. owner: address that the request names, "" for none.
        """
        if caller.account is None or owner in ("", own.address):
            return own
        account = self.accounts.get(owner)
        if account is None:
            self.tally.note(SERVICE, owner, "no mailbox")
            raise Refused("ErrorNonExistentMailbox", NO_MAILBOX)
        if not account.opens_to(own.address):
            self.tally.note(SERVICE, owner, "user")
            raise Refused("ErrorItemNotFound", UNSEEN)
        return account

    def _token(self, token: str, request: Request) -> Caller:
        try:
            claims = self.tokens.check(token, None, SCOPE, ROLE)
        except TokenRefused as refused:
            self.tally.note(SERVICE, self.named(request), str(refused))
            raise Unauthorized(_no(False, _WHY.get(str(refused), ""))) from refused
        user = str(claims.get("upn", "")).lower()
        if self.faults.at(effects.place(SERVICE, effects.XOAUTH2), user, request.who):
            self.tally.note(SERVICE, user, "ews-refuse-token")
            raise Unauthorized(_no(False))
        if claims.get("idtyp") == "app":
            return Caller(None, str(claims.get("appid")))
        account = self.accounts.get(user)
        if account is None:
            raise Unauthorized(_no(False))
        return Caller(account)

    def _password(self, given: str) -> Caller:
        user, password = _pair(given)
        account = self.accounts.get(user.lower())
        if account is None or not account.basic or account.password != password:
            self.tally.note(SERVICE, user, "password")
            raise Unauthorized(_no(True))
        return Caller(account)


def _impersonated(header: Element | None) -> str:
    if header is None:
        return ""
    inside = header.find(t("ExchangeImpersonation"))
    for name in _CONNECTING if inside is not None else ():
        found = next(inside.iter(t(name)), None) if inside is not None else None
        if found is not None:
            return text_of(found).lower()
    return ""


def _no(own: bool, why: str = "") -> Answer:
    headers = {"request-id": "7c1c7f3e-0000-4000-8000-c0ffee00e401"}
    if own:
        headers["WWW-Authenticate"] = f'Basic realm="{ON_PREMISES}"'
    else:
        headers["WWW-Authenticate"] = (
            'Bearer client_id="00000002-0000-0ff1-ce00-000000000000", '
            'trusted_issuers="00000001-0000-0000-c000-000000000000@*", '
            'token_types="app_asserted_user_v1 service_asserted_app_v1"'
            + (', error="invalid_token"' if why else "")
        )
    if why:
        headers["x-ms-diagnostics"] = f'2000003;reason="{why}";error_category="invalid"'
    return Answer(401, "", headers)


def _pair(given: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(given, validate=True).decode()
    except (binascii.Error, ValueError):
        return "", ""
    user, _, password = text.partition(":")
    return user, password


def _host(request: Request) -> str:
    return request.headers.get("host", "").partition(":")[0].lower()

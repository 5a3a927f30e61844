"""Whether a token opens a mailbox at the fake Graph, as the real one judges it.

Audience and time are looked at first (401), then what is permitted (403). Sources:
learn.microsoft.com, "Microsoft Graph permissions reference", "Limit mailbox access".
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from .. import effects
from ..faults import Faults
from ..tally import Tally
from ..tokens import TokenRefused, Tokens
from ..world import GRAPH_RESOURCE, Account
from . import errors as graph_errors
from .errors import Refused

SERVICE = "graph"
AUDIENCES = (GRAPH_RESOURCE, "00000003-0000-0000-c000-000000000000")
READ, WRITE, SEND = "Mail.Read", "Mail.ReadWrite", "Mail.Send"
SEND_AS = (
    "The user account which was used to submit this request does not have the right to"
    " send mail on behalf of the specified sending account."
)
_INCLUDED = {READ: (READ, WRITE), WRITE: (WRITE,), SEND: (SEND,)}


@dataclass(frozen=True)
class Bearer:
    """Who asks: the claims of a good token."""

    claims: dict[str, Any]

    @property
    def is_app(self) -> bool:
        return self.claims.get("idtyp") == "app"

    @property
    def user(self) -> str:
        return str(self.claims.get("upn", "")).lower()

    def may(self, permission: str, *, shared: bool) -> bool:
        """The token has this permission. shared: for the mailbox of somebody else."""
        held = (
            [str(role) for role in self.claims.get("roles") or ()]
            if self.is_app
            else str(self.claims.get("scp", "")).split()
        )
        end = ".Shared" if shared and not self.is_app else ""
        return any(one + end in held for one in _INCLUDED[permission])


@dataclass
class SignIn:
    """Judges the token of every request."""

    accounts: dict[str, Account]
    tokens: Tokens
    faults: Faults
    tally: Tally

    def bearer(self, authorization: str, named: str) -> Bearer:
        """Who asks for the mailbox `named` ("" is /me). Raises Refused (401)."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise self._refused(named, "empty", "Access token is empty.")
        try:
            claims = self.tokens.read(token)
        except TokenRefused as error:
            raise self._refused(
                named,
                str(error),
                "CompactToken parsing failed with error code: 80049217",
            ) from error
        user = named or str(claims.get("upn", ""))
        if claims.get("aud") not in AUDIENCES:
            raise self._refused(
                user,
                "audience",
                "Access token validation failure. Invalid audience.",
            )
        now = time.time()
        if claims.get("exp", 0) < now or claims.get("nbf", 0) > now + 300:
            raise self._refused(
                user,
                "expired",
                "Lifetime validation failed, the token is expired.",
            )
        return Bearer(claims)

    def user(self, authorization: str) -> str:
        """Whom a token of ours names, whatever else is wrong with it; "" for nobody."""
        try:
            claims = self.tokens.read(authorization.partition(" ")[2])
        except TokenRefused:
            return ""
        return str(claims.get("upn", ""))

    def account(self, bearer: Bearer, named: str) -> Account:
        """The mailbox that is asked for. Raises Refused."""
        if not named and bearer.is_app:
            raise graph_errors.bad_request(
                "/me request is only valid with delegated authentication flow."
            )
        account = self.accounts.get((named or bearer.user).lower())
        if account is None:
            raise Refused(
                404, "ErrorInvalidUser", f"The requested user '{named}' is invalid."
            )
        if self.faults.at(effects.place(SERVICE, effects.XOAUTH2), account.address):
            raise self._refused(
                account.address,
                "graph-refuse-token",
                "Access token validation failure.",
            )
        return account

    def permit(self, bearer: Bearer, account: Account, permission: str) -> None:
        """Let this permission be used on this mailbox. Raises Refused (403)."""
        shared = not bearer.is_app and bearer.user != account.address
        if not bearer.may(permission, shared=shared):
            self.tally.note(SERVICE, account.address, "permission")
            raise graph_errors.denied()
        if shared and permission == SEND and not account.sends_for(bearer.user):
            self.tally.note(SERVICE, account.address, "send as")
            raise Refused(403, "ErrorSendAsDenied", SEND_AS)
        if shared and permission != SEND and not account.opens_to(bearer.user):
            self.tally.note(SERVICE, account.address, "user")
            raise graph_errors.denied()
        if bearer.is_app and bearer.claims.get("appid") not in account.app_access:
            self.tally.note(SERVICE, account.address, "application")
            raise Refused(
                403,
                "ErrorAccessDenied",
                "Access to OData is disabled: [RAOP] : Blocked by tenant configured"
                " AppOnly AccessPolicy settings.",
            )
        self.tally.note(SERVICE, account.address, "ok")

    def _refused(self, user: str, reason: str, message: str) -> Refused:
        self.tally.note(SERVICE, user, reason)
        return Refused(
            401,
            "InvalidAuthenticationToken",
            message,
            {"WWW-Authenticate": f'Bearer realm="", authorization_uri="{_AUTHORIZE}"'},
        )


_AUTHORIZE = "https://login.microsoftonline.com/common/oauth2/authorize"

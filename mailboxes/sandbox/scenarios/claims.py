"""Scenarios of tokens that Entra gives and Exchange does not take: rows 92 and 114.

The server gives no reason; what the token says of itself decides (diagnosis.md 3.1).
"""

from __future__ import annotations

from typing import Any

from ...core.choices import Step
from .. import effects
from ..effects import Effect, place
from ..scenario import LIKELY, Expected, Scenario, Setup, made
from ..world import GRAPH_RESOURCE

AREA = "Tokens that the mail server refuses"
_SENDS, _APP = Setup(sends=True), Setup(app=True)
_AUDIENCE = Expected("refused-token-audience", Step.SCOPE, "scope")
_PERMISSION = Expected("refused-token-permission", Step.PERMISSIONS)
_ENDED = Expected("refused-token-ended", Step.CLOCK)
_OTHER = Expected("refused-token-other-user", Step.RIGHTS, "mailbox")
_NO_RIGHTS = Expected("application-rights-missing", Step.RIGHTS, certainty=LIKELY)
_GOOD = Expected("token-not-accepted", Step.PROTOCOL, "mailbox", certainty=LIKELY)


def _claims(**change: Any) -> Effect:
    return Effect(effects.CLAIMS, change=change)


def _off(service: str) -> Effect:
    return Effect(place(service, effects.XOAUTH2))


# The connection test looks at the claims before any server does.
SCENARIOS: tuple[Scenario, ...] = (
    made("imap-token-audience", AREA, 92, "IMAP: token made for Graph",
         _claims(aud=GRAPH_RESOURCE), _AUDIENCE,
         test=_AUDIENCE.but(finding="token-audience")),
    made("imap-token-scope", AREA, 92, "IMAP: token without IMAP.AccessAsUser.All",
         _claims(scp="SMTP.Send User.Read"), _PERMISSION,
         test=_PERMISSION.but(finding="token-permission")),
    made("imap-token-roles", AREA, 92, "IMAP: application without IMAP.AccessAsApp",
         _claims(roles=None), _PERMISSION,
         test=_PERMISSION.but(finding="token-permission"), setup=_APP),
    made("imap-token-ended", AREA, 92, "IMAP: token that has ended",
         _claims(exp=-60), _ENDED, test=_ENDED.but(finding="token-expired")),
    made("imap-token-other-user", AREA, 92, "IMAP: token of another user",
         _claims(upn="orders@contoso.example"), _OTHER),
    made("imap-app-not-opened", AREA, (92, 95), "IMAP: not opened to the application",
         (), _NO_RIGHTS, setup=Setup(app=True, opened=False)),
    made("imap-token-good", AREA, 92, "IMAP: token is right, the protocol is off",
         _off("imap"), _GOOD),
    made("smtp-token-audience", AREA, 114, "SMTP: token made for Graph",
         _claims(aud=GRAPH_RESOURCE), _AUDIENCE,
         test=_AUDIENCE.but(finding="token-audience"), setup=_SENDS),
    made("smtp-token-scope", AREA, 114, "SMTP: token without SMTP.Send",
         _claims(scp="IMAP.AccessAsUser.All User.Read"), _PERMISSION,
         test=_PERMISSION.but(finding="token-permission"), setup=_SENDS),
    made("smtp-token-roles", AREA, 114, "SMTP: application without SMTP.SendAsApp",
         _claims(roles=["IMAP.AccessAsApp"]), _PERMISSION,
         setup=Setup(sends=True, app=True)),
    made("smtp-token-other-user", AREA, 114, "SMTP: token of another user",
         _claims(upn="orders@contoso.example"), _OTHER, setup=_SENDS),
    made("smtp-app-not-opened", AREA, (95, 114), "SMTP: not opened to the application",
         (), _NO_RIGHTS, setup=Setup(sends=True, app=True, opened=False)),
    made("smtp-token-good", AREA, 114, "SMTP: token is right, the protocol is off",
         _off("smtp"), _GOOD, setup=_SENDS),
)  # fmt: skip

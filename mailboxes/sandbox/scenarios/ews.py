"""Scenarios of Exchange Web Services: diagnosis.md rows 133 to 149.

Response codes come as SOAP faults with status 500 where Exchange refuses the whole
request, else in the response message of an item.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.choices import Retry, RunState, Step
from .. import effects
from ..effects import Effect, place
from ..scenario import LIKELY, Expected, Scenario, Setup, made
from ..world import GRAPH_RESOURCE

AREA = "EWS"
ADDRESS = "https://outlook.office365.com/EWS/Exchange.asmx"
_IN: Mapping[str, object] = {"type": "EWS", "server": ADDRESS}
_OUT: Mapping[str, object] = {"server-type": "EWS", "server": ADDRESS}
_MOVES = {**_IN, "after-fetch": "move", "after-fetch-folder": "Archive"}
READS = Setup(options=_IN)
APP = Setup(app=True, opened=True, options=_IN)
MESSAGE = Setup(sends=True, message=True, options=_OUT)
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"  # tenant of personal accounts
_BACK_OFF = '<t:Value Name="BackOffMilliseconds">198000</t:Value>'


def _at(name: str, **more: Any) -> Effect:
    return Effect(place("ews", name), **more)


def _fault(code: str, text: str, at: str = effects.COMMAND, **more: Any) -> Effect:
    return _at(at, status=500, error=code, text=text, **more)


def _claims(**change: Any) -> Effect:
    return Effect(effects.CLAIMS, change=change)


def _forbidden(body: str = "") -> Effect:
    return _at(effects.CREDENTIAL, status=403, body=body)


_AUDIENCE = Expected("refused-token-audience", Step.SCOPE, "scope")
_PERMISSION = Expected("refused-token-permission", Step.PERMISSIONS)
_MOVING = Expected("ews-mailbox-moving", Step.SERVICE, "", Retry.BACK_OFF, LIKELY)
_NOT_ALLOWED = Expected("ews-impersonation-denied", Step.RIGHTS, "mailbox")
_SEND_AS = Expected("ews-send-as-denied", Step.RIGHTS, "mailbox", certainty=LIKELY)
_QUOTA = Expected("ews-quota", Step.QUOTA, certainty=LIKELY)

SCENARIOS: tuple[Scenario, ...] = (
    made("ews-token-audience", AREA, 133, "Token made for Graph",
         _claims(aud=GRAPH_RESOURCE), _AUDIENCE,
         test=_AUDIENCE.but(finding="token-audience"), setup=READS),
    made("ews-diagnostics-audience", AREA, 133, "Exchange names the audience",
         _at(effects.CREDENTIAL, status=401, headers={
             "x-ms-diagnostics": '2000003;reason="The audience claim value is invalid '
             'for current resource.";error_category="invalid_resource"'}),
         Expected("ews-wrong-audience", Step.SCOPE, "scope", certainty=LIKELY),
         setup=READS),
    made("ews-token-scope", AREA, 134, "Token without EWS.AccessAsUser.All",
         _claims(scp="IMAP.AccessAsUser.All User.Read"), _PERMISSION,
         test=_PERMISSION.but(finding="token-permission"), setup=READS),
    made("ews-token-roles", AREA, 134, "Application without full_access_as_app",
         _claims(roles=["IMAP.AccessAsApp"]), _PERMISSION, setup=APP),
    made("ews-unauthorized", AREA, 134, "A good token is refused without a reason",
         _at(effects.XOAUTH2),
         Expected("ews-unauthorized", Step.PERMISSIONS,
                  "mail.<type>.auth.mechanisms", certainty=LIKELY), setup=READS),
    made("ews-switched-off", AREA, 135, "EWS is off in the tenant", _forbidden(),
         Expected("ews-switched-off", Step.PROTOCOL, "type"), setup=READS),
    made("ews-switched-off-sending", AREA, 135, "EWS is off in the tenant: sending",
         _forbidden(), Expected("ews-switched-off", Step.PROTOCOL, "server-type"),
         setup=MESSAGE, state=RunState.FAILING),
    made("ews-mailbox-refused", AREA, 136, "Licence without EWS",
         _forbidden("The mailbox may not use this protocol."),
         Expected("ews-mailbox-refused", Step.LICENCE, certainty=LIKELY), setup=READS),
    made("ews-user-agent-refused", AREA, 137, "Only listed programs are admitted",
         _forbidden("Refused by EwsApplicationAccessPolicy: the User-Agent is not in "
                    "EwsAllowList."),
         Expected("ews-user-agent-refused", Step.PROTOCOL), setup=READS),
    made("ews-no-mailbox", AREA, 139, "No mailbox by this address",
         _fault("ErrorNonExistentMailbox",
                "The SMTP address has no mailbox associated with it."),
         Expected("ews-no-mailbox", Step.LICENCE, "mailbox", certainty=LIKELY),
         setup=READS),
    made("ews-access-denied", AREA, 140, "No rights on the folder",
         _at("getfolder", error="ErrorAccessDenied",
             text="Access is denied. Check credentials and try again."),
         Expected("ews-access-denied", Step.RIGHTS, "mailbox", certainty=LIKELY),
         setup=READS),
    made("ews-app-not-opened", AREA, 141, "Outside of the application's scope", (),
         _NOT_ALLOWED, setup=Setup(app=True, opened=False, options=_IN)),
    made("ews-impersonation-denied", AREA, 141, "The role to impersonate is gone",
         _fault("ErrorImpersonateUserDenied", "The account does not have permission to "
                "impersonate the requested user."), _NOT_ALLOWED, setup=READS),
    made("ews-impersonation-missing", AREA, 142, "The mailbox is not named",
         _fault("ErrorInvalidRequest", "ExchangeImpersonation SOAP header must be "
                "present for this type of OAuth token."),
         Expected("ews-impersonation-missing", Step.SERVER, "mailbox",
                  certainty=LIKELY), setup=READS),
    made("ews-impersonation-not-allowed", AREA, 142, "A user's token, and a mailbox",
         _fault("ErrorInvalidRequest", "ExchangeImpersonation SOAP header must not "
                "exist for this type of OAuth token."),
         Expected("ews-impersonation-not-allowed", Step.SERVER, "grant-type",
                  certainty=LIKELY), setup=READS),
    made("ews-server-busy", AREA, 143, "Throttled, with a pause to keep",
         _fault("ErrorServerBusy", "The server cannot service this request right now. "
                "Try again later.", body=_BACK_OFF),
         Expected("ews-server-busy", Step.THROTTLING, "cycle-time", Retry.BACK_OFF),
         state=RunState.THROTTLED, setup=READS),
    made("ews-too-many-connections", AREA, 144, "Too many connections",
         _fault("ErrorExceededConnectionCount", "You have exceeded the available "
                "concurrent connections for your account."),
         Expected("ews-too-many-connections", Step.THROTTLING, "", Retry.BACK_OFF),
         state=RunState.THROTTLED, setup=READS),
    made("ews-send-as-denied", AREA, 145, "Not allowed to send as this sender",
         _at("createitem", error="ErrorSendAsDenied", text="The user account which was "
             "used to submit this request does not have the right to send mail on "
             "behalf of the specified sending account."), _SEND_AS,
         state=RunState.ACTIVE, setup=MESSAGE),
    made("ews-mailbox-moving", AREA, 146, "The mailbox is being moved",
         _fault("ErrorMailboxMoveInProgress", "The mailbox is currently being moved."),
         _MOVING, setup=READS),
    made("ews-store-unavailable", AREA, 146, "The store does not answer",
         _at("syncfolderitems", error="ErrorMailboxStoreUnavailable",
             text="The mailbox database is temporarily unavailable."),
         _MOVING, test=None, setup=READS),
    made("ews-transient", AREA, 146, "A passing fault of the server",
         _fault("ErrorInternalServerTransientError", "An internal server error "
                "occurred. Try again later."), _MOVING, setup=READS),
    made("ews-sync-state-lost", AREA, 147, "Sync state lost: nothing comes twice",
         Effect(effects.SWITCHED_ON, text="EWS: the sync state is not known any more"),
         Expected("ews-sync-state-lost", Step.SYNC, "", Retry.NOW, LIKELY),
         test=None, cycle=None, setup=Setup(fetched=True, options=_IN)),
    made("ews-quota", AREA, 149, "Mailbox full when mail is moved",
         _at("moveitem", error="ErrorQuotaExceeded",
             text="The mailbox has exceeded its quota."), _QUOTA, test=None,
         setup=Setup(options=_MOVES)),
    made("ews-quota-sending", AREA, 149, "Mailbox of the sender is full",
         _at("createitem", error="ErrorQuotaExceeded",
             text="The mailbox has exceeded its quota."), _QUOTA,
         state=RunState.FAILING, setup=MESSAGE),
    made("ews-message-too-large", AREA, 149, "Message too large",
         _at("createitem", error="ErrorMessageSizeExceeded",
             text="The message exceeds the maximum supported size."),
         Expected("ews-message-too-large", Step.MESSAGE, certainty=LIKELY),
         state=RunState.ACTIVE, setup=MESSAGE),
    made("ews-personal-account", AREA, 138, "A personal account",
         (_claims(tid=PERSONAL), _at(effects.XOAUTH2)),
         Expected("refused-token-personal", Step.ACCOUNT_TYPE, "mailbox"),
         test=Expected("token-tenant", Step.DIRECTORY_ID, "directory-id"),
         setup=READS),
)  # fmt: skip

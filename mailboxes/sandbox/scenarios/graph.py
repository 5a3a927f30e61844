"""Scenarios of Microsoft Graph: diagnosis.md rows 150 to 168, and folders (106).

Not shown: mail that is accepted and never arrives (166), for nobody is told; a change
of received mail (167), which this console never makes.
"""

from __future__ import annotations

from typing import Any

from ...core.choices import Retry, RunState, Step
from .. import effects
from ..effects import Effect, place
from ..fault_names import THROTTLED
from ..scenario import LIKELY, Expected, Scenario, Setup, made
from ..world import GRAPH_RESOURCE, MAIL_RESOURCES

AREA = "Microsoft Graph"
SCOPE = f"{GRAPH_RESOURCE}/.default"
READS: dict[str, object] = {"type": "GRAPH", "server": "", "scope": SCOPE}
SENDS: dict[str, object] = {"server-type": "GRAPH", "server": "", "scope": SCOPE}
_MARKS = {"after-fetch": "mark-read"}
_MOVES = {"after-fetch": "move", "after-fetch-folder": "Archive"}
_TOKEN = "InvalidAuthenticationToken"
_CHALLENGE = (
    "Continuous access evaluation resulted in challenge with result:"
    " InteractionRequired and code: TokenCreatedWithOutdatedPolicies"
)
_LIMIT = "The maximum request length supported is 4MB."


def _setup(**options: object) -> Setup:
    """GRAPH signs in as the application (email-server-options.md section 1.4)."""
    return Setup(app=True, options=READS | options)


def _sends(*, message: bool = True) -> Setup:
    return Setup(app=True, sends=True, message=message, options=SENDS)


def _at(name: str, status: int, code: str, text: str, **headers: str) -> Effect:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Effect(
        place("graph", name), status=status, error=code, text=text, headers=named
    )


def _claims(**change: Any) -> Effect:
    return Effect(effects.CLAIMS, change=change)


_USUAL = _setup()
_AUDIENCE = Expected("graph-wrong-audience", Step.SCOPE, "scope")
_DENIED = Expected("graph-access-denied", Step.PERMISSIONS)
_POLICY = Expected("graph-odata-disabled", Step.RIGHTS)
_MISSING = Expected("graph-mailbox-missing", Step.LICENCE, "mailbox")
_UNKNOWN = Expected("graph-user-unknown", Step.USER_NAME, "mailbox", certainty=LIKELY)
_BUSY = Expected("graph-throttled", Step.THROTTLING, "cycle-time", Retry.BACK_OFF)
_AWAY = Expected("graph-unavailable", Step.SERVICE, "", Retry.BACK_OFF)
_TIME = Expected("graph-token-time", Step.CLOCK, "", Retry.NOW)

HEALTHY = tuple(
    made(name, "Nothing wrong", (), title, (), None, setup=setup)
    for name, title, setup in (
        ("healthy-graph", "Mail is fetched by Graph", _USUAL),
        ("healthy-graph-sending", "Mail is sent by Graph", _sends()),
    )
)
SCENARIOS: tuple[Scenario, ...] = (
    *HEALTHY,
    made("graph-audience", AREA, 150, "Token made for Exchange",
         _claims(aud=MAIL_RESOURCES[0]), _AUDIENCE,
         test=Expected("token-audience", Step.SCOPE, "scope"), setup=_USUAL),
    made("graph-token-ended", AREA, 151, "Token that has ended", _claims(exp=-60),
         _TIME, test=Expected("token-expired", Step.CLOCK), setup=_USUAL),
    made("graph-token-early", AREA, 151, "Token that is not valid yet",
         _at(effects.CREDENTIAL, 401, _TOKEN,
             "Lifetime validation failed, the token is not yet valid."),
         _TIME, setup=_USUAL),
    made("graph-claims-challenge", AREA, 152, "The sign-in has to be repeated",
         _at(effects.CREDENTIAL, 401, _TOKEN, _CHALLENGE),
         Expected("graph-claims-challenge", Step.CONDITIONAL_ACCESS, "password",
                  Retry.OWNER), setup=_USUAL),
    made("graph-permission", AREA, 153, "Application without Mail.ReadWrite",
         _claims(roles=["Mail.Send"]), _DENIED, setup=_USUAL),
    made("graph-request-denied", AREA, 153, "Insufficient privileges",
         _at("folder", 403, "Authorization_RequestDenied",
             "Insufficient privileges to complete the operation."),
         _DENIED, setup=_USUAL),
    made("graph-send-permission", AREA, 153, "Application without Mail.Send",
         _claims(roles=["Mail.Read"]), _DENIED, setup=_sends()),
    made("graph-not-in-policy", AREA, 154, "A policy leaves the mailbox out", (),
         _POLICY, setup=Setup(app=True, opened=False, options=READS)),
    made("graph-not-in-policy-sending", AREA, 154, "The same of sending", (), _POLICY,
         setup=Setup(app=True, opened=False, sends=True, options=SENDS)),
    made("graph-me", AREA, 155, "/me is asked for by an application",
         _at("folder", 400, "BadRequest",
             "/me request is only valid with delegated authentication flow."),
         Expected("graph-me-app-only", Step.SERVER, "mailbox", certainty=LIKELY),
         setup=_USUAL),
    made("graph-no-mailbox", AREA, 156, "The user has no licence",
         _at("folder", 404, "MailboxNotEnabledForRESTAPI",
             "REST API is not yet supported for this mailbox."),
         _MISSING, setup=_USUAL),
    made("graph-on-premises", AREA, 156, "The mailbox is inactive or on premises",
         _at("folder", 404, "MailboxNotEnabledForRESTAPI",
             "The mailbox is either inactive, soft-deleted, or is hosted on-premise."),
         _MISSING, setup=_USUAL),
    made("graph-user-unknown", AREA, 157, "No such user", (), _UNKNOWN,
         setup=_setup(mailbox="nobody@contoso.example")),
    made("graph-resource-missing", AREA, 157, "The resource does not exist",
         _at("folder", 404, "Request_ResourceNotFound",
             "Resource 'x' does not exist or one of its queried reference-property"
             " objects are not present."),
         _UNKNOWN, setup=_USUAL),
    made("graph-item-gone", AREA, 158, "A message goes before it is fetched",
         (_at("value", 404, "ErrorItemNotFound", "The item is not in the store."),
          _at("part", 404, "ErrorItemNotFound", "The item is not in the store.")),
         Expected("graph-item-gone", Step.SYNC, "", Retry.NOW), test=None, cycle=None,
         setup=_USUAL),
    made("graph-delta-lost", AREA, 159, "The state is void: nothing comes twice",
         _at("delta-state", 410, "SyncStateNotFound", "Resync is required."),
         Expected("graph-delta-lost", Step.SYNC, "", Retry.NOW), test=None, cycle=None,
         setup=Setup(app=True, fetched=True, options=READS)),
    made("graph-conflict", AREA, 160, "Changed by somebody else meanwhile",
         _at("patch", 412, "ErrorIrresolvableConflict",
             "The send or update operation could not be performed because the change"
             " key passed in the request does not match the current change key."),
         Expected("graph-conflict", Step.SYNC, "", Retry.NOW), test=None,
         setup=_setup(**_MARKS)),
    made("graph-throttled", AREA, 161, "Too many requests at once",
         _at(effects.SIGNED_IN, 429, "ApplicationThrottled", THROTTLED,
             Retry_After="7"),
         _BUSY, state=RunState.THROTTLED, setup=_USUAL),
    made("graph-unavailable", AREA, 162, "Graph is away for a moment",
         _at(effects.SIGNED_IN, 503, "ServiceUnavailable", "Try again later.",
             Retry_After="7"),
         _AWAY, state=RunState.THROTTLED, setup=_USUAL),
    made("graph-gateway", AREA, 162, "A gateway waits in vain",
         _at("folder", 504, "UnknownError", "Gateway Timeout"), _AWAY, setup=_USUAL),
    made("graph-bandwidth", AREA, 162, "Bandwidth limit",
         _at("delta", 509, "UnknownError", "Bandwidth limit exceeded."), _AWAY,
         test=None, setup=_USUAL),
    made("graph-too-large", AREA, 163, "Larger than a request may be",
         _at("sendmail", 413, "RequestEntityTooLarge", _LIMIT),
         Expected("graph-request-too-large", Step.MESSAGE), state=RunState.ACTIVE,
         setup=_sends()),
    made("graph-mime", AREA, 164, "MIME that cannot be read",
         _at("sendmail", 400, "ErrorMimeContentInvalidBase64String",
             "Invalid base64 string for MIME content."),
         Expected("graph-mime-invalid", Step.MESSAGE), state=RunState.ACTIVE,
         setup=_sends()),
    made("graph-send-as", AREA, 165, "Send As is not granted",
         _at("sendmail", 403, "ErrorSendAsDenied",
             "The user account which was used to submit this request does not have the"
             " right to send mail on behalf of the specified sending account."),
         Expected("graph-send-as-denied", Step.RIGHTS, "mailbox", certainty=LIKELY),
         state=RunState.ACTIVE, setup=_sends()),
    made("graph-mailbox-full", AREA, 168, "Mailbox full when mail is moved",
         _at("move", 507, "ErrorQuotaExceeded", "The mailbox has exceeded its quota."),
         Expected("graph-mailbox-full", Step.QUOTA), test=None,
         setup=_setup(**_MOVES)),
    made("graph-folder-missing", AREA, 106, "The folder does not exist", (),
         Expected("folder-missing", Step.FOLDER, "folder-path"),
         setup=_setup(**{"folder-path": "Nowhere"})),
    made("graph-target-missing", AREA, 106, "The folder to move to does not exist", (),
         Expected("folder-target-missing", Step.FOLDER, "after-fetch-folder"),
         test=None, setup=_setup(**(_MOVES | {"after-fetch-folder": "Nowhere"}))),
    made("graph-silent", AREA, (), "Graph says nothing",
         Effect(place("graph", "request"), end=effects.SILENT),
         Expected("read-timeout", Step.SERVER, "protocol-timeout", Retry.BACK_OFF),
         setup=Setup(app=True, waits=True, options=READS)),
)  # fmt: skip

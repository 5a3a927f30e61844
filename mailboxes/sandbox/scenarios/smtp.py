"""Scenarios of sending through Exchange Online: diagnosis.md rows 115 to 132."""

from __future__ import annotations

from ...core.choices import Retry, RunState, Step
from .. import effects
from ..effects import CLOSE, DROP, Effect, place
from ..fault_names import OFF
from ..scenario import LIKELY, Expected, Scenario, Setup, made
from .imap import MECHANISM

AREA = "SMTP"
_SENDS, _BASIC = Setup(sends=True), Setup(sends=True, basic=True)
_MESSAGE = Setup(sends=True, message=True)
_NO = "535 5.7.139 Authentication unsuccessful, "
_DENIED = Expected("sender-refused", Step.RIGHTS, "mailbox")
_BUSY = Expected("smtp-busy", Step.SERVICE, "", Retry.BACK_OFF, LIKELY)
_MANY = Expected("smtp-too-many-connections", Step.THROTTLING, "", Retry.BACK_OFF)
_EXTERNAL = Expected("smtp-external-quota", Step.THROTTLING, "", Retry.BACK_OFF, LIKELY)
_LARGE = Expected("message-too-large", Step.MESSAGE)
_BLOCKED = Expected("smtp-sender-blocked", Step.ACCOUNT, "mailbox", certainty=LIKELY)
_RECIPIENT = Expected("recipient-refused", Step.MESSAGE)


def _at(name: str, say: str = "", end: str = "") -> Effect:
    return Effect(place("smtp", name), say=say, end=end)


def _sign_in(
    name: str,
    row: int,
    title: str,
    say: str,
    expected: Expected,
    setup: Setup = _SENDS,
    state: RunState | None = None,
) -> Scenario:
    shown = _at(effects.CREDENTIAL, say)
    return made(name, AREA, row, title, shown, expected, setup=setup, state=state)


def _message(
    name: str,
    row: int,
    title: str,
    at: str,
    say: str,
    expected: Expected,
    state: RunState = RunState.ACTIVE,
    end: str = "",
) -> Scenario:
    """A refusal of the message; the sender itself goes on unless told otherwise."""
    shown = _at(at, say, end)
    return made(name, AREA, row, title, shown, expected, setup=_MESSAGE, state=state)


SCENARIOS: tuple[Scenario, ...] = (
    _sign_in("smtp-auth-off-tenant", 115, "Sign-in off for the tenant",
             OFF.format("Tenant"), Expected("smtp-auth-off-tenant", Step.PROTOCOL)),
    _sign_in("smtp-auth-off-mailbox", 116, "Sign-in off for the mailbox",
             OFF.format("Mailbox"), Expected("smtp-auth-off-mailbox", Step.PROTOCOL)),
    _sign_in("smtp-security-defaults", 117, "Security defaults",
             f"{_NO}user is locked by your organization's security defaults policy. "
             "Contact your administrator.",
             Expected("smtp-security-defaults", Step.CONDITIONAL_ACCESS, MECHANISM)),
    _sign_in("smtp-basic-auth-off", 118, "Password sign-in switched off",
             f"{_NO}basic authentication is disabled.",
             Expected("smtp-basic-auth-off", Step.PASSWORD, MECHANISM), _BASIC),
    _sign_in("smtp-auth-policy", 119, "Conditional access refuses",
             f"{_NO}the request did not meet the criteria to be authenticated "
             "successfully. Contact your administrator.",
             Expected("smtp-auth-policy", Step.CONDITIONAL_ACCESS)),
    _sign_in("smtp-wrong-password", 119, "Wrong password",
             f"{_NO}the user credentials were incorrect.",
             Expected("smtp-wrong-password", Step.PASSWORD, "password"), _BASIC),
    _sign_in("smtp-basic-auth-removed", 120, "Password sign-in removed",
             "550 5.7.30 Basic authentication is not supported for Client Submission.",
             Expected("smtp-basic-auth-removed", Step.PASSWORD, MECHANISM), _BASIC),
    _message("smtp-auth-required", 121, "Sending needs a sign-in", "mail",
             "530 5.7.57 Client not authenticated to send mail.",
             Expected("smtp-auth-required", Step.SERVER, "mailbox"),
             RunState.FAILING),
    _sign_in("smtp-auth-before-tls", 122, "Authentication type unknown",
             "504 5.7.4 Unrecognized authentication type",
             Expected("smtp-auth-before-tls", Step.SERVER, "smtp-connection-security",
                      certainty=LIKELY)),
    made("smtp-no-auth", AREA, (102, 122), "AUTH is not offered",
         Effect(place("smtp", effects.OFFER), without=("AUTH",)),
         Expected("xoauth2-missing", Step.SERVER, "server", certainty=LIKELY),
         setup=_SENDS),
    _message("smtp-send-as-denied", 123, "Not allowed to send as this address",
             effects.CONTENT, "554 5.2.252 SendAsDenied; support@contoso.example not "
             "allowed to send as orders@contoso.example", _DENIED),
    _message("smtp-no-send-as", 123, "No permission to send as this sender", "mail",
             "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
             _DENIED),
    _sign_in("smtp-too-many-connections", 124, "Too many connections",
             "432 4.3.2 Concurrent connections limit exceeded. Visit "
             "https://aka.ms/concurrent_sending for more information.",
             _MANY, state=RunState.THROTTLED),
    _message("smtp-thread-limit", 124, "Sender thread limit", effects.CONTENT,
             "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
             _MANY, RunState.THROTTLED),
    _message("smtp-timeout", 125, "421: the server ends the line", "mail",
             "421 4.4.2 Connection dropped due to timeout", _BUSY, RunState.FAILING,
             CLOSE),
    _message("smtp-temporary", 125, "451 4.7.0 at MAIL", "mail",
             "451 4.7.0 Temporary server error. Please try again later.",
             _BUSY, RunState.THROTTLED),
    _message("smtp-server-busy", 125, "451 4.7.500 at MAIL", "mail",
             "451 4.7.500 Server busy. Please try again later.",
             _BUSY, RunState.THROTTLED),
    _message("smtp-daily-quota", 126, "Recipients of the day are used up",
             effects.CONTENT, "554 5.2.0 STOREDRV.Submission.Exception:"
             "SubmissionQuotaExceededException; Failed to process message due to a "
             "permanent exception", Expected("smtp-daily-quota", Step.THROTTLING, "",
                                             Retry.BACK_OFF), RunState.THROTTLED),
    _message("smtp-external-quota", 127, "External recipients of the tenant used up",
             effects.CONTENT, "550 5.7.233 Your message can't be sent because your "
             "tenant exceeded its daily limit for sending to external recipients",
             _EXTERNAL, RunState.THROTTLED),
    _message("smtp-trial-quota", 127, "External recipients of a trial tenant used up",
             effects.CONTENT, "550 5.7.232 Your message can't be sent because your "
             "trial tenant exceeded its daily limit for sending to external recipients",
             _EXTERNAL, RunState.THROTTLED),
    _message("smtp-mailbox-full", 128, "Mailbox of the sender is full",
             effects.CONTENT, "554 5.2.2 mailbox full; STOREDRV.ClientSubmit.Exception:"
             "QuotaExceededException",
             Expected("smtp-sender-mailbox-full", Step.QUOTA), RunState.FAILING),
    _message("smtp-too-large", 129, "Message too large", effects.CONTENT,
             "552 5.3.4 Message size exceeds fixed maximum message size", _LARGE),
    made("smtp-size-limit", AREA, 129, "Larger than the SIZE that is offered",
         Effect(place("smtp", effects.OFFER), without=("SIZE",), offer=("SIZE 100",)),
         _LARGE, setup=_MESSAGE, state=RunState.ACTIVE),
    _message("smtp-sender-blocked", 130, "Sender blocked for spam", "mail",
             "550 5.1.8 Access denied, bad outbound sender", _BLOCKED,
             state=RunState.FAILING),
    _message("smtp-tenant-blocked", 130, "Tenant blocked for its reputation", "mail",
             "550 5.7.708 Service unavailable. Access denied, traffic not accepted "
             "from this IP", _BLOCKED, state=RunState.FAILING),
    _message("smtp-recipient-unknown", 131, "Recipient unknown", "rcpt",
             "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP "
             "address lookup", _RECIPIENT),
    _message("smtp-recipient-denied", 131, "Recipient address rejected", "rcpt",
             "550 5.4.1 Recipient address rejected: Access denied", _RECIPIENT),
    made("smtp-cut-after-auth", AREA, 132, "Line cut at the token",
         _at(effects.CREDENTIAL, end=DROP),
         Expected("smtp-cut-after-auth", Step.NETWORK, "", Retry.NOW, LIKELY),
         setup=_SENDS),
)  # fmt: skip

"""Scenarios of IMAP on Exchange Online and its like: diagnosis.md rows 93 to 108."""

from __future__ import annotations

from ...core.choices import Retry, RunState, Step
from .. import effects
from ..effects import CLOSE, Effect, place
from ..scenario import LIKELY, Expected, Scenario, Setup, made

AREA = "IMAP"
MECHANISM = "mail.<type>.auth.mechanisms"
_BASIC = Setup(basic=True)


def _at(name: str, say: str = "", end: str = "") -> Effect:
    return Effect(place("imap", name), say=say, end=end)


def _offer(without: tuple[str, ...], *offer: str) -> Effect:
    return Effect(place("imap", effects.OFFER), without=without, offer=offer)


_GONE = Expected("exchange-password-gone", Step.PASSWORD, MECHANISM)
_BLOCKED = Expected("basic-auth-blocked", Step.PASSWORD, MECHANISM)
_NOT_CONNECTED = Expected(
    "authenticated-not-connected", Step.RIGHTS, "mailbox", certainty=LIKELY
)
_UNAVAILABLE = Expected("server-unavailable", Step.SERVICE, "", Retry.BACK_OFF)
_THROTTLED = Expected("server-throttled", Step.THROTTLING, "cycle-time", Retry.BACK_OFF)
_CLOSED = Expected("server-closed", Step.SERVICE, "", Retry.NOW)
_BROKEN = Expected("imap-sasl-broken", Step.SCOPE, "scope", certainty=LIKELY)
_NO_TLS = Expected("login-disabled", Step.SERVER, "pop-connection-security")
_RIGHTS = Expected("authorization-failed", Step.RIGHTS, "mailbox")

SCENARIOS: tuple[Scenario, ...] = (
    made("imap-login-failed", AREA, 93, "LOGIN with a password",
         (_offer(("AUTH=PLAIN",)), _at(effects.CREDENTIAL, "NO LOGIN failed.")),
         _GONE, setup=_BASIC),
    made("imap-basic-auth-blocked", AREA, 94, "Password sign-in blocked by name",
         _at(effects.CREDENTIAL, "NO [AUTHENTICATIONFAILED] LOGIN failed. "
             "[Error=\"LogonDenied-BasicAuthBlocked\"]"),
         _BLOCKED, setup=_BASIC),
    made("imap-not-connected", AREA, 95, "Authenticated but not connected",
         _at(effects.COMMAND, "BAD User is authenticated but not connected."),
         _NOT_CONNECTED),
    made("imap-throttled", AREA, 97, "Throttled, with a pause to keep",
         _at(effects.COMMAND, "BAD Request is throttled. Suggested Backoff Time: "
             "198000 milliseconds"),
         Expected("imap-throttled-backoff", Step.THROTTLING, "cycle-time",
                  Retry.BACK_OFF), state=RunState.THROTTLED),
    made("imap-unavailable", AREA, 98, "Server unavailable",
         _at(effects.SIGNED_IN, "NO [UNAVAILABLE] Server Unavailable. 15"),
         _UNAVAILABLE),
    made("imap-temporary-words", AREA, 98, "A fault that passes, without a code",
         _at(effects.CREDENTIAL, "NO Temporary authentication failure."),
         _UNAVAILABLE, setup=_BASIC),
    made("imap-limit", AREA, 99, "[LIMIT] after sign-in",
         _at(effects.COMMAND, "NO [LIMIT] Too many commands."),
         _THROTTLED, state=RunState.THROTTLED),
    made("imap-throttled-code", AREA, 99, "[THROTTLED] at sign-in",
         _at(effects.SIGNED_IN, "NO [THROTTLED] Account exceeded its rate."),
         _THROTTLED, state=RunState.THROTTLED),
    made("imap-bye-idle", AREA, 100, "Idle line cut: BYE 13",
         _at(effects.COMMAND, "* BYE Connection is closed. 13", CLOSE), _CLOSED),
    made("imap-bye-state", AREA, 100, "Repeated bad state: BYE 14",
         _at(effects.SIGNED_IN, "* BYE Connection is closed. 14", CLOSE), _CLOSED),
    made("imap-command-error", AREA, 101, "Broken SASL line: BAD 12",
         _at(effects.CREDENTIAL, "BAD Command Error. 12"), _BROKEN),
    made("imap-command-error-10", AREA, 101, "Broken SASL line: BAD 10",
         _at(effects.CREDENTIAL, "BAD Command Error. 10"), _BROKEN),
    made("imap-no-xoauth2", AREA, 102, "XOAUTH2 is not offered",
         _offer(("AUTH=XOAUTH2",)),
         Expected("xoauth2-missing", Step.SERVER, "server", certainty=LIKELY)),
    made("imap-authorization-failed", AREA, 103, "Acting as the mailbox is refused",
         _at(effects.SIGNED_IN, "NO [AUTHORIZATIONFAILED] Not permitted to act as "
             "this mailbox."), _RIGHTS),
    made("imap-privacy-required", AREA, 104, "Encryption is asked for",
         _at(effects.CREDENTIAL, "NO [PRIVACYREQUIRED] Encryption is required."),
         _NO_TLS),
    made("imap-login-disabled", AREA, 104, "LOGINDISABLED is offered",
         _offer(("AUTH=PLAIN", "AUTH=XOAUTH2"), "LOGINDISABLED"),
         _NO_TLS, setup=_BASIC),
    made("imap-contact-admin", AREA, 105, "Contact the administrator",
         _at(effects.CREDENTIAL, "NO [CONTACTADMIN] Sign-in needs an administrator."),
         Expected("imap-contact-admin", Step.ACCOUNT, "mailbox")),
    made("imap-password-expired", AREA, 105, "The password has expired",
         _at(effects.CREDENTIAL, "NO [EXPIRED] The password has expired."),
         Expected("imap-password-expired", Step.PASSWORD, "password"), setup=_BASIC),
    made("imap-folder-missing", AREA, 106, "The folder does not exist",
         _at("examine", "NO The mailbox doesn't exist."),
         Expected("folder-missing", Step.FOLDER, "folder-path")),
    made("imap-folder-busy", AREA, 98, "The folder cannot be opened for a while",
         _at("examine", "NO Server error - please try again later"), _UNAVAILABLE),
    made("imap-unsafe-login", AREA, 95, "NetEase: unsafe login",
         _at("examine", "NO EXAMINE Unsafe Login. Please contact kefu@188.com"),
         Expected("imap-protocol-off", Step.PROTOCOL)),
    made("imap-target-missing", AREA, 106, "The folder to move to does not exist",
         _at("move", "NO [TRYCREATE] The mailbox doesn't exist."),
         Expected("folder-target-missing", Step.FOLDER, "after-fetch-folder"),
         test=None, setup=Setup(options={"after-fetch": "move",
                                         "after-fetch-folder": "Archive"})),
    made("imap-overquota", AREA, 107, "Mailbox full when mail is moved",
         _at("move", "NO [OVERQUOTA] The mailbox is full."),
         Expected("quota-full", Step.QUOTA), test=None,
         setup=Setup(options={"after-fetch": "move",
                              "after-fetch-folder": "Archive"})),
    made("imap-uidvalidity", AREA, 108, "UIDVALIDITY changed: nothing comes twice",
         Effect(effects.SWITCHED_ON), Expected("imap-uidvalidity-changed", Step.SYNC),
         test=None, cycle=None, setup=Setup(fetched=True)),
)  # fmt: skip

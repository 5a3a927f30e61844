"""Scenarios of POP3, at Exchange Online and elsewhere: diagnosis.md rows 109 to 113.

And what POP3 shares with IMAP there: rows 86, 93 to 95, 98, 102, 104 and 108.
"""

from __future__ import annotations

from typing import Any

from ...core.choices import Retry, RunState, Step
from .. import effects
from ..effects import CLOSE, DROP, Effect, place
from ..scenario import LIKELY, Expected, Scenario, Setup, made
from ..world import GRAPH_RESOURCE

AREA = "POP3"
MECHANISM = "mail.<type>.auth.mechanisms"


def _setup(basic: bool = False, app: bool = False, fetched: bool = False,
           opened: bool = True, **options: object) -> Setup:  # fmt: skip
    named = {name.replace("_", "-"): value for name, value in options.items()}
    return Setup(basic=basic, app=app, fetched=fetched, opened=opened,
                 options={"type": "POP3", **named})  # fmt: skip


def _at(name: str, say: str = "", end: str = "") -> Effect:
    return Effect(place("pop3", name), say=say, end=end)


def _offer(without: tuple[str, ...], *offer: str) -> Effect:
    return Effect(place("pop3", effects.OFFER), without=without, offer=offer)


def _claims(**change: Any) -> Effect:
    return Effect(effects.CLAIMS, change=change)


_USER, _BASIC, _APP = _setup(), _setup(basic=True), _setup(app=True)
_DELETES = _setup(after_fetch="delete")
_AUDIENCE = Expected("refused-token-audience", Step.SCOPE, "scope")
_PERMISSION = Expected("refused-token-permission", Step.PERMISSIONS)
_ENDED = Expected("refused-token-ended", Step.CLOCK)
_OTHER = Expected("refused-token-other-user", Step.RIGHTS, "mailbox")
_IN_USE = Expected("pop-in-use", Step.THROTTLING, "cycle-time", Retry.BACK_OFF)
_DELAY = Expected("pop-login-delay", Step.THROTTLING, "cycle-time", Retry.BACK_OFF)
_TEMPORARY = Expected("pop-temporary", Step.SERVICE, "", Retry.BACK_OFF)
_PERMANENT = Expected("pop-permanent", Step.ACCOUNT, "mailbox")
_NO_IDS = Expected("pop-no-uidl", Step.SERVER, "type")
_LOST = Expected("connection-lost", Step.NETWORK, "", Retry.NOW)

SCENARIOS: tuple[Scenario, ...] = (
    made("healthy-pop3", AREA, (), "Nothing wrong: mail is fetched by POP3", (),
         None, setup=_USER),
    made("healthy-pop3-application", AREA, (), "Nothing wrong: as an application",
         (), None, setup=_APP),
    made("healthy-pop3-password", AREA, (), "Nothing wrong: with a password", (),
         None, setup=_BASIC),
    # tokens; the connection test looks at the claims before any server does
    made("pop-token-audience", AREA, 109, "Token made for Graph",
         _claims(aud=GRAPH_RESOURCE), _AUDIENCE,
         test=_AUDIENCE.but(finding="token-audience"), setup=_USER),
    made("pop-token-scope", AREA, 109, "Token without POP.AccessAsUser.All",
         _claims(scp="IMAP.AccessAsUser.All User.Read"), _PERMISSION,
         test=_PERMISSION.but(finding="token-permission"), setup=_USER),
    made("pop-token-roles", AREA, 109, "Application without POP.AccessAsApp",
         _claims(roles=["IMAP.AccessAsApp"]), _PERMISSION,
         test=_PERMISSION.but(finding="token-permission"), setup=_APP),
    made("pop-token-ended", AREA, 109, "Token that has ended", _claims(exp=-60),
         _ENDED, test=_ENDED.but(finding="token-expired"), setup=_USER),
    made("pop-token-other-user", AREA, 109, "Token of another user",
         _claims(upn="orders@contoso.example"), _OTHER, setup=_USER),
    made("pop-app-not-opened", AREA, (95, 109), "Not opened to the application", (),
         Expected("application-rights-missing", Step.RIGHTS, certainty=LIKELY),
         setup=_setup(app=True, opened=False)),
    made("pop-token-good", AREA, 109, "Token is right, the protocol is off",
         Effect(place("pop3", effects.XOAUTH2)),
         Expected("token-not-accepted", Step.PROTOCOL, "mailbox", certainty=LIKELY),
         setup=_USER),
    made("pop-two-line-auth", AREA, 110, "The token is not understood",
         _at(effects.CREDENTIAL, "-ERR Protocol error. Connection is closed. 10",
             CLOSE),
         Expected("pop-two-line-auth", Step.SERVER, "server", certainty=LIKELY),
         setup=_USER),
    # passwords
    made("pop-password-gone", AREA, 93, "A password where only tokens are taken",
         _at(effects.CREDENTIAL, "-ERR Logon failure: unknown user name or bad "
             "password."),
         Expected("exchange-password-gone", Step.PASSWORD, MECHANISM), setup=_BASIC),
    made("pop-basic-auth-blocked", AREA, 94, "Password sign-in blocked by name",
         _at(effects.CREDENTIAL, "-ERR Logon failure: LogonDenied-BasicAuthBlocked"),
         Expected("basic-auth-blocked", Step.PASSWORD, MECHANISM), setup=_BASIC),
    made("pop-auth", AREA, 113, "[AUTH]: the password is wrong",
         _at(effects.CREDENTIAL, "-ERR [AUTH] Invalid login"),
         Expected("pop-auth", Step.PASSWORD, "password"), setup=_BASIC),
    made("pop-login-disabled", AREA, 104, "No sign-in is offered",
         _offer(("PLAIN", "XOAUTH2", "USER")),
         Expected("login-disabled", Step.SERVER, "pop-connection-security"),
         setup=_BASIC),
    made("pop-no-xoauth2", AREA, 102, "XOAUTH2 is not offered",
         _offer(("XOAUTH2",)),
         Expected("xoauth2-missing", Step.SERVER, "server", certainty=LIKELY),
         setup=_USER),
    # the maildrop
    made("pop-in-use", AREA, 111, "Another session holds the maildrop",
         _at(effects.SIGNED_IN, "-ERR [IN-USE] The maildrop is locked by another "
             "session."), _IN_USE, setup=_USER),
    made("pop-in-use-words", AREA, 111, "The same without a code",
         _at(effects.SIGNED_IN, "-ERR maildrop already locked"), _IN_USE,
         setup=_BASIC),
    made("pop-in-use-mailbox", AREA, 111, "The same, said of the mailbox",
         _at(effects.CREDENTIAL, "-ERR Your mailbox is already locked"), _IN_USE,
         setup=_BASIC),
    made("pop-login-delay", AREA, 112, "Signed in too often",
         (_offer((), "LOGIN-DELAY 300"),
          _at(effects.SIGNED_IN, "-ERR [LOGIN-DELAY] Minimum interval between "
              "checks not reached.")),
         _DELAY, setup=_USER, state=RunState.THROTTLED),
    made("pop-temporary", AREA, 112, "[SYS/TEMP] at sign-in",
         _at(effects.SIGNED_IN, "-ERR [SYS/TEMP] Mailbox server is not available."),
         _TEMPORARY, setup=_USER),
    made("pop-temporary-words", AREA, 98, "A fault that passes, without a code",
         _at(effects.CREDENTIAL, "-ERR Temporary problem, please try again later"),
         Expected("server-unavailable", Step.SERVICE, "", Retry.BACK_OFF),
         setup=_BASIC),
    made("pop-temporary-greeting", AREA, 112, "[SYS/TEMP] in place of the greeting",
         _at(effects.GREETING, "-ERR [SYS/TEMP] Try again later.", CLOSE),
         _TEMPORARY, setup=_USER),
    made("pop-permanent", AREA, 113, "[SYS/PERM]: the mailbox is broken",
         _at(effects.SIGNED_IN, "-ERR [SYS/PERM] The mailbox cannot be opened."),
         _PERMANENT, setup=_USER),
    made("gmail-pop-off", AREA, 86, "Gmail: POP is switched off",
         _at(effects.CREDENTIAL, "-ERR [SYS/PERM] Your account is not enabled for "
             "POP access. Please visit your Gmail settings page."),
         Expected("google-imap-off", Step.PROTOCOL, certainty=LIKELY),
         setup=_setup(basic=True, server="pop.gmail.com")),
    made("pop-no-uidl", AREA, (), "The server knows no UIDL",
         (_offer(("UIDL",)), _at("uidl", "-ERR Unknown command")), _NO_IDS,
         setup=_USER),
    made("pop-cut-in-message", AREA, (), "Cut in the middle of a message",
         _at("retr", end=DROP), _LOST, test=None, setup=_USER),
    made("pop-quit-refused", AREA, 112, "What was deleted is not taken away",
         _at("quit", "-ERR [SYS/TEMP] Some messages were not removed."), _TEMPORARY,
         test=None, setup=_DELETES),
    made("pop-renumbered", AREA, 108, "All UIDLs are new: nothing comes twice",
         Effect(effects.SWITCHED_ON),
         Expected("imap-uidvalidity-changed", Step.SYNC),
         test=None, cycle=None, setup=_setup(fetched=True)),
)  # fmt: skip

"""Scenarios of Gmail that need no OAuth at Google: rows 83 to 91.

With a password, as such mailboxes still exist; sign-in at Google is another sandbox.
"""

from __future__ import annotations

from ...core.choices import Retry, RunState, Step
from .. import effects
from ..effects import Effect, place
from ..scenario import LIKELY, Expected, Scenario, Setup, made
from .imap import MECHANISM

AREA = "Gmail"
_IMAP = Setup(basic=True, options={"server": "imap.gmail.com"})
_SMTP = Setup(sends=True, basic=True, options={"server": "smtp.gmail.com"})
_MESSAGE = Setup(sends=True, basic=True, message=True,
                 options={"server": "smtp.gmail.com"})  # fmt: skip
_BUSY = Expected("google-temporary", Step.SERVICE, "", Retry.BACK_OFF)
_APP_PASSWORD = Expected("google-app-password-required", Step.PASSWORD, MECHANISM)


def _imap(name: str, row: int, title: str, at: str, say: str, expected: Expected,
          state: RunState | None = None) -> Scenario:  # fmt: skip
    shown = Effect(place("imap", at), say=say)
    return made(name, AREA, row, title, shown, expected, setup=_IMAP, state=state)


def _smtp(name: str, row: int, title: str, at: str, say: str, expected: Expected,
          setup: Setup = _SMTP, state: RunState | None = None) -> Scenario:  # fmt: skip
    shown = Effect(place("smtp", at), say=say)
    return made(name, AREA, row, title, shown, expected, setup=setup, state=state)


SCENARIOS: tuple[Scenario, ...] = (
    _imap("gmail-credential", 83, "Invalid credentials", effects.CREDENTIAL,
          "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
          Expected("google-imap-credential-refused", Step.USER_NAME, "mailbox",
                   certainty=LIKELY)),
    _imap("gmail-app-password", 84, "App password demanded", effects.CREDENTIAL,
          "NO [ALERT] Application-specific password required: "
          "https://support.google.com/accounts/answer/185833 (Failure)",
          _APP_PASSWORD),
    _smtp("gmail-smtp-app-password", 84, "App password demanded for sending",
          effects.CREDENTIAL, "534 5.7.9 Application-specific password required.",
          _APP_PASSWORD),
    _imap("gmail-web-login", 85, "Sign-in in a browser demanded", effects.CREDENTIAL,
          "NO [ALERT] Please log in via your web browser: "
          "https://support.google.com/mail/accounts/answer/78754 (Failure)",
          Expected("google-web-login-required", Step.ACCOUNT, certainty=LIKELY)),
    _imap("gmail-imap-off", 86, "IMAP is off for the account", effects.CREDENTIAL,
          "NO [ALERT] Your account is not enabled for IMAP use. Please visit your "
          "Gmail settings page and enable your account for IMAP access. (Failure)",
          Expected("google-imap-off", Step.PROTOCOL, certainty=LIKELY)),
    _imap("gmail-too-many-connections", 87, "Too many connections",
          effects.SIGNED_IN, "NO [ALERT] Too many simultaneous connections. (Failure)",
          Expected("google-too-many-connections", Step.THROTTLING, "cycle-time",
                   Retry.BACK_OFF), RunState.THROTTLED),
    _imap("gmail-bandwidth", 88, "Bandwidth of the day is spent", effects.COMMAND,
          "NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
          Expected("google-bandwidth-spent", Step.THROTTLING, "cycle-time",
                   Retry.BACK_OFF), RunState.THROTTLED),
    _smtp("gmail-smtp-credential", 89, "Bad credential for sending",
          effects.CREDENTIAL, "535 5.7.8 Username and Password not accepted. For more "
          "information, go to https://support.google.com/mail/?p=BadCredentials",
          Expected("google-smtp-credential-refused", Step.PASSWORD, "password")),
    _smtp("gmail-smtp-temporary", 90, "454: temporary", effects.CREDENTIAL,
          "454 4.7.0 Too many login attempts, please try again later. "
          "https://support.google.com/mail/answer/7126229 - gsmtp", _BUSY),
    _smtp("gmail-smtp-rate", 90, "421: rate", "mail",
          "421 4.3.0 Temporary System Problem. Try again later. - gsmtp", _BUSY,
          _MESSAGE),
    _smtp("gmail-daily-quota", 91, "Daily sending limit", effects.CONTENT,
          "550 5.4.5 Daily user sending limit exceeded. - gsmtp",
          Expected("google-daily-quota", Step.THROTTLING, "", Retry.BACK_OFF),
          _MESSAGE, RunState.THROTTLED),
)  # fmt: skip

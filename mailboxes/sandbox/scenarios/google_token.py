"""Scenarios of Google's tokens: rows 66 to 82 of diagnosis.md.

Not shown: what Google tells the owner on a page of its own, so that nothing comes back
to us (75 to 78).
"""

from __future__ import annotations

from ...core.choices import Retry, RunState, Step
from .. import effects
from ..effects import Effect, place
from ..scenario import GOOGLE, LIKELY, SERVICE, Expected, Scenario, Setup, made

AREA = "Google: tokens"
GRANT = "invalid_grant"
STOPPED = RunState.STOPPED


def _refused(name: str, row: int, title: str, error: str, text: str,
             expected: Expected, *, by: str = GOOGLE, status: int = 400,
             state: RunState = STOPPED) -> Scenario:  # fmt: skip
    shown = Effect(effects.GRANT, error=error, text=text, status=status)
    return made(name, AREA, row, title, shown, expected, setup=Setup(by=by),
                state=state)  # fmt: skip


_TOKEN = Expected("google-token-refused", Step.SCOPE, "scope")
_RIGHT = Expected("google-token-right", Step.PROTOCOL, certainty=LIKELY)
_NARROW = Expected("google-scope-narrow", Step.SCOPE, "scope")
_READS = "https://www.googleapis.com/auth/gmail.readonly"
_EMAIL = "https://www.googleapis.com/auth/userinfo.email"


def _claims(name: str, title: str, test: Expected, by: str = GOOGLE,
            sends: bool = False, **change: str) -> Scenario:  # fmt: skip
    """The connection test asks Google about the token, a cycle does not."""
    shown = Effect(effects.CLAIMS, change=change)
    return made(name, AREA, 82, title, shown, _TOKEN, test=test,
                setup=Setup(by=by, sends=sends))  # fmt: skip


def _sign_in(name: str, row: int | tuple[()], title: str, shown: Effect | tuple[()],
             expected: Expected, declines: bool = False) -> Scenario:  # fmt: skip
    setup = Setup(by=GOOGLE, signs_in=True, declines=declines)
    return made(name, AREA, row, title, shown, expected, cycle=None, setup=setup)


SCENARIOS: tuple[Scenario, ...] = (
    _sign_in("google-code-late", 67, "The code of a sign-in comes too late",
             Effect(effects.GRANT, error=GRANT, text="Bad Request", status=400),
             Expected("google-code-used", Step.REFRESH_TOKEN, "password", Retry.OWNER,
                      LIKELY)),
    _sign_in("google-no-refresh-token", 81, "No refresh token in the answer",
             Effect(effects.ANSWER),
             Expected("google-no-refresh-token", Step.REFRESH_TOKEN, "password",
                      Retry.OWNER)),
    _sign_in("google-declined", (), "The owner presses Cancel", (),
             Expected("google-consent-declined", Step.REFRESH_TOKEN, "password",
                      Retry.OWNER), declines=True),
    _claims("google-scope-narrow", "The token may read by the API only", _NARROW,
            scope=f"{_READS} {_EMAIL}"),
    _claims("google-scope-narrow-sending", "The same of sending", _NARROW, sends=True,
            scope=f"{_READS} {_EMAIL}"),
    _claims("google-service-scope", "The same of a service account", _NARROW,
            by=SERVICE, scope=_READS),
    _claims("google-other-account", "The token is another account's",
            Expected("google-token-other-account", Step.USER_NAME, "mailbox"),
            upn="anna@contoso.example"),
    made("google-token-right", AREA, 82, "A token that is right is refused",
         Effect(place("imap", effects.XOAUTH2)), _TOKEN, test=_RIGHT,
         setup=Setup(by=GOOGLE)),
    _refused("google-token-revoked", 66, "The sign-in has ended", GRANT,
             "Token has been expired or revoked.",
             Expected("google-refresh-token-ended", Step.REFRESH_TOKEN, "password",
                      Retry.OWNER)),
    _refused("google-assertion-time", 68, "Assertion outside of its time", GRANT,
             "Invalid JWT: Token must be a short-lived token (60 minutes) and in a "
             "reasonable timeframe. Check your iat and exp values in the JWT claim.",
             Expected("google-clock", Step.CLOCK, "", Retry.NOW, LIKELY), by=SERVICE,
             state=RunState.FAILING),
    _refused("google-key-refused", 69, "Key of the service account refused", GRANT,
             "Invalid JWT Signature.",
             Expected("google-wrong-key", Step.SECRET, "secret", certainty=LIKELY),
             by=SERVICE),
    _refused("google-no-such-user", 70, "No such mailbox", GRANT,
             "Invalid email or User ID",
             Expected("google-user-unknown", Step.USER_NAME, "mailbox",
                      certainty=LIKELY), by=SERVICE),
    _refused("google-session-ended", 71, "Session control ended the sign-in", GRANT,
             "reauth related error (invalid_rapt)",
             Expected("google-session-control", Step.CONDITIONAL_ACCESS,
                      certainty=LIKELY)),
    _refused("google-client-gone", 72, "Unknown client ID", "invalid_client",
             "The OAuth client was not found.",
             Expected("google-client-unknown", Step.CLIENT_ID, "client-id"),
             status=401),
    _refused("google-secret-refused", 73, "Client secret refused", "invalid_client",
             "The provided client secret is invalid.",
             Expected("google-wrong-secret", Step.SECRET, "secret", certainty=LIKELY),
             status=401),
    _refused("google-not-delegated", 74, "No domain-wide delegation",
             "unauthorized_client",
             "Client is unauthorized to retrieve access tokens using this method, or "
             "client not authorized for any of the scopes requested.",
             Expected("google-delegation-missing", Step.PERMISSIONS), by=SERVICE,
             status=401),
    _refused("google-grant-unknown", 79, "Kind of sign-in unknown",
             "unsupported_grant_type", "Invalid grant_type: ",
             Expected("google-password-grant", Step.PUBLIC_CLIENT, "grant-type",
                      certainty=LIKELY)),
    _refused("google-scope-refused", 80, "Scope unknown", "invalid_scope",
             "Invalid OAuth scope or ID token audience provided.",
             Expected("google-scope-invalid", Step.SCOPE, "scope"), by=SERVICE),
)  # fmt: skip

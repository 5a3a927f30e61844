"""Scenarios of Google's token endpoint: rows 66 to 80 of diagnosis.md."""

from __future__ import annotations

from ..core.choices import Retry, RunState, Step
from . import effects
from .effects import Effect
from .scenario import GOOGLE, LIKELY, SERVICE, Expected, Scenario, Setup, made

AREA = "Google: tokens"
GRANT = "invalid_grant"
STOPPED = RunState.STOPPED


def _refused(name: str, row: int, title: str, error: str, text: str,
             expected: Expected, *, by: str = GOOGLE, status: int = 400,
             state: RunState = STOPPED) -> Scenario:  # fmt: skip
    shown = Effect(effects.GRANT, error=error, text=text, status=status)
    return made(name, AREA, row, title, shown, expected, setup=Setup(by=by),
                state=state)  # fmt: skip


SCENARIOS: tuple[Scenario, ...] = (
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

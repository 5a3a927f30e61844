"""Scenarios of stored sign-ins, throttling and trouble at the token endpoint.

diagnosis.md rows 48 to 56 and 61 to 65.
"""

from __future__ import annotations

from ...core.choices import Retry, RunState, Step
from .. import effects
from ..effects import Effect
from ..fault_names import PAGE, RETRY_AFTER, UNAVAILABLE
from ..scenario import LIKELY, Expected, Scenario, made
from .entra_account import refused

AREA = "Entra ID: tokens and service"
_THROTTLED = Expected("entra-throttled", Step.THROTTLING, "cycle-time", Retry.BACK_OFF)
_PAGE = Expected("token-not-json", Step.PROXY, "proxy", certainty=LIKELY)
_DOWN = Expected("token-unavailable", Step.SERVICE, "", Retry.BACK_OFF)


def _unlisted(
    name: str, row: int, title: str, error: str, text: str, expected: Expected
) -> Scenario:
    shown = Effect(effects.GRANT, error=error, text=text)
    return made(name, AREA, row, title, shown, expected, state=RunState.STOPPED)


def _page(name: str, title: str, status: int, **headers: str) -> Scenario:
    shown = Effect(effects.REQUEST, status=status, body=PAGE, headers=headers)
    return made(name, AREA, 65, title, shown, _PAGE)


SCENARIOS: tuple[Scenario, ...] = (
    refused("entra-code-used", 48, (54005, 700005, 501481), "Code used twice",
            Step.REFRESH_TOKEN, area=AREA, retry=Retry.OWNER),
    refused("entra-refresh-token-ended", 49, (700082, 70000, 70008, 50089),
            "Refresh token ended", Step.REFRESH_TOKEN, "password", area=AREA,
            retry=Retry.OWNER),
    refused("entra-tokens-revoked", 50, (50173,), "Tokens revoked",
            Step.REFRESH_TOKEN, "password", area=AREA, retry=Retry.OWNER),
    refused("entra-sign-in-frequency", 51, (70043,), "Sign-in frequency policy",
            Step.CONDITIONAL_ACCESS, area=AREA),
    refused("entra-single-page-app", 52, (700084,),
            "Token of a single-page application", Step.REGISTRATION, area=AREA),
    refused("entra-device-code-pending", 53, (70016,), "Device code pending",
            Step.REFRESH_TOKEN, area=AREA, retry=Retry.NOW, state=RunState.FAILING),
    refused("entra-device-code-ended", 53, (70019, 70018), "Device code ended",
            Step.REFRESH_TOKEN, area=AREA, retry=Retry.OWNER),
    refused("entra-client-loop", 54, (50196,), "Too many sign-ins in a loop",
            Step.THROTTLING, "cycle-time", area=AREA, retry=Retry.BACK_OFF,
            state=RunState.THROTTLED),
    refused("token-throttled", 55, (90055,), "Tenant throttled",
            Step.THROTTLING, "cycle-time", area=AREA, retry=Retry.BACK_OFF,
            state=RunState.THROTTLED),
    made("authority-throttled", AREA, 55, "429 for every request to the authority",
         Effect(effects.REQUEST, status=429, number=90055,
                headers={"Retry-After": RETRY_AFTER}),
         _THROTTLED.but(finding="token-throttled"), test=_THROTTLED,
         state=RunState.THROTTLED),
    refused("entra-service-down", 56, (90033, 90006, 90012, 90024, 90090, 50033),
            "Directory service in trouble", Step.SERVICE, area=AREA,
            retry=Retry.BACK_OFF, state=RunState.THROTTLED),
    made("token-unavailable", AREA, 56, "503 with a page",
         Effect(effects.REQUEST, status=503, body=UNAVAILABLE), _DOWN),
    made("token-server-error", AREA, 56, "server_error without a number",
         Effect(effects.TOKEN, status=500, error="server_error",
                text="An unexpected error has occurred."), _DOWN),
    refused("entra-old-tls", 61, (1002016,), "Old TLS to the token endpoint",
            Step.NETWORK, area=AREA, certainty=LIKELY),
    _unlisted("token-interaction-required", 62, "interaction_required without a number",
              "interaction_required", "The user has to sign in interactively.",
              Expected("token-interaction-required", Step.MFA, "grant-type")),
    _unlisted("token-invalid-grant", 63, "invalid_grant without a number",
              "invalid_grant", "The grant was refused.",
              Expected("token-invalid-grant", Step.PASSWORD, "password")),
    _unlisted("token-invalid-client", 64, "invalid_client without a number",
              "invalid_client", "Client authentication failed.",
              Expected("oauth-client-secret", Step.SECRET, "password",
                       certainty=LIKELY)),
    _page("token-page", "A sign-in page in place of JSON", 200),
    _page("token-redirect", "A redirect to a sign-in page", 302,
          Location="https://login.microsoftonline.com/terms"),
    _page("token-forbidden", "A filter's page with 403", 403),
)  # fmt: skip

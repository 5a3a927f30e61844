"""Scenarios of Entra ID that refuse an account: diagnosis.md rows 1-16 and 57-60."""

from __future__ import annotations

from ...core.choices import Retry, RunState, Step
from .. import effects
from ..effects import Effect
from ..scenario import CERTAIN, USUAL, Expected, Scenario, Setup, made

AREA = "Entra ID: account"


def refused(
    finding: str,
    row: int,
    numbers: tuple[int, ...],
    title: str,
    step: Step,
    field: str = "",
    *,
    area: str = AREA,
    name: str = "",
    retry: Retry = Retry.ADMIN,
    certainty: str = CERTAIN,
    state: RunState = RunState.STOPPED,
    tenant: bool = False,
    setup: Setup = USUAL,
) -> Scenario:
    """A refusal by number.

    tenant: the tenant's configuration is refused alike, before anybody signs in.
    """
    shown = [Effect(effects.GRANT, number=numbers[0])]
    if tenant:
        shown.append(Effect(effects.TENANT, number=numbers[0]))
    return made(
        name or finding,
        area,
        row,
        title,
        tuple(shown),
        Expected(finding, step, field, retry, certainty),
        state=state,
        setup=setup,
        numbers=numbers,
    )


_CA = Step.CONDITIONAL_ACCESS
SCENARIOS = (
    refused("entra-wrong-password", 1, (50126,), "Wrong password",
            Step.PASSWORD, "password"),
    refused("entra-user-unknown", 2, (50034,), "No such user in the tenant",
            Step.USER_NAME, "mailbox"),
    refused("entra-account-locked", 3, (50053,), "Locked by smart lockout",
            Step.PASSWORD, "password"),
    refused("entra-password-expired", 4, (50055, 50144), "Password expired",
            Step.PASSWORD, "password"),
    refused("entra-no-cloud-password", 5, (50056,), "No password in the cloud",
            Step.PASSWORD, "password"),
    refused("entra-account-disabled", 6, (50057,), "Account disabled",
            Step.ACCOUNT, "account"),
    refused("entra-password-changed", 7, (50064, 50132, 50133, 50135),
            "Password changed", Step.PASSWORD, "password"),
    refused("entra-mfa-registration", 8, (50072, 50079, 53004),
            "Has to register for multi-factor", Step.MFA, "grant-type"),
    refused("entra-mfa-required", 9, (50076, 50074, 50078),
            "Multi-factor sign-in demanded", Step.MFA, "grant-type"),
    refused("entra-external-mfa", 10, (50158, 50161),
            "Multi-factor of another provider demanded", _CA),
    refused("entra-device-sign-in", 11, (50097, 50129, 50155, 50187),
            "Device sign-in demanded", _CA),
    refused("entra-device-compliance", 12, (53000, 53001),
            "Compliant device demanded", _CA),
    refused("entra-approved-app", 13, (53002,), "Approved app demanded", _CA),
    refused("entra-conditional-access", 14, (53003, 530032, 50131),
            "Blocked by conditional access", _CA),
    refused("entra-security-defaults", 15, (530035,), "Blocked by security defaults",
            _CA, "grant-type"),
    refused("entra-user-risk", 16, (53011, 530034), "Blocked for user risk", _CA),
    refused("entra-agent-unreachable", 57, (80001, 80002, 80005, 80007, 80014),
            "Pass-through agent cannot reach Active Directory", Step.PASSWORD,
            retry=Retry.BACK_OFF, state=RunState.FAILING),
    refused("entra-logon-hours", 58, (80012,), "Outside of the logon hours",
            Step.ACCOUNT),
    refused("entra-agent-clock", 58, (80013,), "Clock of the agent is wrong",
            Step.CLOCK),
    refused("entra-tenant-restriction", 59, (500021, 500022, 50002),
            "Tenant restriction of a corporate proxy", Step.PROXY, "proxy"),
    refused("entra-cross-tenant", 60, (500212, 500213),
            "Cross-tenant policy", Step.ACCOUNT_TYPE, "mailbox"),
)  # fmt: skip

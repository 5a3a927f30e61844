"""Scenarios of every area and kind, by connection test and cycle; the whole is slow.

The whole drill runs in scripts/test --all (test_drill).
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailboxes.core.choices import Stage
from mailboxes.oauth import refusals
from mailboxes.sandbox.entra import errors as entra_errors
from mailboxes.sandbox.scenarios import SCENARIOS
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import sandbox_control
from mailboxes.services.drill import names as drill_names, scene as drill_scene
from mailboxes.services.drill.plan import Found, Plan, Result
from mailboxes.services.findings import find
from mailboxes.services.outbox.open_connections import connections
from mailboxes.services.sandbox_control import World
from mailboxes.services.worker.pool import pool
from tests.fixtures.matrix import Claim
from tests.matrix.cells import GOOGLE, MICROSOFT, SANDBOX

PLANS = {scenario.name: Plan.of(scenario.described()) for scenario in SCENARIOS}
SOME = (
    "healthy-fetching",
    "healthy-sending",
    "healthy-application",
    "healthy-owner",
    "healthy-google",
    "healthy-service",
    "healthy-pop3",
    "healthy-pop3-application",
    "healthy-socks",
    "healthy-graph",
    "healthy-graph-sending",
    "graph-audience",
    "graph-throttled",
    "graph-send-as",
    "graph-delta-lost",
    "entra-wrong-password",
    "entra-consent-missing",
    "entra-secret-expired",
    "entra-tenant-unknown",
    "token-throttled",
    "token-page",
    "imap-token-scope",
    "smtp-token-other-user",
    "imap-app-not-opened",
    "imap-throttled",
    "imap-uidvalidity",
    "smtp-auth-off-tenant",
    "smtp-recipient-unknown",
    "gmail-app-password",
    "google-declined",
    "google-no-refresh-token",
    "google-other-account",
    "dns-unknown",
    "tls-inspected",
    "proxy-mail-denied",
    "clock-fast",
)
# What they show of the compatibility matrix.
CELLS = {
    "healthy-owner": [
        ("IMAP", "authorization_code"),
        ("OAUTH", "authorization_code"),
    ],
    "healthy-pop3": [("POP3", "password")],
    "healthy-pop3-application": [("POP3", "client_credentials")],
    "healthy-fetching": [("IMAP", "password"), ("OAUTH", "password")],
    "healthy-sending": [("SMTP", "password")],
    "healthy-application": [
        ("IMAP", "client_credentials"),
        ("OAUTH", "client_credentials"),
    ],
}


GOOGLE_CELLS = {
    "healthy-google": ["refresh token"],
    "healthy-service": ["service_account"],
}


@pytest.fixture
def laboratory(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None
) -> Iterator[World]:
    """The sandbox as a drill finds it, in this process."""
    monkeypatch.setattr(socket, "getaddrinfo", drill_names.answer)
    told = sandbox_control.world(tmp_path / "sandbox")
    assert told is not None
    yield told
    pool.close_all()
    connections.close_all()


@pytest.mark.parametrize("name", SOME)
def test_scenario_is_found_as_expected(
    laboratory: World, name: str, cell: Claim
) -> None:
    for protocol, grant in CELLS.get(name, ()):
        cell(protocol, grant, MICROSOFT, SANDBOX, "")
    for grant in GOOGLE_CELLS.get(name, ()):
        cell("IMAP", grant, GOOGLE, SANDBOX, "")
        cell("OAUTH", grant, GOOGLE, SANDBOX, "")
    result = drill_scene.carried_out(PLANS[name], laboratory)
    assert result.differences == []


def test_a_scenario_that_shows_something_else_is_told(laboratory: World) -> None:
    plan = PLANS["entra-wrong-password"]
    wrong = replace(plan, test=replace(plan.test, field="scope", retry="U"), state="x")
    result = drill_scene.carried_out(wrong, laboratory)
    assert result.differences == [
        "test: field is password, not scope",
        "test: retry is A, not U",
        "afterwards: stopped, not x",
    ]
    assert result.described()["ok"] is False


@pytest.mark.parametrize(
    ("number", "plan"),
    [
        (number, plan)
        for plan in PLANS.values()
        for number in plan.numbers
        if entra_errors.ERRORS[number].status != 429  # the status says it all
    ],
    ids=lambda value: str(value) if isinstance(value, int) else value.name,
)
def test_every_number_of_a_scenario_is_the_same_finding(
    number: int, plan: Plan
) -> None:
    """The drill shows the first; the others get the same answer by another number."""
    status = entra_errors.ERRORS[number].status
    answer = entra_errors.body(number, parameter="scope")
    error = refusals.of_answer(answer, {"host": "x"}, None, status)
    found = find(error.code, error.evidence, stage=Stage.TOKEN)
    assert (found.id, str(found.step), str(found.retry)) == (
        plan.cycle.finding,
        plan.cycle.step,
        plan.cycle.retry,
    )


def test_the_sandbox_lists_what_it_knows() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "mailboxes.sandbox", "--scenarios"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(told.stdout) == [one.described() for one in SCENARIOS]


def test_report_holds_both_where_test_and_cycle_differ() -> None:
    plan = PLANS["clock-fast"]
    told: Any = Result(plan, test=plan.test, cycle=Found(), state="active").described()
    assert told["ok"] is True
    assert told["expected"]["finding"] == "clock-skew"
    assert told["expected"]["in_test"]["finding"] == "clock-skew"
    assert told["expected"]["in_cycle"]["finding"] == ""
    assert set(told) >= {"name", "expected", "test", "cycle", "ok"}

"""The list of scenarios: whole, and true to the rows that it claims to show."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from mailboxes.sandbox import effects
from mailboxes.sandbox.entra.errors import ERRORS
from mailboxes.sandbox.fault_names import FAULTS
from mailboxes.sandbox.scenario import Scenario
from mailboxes.sandbox.scenarios import BY_NAME, HEALTHY, SCENARIOS
from mailboxes.sandbox.scenarios.graph import HEALTHY as HEALTHY_GRAPH
from mailboxes.sandbox.scenarios.shared import HEALTHY as HEALTHY_SHARED
from mailboxes.sandbox.tls_faults import ALERTS, KINDS
from mailboxes.services.findings import by_id

NO_ROW = {scenario.name for scenario in (*HEALTHY, *HEALTHY_GRAPH, *HEALTHY_SHARED)} | {
    "greeting-silent",
    "greeting-silent-smtp",
    "healthy-pop3",
    "healthy-pop3-application",
    "healthy-pop3-password",
    "pop-cut-in-message",
    "pop-no-uidl",
    "graph-silent",
    "google-declined",
}


def test_names_are_unique_and_rows_are_many() -> None:
    assert Counter(s.name for s in SCENARIOS).most_common(1)[0][1] == 1
    assert set(BY_NAME) == {scenario.name for scenario in SCENARIOS}
    rows = {row for scenario in SCENARIOS for row in scenario.rows}
    assert len(rows) >= 120
    # Entra whole; IMAP but an incident of the service; SMTP whole; the way there but
    # for what works by hand.
    assert set(range(1, 66)) <= rows
    assert set(range(92, 114)) - rows == {96}
    assert set(range(114, 133)) <= rows
    assert set(range(169, 187)) - rows == {186}
    # Google but for what it shows on a page of its own.
    assert set(range(66, 92)) - rows == {75, 76, 77, 78}
    # Graph but for what nobody is told of, and for what we never do.
    assert set(range(150, 169)) - rows == {166, 167}


def test_only_what_shows_no_row_has_none() -> None:
    assert {scenario.name for scenario in SCENARIOS if not scenario.rows} == NO_ROW


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_expected_finding_is_one_of_the_catalogue(scenario: Scenario) -> None:
    """With the row of the scenario where the finding has one at all."""
    for expected in (scenario.test, scenario.cycle):
        if expected is not None:
            row = by_id(expected.finding).row
            assert not row or not scenario.rows or row in scenario.rows


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_scenario_is_described_as_json(scenario: Scenario) -> None:
    told = json.loads(json.dumps(scenario.described()))
    assert told["name"] == scenario.name
    assert len(told["wire"]) == len(scenario.effects)
    assert all(told["wire"])
    assert told["switchable"] == (
        bool(scenario.effects) and scenario.setup.way == "proxy"
    )


def test_effects_name_what_there_is() -> None:
    shown = [effect for one in SCENARIOS for effect in one.effects]
    shown += [effect for named in FAULTS.values() for effect in named.effects]
    assert {effect.kind for effect in shown if effect.kind} == set(KINDS)
    assert set(ALERTS) <= set(KINDS)
    assert {effect.number for effect in shown if effect.number} <= set(ERRORS)
    assert {effect.end for effect in shown} <= {
        "",
        effects.DROP,
        effects.CLOSE,
        effects.SILENT,
    }


def test_every_number_of_entra_belongs_to_one_scenario() -> None:
    counted = Counter(number for one in SCENARIOS for number in one.numbers)
    assert counted.most_common(1)[0][1] == 1
    # Given by checks of the sandbox alone: a secret was not sent at all.
    assert set(ERRORS) - set(counted) == {7000216}

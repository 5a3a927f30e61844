"""Health of a client, by what its runner row says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailboxes.core.choices import Health, RunState
from mailboxes.models import Fetcher, PopClient, Sender, SmtpClient
from mailboxes.services import health

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def _ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, Health.NOT_TESTED),
        ({"last_success_at": _ago(50)}, Health.HEALTHY),
        ({"last_success_at": _ago(121)}, Health.LATE),
        ({"state": RunState.STOPPED, "last_success_at": _ago(1)}, Health.STOPPED),
        ({"state": RunState.FAILING}, Health.FAILING),
        ({"state": RunState.THROTTLED, "not_before": _ago(-60)}, Health.THROTTLED),
        ({"state": RunState.THROTTLED, "not_before": _ago(60)}, Health.FAILING),
        ({"paused_at": _ago(5), "state": RunState.STOPPED}, Health.PAUSED),
        ({"lease_until": _ago(-20), "last_try_at": _ago(1)}, Health.FETCHING),
        (
            {
                "lease_until": _ago(-20),
                "last_try_at": _ago(1),
                "last_success_at": _ago(9),
            },
            Health.HEALTHY,
        ),
        (
            {
                "lease_until": _ago(-20),
                "last_try_at": _ago(11),
                "last_success_at": _ago(19),
            },
            Health.FETCHING,
        ),
    ],
)
def test_health_of_a_pop_client(row: dict, expected: Health) -> None:
    client = PopClient(section="a", cycle_time=60)
    client.fetcher = Fetcher(next_due=NOW, **row)
    assert health.of_pop_client(client, NOW) == expected


def test_client_that_is_switched_off_is_a_draft() -> None:
    client = PopClient(section="a", enable_client=False)
    client.fetcher = Fetcher(next_due=NOW, last_success_at=_ago(1))
    assert health.of_pop_client(client, NOW) == Health.DRAFT


def test_short_interval_has_grace_before_late() -> None:
    assert health.late_after(5) == timedelta(seconds=35)
    assert health.late_after(3600) == timedelta(seconds=7200)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, Health.NOT_TESTED),
        ({"last_success_at": _ago(86400)}, Health.HEALTHY),
        ({"state": RunState.STOPPED}, Health.STOPPED),
    ],
)
def test_health_of_an_smtp_client(row: dict, expected: Health) -> None:
    client = SmtpClient(section="out")
    client.sender = Sender(**row)
    assert health.of_smtp_client(client, NOW) == expected

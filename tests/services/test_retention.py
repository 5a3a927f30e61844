"""Old cycles and audit events go; the last word on a stopped client stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailboxes.models import AuditEvent, Cycle, Message, SmtpClient, TestRun
from mailboxes.services import retention
from tests import factories

pytestmark = pytest.mark.django_db


def sent(client: SmtpClient, ended_at: datetime) -> Cycle:
    return factories.cycle(
        client, kind="send", pop_client=None, smtp_client=client, ended_at=ended_at
    )


def test_old_cycles_of_a_living_client_go_and_its_messages_stay() -> None:
    now = timezone.now()
    client = factories.pop_client()
    old = factories.cycle(client, ended_at=now - timedelta(days=15))
    factories.message(client, cycle=old)
    young = factories.cycle(client, ended_at=now - timedelta(days=13))
    assert retention.sweep(now) == 1
    assert list(Cycle.objects.all()) == [young]
    assert Message.objects.get().cycle is None


def test_cycles_of_a_client_that_has_no_newer_ones_stay() -> None:
    now = timezone.now()
    last = factories.cycle(factories.stopped(), ended_at=now - timedelta(days=99))
    assert retention.sweep(now) == 0
    assert list(Cycle.objects.all()) == [last]


def test_newest_cycles_of_an_smtp_client_stay_too() -> None:
    now = timezone.now()
    idle, busy = factories.smtp_client("idle"), factories.smtp_client("busy")
    last = sent(idle, now - timedelta(days=30))
    sent(busy, now - timedelta(days=15))
    young = sent(busy, now - timedelta(days=13))
    assert retention.sweep(now) == 1
    assert set(Cycle.objects.all()) == {last, young}


def test_a_hundred_cycles_of_an_idle_client_are_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retention, "KEPT", 2)
    now, client = timezone.now(), factories.stopped()
    made = [
        factories.cycle(client, ended_at=now - timedelta(days=days))
        for days in (40, 30, 20)
    ]
    assert retention.sweep(now) == 1
    assert set(Cycle.objects.all()) == set(made[1:])


def test_portions_of_many_clients_are_found_by_as_many_questions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And no question goes through all cycles there are."""
    monkeypatch.setattr(retention, "PORTION", 7)
    now = timezone.now()
    counts = []
    for clients in (1, 4):
        for number in range(clients):
            client = factories.pop_client(f"m{clients}{number}@contoso.example")
            for days in (1, 20, 21, 22):
                factories.cycle(client, ended_at=now - timedelta(days=days))
        with CaptureQueriesContext(connection) as asked:
            found = retention._cycles(now - retention.CYCLES)
        counts.append((len(found), len(asked)))
    assert counts == [(3, 3), (7, 3)]


def test_audit_is_kept_for_400_days() -> None:
    now = timezone.now()
    for days in (399, 401):
        AuditEvent.objects.create(
            at=now - timedelta(days=days), actor_name="anna", action=f"{days}"
        )
    assert retention.sweep(now) == 1
    assert [event.action for event in AuditEvent.objects.all()] == ["399"]


def test_running_cycles_are_never_touched() -> None:
    now = timezone.now()
    client = factories.pop_client()
    factories.cycle(client)
    factories.cycle(
        client, started_at=now - timedelta(days=50), ended_at=None, outcome="running"
    )
    assert retention.sweep(now) == 0


def test_connection_tests_are_kept_for_90_days() -> None:
    client, now = factories.pop_client(), timezone.now()
    revision = client.revisions.get()
    _old, young = (
        TestRun.objects.create(
            pop_client=client, revision=revision, asked_at=now - timedelta(days=days)
        )
        for days in (91, 89)
    )
    retention.sweep(now)
    assert list(TestRun.objects.all()) == [young]


def test_sessions_that_are_over_go() -> None:
    now = timezone.now()
    for key, hours in (("over", -1), ("going-on", 1)):
        Session.objects.create(
            session_key=key, expire_date=now + timedelta(hours=hours)
        )
    retention.sweep(now)
    assert [one.session_key for one in Session.objects.all()] == ["going-on"]

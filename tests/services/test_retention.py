"""Old cycles, audit events and sent content go; what is still needed stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailboxes.models import (
    AuditEvent,
    Cycle,
    Message,
    OutboundChunk,
    OutboundMessage,
    SmtpClient,
    TestRun,
)
from mailboxes.services import retention
from mailboxes.services.outbox.content import is_kept
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


def out(state: str, days: int, **fields: Any) -> OutboundMessage:
    """A message with content, in that state for `days`."""
    then = timezone.now() - timedelta(days=days)
    row = factories.outbound(
        SmtpClient.objects.first() or factories.smtp_client(),
        **{"state": state, "state_since": then, "created_at": then} | fields,
    )
    for number in range(2):
        OutboundChunk.objects.create(message=row, number=number, data=b"x")
    return row


def with_content() -> list[OutboundMessage]:
    return [row for row in OutboundMessage.objects.order_by("pk") if is_kept(row)]


def test_content_of_what_went_out_goes_after_thirty_days_and_the_row_stays() -> None:
    rows = [out("sent", 31), out("cancelled", 31), out("sent", 29)]
    assert retention.sweep(timezone.now()) == 0
    assert with_content() == rows[2:]
    assert OutboundMessage.objects.count() == 3


@pytest.mark.parametrize("state", ["queued", "waiting", "failed", "unconfirmed"])
def test_content_of_what_may_still_be_sent_stays(state: str) -> None:
    row, sent = out(state, 400), out("sent", 31)
    retention.sweep(timezone.now())
    assert with_content() == [row]
    assert not is_kept(sent)


def test_content_stays_thirty_days_from_when_it_was_sent() -> None:
    long_queued = out("sent", 29, created_at=timezone.now() - timedelta(days=40))
    retention.sweep(timezone.now())
    assert with_content() == [long_queued]


def test_content_stays_for_ever_where_that_is_wanted(settings: Any) -> None:
    settings.MAILADMIN_SENT_DAYS = 0
    row = out("sent", 4000)
    retention.sweep(timezone.now())
    assert with_content() == [row]


def test_content_goes_by_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CONTENTS", 2)
    monkeypatch.setattr(retention, "LOOKED", 2)
    now, rows = timezone.now(), [out("failed", 50)] + [out("sent", 31) for _ in "123"]
    assert retention.sweep(now) == retention.PORTION
    assert with_content() == [rows[0], rows[3]]
    assert retention.sweep(now) == 0
    assert with_content() == rows[:1]


def test_content_of_large_messages_goes_in_smaller_portions() -> None:
    now, rows = timezone.now(), [out("sent", 31, size=retention.OCTETS) for _ in "12"]
    assert retention.sweep(now) == retention.PORTION
    assert with_content() == rows[1:]


def test_nothing_young_is_looked_at_for_content() -> None:
    """A year's mail costs no more questions than a day's."""
    counts = []
    for _ in range(2):
        for _ in range(3):
            out("sent", 1)
        with CaptureQueriesContext(connection) as asked:
            retention.sweep(timezone.now())
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_message_of_a_clock_that_ran_ahead_keeps_no_other_content() -> None:
    ahead, sent = out("sent", -900), out("sent", 31)
    retention.sweep(timezone.now())
    assert with_content() == [ahead]
    assert not is_kept(sent)

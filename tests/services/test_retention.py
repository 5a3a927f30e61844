"""Old cycles and audit events go; the last word on a stopped client stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes.models import AuditEvent, Cycle, Message, TestRun
from mailboxes.services import retention
from tests import factories

pytestmark = pytest.mark.django_db


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

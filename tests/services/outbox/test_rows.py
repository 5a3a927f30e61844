"""A long queue: what one message of it costs does not grow with the others."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailboxes.models import OutboundMessage
from mailboxes.services.outbox import rows, senders
from tests.services.sending import Scene, scene

__all__ = ["scene"]

pytestmark = pytest.mark.django_db

ASKS = re.compile(r"\ASELECT.*'queued'", re.DOTALL)
NARROW = "outbound_due (smtp_client_id=? AND state=? AND not_before<?)"


def plans(queries: CaptureQueriesContext) -> list[list[str]]:
    """How SQLite finds messages that are due, for each query that asks for them."""
    found: list[list[str]] = []
    with connection.cursor() as cursor:
        for query in queries.captured_queries:
            if ASKS.search(query["sql"]):
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                found.append([row[-1] for row in cursor.fetchall()])
    return found


@pytest.mark.skipif(connection.vendor != "sqlite", reason="plans of SQLite")
def test_a_queue_is_not_put_in_order_for_each_message(scene: Scene) -> None:
    scene.queue()
    with CaptureQueriesContext(connection) as queries:
        scene.cycle()
    found = plans(queries)
    assert found
    for plan in found:
        assert any(NARROW in line for line in plan)
        assert [line for line in plan if "ORDER BY" in line] == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="plans of SQLite")
def test_who_has_mail_is_asked_of_each_sender(scene: Scene) -> None:
    scene.queue()
    sender = scene.sender
    with CaptureQueriesContext(connection) as queries:
        assert senders.due(timezone.now()) == [sender.pk]
    [plan] = plans(queries)
    assert any(NARROW in line for line in plan)


def test_the_oldest_of_all_states_is_the_first(scene: Scene) -> None:
    old, middle, new = (scene.queue(subject=name) for name in "abc")
    OutboundMessage.objects.filter(pk=old.pk).update(state="waiting")
    OutboundMessage.objects.filter(pk=middle.pk).update(state="sent")
    found = rows.first(scene.client.pk, timezone.now(), 5)
    assert [row.pk for row in found] == [old.pk, new.pk]
    [first] = rows.first(scene.client.pk, timezone.now(), 1)
    assert first.pk == old.pk


def test_messages_due_at_the_same_moment_are_not_put_in_order(scene: Scene) -> None:
    """As after a clock was set back: the index alone says which is the first."""
    scene.queue()
    client = OutboundMessage.objects.values_list("smtp_client", flat=True)[0]
    due = rows.due(client, timezone.now()).filter(state="queued")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # few rows are read whole, else
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        plan = due.order_by("not_before", "pk")[:5].explain()
    assert "outbound_due" in plan
    assert "sort" not in plan.lower()
    assert "temp b-tree" not in plan.lower()

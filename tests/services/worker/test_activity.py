"""What the lists draw is what was stored, of one client as of many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailboxes.models import Message
from mailboxes.services.worker import activity
from mailboxes.transports.memory_server import MemoryServer
from tests.services.conftest import Inbox, make_inbox

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=5)])
def test_messages_by_hour_are_alike_for_one_client_and_for_many(
    inbox: Inbox, memory: MemoryServer, late: timedelta
) -> None:
    """late: how far the clock was ahead as the second of each was stored."""
    memory.add_account("sales@contoso.example", password="right")
    other = make_inbox(memory, "sales@contoso.example")
    hour = NOW.replace(minute=0)
    times = [
        hour - timedelta(days=2),
        hour - timedelta(hours=23) + late,
        hour - timedelta(hours=23),
        hour - timedelta(hours=1),
        NOW,
    ]
    for place, at in enumerate(times):
        for one in (inbox, other):
            one.deliver(str(place))
            one.run()
            last = one.client.messages.latest("pk").pk
            Message.objects.filter(pk=last).update(stored_at=at)
    counts = [2, *[0] * 21, 1, 1]
    mine, others = inbox.client.pk, other.client.pk
    assert activity.messages_by_hour([mine], NOW) == {mine: counts}
    assert activity.messages_by_hour([mine, others], NOW) == {
        mine: counts,
        others: counts,
    }


def test_messages_by_hour_of_nothing_are_none(inbox: Inbox) -> None:
    pk = inbox.client.pk
    assert activity.messages_by_hour([pk], NOW) == {pk: [0] * 24}
    assert activity.messages_by_hour([], NOW) == {}

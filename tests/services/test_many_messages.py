"""A mailbox with a million messages: what a cycle and a list ask goes by an index.

By that of the client alone, each cycle and each window of it would go through all that
the client has ever had: messages, and the cycles of two weeks.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailboxes.services.fetch import aside
from mailboxes.services.worker import activity
from tests.services.conftest import Inbox

RELEVANT = re.compile(r'FROM "mailboxes_message"|\AUPDATE "mailboxes_cycle"')
TABLE = re.compile(r"\bmailboxes_(message|cycle)\b")
ALL_OF_A_CLIENT = re.compile(rf"SCAN {TABLE.pattern}|\(pop_client_id=\?\)\Z")

Asked = Callable[[Inbox], object]


def plans(ask: Callable[[], object]) -> list[str]:
    """How SQLite finds messages, or cycles to be changed, for the queries of `ask`."""
    with CaptureQueriesContext(connection) as queries:
        ask()
    found: list[str] = []
    with connection.cursor() as cursor:
        for query in queries:
            if RELEVANT.search(query["sql"]):
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                found += [row[-1] for row in cursor.fetchall()]
    return [line for line in found if TABLE.search(line)]


pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="plans of SQLite")


@pytest.mark.parametrize(
    ("new", "ask"),
    [
        pytest.param(0, Inbox.run, id="idle-cycle"),
        pytest.param(2, Inbox.run, id="cycle"),
        pytest.param(
            0,
            lambda inbox: activity.messages_by_hour([inbox.client.pk], timezone.now()),
            id="by-hour",
        ),
        pytest.param(0, lambda inbox: aside.counts(), id="quarantine"),
    ],
)
def test_question_goes_not_through_all_there_is(
    inbox: Inbox, new: int, ask: Asked
) -> None:
    inbox.deliver("before")
    inbox.run()
    inbox.deliver(*map(str, range(new)))
    found = plans(lambda: ask(inbox))
    assert found
    assert [line for line in found if ALL_OF_A_CLIENT.search(line)] == []


def test_renumbered_folder_is_matched_by_an_index(inbox: Inbox) -> None:
    inbox.deliver("one", "two")
    inbox.run()
    inbox.server.folder(inbox.address).renumber("2")
    found = plans(inbox.run)
    assert found
    assert [line for line in found if ALL_OF_A_CLIENT.search(line)] == []


def test_messages_of_one_by_hour_are_found_among_its_own(inbox: Inbox) -> None:
    """Not among those that came to all mailboxes in a day."""
    inbox.deliver("one")
    inbox.run()
    found = plans(lambda: activity.messages_by_hour([inbox.client.pk], timezone.now()))
    assert [line for line in found if "(stored_at<?)" not in line] == [
        "SEARCH mailboxes_message USING INDEX message_of_client "
        "(pop_client_id=? AND id>?)"
    ]

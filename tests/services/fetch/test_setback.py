"""Fetching from servers that give ids of before to new mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailboxes.core.choices import Outcome, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import Cycle
from mailboxes.services.worker import pool
from mailboxes.transports.base import Folder
from mailboxes.transports.memory import MemoryInbound
from tests.services.conftest import ADDRESS, Inbox, letter

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def restore(inbox: Inbox, last: int) -> None:
    """A backup is played back in which `last` is the last message; not a new validity.

    So the server gives the ids after it once more.
    """
    folder = inbox.server.folder(ADDRESS)
    folder.messages = {n: m for n, m in folder.messages.items() if n <= last}
    folder.next_id = last + 1


def left_to_be_deleted(inbox: Inbox) -> None:
    """Two messages are stored, and the line fell before they were deleted."""
    inbox.save(after_fetch="delete")
    inbox.deliver("one", "two")
    inbox.server.fail("settle", MailError(Code.CONNECTION_LOST, Stage.SETTLE))
    inbox.run()


def test_mail_after_a_server_was_set_back_is_fetched(inbox: Inbox) -> None:
    inbox.deliver("one", "two", "three")
    inbox.run()
    restore(inbox, 1)
    inbox.deliver("new")
    first, second = inbox.run(), inbox.run()
    assert [(c.matched, c.stored) for c in (first, second)] == [(1, 1), (0, 0)]
    assert inbox.subjects() == ["one", "two", "three", "new"]


def test_server_that_was_set_back_loses_nothing_that_was_to_be_deleted(
    inbox: Inbox,
) -> None:
    """The id of a stored message is another message's, which was never fetched."""
    left_to_be_deleted(inbox)
    restore(inbox, 0)
    inbox.deliver("new")
    inbox.run()
    assert inbox.subjects() == ["one", "two", "new"]


def test_server_that_only_seemed_to_be_set_back_doubles_nothing(inbox: Inbox) -> None:
    """One of its hosts was late: the ids are there again under another one."""
    inbox.deliver("one", "two", "three")
    inbox.run()
    folder = inbox.server.folder(ADDRESS)
    before = dict(folder.messages)
    restore(inbox, 1)
    inbox.run()
    folder.messages, folder.next_id = before, 4
    inbox.deliver("four")
    inbox.run()
    assert inbox.subjects() == ["one", "two", "three", "four"]


def test_server_that_tells_its_next_id_wrongly_is_not_read_anew(inbox: Inbox) -> None:
    inbox.deliver("one", "two")
    inbox.run()
    inbox.server.folder(ADDRESS).next_id = 1
    inbox.run()
    assert inbox.client.sources.count() == 1


def test_last_message_that_left_is_no_sign_of_a_server_that_was_set_back(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a server without UIDNEXT, the next id is guessed from what is there."""
    inbox.deliver("one", "two")
    inbox.run()
    inbox.server.folder(ADDRESS).messages.clear()
    select = MemoryInbound.select

    def guess(self: MemoryInbound, folder: str) -> Folder:
        return replace(select(self, folder), next_id=1, guessed=True)

    monkeypatch.setattr(MemoryInbound, "select", guess)
    inbox.run()
    assert inbox.client.sources.count() == 1


@pytest.mark.parametrize("came", [2, 3], ids=["as many", "more"])
def test_server_that_was_set_back_and_has_caught_up_loses_nothing(
    inbox: Inbox, came: int
) -> None:
    """It numbered new mail past our cursor before we asked."""
    left_to_be_deleted(inbox)
    restore(inbox, 0)
    new = [f"new {number}" for number in range(came)]
    inbox.deliver(*new)
    inbox.run()
    assert inbox.subjects() == ["one", "two", *new]


def test_mail_below_a_cursor_is_fetched_when_the_next_comes(inbox: Inbox) -> None:
    """A folder was emptied and counts from 1 again, while we were connected."""
    inbox.deliver("one", "two")
    inbox.run()
    restore(inbox, 0)
    inbox.deliver("new 1", "new 2", "new 3")
    assert inbox.run().stored == 3
    assert inbox.subjects() == ["one", "two", "new 1", "new 2", "new 3"]


def test_message_under_the_id_of_another_is_not_deleted(inbox: Inbox) -> None:
    """The last id tells nothing here: that message has left the folder already."""
    left_to_be_deleted(inbox)
    restore(inbox, 0)
    inbox.deliver("new", "gone")
    del inbox.server.folder(ADDRESS).messages[2]
    outcomes = [inbox.run().outcome for _ in range(2)]
    assert outcomes == [Outcome.PARTIAL, Outcome.OK]
    assert inbox.subjects() == ["one", "two", "new"]


def age(inbox: Inbox, days: int) -> None:
    """The server tells another time of arrival of all that it has."""
    for message in inbox.server.folder(ADDRESS).messages.values():
        message.arrived = LONG_AGO + timedelta(days=days)


def read_over_a_new_connection(inbox: Inbox) -> Cycle:
    pool.pool.close_all()
    return inbox.run()


UNNAMED = b"From: fax@contoso.example\r\nSubject: fax\r\n\r\nHello\r\n"


@pytest.mark.parametrize("raw", [letter("last"), UNNAMED], ids=["named", "unnamed"])
def test_other_times_of_the_same_messages_are_no_sign(inbox: Inbox, raw: bytes) -> None:
    """A server that tells the time of its last start, say: one header a connection."""
    inbox.deliver("one")
    inbox.server.deliver(ADDRESS, raw)
    inbox.run()
    headers = []
    for day in range(3):
        age(inbox, day)
        before = inbox.server.count("headers")
        cycle = read_over_a_new_connection(inbox)
        assert (cycle.outcome, cycle.stored) == (Outcome.OK, 0)
        headers.append(inbox.server.count("headers") - before)
    read_over_a_new_connection(inbox)
    assert headers == [1, 1, 1]
    assert inbox.server.count("headers") == 3
    assert inbox.client.sources.count() == 1
    newest = inbox.client.messages.latest("pk")
    assert newest.arrived_at == LONG_AGO + timedelta(days=2)


def test_other_times_of_the_same_messages_keep_none_from_being_deleted(
    inbox: Inbox,
) -> None:
    left_to_be_deleted(inbox)
    inbox.deliver("three")
    age(inbox, 1)
    cycle = inbox.run()
    assert (cycle.outcome, cycle.stored, cycle.settled) == (Outcome.OK, 1, 3)
    assert inbox.client.sources.count() == 1
    assert inbox.server.folder(ADDRESS).messages == {}


def test_unnamed_message_under_the_id_of_another_is_fetched(inbox: Inbox) -> None:
    """Without a Message-ID nothing less than the whole header tells who it is."""
    inbox.server.deliver(ADDRESS, b"Received: by a\r\n" + UNNAMED)
    inbox.run()
    restore(inbox, 0)
    inbox.server.deliver(ADDRESS, b"Received: by b\r\n" + UNNAMED)
    assert read_over_a_new_connection(inbox).stored == 1


@pytest.mark.parametrize("code", [Code.CONNECTION_LOST, Code.PROTOCOL_ERROR])
def test_message_whose_header_is_refused_stops_no_mailbox(
    inbox: Inbox, code: Code
) -> None:
    """It is compared no more after the folder was read anew."""
    inbox.deliver("one")
    inbox.run()
    age(inbox, 1)
    inbox.server.fail("headers", MailError(code, Stage.FETCH), times=2)
    read_over_a_new_connection(inbox)
    inbox.deliver("two")
    inbox.run()
    assert inbox.subjects() == ["one", "two"]
    assert inbox.client.sources.count() == 2


def test_pause_that_the_server_asks_for_is_no_sign(inbox: Inbox) -> None:
    inbox.deliver("one")
    inbox.run()
    age(inbox, 1)
    inbox.server.fail("headers", MailError(Code.SERVER_THROTTLED, Stage.FETCH))
    assert read_over_a_new_connection(inbox).code == Code.SERVER_THROTTLED
    assert inbox.run().outcome == Outcome.OK
    assert inbox.client.sources.count() == 1


def test_idle_cycle_of_a_kept_connection_asks_no_more_than_before(
    inbox: Inbox,
) -> None:
    inbox.deliver("one")
    inbox.run()
    before = len(inbox.server.calls)
    inbox.run()
    calls = [verb for verb, _ in inbox.server.calls[before:]]
    assert calls == ["alive", "select", "list"]


def test_host_that_is_late_once_changes_nothing(inbox: Inbox) -> None:
    """A new connection goes to another host, which has all of them."""
    inbox.deliver("one", "two")
    inbox.run()
    folder = inbox.server.folder(ADDRESS)
    before = dict(folder.messages)
    restore(inbox, 1)

    def another_host() -> None:
        folder.messages, folder.next_id = before, 3

    inbox.server.hook("open", another_host)
    assert inbox.run().outcome == Outcome.OK
    assert inbox.client.sources.count() == 1


def test_folder_that_we_emptied_may_count_from_one_again(inbox: Inbox) -> None:
    """As many came as there were, so that the next id is what it was."""
    inbox.save(after_fetch="delete")
    inbox.deliver("one", "two")
    inbox.run()
    restore(inbox, 0)
    inbox.deliver("new 1", "new 2")
    assert inbox.run().stored == 2
    assert inbox.subjects() == ["one", "two", "new 1", "new 2"]

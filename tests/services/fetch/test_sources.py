"""Where a folder is read from when its numbering, log-in name or server changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from mailboxes.core.choices import Outcome
from mailboxes.models import Cycle, Message
from mailboxes.services.worker import pool
from mailboxes.transports.memory_server import MemoryServer
from tests.services.conftest import ADDRESS, Inbox, letter

NEW_NAME = "support@fabrikam.example"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def rename(inbox: Inbox) -> None:
    """The log-in name changes, as when a UPN is renamed; the folders stay."""
    accounts = inbox.server.accounts
    accounts[NEW_NAME] = accounts.pop(ADDRESS)
    inbox.address = NEW_NAME
    inbox.save(mailbox=NEW_NAME)


def deliver(inbox: Inbox, subject: str, arrived: datetime) -> None:
    inbox.server.deliver(inbox.address, letter(subject), arrived=arrived)


def test_renamed_log_in_loses_nothing_of_an_outage(inbox: Inbox) -> None:
    """A cycle that took a part of it is no bound for what is still there."""
    inbox.save(first_fetch="from-now", maximum_msg_number=3)
    deliver(inbox, "ancient", LONG_AGO)
    inbox.run()
    subjects = [f"in the outage {number}" for number in range(6)]
    inbox.deliver(*subjects)
    assert inbox.run().outcome == Outcome.PARTIAL
    rename(inbox)
    inbox.save(maximum_msg_number=100)
    cycle = inbox.run()
    assert (cycle.matched, cycle.stored) == (3, 3)
    assert inbox.subjects() == subjects


@pytest.mark.parametrize("behind", [0, 600], ids=["same second", "clock behind"])
def test_renamed_log_in_loses_nothing_that_came_during_a_cycle(
    inbox: Inbox, behind: int
) -> None:
    inbox.save(first_fetch="from-now")
    deliver(inbox, "ancient", LONG_AGO)
    inbox.run()
    inbox.deliver("before")
    now = timezone.now().replace(microsecond=0) - timedelta(seconds=behind)
    inbox.server.hook(
        "stream", lambda: deliver(inbox, "meanwhile", now) if late else None
    )
    late = [True]
    inbox.run()
    late.clear()
    rename(inbox)
    inbox.run()
    assert inbox.subjects() == ["before", "meanwhile"]


def test_mailbox_that_moved_is_matched_against_what_is_stored(inbox: Inbox) -> None:
    """Another server and another log-in name at once."""
    inbox.deliver("stored", "not fetched")
    messages = inbox.server.folder(ADDRESS).messages
    held = messages.pop(2)
    inbox.run()
    with MemoryServer("other.contoso.example") as other:
        other.add_account(NEW_NAME, password="right")
        for message in (held, messages[1]):
            other.deliver(NEW_NAME, message.data, arrived=message.arrived)
        inbox.save(mailbox=NEW_NAME, server=other.host)
        cycle = inbox.run()
        pool.pool.close_all()
    assert (cycle.matched, cycle.stored) == (1, 1)
    assert inbox.subjects() == ["stored", "not fetched"]


def test_mailbox_that_moved_back_doubles_nothing(inbox: Inbox) -> None:
    """What the other server gave has higher numbers here, and is known all the same."""
    inbox.deliver("first")
    inbox.run()
    here = inbox.server.host
    with MemoryServer("other.contoso.example") as other:
        other.add_account(ADDRESS, password="right")
        for message in inbox.server.folder(ADDRESS).messages.values():
            other.deliver(ADDRESS, message.data, arrived=message.arrived)
        other.deliver(ADDRESS, letter("between"))
        inbox.save(server=other.host)
        inbox.run()
        pool.pool.close_all()
    inbox.deliver("between", "after")
    inbox.save(server=here)
    back, again = inbox.run(), inbox.run()
    assert [(c.matched, c.stored) for c in (back, again)] == [(2, 1), (0, 0)]
    assert inbox.subjects() == ["first", "between", "after"]


def folder_with(inbox: Inbox, name: str, *minutes: int) -> None:
    """A folder with messages that came so many minutes ago."""
    now = timezone.now()
    inbox.server.folder(inbox.address, name)
    for ago in minutes:
        inbox.server.deliver(
            inbox.address,
            letter(f"{ago} minutes ago"),
            folder=name,
            arrived=now - timedelta(minutes=ago),
        )


def ran(outcome: Outcome, minutes: int) -> None:
    """The last cycle ended so, and began so long ago."""
    began = timezone.now() - timedelta(minutes=minutes)
    newest = Cycle.objects.latest("pk")
    Cycle.objects.filter(pk=newest.pk).update(outcome=outcome, started_at=began)


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        ({"first_fetch": "from-now"}, [70, 5]),
        ({"first_fetch": "last-days", "first_fetch_days": 1}, [1000, 80, 70, 5]),
    ],
)
def test_another_folder_is_read_since_the_last_complete_cycle(
    inbox: Inbox, changes: dict[str, Any], minutes: list[int]
) -> None:
    """With a quarter of an hour more; cycles that took a part count for nothing."""
    inbox.save(**changes)
    inbox.run()
    ran(Outcome.OK, 60)
    inbox.run()
    ran(Outcome.PARTIAL, 1)
    folder_with(inbox, "Sales", 9000, 1000, 80, 70, 5)
    inbox.save(folder_path="Sales")
    inbox.run()
    assert inbox.subjects() == [f"{ago} minutes ago" for ago in minutes]


def test_another_folder_is_read_since_a_cycle_of_the_right_clock(inbox: Inbox) -> None:
    """The clock was ten hours ahead for a while."""
    inbox.save(first_fetch="from-now")
    inbox.run()
    ran(Outcome.OK, 60)
    inbox.run()
    ran(Outcome.OK, -600)
    folder_with(inbox, "Sales", 80, 70, 5)
    inbox.save(folder_path="Sales")
    inbox.run()
    assert inbox.subjects() == ["70 minutes ago", "5 minutes ago"]


def test_another_folder_is_read_from_an_outage_longer_than_the_days(
    inbox: Inbox,
) -> None:
    inbox.save(first_fetch="last-days", first_fetch_days=1)
    inbox.run()
    ran(Outcome.OK, 4000)
    folder_with(inbox, "Sales", 9000, 3000, 5)
    inbox.save(folder_path="Sales")
    inbox.run()
    assert inbox.subjects() == ["3000 minutes ago", "5 minutes ago"]


def test_another_folder_without_a_complete_cycle_is_read_since_the_beginning(
    inbox: Inbox,
) -> None:
    inbox.save(first_fetch="from-now")
    inbox.run()
    Cycle.objects.all().delete()
    folder_with(inbox, "Sales", 60, 5)
    inbox.save(folder_path="Sales")
    inbox.run()
    assert inbox.subjects() == ["5 minutes ago"]


def test_reset_in_the_backlog_loses_nothing_when_first_fetch_changed(
    inbox: Inbox,
) -> None:
    """Everything was wanted at first; from-now is for a mailbox that is new."""
    for number in range(3):
        deliver(inbox, f"old {number}", LONG_AGO)
    inbox.save(maximum_msg_number=1)
    inbox.run()
    inbox.save(first_fetch="from-now", maximum_msg_number=100)
    inbox.server.folder(ADDRESS).renumber("2")
    inbox.run()
    assert inbox.subjects() == ["old 0", "old 1", "old 2"]


def test_source_of_before_that_was_reading_old_mail_is_known_by_its_cursor(
    inbox: Inbox,
) -> None:
    """Such rows have a baseline though everything was wanted."""
    for number in range(3):
        deliver(inbox, f"old {number}", LONG_AGO)
    inbox.save(maximum_msg_number=1)
    inbox.run()
    inbox.client.sources.update(baseline=3)
    inbox.save(first_fetch="from-now", maximum_msg_number=100)
    inbox.server.folder(ADDRESS).renumber("2")
    inbox.run()
    assert Message.objects.count() == 3


def test_renumbered_folder_without_message_ids_is_matched_by_hash(
    inbox: Inbox,
) -> None:
    raw = b"Subject: headless\r\n\r\nx\r\n"
    inbox.server.deliver(ADDRESS, raw)
    inbox.run()
    inbox.server.folder(ADDRESS, "INBOX").renumber("2")
    cycle = inbox.run()
    assert (cycle.matched, cycle.stored, Message.objects.count()) == (1, 0, 1)


def test_same_message_id_with_another_body_is_stored(inbox: Inbox) -> None:
    inbox.server.deliver(ADDRESS, letter("same", "first body"))
    inbox.run()
    folder = inbox.server.folder(ADDRESS, "INBOX")
    folder.renumber("2")
    inbox.server.deliver(ADDRESS, letter("same", "another, longer body"))
    cycle = inbox.run()
    assert (cycle.matched, cycle.stored) == (1, 1)


def test_message_of_unknown_size_is_told_from_another_by_its_bytes(
    inbox: Inbox,
) -> None:
    """A copy by a list has the Message-ID and the date of the one that came first."""
    (first,) = inbox.deliver("same")
    inbox.run()
    folder = inbox.server.folder(ADDRESS)
    del folder.messages[first]
    second = inbox.server.deliver(ADDRESS, letter("same", "with a list's footer"))
    folder.messages[second].told = 0
    folder.renumber("2")
    cycle = inbox.run()
    assert (cycle.matched, cycle.stored) == (0, 1)


def test_renumbering_after_from_now_does_not_bring_old_mail(inbox: Inbox) -> None:
    inbox.save(first_fetch="from-now")
    inbox.server.deliver(ADDRESS, letter("ancient"), arrived=LONG_AGO)
    inbox.run()
    inbox.deliver("wanted")
    inbox.run()
    inbox.server.folder(ADDRESS, "INBOX").renumber("2")
    inbox.deliver("came meanwhile")
    inbox.run()
    assert inbox.subjects() == ["wanted", "came meanwhile"]


def test_clock_that_was_ahead_at_first_hides_no_mail_of_a_new_numbering(
    inbox: Inbox,
) -> None:
    inbox.save(first_fetch="from-now")
    deliver(inbox, "ancient", LONG_AGO)
    inbox.run()
    inbox.client.sources.update(created_at=timezone.now() + timedelta(hours=10))
    inbox.deliver("came meanwhile")
    inbox.server.folder(ADDRESS).renumber("2")
    inbox.run()
    assert inbox.subjects() == ["came meanwhile"]


def test_clock_that_was_ahead_at_first_hides_no_mail_of_another_folder(
    inbox: Inbox,
) -> None:
    inbox.save(first_fetch="from-now")
    inbox.run()
    ahead = timezone.now() + timedelta(hours=10)
    inbox.client.sources.update(created_at=ahead)
    Cycle.objects.update(started_at=ahead)
    folder_with(inbox, "Sales", 80, 5)
    inbox.save(folder_path="Sales")
    inbox.run()
    assert inbox.subjects() == ["5 minutes ago"]


def test_first_bound_of_a_clock_that_was_ahead_hides_no_mail_of_a_new_numbering(
    inbox: Inbox,
) -> None:
    """Nor mail that came while nobody read, once that clock's time has gone by."""
    inbox.save(first_fetch="last-days", first_fetch_days=1)
    inbox.run()
    ran(Outcome.OK, 600)
    now = timezone.now()
    inbox.client.sources.update(since=now - timedelta(minutes=30))
    for ago in (900, 500):
        deliver(inbox, f"{ago} minutes ago", now - timedelta(minutes=ago))
    inbox.server.folder(ADDRESS).renumber("2")
    inbox.run()
    assert inbox.subjects() == ["500 minutes ago"]


def test_first_bound_stays_as_it_was_where_clocks_were_right(inbox: Inbox) -> None:
    """To the moment, though its own cycle began before it."""
    inbox.save(first_fetch="last-days", first_fetch_days=1)
    inbox.run()
    since = timezone.now()
    inbox.client.sources.update(since=since)
    inbox.server.folder(ADDRESS).renumber("2")
    inbox.run()
    assert list(inbox.client.sources.values_list("since", flat=True)) == [since] * 2

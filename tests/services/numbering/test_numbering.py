"""Fetching by protocols whose ids are text: as exact as by UIDs.

Each test runs over a double that tells changes and times in pages (as Graph and EWS)
and over one that tells all there is, without times (as POP3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailboxes.core.choices import AfterFetch, Outcome, SettleState, Stage
from mailboxes.core.errors import Code, LeaseLost, MailError
from mailboxes.models import Cycle, Fetcher, Listing, Location
from mailboxes.services.fetch import sources, store
from mailboxes.services.numbering import listings
from mailboxes.services.options import snapshots
from mailboxes.services.worker import leases, pool
from mailboxes.transports.base import Folder
from mailboxes.transports.keyed import Changes, KeyedInbound, Remote
from mailboxes.transports.memory_keyed import MemoryKeyed, MemoryUndated
from mailboxes.transports.memory_server import MemoryServer
from tests.services.conftest import ADDRESS, Inbox, letter, read_by


@pytest.fixture(params=[MemoryKeyed, MemoryUndated])
def kind(request: pytest.FixtureRequest) -> type[KeyedInbound]:
    return request.param


@pytest.fixture
def inbox(kind: type[KeyedInbound], db: None) -> Iterator[Inbox]:
    with read_by(kind) as inbox:
        yield inbox


# Ids of POP3 may be given again, and no listing tells of changes.
AS_POP3 = pytest.mark.parametrize("kind", [MemoryUndated], indirect=True)


def old(inbox: Inbox, subject: str, days: int) -> int:
    """A message that came `days` ago, as its header and the server say."""
    arrived = datetime.now(UTC) - timedelta(days=days)
    line = f"Received: from a by b; {format_datetime(arrived)}\r\n".encode()
    return inbox.server.deliver(ADDRESS, line + letter(subject), arrived=arrived)


def numbers(inbox: Inbox) -> list[tuple[int, str, bool]]:
    rows = Listing.objects.filter(source__pop_client=inbox.client)
    return list(rows.order_by("number").values_list("number", "key", "gone"))


def test_messages_are_stored_once_in_the_order_of_their_listing(inbox: Inbox) -> None:
    inbox.deliver("one", "two", "three", "four")
    first = inbox.run()
    inbox.deliver("five")
    second, third = inbox.run(), inbox.run()
    assert [(c.outcome, c.stored) for c in (first, second, third)] == [
        (Outcome.OK, 4),
        (Outcome.OK, 1),
        (Outcome.OK, 0),
    ]
    assert inbox.subjects() == ["one", "two", "three", "four", "five"]
    assert numbers(inbox) == [(n, f"id-{n}", False) for n in range(1, 6)]


def test_message_is_shown_with_the_id_that_the_server_gave(inbox: Inbox) -> None:
    inbox.deliver("one")
    inbox.run()
    message = inbox.client.messages.get()
    assert [place.key for place in listings.of_message(message)] == ["id-1"]


def test_from_now_leaves_what_was_there(inbox: Inbox) -> None:
    inbox.save(first_fetch="from-now")
    for number in range(4):
        old(inbox, f"old {number}", days=1)
    assert inbox.run().stored == 0
    inbox.deliver("new")
    assert inbox.run().stored == 1
    assert inbox.subjects() == ["new"]


def test_from_now_begins_where_the_first_listing_could_be_finished(
    inbox: Inbox,
) -> None:
    inbox.save(first_fetch="from-now")
    old(inbox, "old", days=1)
    inbox.server.fail("list", MailError(Code.CONNECTION_LOST, Stage.LIST))
    assert inbox.run().outcome == Outcome.FAILED
    Fetcher.objects.update(not_before=None, next_due=timezone.now())
    assert inbox.run().stored == 0
    inbox.deliver("new")
    inbox.run()
    assert inbox.subjects() == ["new"]


def test_last_days_are_known_by_the_server_or_by_the_header(inbox: Inbox) -> None:
    inbox.save(first_fetch="last-days", first_fetch_days=3)
    for subject, days in (("month", 30), ("week", 7), ("yesterday", 1)):
        old(inbox, subject, days)
    inbox.run()
    inbox.deliver("now")
    inbox.run()
    assert inbox.subjects() == ["yesterday", "now"]


def test_window_that_was_not_stored_is_fetched_again(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.deliver("one", "two")

    def lost(*_args: object) -> None:
        raise LeaseLost

    with monkeypatch.context() as patch:
        patch.setattr(store, "write_window", lost)
        with pytest.raises(LeaseLost):
            inbox.run()
    assert (inbox.subjects(), len(numbers(inbox))) == ([], 2)
    Fetcher.objects.update(lease_owner="", lease_until=None)
    assert inbox.run().stored == 2


def test_listing_of_a_process_that_lost_its_lease_changes_nothing(
    inbox: Inbox,
) -> None:
    inbox.deliver("one")
    inbox.run()
    before = numbers(inbox)
    held = leases.claim(Fetcher.objects.all(), inbox.fetcher.pk)
    assert held is not None
    Fetcher.objects.update(fence=held.fence + 1)
    source = inbox.client.sources.get()
    late = listings.Listings(source, held)
    with pytest.raises(LeaseLost):
        late.write(Changes((Remote("x", 1, None),), (), "later", complete=True))
    assert numbers(inbox) == before
    assert inbox.client.sources.get().state == source.state != "later"


def test_what_left_before_it_was_fetched_stands_in_nobodys_way(inbox: Inbox) -> None:
    one, _two = inbox.deliver("one", "two")

    def remove() -> None:
        inbox.server.folder(ADDRESS).messages.pop(one, None)

    inbox.server.hook("stream", remove)
    assert (inbox.run().outcome, inbox.subjects()) == (Outcome.OK, ["two"])
    inbox.run()
    assert numbers(inbox) == [(1, "id-1", True), (2, "id-2", False)]


def test_message_that_left_and_comes_back_is_stored_once(inbox: Inbox) -> None:
    (number,) = inbox.deliver("one")
    inbox.run()
    folder = inbox.server.folder(ADDRESS)
    away = folder.messages.pop(number)
    inbox.run()
    folder.messages[number] = away
    assert inbox.run().stored == 0
    assert (inbox.subjects(), numbers(inbox)) == (["one"], [(1, "id-1", False)])


def test_message_that_comes_back_and_was_never_stored_is_new(inbox: Inbox) -> None:
    inbox.save(first_fetch="from-now")
    number = old(inbox, "old", days=9)
    old(inbox, "other", days=8)
    inbox.run()
    folder = inbox.server.folder(ADDRESS)
    away = folder.messages.pop(number)
    inbox.run()
    folder.messages[number] = away
    assert inbox.run().stored == 1
    assert inbox.subjects() == ["old"]
    assert (3, "id-1", False) in numbers(inbox)


def reuse(inbox: Inbox, number: int, subject: str) -> None:
    """The server gives the id of a message that has left to another one."""
    folder = inbox.server.folder(ADDRESS)
    folder.next_id = number
    inbox.deliver(subject)


@AS_POP3
def test_id_that_was_given_again_after_we_deleted_its_message_hides_no_mail(
    inbox: Inbox,
) -> None:
    inbox.save(after_fetch="delete")
    (number,) = inbox.deliver("old one")
    assert (inbox.run().settled, inbox.run().stored) == (1, 0)
    reuse(inbox, number, "new one")
    cycle = inbox.run()
    assert (cycle.stored, cycle.settled) == (1, 1)
    assert inbox.subjects() == ["old one", "new one"]
    assert numbers(inbox) == [(2, "id-1", False)]
    assert inbox.server.folder(ADDRESS).messages == {}
    places = Location.objects.order_by("pk").values_list("server_id", "settle")
    assert list(places) == [("1", SettleState.DONE), ("2", SettleState.DONE)]


@AS_POP3
@pytest.mark.parametrize("answered", [True, False])
def test_id_that_is_given_again_before_the_next_listing_hides_no_mail(
    inbox: Inbox, answered: bool
) -> None:
    """As by servers whose ids are the places in the maildrop."""
    inbox.save(after_fetch="delete")
    (number,) = inbox.deliver("old one")
    if not answered:
        lost = MailError(Code.CONNECTION_LOST, Stage.SETTLE)
        inbox.server.fail("settle", lost, done_first=True)
    inbox.run()
    reuse(inbox, number, "a longer new one")
    assert inbox.run().stored == 1
    assert inbox.subjects() == ["old one", "a longer new one"]
    assert inbox.server.folder(ADDRESS).messages == {}


def test_message_whose_size_is_told_anew_is_not_stored_twice(
    inbox: Inbox, kind: type[KeyedInbound]
) -> None:
    inbox.save(after_fetch="delete")
    (number,) = inbox.deliver("one")
    message = inbox.server.folder(ADDRESS).messages[number]
    message.troubles["settle"] = MailError(Code.SERVER_UNAVAILABLE, Stage.SETTLE)
    inbox.run()
    message.told = len(message.data) + 9
    inbox.run()
    message.troubles.clear()
    inbox.run()
    assert inbox.subjects() == ["one"]
    assert inbox.server.folder(ADDRESS).messages == {}


def written_into(inbox: Inbox, number: int, line: bytes) -> None:
    """The server puts a line of its own into the header of a message."""
    message = inbox.server.folder(ADDRESS).messages[number]
    message.data = line + message.data


@AS_POP3
@pytest.mark.parametrize(
    ("line", "stored"),
    [
        pytest.param(b"Status: RO\r\n", ["one"], id="same"),
        pytest.param(b"Message-ID: <x@x.example>\r\n", ["one", "one"], id="other"),
        pytest.param(
            b"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n", ["one", "one"], id="later"
        ),
    ],
)
def test_message_that_waits_to_be_deleted_and_was_written_into_is_stored_once(
    inbox: Inbox, line: bytes, stored: list[str]
) -> None:
    """The line fell before its deletion; as by servers with one file a mailbox."""
    inbox.save(after_fetch="delete")
    (number,) = inbox.deliver("one")
    inbox.server.fail("settle", MailError(Code.CONNECTION_LOST, Stage.SETTLE))
    inbox.run()
    written_into(inbox, number, line)
    inbox.run()
    assert inbox.subjects() == stored
    assert inbox.server.folder(ADDRESS).messages == {}
    states = list(Location.objects.order_by("pk").values_list("settle", flat=True))
    assert states == [SettleState.GONE, SettleState.DONE][-len(stored) :]


@AS_POP3
def test_message_that_was_written_into_and_waits_behind_others_is_stored_once(
    inbox: Inbox,
) -> None:
    """Its number of before is settled as gone while its new one is still to come."""
    inbox.save(after_fetch="delete", maximum_msg_number=1)
    number, _more = inbox.deliver("one", "two")
    inbox.server.fail("settle", MailError(Code.CONNECTION_LOST, Stage.SETTLE))
    inbox.run()
    written_into(inbox, number, b"Status: RO\r\n")
    inbox.run()
    places = Location.objects.order_by("pk").values_list("server_id", "settle")
    assert list(places) == [("1", SettleState.GONE), ("2", SettleState.DONE)]
    cycle, after = inbox.run(), inbox.run()
    assert (cycle.stored, cycle.matched, cycle.settled) == (0, 1, 1)
    assert (inbox.subjects(), after.stored) == (["one", "two"], 0)
    assert list(places.all()) == [("3", SettleState.DONE), ("2", SettleState.DONE)]
    assert inbox.server.folder(ADDRESS).messages == {}


@AS_POP3
@pytest.mark.parametrize("settled", [SettleState.PENDING, SettleState.GONE])
@pytest.mark.parametrize(
    ("header", "body"),
    [
        pytest.param(b"", b"-- \r\nYou are on the list\r\n", id="footer"),
        pytest.param(b"To: list@x.example", b"", id="other header"),
    ],
)
def test_other_copy_of_what_waits_to_be_deleted_is_stored(
    inbox: Inbox,
    header: bytes,
    body: bytes,
    settled: SettleState,
) -> None:
    """One mail by cc and by a list: the same Message-ID and date, other bytes."""
    inbox.save(after_fetch="delete")
    (number,) = inbox.deliver("one")
    inbox.server.fail("settle", MailError(Code.CONNECTION_LOST, Stage.SETTLE))
    inbox.run()
    Location.objects.update(settle=settled)
    message = inbox.server.folder(ADDRESS).messages[number]
    if header:
        message.data = message.data.replace(f"To: {ADDRESS}".encode(), header)
    message.data += body
    cycle = inbox.run()
    assert (cycle.stored, cycle.matched) == (1, 0)
    assert inbox.subjects() == ["one", "one"]


@AS_POP3
@pytest.mark.parametrize("line", [b"Status: O\r\n", b"X-UIDL: 1\r\nStatus: RO\r\n"])
def test_line_that_the_server_writes_anew_makes_no_other_message(
    inbox: Inbox, line: bytes
) -> None:
    """It had a Status when it was fetched, and has another one now."""
    inbox.save(after_fetch="delete")
    number = inbox.server.deliver(ADDRESS, b"Status: \r\n" + letter("one"))
    inbox.server.fail("settle", MailError(Code.CONNECTION_LOST, Stage.SETTLE))
    inbox.run()
    inbox.server.folder(ADDRESS).messages[number].data = line + letter("one")
    inbox.run()
    assert inbox.subjects() == ["one"]
    assert inbox.server.folder(ADDRESS).messages == {}


def test_message_that_we_deleted_and_that_comes_back_is_stored_once(
    inbox: Inbox, kind: type[KeyedInbound]
) -> None:
    """As from a backup: the same bytes under the same id."""
    inbox.save(after_fetch="delete")
    (number,) = inbox.deliver("one")
    folder = inbox.server.folder(ADDRESS)
    away = folder.messages[number]
    assert (inbox.run().settled, inbox.run().stored) == (1, 0)
    folder.messages[number] = away
    assert (inbox.run().stored, inbox.run().stored) == (0, 0)
    assert inbox.subjects() == ["one"]
    assert Location.objects.get().settle == SettleState.DONE
    # Where it may have been another message it is mail as any, and deleted again.
    assert list(folder.messages) == ([] if kind.reuses_keys else [number])


@AS_POP3
def test_copies_under_ids_that_were_given_again_are_counted(inbox: Inbox) -> None:
    inbox.save(after_fetch="delete")
    (number,) = inbox.deliver("one")
    inbox.run()
    inbox.run()
    reuse(inbox, number, "one")
    inbox.deliver("one")
    cycle = inbox.run()
    # The first is the old one come back, the other one a copy that is new.
    assert (cycle.stored, cycle.matched, cycle.settled) == (1, 1, 2)
    assert inbox.subjects() == ["one", "one"]


def test_id_that_has_another_size_when_it_comes_back_is_another_message(
    inbox: Inbox, kind: type[KeyedInbound]
) -> None:
    """Somebody else deleted the first one."""
    number, _other = inbox.deliver("old", "other")
    inbox.run()
    del inbox.server.folder(ADDRESS).messages[number]
    inbox.run()
    reuse(inbox, number, "a longer one")
    stored = inbox.run().stored
    assert stored == (1 if kind.reuses_keys else 0)
    assert inbox.run().stored == 0


@AS_POP3
def test_what_waits_to_be_deleted_takes_no_other_message_of_its_id(
    inbox: Inbox,
) -> None:
    number, _other = inbox.deliver("old", "other")
    inbox.run()
    inbox.server.fail("settle", MailError(Code.CONNECTION_LOST, Stage.SETTLE), times=2)
    first = Location.objects.order_by("pk")[:1]
    Location.objects.filter(pk__in=first).update(settle=SettleState.PENDING)
    inbox.save(after_fetch="delete")
    del inbox.server.folder(ADDRESS).messages[number]
    for _ in range(2):
        inbox.run()
        Fetcher.objects.update(not_before=None, next_due=timezone.now())
    reuse(inbox, number, "a longer one")
    assert inbox.run().stored == 1
    states = Location.objects.order_by("pk").values_list("settle", flat=True)
    assert list(states) == [SettleState.GONE, SettleState.NOT_NEEDED, SettleState.DONE]


def test_delete_is_done_on_the_server_and_written_down(inbox: Inbox) -> None:
    inbox.save(after_fetch="delete")
    inbox.deliver("one", "two")
    assert inbox.run().settled == 2
    assert inbox.server.folder(ADDRESS).messages == {}
    states = set(Location.objects.values_list("settle", flat=True))
    assert states == {SettleState.DONE}


def test_mailbox_that_moved_is_matched_against_what_is_stored(inbox: Inbox) -> None:
    """Another server name is a new Source with new ids of the same messages."""
    inbox.deliver("one", "two")
    inbox.run()
    with MemoryServer("new.contoso.example") as server:
        server.add_account(ADDRESS, password="right")
        for subject in ("two", "three", "one"):
            server.deliver(ADDRESS, letter(subject))
        inbox.server, inbox.values["server"] = server, server.host
        inbox.save()
        cycle = inbox.run()
        pool.pool.close_all()
    assert (cycle.stored, cycle.matched) == (1, 2)
    assert inbox.subjects() == ["one", "two", "three"]


def test_folder_that_took_the_name_of_another_is_a_new_source(inbox: Inbox) -> None:
    inbox.deliver("one")
    inbox.run()
    inbox.server.folder(ADDRESS).renumber("another")
    inbox.deliver("two")
    cycle = inbox.run()
    assert (cycle.stored, cycle.matched, inbox.subjects()) == (1, 1, ["one", "two"])


@AS_POP3
def test_server_that_gives_all_messages_new_ids_doubles_nothing(inbox: Inbox) -> None:
    """Without another validity, as a POP3 server that was moved."""
    inbox.deliver("one", "two", "three")
    inbox.run()
    folder = inbox.server.folder(ADDRESS)
    folder.next_id = 100
    for number in sorted(folder.messages):
        again = folder.messages.pop(number)
        inbox.server.deliver(ADDRESS, again.data)
    inbox.deliver("four")
    cycle, after = inbox.run(), inbox.run()
    assert (cycle.stored, cycle.matched) == (1, 3)
    assert (after.stored, after.matched) == (0, 0)
    assert inbox.subjects() == ["one", "two", "three", "four"]
    assert inbox.client.sources.count() == 2


def test_server_that_was_empty_before_it_gave_new_ids_doubles_nothing(
    inbox: Inbox,
) -> None:
    """A move: the new place is asked before the mail has been copied to it."""
    inbox.deliver("one", "two", "one")
    inbox.run()
    folder = inbox.server.folder(ADDRESS)
    away = list(folder.messages.values())
    folder.messages.clear()
    inbox.run()
    for message in away:
        inbox.server.deliver(ADDRESS, message.data)
    inbox.deliver("three", "two")
    inbox.save(after_fetch="delete")
    cycle = inbox.run()
    # A real copy is counted; what was left before is left now.
    assert (cycle.stored, cycle.matched, cycle.settled) == (2, 3, 2)
    assert inbox.subjects() == ["one", "two", "one", "three", "two"]
    assert [one.data for one in folder.messages.values()] == [one.data for one in away]


@AS_POP3
@pytest.mark.parametrize("rule", ["from-now", "last-days"])
@pytest.mark.parametrize("same", [True, False])
def test_server_that_was_empty_at_once_makes_no_old_mail_new(
    inbox: Inbox, rule: str, same: bool
) -> None:
    """What was not wanted at first is not wanted, or deleted, when it is back."""
    inbox.save(first_fetch=rule, first_fetch_days=3, after_fetch="delete")
    for subject in ("month", "week"):
        old(inbox, subject, days=20)
    inbox.run()
    folder = inbox.server.folder(ADDRESS)
    away = dict(folder.messages)
    folder.messages.clear()
    inbox.run()
    if same:
        folder.messages.update(away)
    else:
        for message in away.values():
            inbox.server.deliver(ADDRESS, message.data)
    inbox.deliver("new")
    line = f"Received: from a by b; {format_datetime(datetime.now(UTC))}\r\n".encode()
    inbox.server.deliver(ADDRESS, line + letter("newer"))
    cycle, after = inbox.run(), inbox.run()
    assert (cycle.stored, cycle.settled, after.stored) == (2, 2, 0)
    assert inbox.subjects() == ["new", "newer"]
    assert [one.data for one in folder.messages.values()] == [
        one.data for one in away.values()
    ]
    assert inbox.client.sources.count() == (1 if same else 2)


@AS_POP3
@pytest.mark.parametrize("rule", ["from-now", "last-days"])
def test_id_of_old_mail_that_is_given_again_after_an_empty_listing_hides_no_mail(
    inbox: Inbox, rule: str
) -> None:
    """Others emptied the maildrop, and its ids are places: it counts from 1 again."""
    inbox.save(first_fetch=rule, first_fetch_days=3, after_fetch="delete")
    for subject in ("month", "week"):
        old(inbox, subject, days=20)
    inbox.run()
    inbox.server.folder(ADDRESS).messages.clear()
    inbox.run()
    reuse(inbox, 1, "one")
    cycle, after = inbox.run(), inbox.run()
    assert (cycle.stored, cycle.settled, after.stored) == (1, 1, 0)
    assert inbox.subjects() == ["one"]
    assert inbox.server.folder(ADDRESS).messages == {}
    assert inbox.client.sources.count() == 1


@AS_POP3
def test_old_mail_stays_known_however_often_the_server_was_empty(inbox: Inbox) -> None:
    inbox.save(first_fetch="from-now")
    for number in range(5):
        old(inbox, f"old {number}", days=9)
    inbox.run()
    folder = inbox.server.folder(ADDRESS)
    away = dict(folder.messages)
    for _ in range(2):
        folder.messages.clear()
        inbox.run()
        inbox.run()
        folder.messages.update(away)
        assert inbox.run().stored == 0
    assert numbers(inbox) == [(n, f"id-{n}", False) for n in range(1, 6)]


def test_what_left_before_it_was_fetched_is_fetched_after_an_empty_listing(
    inbox: Inbox,
) -> None:
    inbox.save(first_fetch="last-days", first_fetch_days=3)
    for subject, days in (("month", 30), ("yesterday", 1)):
        old(inbox, subject, days)
    folder = inbox.server.folder(ADDRESS)
    away = dict(folder.messages)
    inbox.server.hook("stream", folder.messages.clear)
    inbox.run()
    assert (inbox.subjects(), inbox.run().stored) == ([], 0)
    inbox.server.hook("stream", lambda: None)
    folder.messages.update(away)
    inbox.run()
    assert "yesterday" in inbox.subjects()


def test_mailbox_that_others_empty_before_each_cycle_keeps_its_source(
    inbox: Inbox,
) -> None:
    inbox.save(first_fetch="last-days", first_fetch_days=3)
    for subject in ("one", "two", "three"):
        inbox.deliver(subject)
        inbox.run()
        inbox.server.folder(ADDRESS).messages.clear()
        inbox.run()
    assert inbox.subjects() == ["one", "two", "three"]
    assert inbox.client.sources.count() == 1


def test_what_was_not_fetched_whole_is_known_on_a_server_that_was_empty(
    inbox: Inbox,
) -> None:
    """By its header, where there is one."""
    inbox.save(maximum_msg_size=1024)
    for subject in ("large", "other", "large"):
        inbox.server.deliver(ADDRESS, letter(subject, "x" * 5000))
    inbox.run()
    folder = inbox.server.folder(ADDRESS)
    away = list(folder.messages.values())
    folder.messages.clear()
    inbox.run()
    inbox.save(after_fetch="delete")
    for message in away:
        inbox.server.deliver(ADDRESS, message.data)
    inbox.server.deliver(ADDRESS, letter("new", "x" * 5000))
    cycle = inbox.run()
    assert (cycle.stored, cycle.matched, cycle.settled) == (1, 3, 0)
    assert inbox.stored() == [
        (subject, "too-large") for subject in ("large", "other", "large", "new")
    ]
    assert len(folder.messages) == 4


def test_large_messages_of_one_header_and_other_sizes_are_not_one(
    inbox: Inbox,
) -> None:
    """As of a device that reports under the same header each day."""
    inbox.save(maximum_msg_size=1024)
    inbox.server.deliver(ADDRESS, letter("report", "x" * 5000))
    inbox.run()
    inbox.server.folder(ADDRESS).messages.clear()
    inbox.run()
    inbox.server.deliver(ADDRESS, letter("report", "x" * 6000))
    inbox.server.deliver(ADDRESS, letter("report", "x" * 5000))
    cycle = inbox.run()
    assert (cycle.stored, cycle.matched) == (1, 1)
    said = inbox.client.messages.order_by("pk").values_list("size", flat=True)
    assert list(said) == [len(letter("report", "x" * n)) for n in (5000, 6000)]


def test_messages_without_even_a_header_are_not_taken_for_each_other(
    inbox: Inbox,
) -> None:
    nothing = hashlib.sha256().hexdigest()
    inbox.deliver("one")
    inbox.run()
    source = inbox.client.sources.get()
    inbox.client.messages.update(digest=nothing, complete=False)
    Listing.objects.update(gone=True)
    fetcher, cycle = held(inbox), inbox.client.cycles.latest("pk")
    written = store.write_window(
        fetcher,
        cycle,
        source,
        [store.Arrival(2, None, (), complete=False)],
        2,
        store.Settling(AfterFetch.LEAVE, ""),
    )
    assert (written.stored, written.matched) == (1, 0)


def test_mailbox_that_is_emptied_in_each_cycle_keeps_its_source(inbox: Inbox) -> None:
    inbox.save(after_fetch="delete")
    for subject in ("one", "two", "three"):
        inbox.deliver(subject)
        inbox.run()
    assert inbox.subjects() == ["one", "two", "three"]
    assert inbox.client.sources.count() == 1


def test_mail_that_came_while_all_else_was_taken_away_is_stored(inbox: Inbox) -> None:
    inbox.deliver("one")
    inbox.run()
    inbox.server.folder(ADDRESS).messages.clear()
    inbox.deliver("two")
    assert inbox.run().stored == 1
    assert inbox.subjects() == ["one", "two"]


def test_connection_that_sees_nothing_new_is_not_kept(
    inbox: Inbox, kind: type[KeyedInbound]
) -> None:
    inbox.run()
    inbox.run()
    opened = list(Cycle.objects.order_by("pk").values_list("new_connection", flat=True))
    assert opened == [True, not kind.reusable]


def whole(*keys: str) -> Changes:
    there = tuple(Remote(key, 1, None) for key in keys)
    return Changes(there, (), "", complete=True, whole=True)


def held(inbox: Inbox) -> Fetcher:
    fetcher = leases.claim(Fetcher.objects.all(), inbox.fetcher.pk)
    assert fetcher is not None
    return fetcher


def test_listing_that_tells_nothing_new_reads_no_row_while_it_may_write(
    inbox: Inbox,
) -> None:
    """SQLite has one writer, and POP3 names everything in each cycle."""
    inbox.run()
    fetcher, source = held(inbox), inbox.client.sources.get()
    page = whole(*[f"k{number}" for number in range(3000)])
    listings.Listings(source, fetcher).write(page)
    with CaptureQueriesContext(connection) as queries:
        listings.Listings(source, fetcher).write(page)
    said = [query["sql"].split()[0] for query in queries]
    begin, end = said.index("SAVEPOINT"), said.index("RELEASE")
    assert said[begin:end] == ["SAVEPOINT", "UPDATE", "UPDATE"]
    with CaptureQueriesContext(connection) as queries:
        listings.Listings(source, fetcher).write(whole("k1", "new"))
    assert sum("SAVEPOINT" in query["sql"] for query in queries) == 2
    assert Listing.objects.filter(source=source, gone=True).count() == 2999


def test_long_listing_is_written_in_parts_and_gone_on_with(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.save(first_fetch="from-now")
    for number in range(7):
        old(inbox, f"old {number}", days=1)
    monkeypatch.setattr(listings, "AT_ONCE", 2)
    guard, calls = leases.guard, []

    def lost(row: Fetcher, **changes: object) -> None:
        calls.append(row)
        if len(calls) == 3:
            raise LeaseLost
        guard(row, **changes)

    fetcher = held(inbox)
    source = sources.open_source(
        inbox.client,
        snapshots.take(inbox.client),
        Folder("INBOX", "1", None, dated=False),
        fetcher,
    )
    page = whole(*[f"id-{number}" for number in range(1, 8)])
    with monkeypatch.context() as patch, pytest.raises(LeaseLost):
        patch.setattr(leases, "guard", lost)
        listings.Listings(source, fetcher).write(page)
    source.refresh_from_db()
    assert (len(numbers(inbox)), source.listed_at, source.cursor) == (4, None, "0")
    listings.Listings(source, fetcher).write(page)
    source.refresh_from_db()
    assert numbers(inbox) == [(n, f"id-{n}", False) for n in range(1, 8)]
    assert (source.cursor, source.baseline) == ("7", 7)


def test_thousands_are_listed_with_few_queries(
    inbox: Inbox, django_assert_max_num_queries: object
) -> None:
    inbox.run()
    fetcher = leases.claim(Fetcher.objects.all(), inbox.fetcher.pk)
    assert fetcher is not None
    source = inbox.client.sources.get()
    there = tuple(Remote(f"k{number}", 1, None) for number in range(5000))
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        listings.Listings(source, fetcher).write(
            Changes(there, (), "all", complete=True)
        )
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        listings.Listings(source, fetcher).write(
            Changes(there, (), "again", complete=True)
        )
    assert Listing.objects.filter(source=source).count() == 5000

"""What is stored of a window when its messages are known already."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import Outcome, SettleState, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import Cycle, Location, Message
from mailboxes.transports.memory_server import MemoryServer
from tests.services.conftest import ADDRESS, Inbox, letter, make_inbox

HEADLESS = b"Subject: headless\r\n\r\nx\r\n"
LOST = MailError(Code.CONNECTION_LOST, Stage.SETTLE)


def renumber(inbox: Inbox) -> Cycle:
    """The folder is numbered anew; the cycle that finds it so."""
    inbox.server.folder(ADDRESS).renumber("2")
    return inbox.run()


def places() -> list[tuple[str, str]]:
    rows = Location.objects.order_by("pk")
    return list(rows.values_list("settle", "settle_action"))


@pytest.mark.parametrize("raw", [letter("one"), HEADLESS], ids=["header", "bytes"])
@pytest.mark.parametrize("action", ["delete", "move", "mark-read"])
def test_what_was_to_be_settled_is_settled_in_a_new_numbering(
    inbox: Inbox, action: str, raw: bytes
) -> None:
    inbox.server.folder(ADDRESS, "Done")
    inbox.save(after_fetch=action, after_fetch_folder="Done")
    inbox.server.deliver(ADDRESS, raw)
    inbox.server.fail("settle", LOST)
    inbox.run()
    cycle = renumber(inbox)
    assert (cycle.outcome, cycle.matched, cycle.settled) == (Outcome.OK, 1, 1)
    assert places() == [(SettleState.GONE, action), (SettleState.DONE, action)]
    left = [m.seen for m in inbox.server.folder(ADDRESS).messages.values()]
    assert left == ([True] if action == "mark-read" else [])
    assert len(inbox.server.folder(ADDRESS, "Done").messages) == (action == "move")


@pytest.mark.parametrize("raw", [letter("one"), HEADLESS], ids=["header", "bytes"])
def test_what_was_left_on_the_server_is_left_in_a_new_numbering(
    inbox: Inbox, raw: bytes
) -> None:
    inbox.server.deliver(ADDRESS, raw)
    inbox.run()
    inbox.save(after_fetch="delete")
    inbox.deliver("new")
    cycle = renumber(inbox)
    assert (cycle.matched, cycle.stored, cycle.settled) == (1, 1, 1)
    assert places() == [
        (SettleState.NOT_NEEDED, ""),
        (SettleState.NOT_NEEDED, ""),
        (SettleState.DONE, "delete"),
    ]
    left = inbox.server.folder(ADDRESS).messages.values()
    assert [message.data for message in left] == [raw]


def test_wrong_folder_is_mended_by_the_option(inbox: Inbox) -> None:
    """Of what is stored already, too; what is new does not wait behind it."""
    inbox.server.folder(ADDRESS, "Processed")
    inbox.save(after_fetch="move", after_fetch_folder="Procesed")
    inbox.deliver("one")
    assert inbox.run().code == "folder-target-missing"
    inbox.save(after_fetch_folder="Processed")
    inbox.deliver("two")
    cycle = inbox.run()
    assert (cycle.outcome, cycle.settled) == (Outcome.OK, 2)
    assert len(inbox.server.folder(ADDRESS, "Processed").messages) == 2


def test_leave_stops_what_was_not_done_yet(inbox: Inbox) -> None:
    inbox.save(after_fetch="delete")
    inbox.deliver("one")
    inbox.server.fail("settle", LOST)
    inbox.run()
    inbox.save(after_fetch="leave")
    cycle = inbox.run()
    assert (cycle.outcome, cycle.settled) == (Outcome.OK, 0)
    assert places() == [(SettleState.NOT_NEEDED, "")]
    assert len(inbox.server.folder(ADDRESS).messages) == 1
    inbox.save(after_fetch="delete")
    assert inbox.run().settled == 0


def test_what_is_to_be_settled_in_one_folder_is_not_in_another(inbox: Inbox) -> None:
    """A copy there is another thing; the first one still waits where it is."""
    inbox.save(after_fetch="delete")
    inbox.deliver("one")
    inbox.server.fail("settle", LOST)
    inbox.run()
    inbox.deliver("one", folder="Copies")
    inbox.save(folder_path="Copies")
    cycle = inbox.run()
    assert (cycle.matched, cycle.settled) == (1, 0)
    assert places() == [(SettleState.PENDING, "delete"), (SettleState.NOT_NEEDED, "")]
    assert len(inbox.server.folder(ADDRESS, "Copies").messages) == 1
    inbox.save(folder_path="")
    assert inbox.run().settled == 1
    assert inbox.server.folder(ADDRESS).messages == {}


@pytest.mark.parametrize(
    "raw",
    [letter("huge", "x" * 5000), b"Subject: huge\r\n\r\n" + b"x" * 5000],
    ids=["with an id", "without"],
)
def test_too_large_message_is_stored_once_through_a_new_numbering(
    inbox: Inbox, raw: bytes
) -> None:
    inbox.save(maximum_msg_size=1024)
    inbox.server.deliver(ADDRESS, raw)
    inbox.run()
    cycle = renumber(inbox)
    assert (cycle.matched, cycle.stored, Message.objects.count()) == (1, 0, 1)


def test_message_of_another_mailbox_is_no_match(
    inbox: Inbox, memory: MemoryServer
) -> None:
    memory.add_account("sales@contoso.example", password="right")
    other = make_inbox(memory, "sales@contoso.example")
    inbox.server.deliver(ADDRESS, HEADLESS)
    inbox.run()
    other.run()
    other.server.folder(other.address).renumber("2")
    other.server.deliver(other.address, HEADLESS)
    cycle = other.run()
    assert (cycle.matched, cycle.stored) == (0, 1)


def test_known_messages_cost_a_window_a_query_or_two(
    inbox: Inbox, django_assert_max_num_queries
) -> None:
    """However many there are: none of them is loaded that is not asked for."""
    inbox.deliver(*[f"m{number}" for number in range(30)])
    inbox.run()
    inbox.server.folder(ADDRESS).renumber("2")
    with django_assert_max_num_queries(60) as captured:
        assert inbox.run().matched == 30
    reads = [
        q["sql"] for q in captured if '"mailboxes_message"."message_id" IN' in q["sql"]
    ]
    assert len(reads) == 1

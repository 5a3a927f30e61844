"""One message in trouble stands in nobody's way, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from mailboxes.core.choices import Outcome, RunState, SettleState, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import Cycle, Location
from mailboxes.services import parse
from mailboxes.services.fetch import bodies
from mailboxes.services.fetch.bodies import windows
from mailboxes.services.unfinished import How, Past
from mailboxes.transports.base import Listed
from tests.services.conftest import ADDRESS, Inbox, letter

REFUSAL = MailError(Code.SERVER_UNAVAILABLE, Stage.FETCH, evidence={"answer": "NO bug"})
HANG_UP = MailError(Code.SERVER_CLOSED, Stage.FETCH)


def trouble(inbox: Inbox, subject: str, **verbs: MailError | str) -> int:
    """Deliver a message that is in trouble."""
    (number,) = inbox.deliver(subject)
    folder = inbox.server.folder(ADDRESS)
    folder.messages[number].troubles |= verbs
    return number


def long_ago(minutes: int) -> None:
    """All cycles so far ran so much earlier."""
    Cycle.objects.update(started_at=F("started_at") - timedelta(minutes=minutes))


def cursor(inbox: Inbox) -> str:
    return inbox.client.sources.get().cursor


# too slow


def test_slow_message_is_begun_twice_and_then_left_behind(inbox: Inbox) -> None:
    inbox.save(after_fetch="delete")
    inbox.deliver("before")
    slow = trouble(inbox, "slow", stream="slow")
    inbox.deliver("after")
    first = inbox.run()
    assert (first.outcome, first.code, first.stage) == (Outcome.PARTIAL, "", "fetch")
    assert (inbox.fetcher.state, inbox.fetcher.code) == (RunState.ACTIVE, "")
    assert inbox.stored() == [("before", "")]
    second = inbox.run()
    assert (second.outcome, second.code) == (Outcome.FAILED, "read-timeout")
    source = inbox.client.sources.get()
    assert second.evidence | {"host": "", "port": 0} == {
        "host": "",
        "port": 0,
        "source": source.pk,
        "message": slow,
        "ended": "late",
        "answer": f"message {slow} was not here after 0 s",
        "protocol": "IMAP",
    }
    third = inbox.run()
    assert (third.outcome, third.stored, third.quarantined) == (Outcome.OK, 2, 1)
    assert inbox.stored() == [("before", ""), ("slow", "too-slow"), ("after", "")]
    assert inbox.client.messages.get(subject="slow").complete is False
    left = inbox.server.folder(ADDRESS).messages
    assert [message.data for message in left.values()] == [letter("slow")]


def test_slow_line_goes_on_where_it_was(inbox: Inbox) -> None:
    """What came in time is stored, though it is not a whole window."""
    inbox.deliver("one", "two", "three")
    messages = inbox.server.folder(ADDRESS).messages
    messages[2].troubles["stream"] = "slow"
    assert inbox.run().outcome == Outcome.PARTIAL
    messages[2].troubles.clear()
    messages[3].troubles["stream"] = "slow"
    assert inbox.run().outcome == Outcome.PARTIAL
    messages[3].troubles.clear()
    assert inbox.run().outcome == Outcome.OK
    assert inbox.stored() == [("one", ""), ("two", ""), ("three", "")]
    assert [c.stored for c in Cycle.objects.order_by("pk")] == [1, 1, 1]


def test_header_that_is_too_slow_as_well_is_done_without(inbox: Inbox) -> None:
    trouble(inbox, "slow", stream="slow", headers="slow")
    for _ in range(4):
        assert inbox.run().outcome == Outcome.FAILED
    assert inbox.run().outcome == Outcome.FAILED  # the server or this one?
    inbox.deliver("after")
    assert inbox.run().outcome == Outcome.OK
    assert inbox.stored() == [("", "too-slow"), ("after", "")]
    assert parse.raw(inbox.client.messages.get(subject="")) == b""


# refused


def test_refused_message_is_set_aside_by_its_header(inbox: Inbox) -> None:
    inbox.save(after_fetch="delete")
    inbox.deliver("before")
    trouble(inbox, "refused", stream=REFUSAL)
    inbox.deliver("after")
    cycle = inbox.run()
    assert (cycle.outcome, cycle.stored, cycle.quarantined) == (Outcome.OK, 3, 1)
    assert inbox.stored() == [
        ("before", ""),
        ("refused", "refused-by-server"),
        ("after", ""),
    ]
    places = Location.objects.order_by("pk").values_list("settle", flat=True)
    done, not_needed = SettleState.DONE, SettleState.NOT_NEEDED
    assert list(places) == [done, not_needed, done]
    assert inbox.server.count("open") == 1


def test_message_whose_header_is_refused_too_is_set_aside_empty(inbox: Inbox) -> None:
    trouble(inbox, "refused", stream=REFUSAL, headers=REFUSAL)
    inbox.deliver("after")
    assert inbox.run().outcome == Outcome.OK
    assert inbox.stored() == [("", "refused-by-server"), ("after", "")]


def test_server_that_refuses_everything_costs_no_message(inbox: Inbox) -> None:
    """A quota of the account, or its storage, is no fault of a message."""
    inbox.deliver("before")
    for number in range(3):
        trouble(inbox, f"refused {number}", stream=REFUSAL)
    cycle = inbox.run()
    assert (cycle.outcome, cycle.code) == (Outcome.FAILED, "server-unavailable")
    assert (inbox.stored(), cursor(inbox)) == ([("before", "")], "1")
    for message in inbox.server.folder(ADDRESS).messages.values():
        message.troubles.clear()
    assert inbox.run().stored == 3


def test_last_message_that_is_refused_waits_for_another(inbox: Inbox) -> None:
    trouble(inbox, "refused", stream=REFUSAL)
    for _ in range(2):
        assert inbox.run().code == "server-unavailable"
    inbox.deliver("after")
    assert inbox.run().outcome == Outcome.OK
    assert inbox.stored() == [("refused", "refused-by-server"), ("after", "")]


def test_last_message_that_is_refused_for_long_is_set_aside(inbox: Inbox) -> None:
    trouble(inbox, "refused", stream=REFUSAL)
    for _ in range(5):
        assert inbox.run().outcome == Outcome.FAILED
    assert inbox.run().outcome == Outcome.FAILED
    long_ago(minutes=15)
    assert inbox.run().outcome == Outcome.OK
    assert inbox.stored() == [("refused", "refused-by-server")]


def test_pause_that_the_server_asks_for_is_no_fault_of_a_message(inbox: Inbox) -> None:
    throttled = MailError(Code.SERVER_THROTTLED, Stage.FETCH, retry_after=30.0)
    trouble(inbox, "later", stream=throttled)
    inbox.deliver("after")
    for _ in range(6):
        assert inbox.run().code == "server-throttled"
    long_ago(minutes=60)
    assert inbox.run().code == "server-throttled"
    assert (inbox.stored(), cursor(inbox)) == ([], "0")


def test_server_that_asks_for_a_pause_is_asked_for_no_other_message(
    inbox: Inbox,
) -> None:
    """503 of Graph and Exchange, whatever its reason, with Retry-After."""
    pause = MailError(Code.GRAPH_UNAVAILABLE, Stage.FETCH, retry_after=30.0)
    for number in range(3):
        trouble(inbox, f"later {number}", stream=pause)
    assert inbox.run().code == "graph-unavailable"
    assert [inbox.server.count(verb) for verb in ("stream", "present")] == [1, 0]
    assert inbox.fetcher.state == RunState.THROTTLED


# left out


def test_message_that_is_left_out_and_there_is_not_passed_over(inbox: Inbox) -> None:
    """Once it may be gone and the server not know; then it is set aside."""
    inbox.deliver("before")
    trouble(inbox, "left out", stream="silent")
    inbox.deliver("after")
    cycle = inbox.run()
    assert (cycle.outcome, cycle.code) == (Outcome.FAILED, "protocol-error")
    assert (inbox.stored(), cursor(inbox)) == ([("before", "")], "1")
    assert inbox.run().outcome == Outcome.OK
    assert inbox.stored() == [
        ("before", ""),
        ("left out", "refused-by-server"),
        ("after", ""),
    ]


def test_message_of_which_nothing_comes_is_not_deleted(inbox: Inbox) -> None:
    """A server has no bytes of a damaged message; its owner may have it mended."""
    inbox.save(after_fetch="delete")
    damaged = trouble(inbox, "damaged", stream="empty")
    inbox.deliver("after")
    assert inbox.run().code == "protocol-error"
    assert inbox.run().outcome == Outcome.OK
    assert inbox.stored() == [("damaged", "refused-by-server"), ("after", "")]
    assert list(inbox.server.folder(ADDRESS).messages) == [damaged]


def test_message_that_is_empty_is_stored(inbox: Inbox) -> None:
    inbox.server.deliver(ADDRESS, b"")
    assert inbox.run().outcome == Outcome.OK
    assert inbox.client.messages.get().complete


def test_message_that_is_gone_is_passed_over(inbox: Inbox) -> None:
    inbox.deliver("one", "two", "three")
    messages = inbox.server.folder(ADDRESS).messages
    inbox.server.hook("stream", lambda: messages.pop(2, None))
    assert inbox.run().outcome == Outcome.OK
    assert (inbox.stored(), cursor(inbox)) == ([("one", ""), ("three", "")], "3")


# a connection that breaks


def test_message_that_breaks_the_connection_is_found_and_left_behind(
    inbox: Inbox,
) -> None:
    inbox.deliver("before")
    trouble(inbox, "breaks it", stream=HANG_UP)
    inbox.deliver("after")
    inbox.server.folder(ADDRESS).messages[1].troubles["stream"] = HANG_UP
    assert inbox.run().evidence["message"] == 1
    inbox.server.folder(ADDRESS).messages[1].troubles.clear()
    for _ in range(5):
        assert inbox.run().evidence["message"] == 2
    assert inbox.stored() == [("before", "")]
    assert inbox.run().outcome == Outcome.FAILED
    long_ago(minutes=15)
    assert inbox.run().outcome == Outcome.OK
    assert inbox.stored() == [
        ("before", ""),
        ("breaks it", "refused-by-server"),
        ("after", ""),
    ]


def test_first_messages_after_a_break_go_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "WINDOW_MESSAGES", 3)
    listed = [Listed(number, 1, None) for number in range(1, 9)]
    now = timezone.now()
    broke = Past(1, 0, now, How.BROKEN, False)
    refused, given_up = replace(broke, how=How.REFUSED), replace(broke, late=2)

    def sizes(past: dict[int, Past]) -> list[int]:
        return [len(window) for window in windows(listed, past=past)]

    assert sizes({}) == [3, 3, 2]
    assert sizes({1: broke}) == [1, 1, 1, 3, 2]
    assert sizes({2: broke}) == [3, 3, 2]
    assert sizes({1: refused}) == [3, 3, 2]
    assert sizes({1: given_up}) == [3, 3, 2]
    assert list(windows([], past={1: broke})) == []


def test_windows_are_of_bytes_too() -> None:
    sizes = [1, bodies.WINDOW_BYTES, 5, bodies.WINDOW_BYTES - 5, 1]
    listed = [Listed(number, size, None) for number, size in enumerate(sizes, 1)]
    assert [[one.id for one in w] for w in windows(listed)] == [[1], [2], [3, 4], [5]]


# sizes


def test_body_larger_than_it_was_said_to_be_leaves_its_header(inbox: Inbox) -> None:
    inbox.save(maximum_msg_size=1024)
    number = inbox.server.deliver(ADDRESS, letter("huge", "x" * 3_000_000))
    inbox.server.folder(ADDRESS).messages[number].told = 10
    inbox.deliver("small")
    assert inbox.run().outcome == Outcome.OK
    assert inbox.stored() == [("huge", "too-large"), ("small", "")]
    header = letter("huge").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert parse.raw(inbox.client.messages.get(subject="huge")) == header


# what counts


@pytest.mark.parametrize(
    ("times", "late", "minutes", "slow", "reason", "hopeless"),
    [
        (1, 1, 600, True, "", False),
        (2, 2, 0, True, "too-slow", False),
        (4, 4, 0, True, "too-slow", True),
        (4, 0, 600, False, "", False),
        (9, 0, 14, False, "", False),
        (5, 1, 15, False, "refused-by-server", False),
        (5, 1, 15, True, "too-slow", False),
        (10, 0, 15, False, "refused-by-server", True),
    ],
)
def test_when_a_message_is_given_up(
    times: int, late: int, minutes: int, slow: bool, reason: str, hopeless: bool
) -> None:
    now = timezone.now()
    past = Past(times, late, now - timedelta(minutes=minutes), How.BROKEN, slow)
    assert (past.given_up(now), past.hopeless(now)) == (reason, hopeless)

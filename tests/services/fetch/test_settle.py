"""Settling where the server does it for some messages and not for others."""

from __future__ import annotations

import pytest
from django.utils import timezone

from mailboxes.core.choices import Outcome, Protocol, SettleState, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import Location
from mailboxes.services.numbering import numbered
from mailboxes.transports import registry
from mailboxes.transports.memory import MemoryInbound
from mailboxes.transports.memory_keyed import MemoryKeyed, MemoryUndated
from mailboxes.transports.memory_server import MemoryServer
from mailboxes.transports.settling import Answers
from tests.services.conftest import ADDRESS, Inbox, make_inbox

HELD = MailError(
    Code.GRAPH_ACCESS_DENIED,
    Stage.SETTLE,
    permanent=True,
    evidence={"answer": "ErrorMoveCopyFailed"},
)
PENDING, DONE, GONE = SettleState.PENDING, SettleState.DONE, SettleState.GONE

pytestmark = pytest.mark.django_db


def states(inbox: Inbox) -> dict[str, int]:
    """How many locations of the mailbox there are in each state."""
    rows = Location.objects.filter(source__pop_client=inbox.client)
    found = list(rows.values_list("settle", flat=True))
    return {state: found.count(state) for state in sorted(set(found))}


def filled(memory: MemoryServer, count: int) -> Inbox:
    inbox = make_inbox(memory)
    inbox.save(after_fetch="delete")
    inbox.deliver(*[f"number {n}" for n in range(count)])
    return inbox


def hold(inbox: Inbox, *ids: int) -> None:
    """The server refuses to touch these."""
    messages = inbox.server.folder(ADDRESS).messages
    for number in ids:
        messages[number].troubles["settle"] = HELD


@pytest.mark.parametrize("kind", [MemoryInbound, MemoryKeyed])
def test_refused_message_keeps_no_other(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch, kind: type
) -> None:
    monkeypatch.setattr(kind, "settles_at_once", 3)
    numbered.cache_clear()
    with registry.override(inbound={Protocol.IMAP: kind}):
        inbox = filled(memory, 9)
        hold(inbox, 1)
        first = inbox.run()
        assert (first.outcome, first.code) == (Outcome.FAILED, HELD.code)
        assert (first.settled, states(inbox)) == (8, {DONE: 8, PENDING: 1})
        assert list(memory.folder(ADDRESS).messages) == [1]
        # It is tried again, and shown, as long as it is there.
        second = inbox.run()
        assert (second.outcome, second.settled) == (Outcome.FAILED, 0)
        del memory.folder(ADDRESS).messages[1].troubles["settle"]
        assert inbox.run().outcome == Outcome.OK
    numbered.cache_clear()
    assert states(inbox) == {DONE: 9}


def test_refused_messages_wait_behind_those_that_were_not_tried(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryInbound, "settles_at_once", 2)
    inbox = filled(memory, 8)
    hold(inbox, 1, 2, 3, 4, 5, 6)
    # Two calls of which nothing comes, and the cycle asks no more.
    assert inbox.run().settled == 0
    assert memory.count("settle") == 2
    assert inbox.run().settled == 2
    assert states(inbox) == {DONE: 2, PENDING: 6}


def test_missing_folder_costs_one_call_for_any_number(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryInbound, "settles_at_once", 2)
    inbox = filled(memory, 9)
    inbox.save(after_fetch="move", after_fetch_folder="Done")
    assert inbox.run().code == Code.FOLDER_TARGET_MISSING
    assert memory.count("settle") == 1
    memory.folder(ADDRESS, "Done")
    assert inbox.run().settled == 9


class Blunt(MemoryInbound):
    """Does nothing for any where it refuses one, as IMAP answers a command."""

    held: int = 0

    def settle(self, ids, action, target=""):  # type: ignore[no-untyped-def]
        wanted = list(ids)
        if self.held in wanted:
            self._call("settle", Stage.SETTLE)
            raise HELD
        return super().settle(wanted, action, target)


@pytest.mark.parametrize("dead", [False, True], ids=["refuses", "hangs up"])
def test_one_of_many_is_found_by_halves(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch, dead: bool
) -> None:
    if dead:
        monkeypatch.setattr(Blunt, "alive", lambda self: False)
    monkeypatch.setattr(Blunt, "held", 5)
    monkeypatch.setattr(Blunt, "settles_at_once", 8)
    with registry.override(inbound={Protocol.IMAP: Blunt}):
        inbox = filled(memory, 16)
        pending = []
        while len(pending) < 6 and states(inbox).get(PENDING) != 1:
            inbox.run()
            pending.append(states(inbox)[PENDING])
    assert states(inbox) == {DONE: 15, PENDING: 1}
    assert list(memory.folder(ADDRESS).messages) == [5]


class Touchy(MemoryInbound):
    """Fails where it is asked for the time of one message."""

    held: int = 0

    def arrivals(self, ids):  # type: ignore[no-untyped-def]
        wanted = list(ids)
        if self.held in wanted:
            raise MailError(Code.PROTOCOL_ERROR, Stage.LIST)
        return super().arrivals(wanted)


@pytest.mark.parametrize("dead", [False, True], ids=["refuses", "hangs up"])
def test_message_that_cannot_be_compared_keeps_no_other(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch, dead: bool
) -> None:
    monkeypatch.setattr(Touchy, "settles_at_once", 4)
    with registry.override(inbound={Protocol.IMAP: Touchy}):
        inbox = filled(memory, 8)
        inbox.server.fail("settle", MailError(Code.CONNECTION_LOST, Stage.SETTLE))
        inbox.run()
        monkeypatch.setattr(Touchy, "held", 2)
        if dead:
            monkeypatch.setattr(Touchy, "alive", lambda self: False)
        for _ in range(8):
            inbox.run()
    assert states(inbox) == {DONE: 7, PENDING: 1}
    assert list(memory.folder(ADDRESS).messages) == [2]


def test_message_that_was_gone_is_told_from_those_that_were_settled(
    memory: MemoryServer,
) -> None:
    inbox = filled(memory, 4)
    hold(inbox, 1)
    memory.hook("settle", lambda: memory.folder(ADDRESS).messages.pop(3, None))
    inbox.run()
    assert states(inbox) == {DONE: 2, GONE: 1, PENDING: 1}


class Slow(MemoryUndated):
    """Has time for two of each call, as POP3 whose session must end by QUIT."""

    def settle(self, keys, action, target=""):  # type: ignore[no-untyped-def]
        wanted, said = list(keys), Answers[str]()
        said.gone |= super().settle(wanted[:2], action, target)
        said.leave(wanted[2:])
        return said.result()


def test_what_there_was_no_time_for_is_done_by_the_next_cycle_at_once(
    memory: MemoryServer,
) -> None:
    with registry.override(inbound={Protocol.IMAP: Slow}):
        inbox = filled(memory, 5)
        cycles = []
        for _ in range(3):
            cycle = inbox.run()
            due = inbox.fetcher.next_due <= timezone.now()
            cycles.append((cycle.outcome, cycle.code, cycle.settled, due))
    assert cycles == [
        (Outcome.PARTIAL, "", 2, True),
        (Outcome.PARTIAL, "", 2, True),
        (Outcome.OK, "", 1, False),
    ]
    assert states(inbox) == {DONE: 5}

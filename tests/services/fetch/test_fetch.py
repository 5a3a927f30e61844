"""Fetching: every message once, whatever happens in between."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from mailboxes.core.choices import Outcome, RunState, SettleState, Stage
from mailboxes.core.errors import Code, LeaseLost, MailError
from mailboxes.models import Cycle, Fetcher, Location, Message, MessageChunk
from mailboxes.services import fetch, instance, parse
from mailboxes.services.fetch import bodies, cycle as fetch_cycle, settle, store
from mailboxes.services.worker import leases, pool
from mailboxes.transports.memory_server import MemoryServer
from tests.services.conftest import ADDRESS, Inbox, letter, make_inbox


def run(inbox: Inbox, stop: Callable[[], bool] = lambda: False) -> Cycle:
    """Claim the mailbox and run one cycle."""
    fetcher = leases.claim(Fetcher.objects.all(), inbox.fetcher.pk)
    assert fetcher is not None
    return fetch_cycle.FetchCycle(fetcher, stop).run()


def stored_digests(inbox: Inbox) -> list[str]:
    return sorted(
        hashlib.sha256(parse.raw(message)).hexdigest()
        for message in inbox.client.messages.all()
    )


def server_digests(inbox: Inbox) -> list[str]:
    folder = inbox.server.folder(ADDRESS, "INBOX")
    return sorted(
        hashlib.sha256(one.data).hexdigest() for one in folder.messages.values()
    )


def test_messages_are_stored_once_and_parsed(inbox: Inbox) -> None:
    inbox.deliver("one", "two")
    first, second = run(inbox), run(inbox)
    assert (first.outcome, first.stored, second.outcome, second.stored) == (
        Outcome.OK,
        2,
        Outcome.OK,
        0,
    )
    assert inbox.subjects() == ["one", "two"]
    assert stored_digests(inbox) == server_digests(inbox)
    assert inbox.fetcher.messages == 2
    assert inbox.fetcher.recent == "oo"


def test_bad_header_stops_no_mailbox(inbox: Inbox) -> None:
    bad = b"Subject: =?utf-8?b?abcde?=\r\nMessage-ID: =?utf-8?b?abcde?=\r\n\r\nx\r\n"
    inbox.server.deliver(ADDRESS, bad)
    inbox.deliver("after it")
    cycle = run(inbox)
    assert (cycle.outcome, cycle.stored) == (Outcome.OK, 2)
    assert inbox.subjects() == ["=?utf-8?b?abcde?=", "after it"]


def test_from_now_leaves_what_was_there(inbox: Inbox) -> None:
    inbox.save(first_fetch="from-now")
    inbox.deliver("old")
    run(inbox)
    inbox.deliver("new")
    run(inbox)
    assert inbox.subjects() == ["new"]


def test_last_days_take_what_is_young_enough(inbox: Inbox) -> None:
    inbox.save(first_fetch="last-days", first_fetch_days=7)
    old = timezone.now() - timedelta(days=8)
    inbox.server.deliver(ADDRESS, letter("too old"), arrived=old)
    inbox.deliver("young")
    run(inbox)
    assert inbox.subjects() == ["young"]
    assert inbox.client.sources.get().cursor == "2"


def test_connection_and_sign_in_are_kept_between_cycles(inbox: Inbox) -> None:
    for _ in range(3):
        run(inbox)
    assert inbox.server.count("open") == 1


def test_cycle_keeps_the_revision_that_it_took(inbox: Inbox) -> None:
    """folder-path changes while the cycle runs: this one old, the next one new."""
    inbox.server.folder(ADDRESS, "Sales")
    inbox.deliver("in the inbox")
    inbox.deliver("in sales", folder="Sales")
    changed = []

    def change() -> None:
        if not changed:
            changed.append(inbox.save(folder_path="Sales"))

    inbox.server.hook("list", change)
    first = run(inbox)
    assert (first.revision.number, inbox.subjects()) == (1, ["in the inbox"])
    second = run(inbox)
    assert (second.revision.number, inbox.fetcher.revision.number) == (2, 2)
    assert inbox.client.sources.count() == 2


def test_no_transaction_is_open_while_a_server_is_spoken_to(
    transactional_db: None, memory: MemoryServer
) -> None:
    inbox = make_inbox(memory)
    inbox.save(after_fetch="mark-read")
    open_at: list[str] = []
    for verb in ("open", "select", "list", "stream", "headers", "settle", "alive"):
        memory.hook(
            verb,
            lambda verb=verb: (
                open_at.append(verb) if connection.in_atomic_block else None
            ),
        )
    inbox.deliver("one", "two")
    assert run(inbox).outcome == Outcome.OK
    assert run(inbox).outcome == Outcome.OK
    assert open_at == []


class Killed(BaseException):
    """The process dies here."""


STEPS = [
    (store, "_messages"),
    (store, "_chunks"),
    (store, "_locations"),
    (fetch_cycle.store, "write_window"),
    (fetch_cycle.parse, "parse_pending"),
    (parse, "_read"),
    (parse, "_write", 1),
    (fetch_cycle.settle, "settle_pending"),
    (settle, "_write", 1),
    (leases, "release"),
    (leases, "guard"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("module_name", STEPS, ids=lambda step: step[1])
def test_death_at_any_step_loses_and_doubles_nothing(
    transactional_db: None,
    memory: MemoryServer,
    monkeypatch: pytest.MonkeyPatch,
    module_name: tuple,
    after: bool,
) -> None:
    inbox = make_inbox(memory)
    inbox.save(after_fetch="mark-read")
    inbox.deliver(*[f"message {n}" for n in range(7)])
    monkeypatch.setattr(bodies, "WINDOW_MESSAGES", 3)
    module, name, *at = module_name
    fatal = at[0] if at else 2
    real = getattr(module, name)
    calls = []

    def dies(*args, **kwargs):
        calls.append(name)
        if len(calls) != fatal:
            return real(*args, **kwargs)
        if after:
            real(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(module, name, dies)
        for _ in range(3):
            try:
                run(inbox)
            except Killed:
                break
    assert len(calls) >= fatal
    Fetcher.objects.update(lease_until=timezone.now())
    pool.pool.close_all()
    last = run(inbox)
    assert last.outcome == Outcome.OK
    assert stored_digests(inbox) == server_digests(inbox)
    assert Location.objects.exclude(settle=SettleState.DONE).count() == 0
    assert Message.objects.filter(parse_state="pending").count() == 0
    assert Cycle.objects.filter(outcome=Outcome.RUNNING).count() == 0
    assert inbox.fetcher.messages == 7


@pytest.mark.parametrize("verb", ["open", "select", "list", "stream", "settle"])
def test_dropped_line_is_tried_again_and_nothing_doubled(
    inbox: Inbox, verb: str
) -> None:
    inbox.save(after_fetch="mark-read")
    inbox.deliver("one", "two", "three")
    after = 1 if verb == "stream" else 0
    inbox.server.fail(verb, MailError(Code.CONNECTION_LOST, Stage.FETCH), after=after)
    failed = run(inbox)
    assert (failed.outcome, failed.code) == (Outcome.FAILED, "connection-lost")
    assert inbox.fetcher.state == RunState.FAILING
    assert run(inbox).outcome == Outcome.OK
    assert stored_digests(inbox) == server_digests(inbox)
    assert (inbox.fetcher.state, inbox.fetcher.code) == (RunState.ACTIVE, "")


def test_holder_past_its_lease_writes_nothing(inbox: Inbox) -> None:
    inbox.deliver("one")
    stolen = []

    def steal() -> None:
        if not stolen:
            before = timezone.now() - timedelta(seconds=1)
            Fetcher.objects.update(lease_until=before)
            stolen.append(leases.claim(Fetcher.objects.all(), inbox.fetcher.pk))

    inbox.server.hook("stream", steal)
    with pytest.raises(LeaseLost):
        run(inbox)
    assert (inbox.subjects(), inbox.client.sources.get().cursor) == ([], "0")
    assert Cycle.objects.get().outcome == Outcome.LOST
    leases.release(stolen[0])
    assert run(inbox).stored == 1


def test_renumbered_folder_counts_copies(inbox: Inbox) -> None:
    inbox.deliver("once")
    for _ in range(2):
        inbox.server.deliver(ADDRESS, letter("twice"))
    run(inbox)
    folder = inbox.server.folder(ADDRESS, "INBOX")
    folder.renumber("2")
    inbox.server.deliver(ADDRESS, letter("twice"))
    inbox.deliver("new after")
    cycle = run(inbox)
    assert (cycle.matched, cycle.stored) == (3, 2)
    assert stored_digests(inbox) == server_digests(inbox)


def test_too_large_message_leaves_its_header_in_quarantine(inbox: Inbox) -> None:
    inbox.save(maximum_msg_size=1024, after_fetch="delete")
    inbox.server.deliver(ADDRESS, letter("huge", "x" * 5000))
    inbox.deliver("small")
    cycle = run(inbox)
    huge = Message.objects.get(subject="huge")
    assert (huge.parse_state, huge.reason, huge.complete) == (
        "quarantined",
        "too-large",
        False,
    )
    assert (cycle.quarantined, cycle.stored) == (1, 2)
    kept = inbox.server.folder(ADDRESS, "INBOX").messages
    assert [letter("huge", "x" * 5000)] == [one.data for one in kept.values()]


def test_large_body_lies_in_chunks_of_a_megabyte(inbox: Inbox) -> None:
    inbox.server.deliver(ADDRESS, letter("big", "y" * 2_500_000))
    run(inbox)
    sizes = [len(c.data) for c in MessageChunk.objects.order_by("number")]
    assert (len(sizes), max(sizes) <= 1 << 20) == (3, True)
    assert stored_digests(inbox) == server_digests(inbox)


def test_cycle_takes_at_most_its_number_and_goes_on_at_once(inbox: Inbox) -> None:
    inbox.save(maximum_msg_number=2)
    inbox.deliver("a", "b", "c")
    cycle = run(inbox)
    assert (cycle.outcome, cycle.stored) == (Outcome.PARTIAL, 2)
    assert inbox.fetcher.next_due <= timezone.now()
    assert run(inbox).stored == 1
    assert inbox.subjects() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("action", "left", "seen"),
    [("leave", 2, 0), ("mark-read", 2, 2), ("delete", 0, 0), ("move", 0, 0)],
)
def test_settling(inbox: Inbox, action: str, left: int, seen: int) -> None:
    inbox.server.folder(ADDRESS, "Done")
    inbox.save(after_fetch=action, after_fetch_folder="Done")
    inbox.deliver("one", "two")
    cycle = run(inbox)
    messages = inbox.server.folder(ADDRESS, "INBOX").messages.values()
    moved = inbox.server.folder(ADDRESS, "Done").messages
    assert (len(messages), sum(m.seen for m in messages)) == (left, seen)
    assert len(moved) == (2 if action == "move" else 0)
    assert cycle.settled == (0 if action == "leave" else 2)


def test_missing_target_folder_fails_the_cycle_but_mail_is_stored(
    inbox: Inbox,
) -> None:
    inbox.save(after_fetch="move", after_fetch_folder="Nowhere")
    inbox.deliver("one")
    cycle = run(inbox)
    assert (cycle.outcome, cycle.code) == (Outcome.FAILED, "folder-target-missing")
    assert inbox.subjects() == ["one"]


def test_wrong_password_stops_after_the_second_refusal(inbox: Inbox) -> None:
    inbox.server.add_account(ADDRESS, password="changed")
    states = []
    for _ in range(2):
        run(inbox)
        states.append(inbox.fetcher.state)
    assert states == [RunState.FAILING, RunState.STOPPED]
    assert fetch.due().count() == 0


def test_hold_ends_a_cycle_at_its_window(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "WINDOW_MESSAGES", 1)
    inbox.deliver("one", "two")
    inbox.server.hook("stream", lambda: instance.hold("test"))
    cycle = run(inbox)
    assert (cycle.outcome, inbox.subjects()) == (Outcome.PARTIAL, ["one"])
    assert inbox.fetcher.lease_until is None


def test_unexpected_failure_is_recorded_and_the_mailbox_is_tried_again(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_messages", lambda *a: 1 / 0)
    inbox.deliver("one")
    cycle = run(inbox)
    assert (cycle.outcome, cycle.code, cycle.evidence) == (
        Outcome.FAILED,
        "internal-error",
        {"error": "ZeroDivisionError"},
    )
    monkeypatch.undo()
    assert run(inbox).stored == 1


def test_two_processes_at_one_mailbox_store_once(
    transactional_db: None, memory: MemoryServer
) -> None:
    inbox = make_inbox(memory)
    inbox.deliver(*[f"m{n}" for n in range(30)])
    claimed: list[int] = []

    def race() -> None:
        try:
            row = leases.claim(Fetcher.objects.all(), inbox.fetcher.pk)
            if row is not None:
                claimed.append(row.fence)
                fetch_cycle.FetchCycle(row, lambda: False).run()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) >= 1
    assert stored_digests(inbox) == server_digests(inbox)


def test_idle_cycle_needs_few_queries(
    inbox: Inbox, django_assert_max_num_queries
) -> None:
    inbox.deliver("one")
    run(inbox)
    with django_assert_max_num_queries(22):
        run(inbox)

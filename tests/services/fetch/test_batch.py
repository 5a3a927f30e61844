"""Batches: what is due is served, whatever one of the mailboxes does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from mailboxes.core.choices import Outcome
from mailboxes.models import Batch, Cycle, Fetcher, Message
from mailboxes.services import fetch
from mailboxes.services.fetch import bodies
from mailboxes.services.worker import leases, pool
from mailboxes.transports.memory_server import MemoryServer
from tests.servers.process import wait_for
from tests.services.conftest import make_inbox

OTHER = "sales@contoso.example"
HOUR = timedelta(hours=1)


def new_batch() -> Batch:
    return Batch.objects.create(kind=Batch.Kind.FETCH, created_at=timezone.now())


class Running:
    """A batch that runs in a thread of its own."""

    def __init__(self) -> None:
        self.row = new_batch()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Running:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        Batch.objects.update(stop=True)
        self._thread.join()

    def _run(self) -> None:
        try:
            fetch.run_fetch_batch(self.row.pk)
        finally:
            connections.close_all()


@pytest.fixture
def slow(memory: MemoryServer) -> Iterator[MemoryServer]:
    """Another server, of an account of its own."""
    with MemoryServer("slow.contoso.example") as server:
        server.add_account(OTHER, password="right")
        yield server
        pool.pool.close_all()


def test_batch_fetches_what_is_due_and_ends_when_nothing_is(
    transactional_db: None, memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "IDLE_SECONDS", 0.1)
    inbox = make_inbox(memory)
    inbox.deliver("one", "two")
    batch = Batch.objects.create(kind=Batch.Kind.FETCH, created_at=timezone.now())
    fetch.run_fetch_batch(batch.pk)
    fetch.run_fetch_batch(batch.pk)  # delivered twice
    batch.refresh_from_db()
    assert (batch.ended_at is not None, Cycle.objects.count()) == (True, 1)
    assert inbox.subjects() == ["one", "two"]


def test_batch_stops_when_it_is_asked_to(
    transactional_db: None, memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "WINDOW_MESSAGES", 1)
    inbox = make_inbox(memory)
    inbox.deliver(*[f"m{n}" for n in range(20)])
    batch = Batch.objects.create(kind=Batch.Kind.FETCH, created_at=timezone.now())

    def ask() -> None:
        Batch.objects.update(stop=True)
        asked.wait(0.6)

    asked = threading.Event()
    memory.hook("stream", ask)
    fetch.run_fetch_batch(batch.pk)
    assert {cycle.outcome for cycle in Cycle.objects.all()} == {Outcome.PARTIAL}
    assert 0 < Message.objects.count() < 20


def test_slow_mailbox_holds_nobody(
    transactional_db: None,
    memory: MemoryServer,
    slow: MemoryServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What becomes due long after the last finished cycle is served beside it."""
    monkeypatch.setattr(fetch, "IDLE_SECONDS", 0.1)
    monkeypatch.setattr(fetch, "LOOK_BESIDE", 0.02)
    inbox, hung = make_inbox(memory), make_inbox(slow, OTHER)
    over = threading.Event()
    slow.hook("list", lambda: over.wait(20))
    looks: list[float] = []
    claim_next = fetch.claim_next

    def looking(*, working: bool) -> Fetcher | None:
        looks.append(time.monotonic())
        return claim_next(working=working)

    monkeypatch.setattr(fetch, "claim_next", looking)
    with Running():
        wait_for(lambda: Cycle.objects.filter(outcome=Outcome.OK).count() == 1, "first")
        idle = time.monotonic() + 0.2
        wait_for(lambda: len([at for at in looks if at > idle]) > 2, "looks")
        inbox.deliver("late")
        Fetcher.objects.filter(pk=inbox.fetcher.pk).update(next_due=timezone.now())
        wait_for(lambda: inbox.subjects() == ["late"], "the other mailbox")
        assert Cycle.objects.get(pop_client=hung.client).outcome == Outcome.RUNNING
        over.set()
    assert Cycle.objects.get(pop_client=hung.client).outcome == Outcome.OK


def test_batch_gives_up_its_connections_at_its_limit(
    transactional_db: None, memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "LIMIT", 0.0)
    monkeypatch.setattr(fetch, "SECONDS", 0.5)
    inbox = make_inbox(memory)
    inbox.deliver("one")
    fetch.run_fetch_batch(new_batch().pk)
    found = set(Cycle.objects.values_list("outcome", "code", "stage"))
    assert found == {("failed", "read-timeout", "mailbox")}
    assert memory.open_connections == 0


class Worker:
    """In place of a thread: alive until it was waited for so many times."""

    def __init__(self, waits: int) -> None:
        self.waits = waits
        self.asked = 0

    def is_alive(self) -> bool:
        self.asked += 1
        assert self.asked < 100, "the batch spins"
        return self.waits > 0

    def join(self, timeout: float) -> None:
        assert timeout == fetch.LOOK
        self.waits -= 1


def test_batch_waits_between_its_looks_after_its_first_thread_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[fetch._Run] = []
    monkeypatch.setattr(fetch._Run, "_look", lambda run: looks.append(run))
    first, slow = Worker(1), Worker(3)
    fetch._Run(0)._watch([first, slow])
    assert (len(looks), first.waits, slow.waits) == (4, 0, 0)


def kill_connection() -> None:
    """Ends this thread's connection to the database, as a restart of its server."""
    connections["default"].ensure_connection()
    connections["default"].connection.close()


def test_batch_goes_on_after_its_connection_to_the_database_died(
    transactional_db: None, memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own and a cycle's: beats, renewals and ends are written over new ones."""
    monkeypatch.setattr(fetch, "RENEW_EVERY", 0.0)
    inbox = make_inbox(memory)
    inbox.deliver("one")
    look, looked, killed = fetch._Run._look, threading.Event(), []

    def dies_once(run: fetch._Run) -> None:
        if not killed:
            killed.append("look")
            kill_connection()
            look(run)
        look(run)
        looked.set()

    def list_dies_once() -> None:
        assert looked.wait(10)
        if "list" not in killed:
            killed.append("list")
            kill_connection()

    monkeypatch.setattr(fetch._Run, "_look", dies_once)
    memory.hook("list", list_dies_once)
    with Running() as batch:
        wait_for(lambda: inbox.subjects() == ["one"], "the message")
    batch.row.refresh_from_db()
    assert batch.row.ended_at is not None
    assert batch.row.cycles == 2
    found = Cycle.objects.order_by("pk").values_list("outcome", "code")
    assert list(found) == [("failed", "database-busy"), ("ok", "")]
    assert killed == ["look", "list"]


def test_batch_says_once_that_it_waits_for_the_database(
    transactional_db: None,
    memory: MemoryServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(fetch, "AWAY", 0.01)
    inbox = make_inbox(memory)
    inbox.deliver("one")
    claim, refused = fetch.claim_next, []

    def is_away(*, working: bool) -> Fetcher | None:
        if len(refused) < 40:
            refused.append(1)
            raise OperationalError("connection refused")
        return claim(working=working)

    monkeypatch.setattr(fetch, "claim_next", is_away)
    with Running() as batch:
        wait_for(lambda: inbox.subjects() == ["one"], "the message")
    said = [one for one in caplog.records if one.name == fetch.logger.name]
    assert [(one.getMessage(), one.exc_info) for one in said] == [
        (f"batch {batch.row.pk} waits for the database: connection refused", None)
    ]


def test_unexpected_failure_of_a_mailbox_ends_no_thread(
    transactional_db: None,
    memory: MemoryServer,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    settings.MAILADMIN_FETCH_THREADS = 1
    run, failed = fetch.FetchCycle.run, []
    inbox = make_inbox(memory)
    inbox.deliver("one")

    def fails_once(cycle: fetch.FetchCycle) -> Cycle:
        if not failed:
            failed.append("once")
            Fetcher.objects.update(lease_until=timezone.now())
            raise OverflowError("nobody thought of it")
        return run(cycle)

    monkeypatch.setattr(fetch.FetchCycle, "run", fails_once)
    with Running():
        wait_for(lambda: inbox.subjects() == ["one"], "the message")
    assert Cycle.objects.get().outcome == Outcome.OK


def test_lease_of_a_single_cycle_is_kept_after_the_database_was_away(
    transactional_db: None, memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "RENEW_EVERY", 0.01)
    inbox, renew = make_inbox(memory), leases.renew
    renewed: list[bool] = []
    again = threading.Event()

    def dies_once(fetcher: Fetcher) -> bool:
        if not again.is_set() and not renewed:
            renewed.append(False)
            kill_connection()
        renewed.append(renew(fetcher))
        again.set()
        return renewed[-1]

    monkeypatch.setattr(leases, "renew", dies_once)
    memory.hook("list", lambda: again.wait(10))
    assert fetch.fetch_now(inbox.client.pk).outcome == Outcome.OK
    assert renewed[:2] == [False, True]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "waits"),
    [
        pytest.param({"started_at": 1}, True, id="claims-mailboxes"),
        pytest.param({"started_at": 1, "ended_at": 0}, False, id="has-ended"),
        pytest.param({"started_at": 55}, False, id="waits-for-a-slow-one"),
        pytest.param({"started_at": 1, "stop": True}, False, id="was-asked-to-end"),
        pytest.param(None, False, id="is-gone"),
    ],
)
def test_mailbox_waits_for_its_process_only_while_that_claims(
    memory: MemoryServer, state: dict[str, Any] | None, waits: bool
) -> None:
    inbox = make_inbox(memory)
    now = timezone.now()
    Fetcher.objects.update(preferred="a:1:2", next_due=now)
    if state is not None:
        times = {
            name: now - timedelta(seconds=value)
            for name, value in state.items()
            if name != "stop"
        }
        Batch.objects.create(
            kind=Batch.Kind.FETCH,
            owner="a:1:2",
            created_at=now,
            stop=bool(state.get("stop")),
            **times,
        )
    claimed = fetch.claim_next()
    assert (claimed is None) is waits
    Fetcher.objects.update(next_due=now - fetch.ELSEWHERE, lease_until=None)
    late = fetch.claim_next()
    assert late is not None and late.pop_client_id == inbox.client.pk


def test_mailboxes_that_fail_and_hang_leave_threads_to_those_that_work(
    transactional_db: None, memory: MemoryServer, slow: MemoryServer, settings: Any
) -> None:
    """A provider is away that many have: they come first, for they have waited."""
    settings.MAILADMIN_FETCH_THREADS = 4
    now = timezone.now()
    for number in range(8):
        address = f"m{number}@contoso.example"
        slow.add_account(address, password="right")
        make_inbox(slow, address)
    Fetcher.objects.update(code="connect-timeout", state="failing", next_due=now - HOUR)
    inbox = make_inbox(memory)
    inbox.deliver("one")
    over = threading.Event()
    slow.hook("list", lambda: over.wait(20))
    try:
        with Running():
            wait_for(lambda: inbox.subjects() == ["one"], "the mailbox that works")
            running = Cycle.objects.filter(outcome=Outcome.RUNNING)
            wait_for(lambda: running.count() == 2, "half of the threads")
            over.set()
            wait_for(lambda: Fetcher.objects.filter(code="").count() == 9, "the others")
    finally:
        over.set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stage", "works"), [("", True), ("settle", True), ("tcp", False)]
)
def test_mailbox_that_only_cannot_be_settled_works(
    memory: MemoryServer, stage: str, works: bool
) -> None:
    """Its mail comes at each cycle, so it waits for no outage of others."""
    make_inbox(memory)
    code = "folder-target-missing" if stage == "settle" else "connect-timeout"
    Fetcher.objects.update(code=code if stage else "", stage=stage)
    assert (fetch.claim_next(working=True) is not None) is works


def test_mailboxes_that_only_cannot_be_settled_have_all_threads(
    transactional_db: None, memory: MemoryServer, slow: MemoryServer, settings: Any
) -> None:
    settings.MAILADMIN_FETCH_THREADS = 4
    for number in range(4):
        address = f"m{number}@contoso.example"
        slow.add_account(address, password="right")
        make_inbox(slow, address)
    Fetcher.objects.update(
        code="folder-target-missing", stage="settle", state="failing"
    )
    over = threading.Event()
    slow.hook("list", lambda: over.wait(20))
    running = Cycle.objects.filter(outcome=Outcome.RUNNING)
    try:
        with Running():
            wait_for(lambda: running.count() == 4, "all threads")
            over.set()
    finally:
        over.set()

"""Batches of connection tests: claiming, two at a time, hanging servers, the end."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from mailboxes import tasks
from mailboxes.models import Batch, TestRun
from mailboxes.services import connection_test, instance
from mailboxes.services.connection_test import batch as connection_test_batch, rows
from mailboxes.services.connection_test.batch import run_test_batch
from mailboxes.services.worker import batches, due, leases, schedule
from mailboxes.services.worker.ticker import Ticker
from tests.fixtures.connection_tests import shown
from tests.fixtures.product import wait_for
from tests.services.conftest import Inbox
from tests.services.worker.test_ticker import worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches that end as soon as nothing is queued."""
    monkeypatch.setattr(connection_test_batch, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(connection_test_batch, "LOOK", 0.02)


def batch() -> Batch:
    now = timezone.now()
    return Batch.objects.create(kind=Batch.Kind.TEST, created_at=now, worker="a:1")


class InThread(threading.Thread):
    """Runs a batch beside the test."""

    def __init__(self, pk: int) -> None:
        super().__init__(daemon=True)
        self._batch = pk

    def run(self) -> None:
        try:
            run_test_batch(self._batch)
        finally:
            connections.close_all()


def test_batch_carries_out_what_is_queued_and_ends(inbox: Inbox) -> None:
    run = connection_test.ask(inbox.client, None)
    made = batch()
    tasks.test_batch(made.pk)
    made.refresh_from_db()
    run.refresh_from_db()
    assert (run.state, run.owner) == ("passed", leases.owner())
    assert made.ended_at is not None


def test_batch_that_was_begun_is_not_begun_again(inbox: Inbox) -> None:
    made = batch()
    run_test_batch(made.pk)
    run = connection_test.ask(inbox.client, None)
    run_test_batch(made.pk)
    run.refresh_from_db()
    assert run.state == "queued"


def test_two_batches_make_each_test_once(inbox: Inbox, memory: Any) -> None:
    run = connection_test.ask(inbox.client, None)
    threads = [InThread(batch().pk) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    run.refresh_from_db()
    assert run.state == "passed"
    assert memory.count("open") == 1


def test_run_that_is_claimed_cannot_be_claimed_again(inbox: Inbox) -> None:
    run = connection_test.ask(inbox.client, None)
    assert (rows.claim(run.pk), rows.claim(run.pk)) == (True, False)


def test_server_that_hangs_is_given_up_and_holds_nobody(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()

    def hang() -> None:
        """From now on the time of the run is over."""
        for name in ("SECONDS", "GRACE", "BEAT"):
            monkeypatch.setattr(connection_test_batch, name, 0.0)
        go.wait(20)

    inbox.server.hook("select", hang)
    run = connection_test.ask(inbox.client, None)
    try:
        run_test_batch(batch().pk)
        run.refresh_from_db()
        assert run.state == "failed"
        last = run.checks.last()
        assert (last.stage, last.state, last.code) == (
            "mailbox",
            "failed",
            "read-timeout",
        )
        assert last.milliseconds is not None
    finally:
        go.set()
    wait_for(lambda: inbox.server.open_connections == 0, 10, "the thread to end", 0.02)
    run.refresh_from_db()
    assert (run.state, run.checks.last().state) == ("failed", "failed")


def test_batch_that_is_stopped_ends_after_the_test_it_makes(inbox: Inbox) -> None:
    made, go = batch(), threading.Event()
    inbox.server.hook("select", lambda: go.wait(20))
    run = connection_test.ask(inbox.client, None)
    thread = InThread(made.pk)
    thread.start()
    wait_for(lambda: "s:mailbox running" in shown(run), 10, "the last check", 0.02)
    batches.ask_to_stop("a:1")
    go.set()
    thread.join(10)
    assert not thread.is_alive()
    run.refresh_from_db()
    assert run.state == "passed"


def test_running_test_gives_signs_of_life(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_test_batch, "BEAT", 0.0)
    go = threading.Event()
    inbox.server.hook("select", lambda: go.wait(20))
    run = connection_test.ask(inbox.client, None)
    thread = InThread(batch().pk)
    thread.start()
    wait_for(lambda: "s:mailbox running" in shown(run), 10, "the last check", 0.02)
    old = timezone.now() - timedelta(minutes=5)
    TestRun.objects.update(beat_at=old)
    wait_for(
        lambda: TestRun.objects.get().beat_at > old + timedelta(minutes=1),
        10,
        "a sign of life",
        0.02,
    )
    go.set()
    thread.join(10)


def test_tests_of_a_worker_that_died_are_lost(inbox: Inbox) -> None:
    run = connection_test.ask(inbox.client, None)
    rows.claim(run.pk)
    made = batch()
    Batch.objects.filter(pk=made.pk).update(
        owner=leases.owner(), started_at=timezone.now()
    )
    assert batches.drop_of("a:1") == 1
    run.refresh_from_db()
    assert run.state == "lost"


# following a test from a terminal


def test_follow_makes_the_test_here_and_gives_each_check(inbox: Inbox) -> None:
    run = connection_test.ask(inbox.client, None)
    ended = [check.stage for check in connection_test_batch.follow(run)]
    assert ended == ["fields", "dns", "tcp", "tls", "greeting", "sign-in", "mailbox"]


def test_follow_waits_for_a_test_that_another_process_makes(inbox: Inbox) -> None:
    run = connection_test.ask(inbox.client, None)
    thread = InThread(batch().pk)
    inbox.server.hook("open", lambda: None)
    thread.start()
    wait_for(lambda: TestRun.objects.get().state != "queued", 10, "the claim", 0.02)
    ended = [check.state for check in connection_test_batch.follow(run)]
    thread.join(10)
    assert ended == ["passed"] * 7
    assert inbox.server.count("open") == 1


# the ticker


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    put: list[tuple[Any, ...]] = []
    monkeypatch.setattr(schedule, "enqueue", lambda *args: put.append(args))
    monkeypatch.setattr(due, "fetching", lambda: False)
    monkeypatch.setattr(due, "sending", lambda: False)
    return put


def test_ticker_opens_one_batch_for_queued_tests(
    inbox: Inbox, queue: list[tuple[Any, ...]]
) -> None:
    worker("a:1")
    one = Ticker("a:1")
    assert one.tick() == []
    connection_test.ask(inbox.client, None)
    [opened] = one.tick()
    assert queue == [("a:1", "test_batch", opened.pk)]
    assert one.tick() == []


def test_ticker_uses_another_worker_when_a_test_waits_too_long(
    inbox: Inbox, queue: list[tuple[Any, ...]]
) -> None:
    worker("a:1")
    worker("b:1")
    one = Ticker("a:1")
    connection_test.ask(inbox.client, None)
    one.tick()
    assert one.tick() == []
    ago = timezone.now() - timedelta(seconds=4)
    TestRun.objects.update(asked_at=ago)
    one.tick()
    assert [args[:2] for args in queue] == [
        ("a:1", "test_batch"),
        ("b:1", "test_batch"),
    ]
    assert one.tick() == []


def test_tests_are_made_while_the_instance_is_held(
    inbox: Inbox, queue: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "fetching", lambda: True)
    worker("a:1")
    instance.hold("test")
    connection_test.ask(inbox.client, None)
    assert [batch.kind for batch in Ticker("a:1").tick()] == ["test"]


def test_ticker_gives_lost_tests_up(inbox: Inbox, queue: list[tuple[Any, ...]]) -> None:
    run = connection_test.ask(inbox.client, None)
    rows.claim(run.pk)
    TestRun.objects.update(beat_at=timezone.now() - timedelta(minutes=1))
    Ticker("a:1").tick()
    run.refresh_from_db()
    assert run.state == "lost"

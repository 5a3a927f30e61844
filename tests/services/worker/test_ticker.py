"""The tick: what is due becomes a batch, once, on a worker with room."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from mailboxes.models import Batch, Lease, Worker
from mailboxes.services import instance, retention
from mailboxes.services.worker import batches, due, schedule, ticker
from mailboxes.services.worker.ticker import Ticker
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def queue(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was put on queues; both directions have work."""
    put: list[tuple[Any, ...]] = []
    monkeypatch.setattr(schedule, "enqueue", lambda *args: put.append(args))
    monkeypatch.setattr(due, "fetching", lambda: True)
    monkeypatch.setattr(due, "sending", lambda: True)
    return put


def worker(name: str, *, beat: float = 0, probe: float | None = 0) -> Worker:
    now = timezone.now()
    return Worker.objects.create(
        name=name,
        started_at=now,
        beat_at=now - timedelta(seconds=beat),
        probe_at=None if probe is None else now - timedelta(seconds=probe),
    )


def test_due_work_is_put_on_the_queue_of_a_worker_that_answers(
    queue: list[tuple[Any, ...]],
) -> None:
    worker("a:1")
    opened = Ticker("a:1").tick()
    assert [batch.kind for batch in opened] == ["send", "fetch"]
    assert queue == [
        ("a:1", "send_batch", opened[0].pk),
        ("a:1", "fetch_batch", opened[1].pk),
    ]


def test_nothing_is_put_on_it_twice() -> None:
    worker("a:1")
    one = Ticker("a:1")
    one.tick()
    assert one.tick() == []


def test_a_worker_with_more_processes_runs_more_fetch_batches(settings: Any) -> None:
    settings.MAILADMIN_WORKERS = 6
    worker("a:1")
    one = Ticker("a:1")
    kinds = [batch.kind for _ in range(5) for batch in one.tick()]
    assert kinds == ["send", "fetch", "fetch"]


def age(batch: Batch, seconds: float) -> None:
    """The batch began so long ago and beats."""
    now = timezone.now()
    Batch.objects.filter(pk=batch.pk).update(
        started_at=now - timedelta(seconds=seconds), beat_at=now
    )


@pytest.mark.parametrize(
    ("processes", "kinds"),
    [(5, ["send", "fetch", "fetch"]), (6, ["send", "fetch", "fetch", "fetch"])],
)
def test_another_batch_stands_in_for_one_past_its_time(
    settings: Any, processes: int, kinds: list[str]
) -> None:
    """A process stays free for probes: without an answer the cluster is killed."""
    settings.MAILADMIN_WORKERS = processes
    worker("a:1")
    one = Ticker("a:1")
    opened = one.tick()
    while more := one.tick():
        opened += more
    age(opened[1], 54)
    assert one.tick() == []
    for _ in range(3):
        for batch in opened[1:]:
            age(batch, 56)
        opened += one.tick()
    assert [batch.kind for batch in opened] == kinds


def test_batches_spread_over_workers_and_one_sends() -> None:
    worker("a:1")
    worker("b:1")
    one = Ticker("a:1")
    opened = [batch for _ in range(3) for batch in one.tick()]
    assert sorted((b.kind, b.worker) for b in opened) == [
        ("fetch", "a:1"),
        ("fetch", "b:1"),
        ("send", "a:1"),
    ]


def begun(kind: str, seconds: float, name: str = "a:1") -> Batch:
    """A batch of a worker that began so long ago and beats."""
    now = timezone.now()
    row = Batch.objects.create(kind=kind, created_at=now, worker=name)
    age(row, seconds)
    return row


@pytest.mark.parametrize(
    ("ages", "opened"),
    [
        ([], 1),
        ([64], 0),
        ([66], 1),  # it begins nothing any more: a mail server hangs
        ([120, 66], 0),
        ([120, 10], 0),
    ],
)
def test_another_batch_sends_beside_one_that_waits_for_a_slow_server(
    ages: list[float], opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "fetching", lambda: False)
    worker("a:1")
    for seconds in ages:
        begun("send", seconds)
    assert [b.kind for b in Ticker("a:1").tick()] == ["send"] * opened


@pytest.mark.parametrize(
    ("running", "kinds"),
    [
        # Five processes: one tests, one answers probes, three are left.
        ([("send", 66)], ["send", "fetch"]),
        ([("send", 66), ("fetch", 10)], ["send"]),
        ([("send", 66), ("fetch", 56), ("fetch", 10)], []),
        ([("send", 66), ("send", 10)], ["fetch"]),
        ([("send", 66), ("send", 10), ("fetch", 56)], []),
    ],
)
def test_one_batch_stands_in_for_those_past_their_time(
    running: list[tuple[str, float]], kinds: list[str]
) -> None:
    worker("a:1")
    for kind, seconds in running:
        begun(kind, seconds)
    assert [b.kind for b in Ticker("a:1").tick()] == kinds


def test_another_worker_sends_while_one_waits_for_a_slow_server() -> None:
    worker("a:1")
    worker("b:1")
    begun("send", 66, "a:1")
    begun("fetch", 56, "a:1")
    begun("fetch", 10, "a:1")
    opened = Ticker("a:1").tick()
    assert [(b.kind, b.worker) for b in opened] == [("send", "b:1"), ("fetch", "b:1")]


@pytest.mark.parametrize(
    ("beat", "probe"), [(60, 0), (0, 60), (0, None)], ids=["dead", "hung", "new"]
)
def test_a_worker_that_does_not_answer_gets_nothing(
    beat: float, probe: float | None
) -> None:
    worker("a:1", beat=beat, probe=probe)
    assert Ticker("a:1").tick() == []


def test_nothing_is_opened_when_nothing_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "fetching", lambda: False)
    monkeypatch.setattr(due, "sending", lambda: False)
    worker("a:1")
    assert Ticker("a:1").tick() == []


def test_nothing_is_opened_while_held() -> None:
    worker("a:1")
    instance.hold("test")
    assert Ticker("a:1").tick() == []


def test_only_the_holder_of_the_lease_ticks() -> None:
    worker("a:1")
    worker("b:1")
    Ticker("a:1").tick()
    assert Ticker("b:1").tick() == []
    Lease.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert [b.worker for b in Ticker("b:1").tick()] == ["b:1"]
    lease = Lease.objects.get()
    assert (lease.lease_owner, lease.fence) == ("b:1", 2)


def test_a_released_lease_is_free_at_once() -> None:
    one = Ticker("a:1")
    one.tick()
    one.release()
    Ticker("b:1").tick()
    assert Lease.objects.get().lease_owner == "b:1"


def batch(now: datetime, *, created: float, beat: float | None = None) -> Batch:
    return Batch.objects.create(
        kind=Batch.Kind.FETCH,
        created_at=now - timedelta(seconds=created),
        worker="a:1",
        started_at=None if beat is None else now - timedelta(seconds=created),
        beat_at=None if beat is None else now - timedelta(seconds=beat),
    )


def test_lost_batches_are_closed_and_living_ones_are_not() -> None:
    now = timezone.now()
    never_started = batch(now, created=21)
    fell_silent = batch(now, created=50, beat=31)
    waits, beats = batch(now, created=19), batch(now, created=300, beat=29)
    assert batches.close_lost(now) == 2
    closed = set(Batch.objects.exclude(ended_at=None).values_list("pk", flat=True))
    assert closed == {never_started.pk, fell_silent.pk}
    assert waits.pk not in closed and beats.pk not in closed


def test_old_rows_are_cleaned() -> None:
    now = timezone.now()
    old = batch(now, created=9 * 3600)
    Batch.objects.filter(pk=old.pk).update(ended_at=now - timedelta(hours=7))
    young = batch(now, created=60)
    worker("gone:1", beat=3600)
    worker("a:1")
    batches.clean(now)
    assert list(Batch.objects.values_list("pk", flat=True)) == [young.pk]
    running = Worker.objects.filter(stopped_at=None).values_list("name", flat=True)
    assert list(running) == ["a:1"]


def test_rows_are_cleaned_again_soon_while_old_ones_are_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin, cleaned = timezone.now(), []
    answers = iter([True, True, False, False])

    def clean(now: datetime) -> bool:
        cleaned.append((now - begin).total_seconds())
        return next(answers)

    monkeypatch.setattr(batches, "clean", clean)
    monkeypatch.setattr(timezone, "now", lambda: begin)
    one = Ticker("a:1")
    for seconds in (0, 4, 5, 9, 10, 15, 609, 610):
        now = begin + timedelta(seconds=seconds)
        monkeypatch.setattr(timezone, "now", lambda now=now: now)
        monkeypatch.setattr(time, "monotonic", lambda at=seconds: 1000.0 + at)
        one.tick()
    assert cleaned == [0, 5, 10, 610]


def test_old_rows_that_cannot_be_deleted_stop_no_mail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def clean(now: datetime) -> bool:
        raise OperationalError("database is locked")

    worker("a:1")
    monkeypatch.setattr(batches, "clean", clean)
    one = Ticker("a:1")
    with pytest.raises(OperationalError):
        one.tick()
    assert [batch.kind for batch in one.tick()] == ["send", "fetch"]


def test_full_portion_tells_that_rows_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PORTION", 2)
    client, now = factories.pop_client(), timezone.now()
    for days in (15, 16, 17, 1):
        factories.cycle(client, ended_at=now - timedelta(days=days))
    assert [batches.clean(now), batches.clean(now)] == [True, False]


def test_the_lease_is_named() -> None:
    Ticker("a:1").tick()
    assert Lease.objects.get().name == ticker.LEASE

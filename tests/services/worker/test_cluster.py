"""The worker service: heartbeat, watchdog, and what it frees. The cluster is a fake."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from mailboxes.core.errors import QueueUnavailable
from mailboxes.models import Batch, Lease, Worker
from mailboxes.services import instance
from mailboxes.services.worker import batches, cluster, heartbeat, schedule
from mailboxes.services.worker.cluster import WorkerService
from mailboxes.services.worker.heartbeat import Heartbeat, answer
from mailboxes.services.worker.ticker import Ticker

pytestmark = pytest.mark.django_db

NAME = "a:1"


class FakeSupervisor:
    """Notes what is asked of it; `died` is what the next poll restarts."""

    def __init__(self) -> None:
        self.killed: list[str] = []
        self.died: list[str] = []
        self.stopped = False

    def poll(self) -> list[str]:
        died, self.died = self.died, []
        return died

    def kill(self, name: str) -> list[int]:
        self.killed.append(name)
        self.died = [name]
        return [1, 2]

    def stop(self, enough: object) -> None:
        self.stopped = True


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MAILADMIN_DATA = tmp_path
    return tmp_path


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(heartbeat, "time", clock)
    return clock


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    put: list[tuple[Any, ...]] = []
    monkeypatch.setattr(schedule, "enqueue", lambda *args: put.append(args))
    monkeypatch.setattr(Ticker, "tick", lambda self: [])
    return put


@pytest.fixture
def row() -> Worker:
    now = timezone.now()
    return Worker.objects.create(name=NAME, started_at=now, beat_at=now)


def turn(service: WorkerService, clock: Clock, seconds: int) -> None:
    for _ in range(seconds):
        service.turn()
        clock.now += 1


def answered(queue: list[tuple[Any, ...]]) -> None:
    """What the cluster would do with the probes."""
    for worker, task, *arguments in queue:
        assert (worker, task) == (NAME, "probe")
        answer(*arguments)
    queue.clear()


def test_a_probe_goes_out_every_five_seconds(
    clock: Clock, queue: list[tuple[Any, ...]], row: Worker
) -> None:
    beats = Heartbeat(NAME)
    for _ in range(11):
        beats.beat()
        clock.now += 1
    assert len(queue) == 3


def test_an_answer_is_noted_once_and_never_goes_back(row: Worker) -> None:
    now = timezone.now()
    answer(NAME, now.isoformat())
    row.refresh_from_db()
    first = row.probe_at
    assert first is not None and first >= now
    answer(NAME, (now - timedelta(seconds=10)).isoformat())
    row.refresh_from_db()
    assert row.probe_at == first


def test_a_cluster_that_answers_is_left_alone(
    clock: Clock, queue: list[tuple[Any, ...]], row: Worker
) -> None:
    supervisor = FakeSupervisor()
    service = WorkerService(NAME, supervisor)  # type: ignore[arg-type]
    for _ in range(60):
        turn(service, clock, 1)
        answered(queue)
    assert supervisor.killed == []


def test_a_worker_whose_row_is_gone_writes_it_again(
    clock: Clock, queue: list[tuple[Any, ...]], row: Worker
) -> None:
    """A backup of before its start was restored beneath it, or it slept for weeks."""
    supervisor = FakeSupervisor()
    service = WorkerService(NAME, supervisor)  # type: ignore[arg-type]
    turn(service, clock, 1)
    row.delete()
    for _ in range(60):
        turn(service, clock, 1)
        answered(queue)
    assert supervisor.killed == []
    assert Worker.objects.filter(name=NAME, stopped_at=None).count() == 1


def test_a_cluster_that_hangs_is_killed_after_twenty_seconds(
    clock: Clock, queue: list[tuple[Any, ...]], row: Worker
) -> None:
    supervisor = FakeSupervisor()
    service = WorkerService(NAME, supervisor)  # type: ignore[arg-type]
    turn(service, clock, 21)
    assert supervisor.killed == []
    turn(service, clock, 1)
    assert supervisor.killed == ["cluster"]
    turn(service, clock, 1)
    row.refresh_from_db()
    assert row.cluster_restarts == 1
    turn(service, clock, 20)
    assert supervisor.killed == ["cluster"]


def test_nothing_is_killed_while_the_database_cannot_be_written(
    clock: Clock,
    queue: list[tuple[Any, ...]],
    row: Worker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    supervisor = FakeSupervisor()
    service = WorkerService(NAME, supervisor)  # type: ignore[arg-type]
    turn(service, clock, 15)

    def refuse(self: Heartbeat) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(Heartbeat, "beat", refuse)
        turn(service, clock, 60)
    turn(service, clock, 15)
    assert supervisor.killed == []
    assert [r.getMessage() for r in caplog.records] == [
        "the database cannot be written, waiting: database is locked",
        "the database can be written again",
    ]


def test_redis_that_is_away_ends_and_kills_nothing(
    clock: Clock,
    queue: list[tuple[Any, ...]],
    row: Worker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    supervisor = FakeSupervisor()
    service = WorkerService(NAME, supervisor)  # type: ignore[arg-type]
    turn(service, clock, 15)

    def away(*_: object) -> None:
        raise QueueUnavailable("connection refused")

    with monkeypatch.context() as broken:
        broken.setattr(schedule, "enqueue", away)
        broken.setattr(schedule, "drop", away)
        turn(service, clock, 60)
        supervisor.died = ["cluster"]
        turn(service, clock, 1)
    turn(service, clock, 15)
    assert supervisor.killed == []
    row.refresh_from_db()
    assert row.cluster_restarts == 1
    with monkeypatch.context() as broken:
        broken.setattr(schedule, "drop", away)
        service.stop()
    row.refresh_from_db()
    assert row.stopped_at is not None
    assert [r.getMessage() for r in caplog.records] == [
        "the queue cannot be reached, waiting: connection refused",
        "the queue of a:1 cannot be emptied: connection refused",
        "the queue can be reached again",
        "the queue of a:1 cannot be emptied: connection refused",
    ]


def running(owner: str) -> Batch:
    now = timezone.now()
    return Batch.objects.create(
        kind=Batch.Kind.FETCH,
        created_at=now,
        started_at=now,
        beat_at=now,
        worker=NAME,
        owner=owner,
    )


def test_batches_of_a_dead_process_are_closed_and_others_stay() -> None:
    host = socket.gethostname()
    dead, alive = running(f"{host}:4194305"), running(f"{host}:{os.getpid()}")
    assert batches.free_dead(NAME) == 1
    dead.refresh_from_db()
    alive.refresh_from_db()
    assert (dead.ended_at is None, alive.ended_at is None) == (False, True)


def test_a_restarted_cluster_leaves_no_batch_open(
    clock: Clock, queue: list[tuple[Any, ...]], row: Worker
) -> None:
    batch = running("a:2")
    supervisor = FakeSupervisor()
    supervisor.died = ["cluster"]
    WorkerService(NAME, supervisor).turn()  # type: ignore[arg-type]
    batch.refresh_from_db()
    assert batch.ended_at is not None


def test_an_orderly_end_asks_batches_to_stop_and_frees_the_lease(
    row: Worker,
) -> None:
    batch = running("a:2")
    Lease.objects.create(
        name="ticker", lease_owner=NAME, lease_until=timezone.now(), fence=1
    )
    supervisor = FakeSupervisor()
    before = instance.current().epoch
    WorkerService(NAME, supervisor).stop()  # type: ignore[arg-type]
    # A backup of while it ran is older than what it leaves.
    assert instance.current().epoch > before
    batch.refresh_from_db()
    row.refresh_from_db()
    assert (batch.stop, supervisor.stopped, row.stopped_at is None) == (
        True,
        True,
        False,
    )
    assert Lease.objects.get().lease_until is None


def test_the_name_tells_host_and_process() -> None:
    assert cluster.worker_name() == f"{socket.gethostname()}:{os.getpid()}"


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []
    monkeypatch.setattr(cluster.outbox, "start_of_service", lambda: made.append("x"))
    return made


def test_a_worker_that_returns_leaves_senders_alone(
    folder: Path, starts: list[str]
) -> None:
    (folder / "run").mkdir()
    cluster.start_senders(resume=False, data=folder)
    cluster.start_senders(resume=True, data=folder)
    assert len(starts) == 1
    cluster.start_senders(resume=False, data=folder)
    assert len(starts) == 2


def test_a_first_worker_that_dies_early_leaves_the_start_to_the_next(
    folder: Path, starts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "run").mkdir()
    cluster.start_senders(resume=False, data=folder)  # of the service of yesterday
    cluster.forget_start(folder)
    with monkeypatch.context() as patch:
        patch.setattr(cluster.outbox, "start_of_service", _database_away)
        with pytest.raises(OperationalError):
            cluster.start_senders(resume=False, data=folder)
    cluster.start_senders(resume=True, data=folder)
    assert len(starts) == 2


def _database_away() -> None:
    raise OperationalError

"""The worker service: registers, supervises a django-q2 cluster, ticks, watches it.

`manage.py worker` calls `run`. Children: services/worker/supervise. What is put on the
queue: services/worker/ticker. Whether the cluster hangs: services/worker/heartbeat.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, models
from django.utils import timezone

from ...core.errors import QueueUnavailable
from ...models import Worker
from .. import instance, outbox
from . import batches, schedule
from .heartbeat import Heartbeat
from .supervise import Child, Supervisor
from .ticker import Ticker

logger = logging.getLogger(__name__)

TICK = 1.0  # seconds
GRACE = 12.0  # seconds for batches to end at a window
HANGS_AFTER = 4.0  # seconds that an idle cluster needs at most to end
STARTED = "worker.started"  # is there when the senders of this service have started
LOCK_WAIT = 5  # seconds that the supervisor waits for SQLite: it must not sleep long


def worker_name() -> str:
    """host:pid of this process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run(*, resume: bool, data: Path) -> None:
    """Run until SIGTERM or SIGINT.

    resume: this is no start of the service but the return of a worker that died, so
    senders keep their revisions (DESIGN D3). Raises AlreadyRunning.
    """
    supervisor = Supervisor("worker", data)
    supervisor.watch_signals()
    if connection.vendor == "sqlite":
        connection.settings_dict["OPTIONS"]["timeout"] = LOCK_WAIT
        connection.close()
    name = worker_name()
    _end_predecessor(supervisor, name, data / "run" / "worker.name")
    instance.identify()
    start_senders(resume=resume, data=data)
    _register(name)
    logger.info("worker %s of version %s starts", name, settings.MAILADMIN_VERSION)
    argv, environ = schedule.cluster_command(name)
    service = WorkerService(name, supervisor)
    service.watch.look()
    supervisor.add(Child("cluster", argv, grace=GRACE, environ=environ))
    while not supervisor.stopping:
        close_old_connections()
        service.turn()
        supervisor.wait(TICK)
    service.stop()
    logger.info("worker %s has ended", name)


def start_senders(*, resume: bool, data: Path) -> None:
    """At a real start of the service the newest revisions are in effect, once.

    The first worker of a service may die before it has seen to that, as of a database
    that is not up yet: whoever resumes does it.
    """
    done = data / "run" / STARTED
    if resume and done.exists():
        return
    outbox.start_of_service()
    with suppress(OSError):  # a disk that is full: a worker that returns does it again
        done.touch()


def forget_start(data: Path) -> None:
    """The service itself starts: its first worker that gets so far starts senders."""
    (data / "run" / STARTED).unlink(missing_ok=True)


class WorkerService:
    """One turn a second, and an orderly end."""

    def __init__(self, name: str, supervisor: Supervisor) -> None:
        self._name = name
        self._supervisor = supervisor
        self._heartbeat = Heartbeat(name)
        self._ticker = Ticker(name)
        self.watch = instance.Watch()
        self._missing = ""  # what cannot be used at the moment

    def turn(self) -> None:
        """Restart what died, beat, tick; a cluster that hangs is killed.

        Never while the database cannot be written or the queue cannot be reached: then
        no probe can be answered, and killing would only cut off what still runs.
        """
        if self._supervisor.poll():
            self._restarted()
        try:
            self._heartbeat.beat()
            self.watch.look()
            self._ticker.tick()
        except DatabaseError as error:
            self._waits("the database", "be written", error)
            return
        except QueueUnavailable as error:
            self._waits("the queue", "be reached", error)
            return
        if self._missing:
            logger.warning("%s again", self._missing)
            self._missing = ""
        if self._heartbeat.is_stale():
            self._restart_hung()

    def _waits(self, what: str, use: str, error: Exception) -> None:
        if self._missing != f"{what} can {use}":
            logger.error("%s cannot %s, waiting: %s", what, use, error)
        self._missing = f"{what} can {use}"
        self._heartbeat.reset()

    def stop(self) -> None:
        """End running batches at their next window, then the cluster."""
        try:
            batches.ask_to_stop(self._name)
            self._ticker.release()
        except DatabaseError as error:
            logger.error("the database cannot be written: %s", error)
        self._supervisor.stop(self._idle)
        try:
            _drop_of(self._name)
            Worker.objects.filter(name=self._name).update(stopped_at=timezone.now())
            self.watch.end()
        except DatabaseError as error:
            logger.error("the database cannot be written: %s", error)

    def _idle(self, seconds: float) -> bool:
        """No batch runs any more, yet the cluster has not ended: it hangs."""
        if seconds < HANGS_AFTER:
            return False
        try:
            return not batches.any_runs(self._name)
        except DatabaseError:
            return False

    def _restart_hung(self) -> None:
        killed = self._supervisor.kill("cluster")
        logger.error(
            "the cluster carries out nothing any more, killed %d processes", len(killed)
        )
        self._heartbeat.reset()

    def _restarted(self) -> None:
        """The old cluster is gone with all its processes: what it held is free."""
        self._heartbeat.reset()
        try:
            _drop_of(self._name)
            Worker.objects.filter(name=self._name).update(
                cluster_started_at=timezone.now(),
                cluster_restarts=models.F("cluster_restarts") + 1,
            )
        except DatabaseError as error:
            logger.error("the database cannot be written: %s", error)


def _register(name: str) -> None:
    now = timezone.now()
    Worker.objects.update_or_create(
        name=name,
        defaults={
            "started_at": now,
            "beat_at": now,
            "probe_sent_at": None,
            "probe_at": None,
            "cluster_started_at": now,
            "cluster_restarts": 0,
            "stopped_at": None,
        },
    )
    # The queue of a new name is empty, unless the process id has come round.
    with _queue_may_be_away(name):
        schedule.drop(name)


def _drop_of(name: str) -> None:
    """Close all batches of a worker; its queue is emptied if it can be reached.

    What is left on it means nothing: its batches are closed already.
    """
    with _queue_may_be_away(name):
        batches.drop_of(name)


@contextmanager
def _queue_may_be_away(name: str) -> Iterator[None]:
    try:
        yield
    except QueueUnavailable as error:
        logger.error("the queue of %s cannot be emptied: %s", name, error)


def _end_predecessor(supervisor: Supervisor, name: str, file: Path) -> None:
    """Where the last worker of this data folder was killed: end its cluster.

    We hold the lock of the folder, so it lives no more; what it had claimed is free.
    """
    try:
        last = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        last = ""
    if last:
        batches.ask_to_stop(last)
    supervisor.end_leftovers()
    if last:
        _drop_of(last)
        Worker.objects.filter(name=last, stopped_at=None).update(
            stopped_at=timezone.now()
        )
    file.write_text(name, encoding="utf-8")

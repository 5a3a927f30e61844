"""The queue: the only module that knows django-q2 (DESIGN D10).

A task on it is a coarse trigger with an id; every truth is in our rows. Each worker
has a queue of its own, so that a probe tells about that worker's cluster and no other.
When something is put on it: services/worker/ticker.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.models import Failure, OrmQ, Success, Task
from django_q.tasks import async_task
from redis.exceptions import RedisError

from ...core.errors import QueueUnavailable

TASKS = "mailboxes.tasks"
KEPT_FAILURES = 200


@dataclass(frozen=True)
class Queue:
    """depth: tasks that wait, None where the broker cannot say. oldest: its time."""

    depth: int | None
    oldest: datetime | None


def queue_name(worker: str) -> str:
    """The queue of one worker."""
    return f"{settings.Q_CLUSTER['name']}@{worker}"


def cluster_command(worker: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Arguments and environment that start the cluster of a worker."""
    argv = (sys.executable, str(settings.BASE_DIR / "manage.py"), "qcluster")
    return argv, {"Q_CLUSTER_NAME": queue_name(worker)}


def longest_task() -> float:
    """Seconds after which the queue kills the process of a task, and all it does."""
    return float(str(settings.Q_CLUSTER["timeout"]))


def enqueue(worker: str, task: str, *args: int | str) -> None:
    """Put a task of mailboxes/tasks.py on the queue of one worker. Ids only.

    Raises QueueUnavailable, and DatabaseError where the database is the broker.
    """
    with _broker():
        async_task(f"{TASKS}.{task}", *args, cluster=queue_name(worker))


def drop(worker: str) -> None:
    """Empty the queue of a worker: after a restart its old triggers mean nothing.

    Raises as `enqueue`.
    """
    with _broker():
        get_broker(queue_name(worker)).purge_queue()


def queue() -> Queue:
    """What waits in all queues now."""
    if settings.REDIS_URL:
        return Queue(depth=None, oldest=None)
    waiting = OrmQ.objects.filter(lock__lte=timezone.now())
    first = waiting.order_by("lock").values_list("lock", flat=True).first()
    return Queue(depth=waiting.count(), oldest=first)


def clean(workers: list[str]) -> None:
    """Remove what queues of workers that are gone and old failures left behind."""
    if not settings.REDIS_URL:
        alive = [queue_name(worker) for worker in workers]
        OrmQ.objects.exclude(key__in=alive).delete()
    Success.objects.all().delete()
    kept = Failure.objects.order_by("-stopped").values_list("id", flat=True)
    last = list(kept[:KEPT_FAILURES])
    if len(last) == KEPT_FAILURES:
        Task.objects.exclude(id__in=last).delete()


@contextmanager
def _broker() -> Iterator[None]:
    """Errors of the broker as one of ours."""
    try:
        yield
    except RedisError as error:
        raise QueueUnavailable(str(error)) from error

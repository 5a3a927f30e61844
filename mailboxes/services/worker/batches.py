"""Batches: opened for a worker, closed when they are lost, cleaned when they are old.

A batch is one coarse task; what it does is services/fetch, services/outbox and
services/connection_test/batch. The ticker (services/worker/ticker) decides when one is
needed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import psutil
from django.db.models import Q
from django.utils import timezone

from ...core.choices import TestState
from ...models import (
    Batch,
    Fetcher,
    OutboundMessage,
    Sender,
    SignIn,
    TokenCache,
    Worker,
)
from .. import retention
from ..connection_test import rows as connection_test_rows
from . import schedule

START_WITHIN = timedelta(seconds=20)
SILENT_AFTER = timedelta(seconds=30)
KEPT = timedelta(hours=6)
KEPT_WORKERS = timedelta(days=14)
LEASED = (Fetcher, Sender, OutboundMessage, TokenCache, SignIn)
TASKS = {
    Batch.Kind.FETCH: "fetch_batch",
    Batch.Kind.SEND: "send_batch",
    Batch.Kind.TEST: "test_batch",
}


def open_batch(kind: Batch.Kind, worker: str) -> Batch:
    """Make a batch and put its task on the queue of `worker`."""
    batch = Batch.objects.create(kind=kind, created_at=timezone.now(), worker=worker)
    schedule.enqueue(worker, TASKS[kind], batch.pk)
    return batch


def live(kind: Batch.Kind, begun_before: datetime | None = None) -> list[str]:
    """The workers of all batches of a kind that are not ended, one entry for each.

    begun_before: only of those that were begun before.
    """
    rows = Batch.objects.filter(kind=kind, ended_at=None)
    if begun_before is not None:
        rows = rows.filter(started_at__lt=begun_before)
    return list(rows.values_list("worker", flat=True))


def close_lost(now: datetime) -> int:
    """Close batches that never started or stopped beating. Returns how many."""
    lost = Q(started_at=None, created_at__lt=now - START_WITHIN) | Q(
        started_at__isnull=False, beat_at__lt=now - SILENT_AFTER
    )
    return Batch.objects.filter(lost, ended_at=None).update(ended_at=now, stop=True)


def any_runs(worker: str) -> bool:
    """A batch of a worker was started and has not ended."""
    return (
        Batch.objects.filter(worker=worker, ended_at=None)
        .exclude(started_at=None)
        .exists()
    )


def ask_to_stop(worker: str) -> int:
    """Ask the running batches of a worker to end at their next window."""
    return Batch.objects.filter(worker=worker, ended_at=None).update(stop=True)


def free_dead(worker: str) -> int:
    """Close batches of `worker` whose process is gone and free what it had claimed.

    Only the worker itself may ask: process ids mean something on its host alone.
    Sending that was cut off is then found by services/outbox. Returns how many.
    """
    closed = 0
    running = Batch.objects.filter(worker=worker, ended_at=None).exclude(owner="")
    for pk, owner in running.values_list("pk", "owner"):
        if not _alive(owner):
            closed += _free(pk, owner)
    return closed


def drop_of(worker: str) -> int:
    """Close every batch of a worker that is gone, with all of its processes."""
    closed = 0
    rows = Batch.objects.filter(worker=worker, ended_at=None)
    for pk, owner in rows.values_list("pk", "owner"):
        closed += _free(pk, owner)
    schedule.drop(worker)
    return closed


def clean(now: datetime) -> bool:
    """Remove old rows: ended batches, stopped workers, what retention.py names.

    True when there may be more of the latter: they go by portions.
    """
    Worker.objects.filter(stopped_at=None, beat_at__lt=now - SILENT_AFTER * 2).update(
        stopped_at=now
    )
    Batch.objects.filter(ended_at__lt=now - KEPT).delete()
    Worker.objects.filter(stopped_at__lt=now - KEPT_WORKERS).delete()
    alive = Worker.objects.filter(stopped_at=None).values_list("name", flat=True)
    schedule.clean(list(alive))
    return retention.sweep(now) >= retention.PORTION


def _free(batch: int, owner: str) -> int:
    now = timezone.now()
    if owner:
        for model in LEASED:
            model.objects.filter(lease_owner=owner, lease_until__gt=now).update(
                lease_until=now
            )
        connection_test_rows.close(Q(owner=owner), TestState.LOST, now)
    return Batch.objects.filter(pk=batch, ended_at=None).update(ended_at=now, stop=True)


def _alive(owner: str) -> bool:
    """`owner` is host:pid, with anything after it."""
    parts = owner.split(":")
    if len(parts) < 2 or not parts[1].isdigit():
        return True
    pid = int(parts[1])
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True

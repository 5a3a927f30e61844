"""Does the queue of a worker still carry out what is put on it?

A django-q2 cluster hangs for good when one of its processes is killed, and still calls
itself busy (feasibility.md A5); so every five seconds a probe goes through the whole
way, and what counts is its answer. What follows from silence: services/worker/cluster.
"""

from __future__ import annotations

import time
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from ...models import Worker
from . import schedule

PROBE_EVERY = 5.0  # seconds
STALE_AFTER = 20.0  # seconds without an answer to a probe


def answer(worker: str, sent: str) -> None:
    """A probe of `worker`, sent at ISO time `sent`, was carried out."""
    at, now = datetime.fromisoformat(sent), timezone.now()
    # A time that is to come was written before the clock was set back.
    older = Q(probe_at=None) | Q(probe_at__lt=at) | Q(probe_at__gt=now)
    Worker.objects.filter(older, name=worker).update(probe_at=now)


class Heartbeat:
    """The probes of one worker. Times inside are monotonic, so a clock may be set."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self.reset()

    def reset(self) -> None:
        """Forget what is unanswered: new cluster, or nothing could be written."""
        self._next = 0.0
        self._asked_at: datetime | None = None
        self._silent_since: float | None = None

    def beat(self) -> None:
        """Note that the supervisor lives; put a probe on the queue when it is due.

        Raises DatabaseError when the database cannot be written.
        """
        now = timezone.now()
        if self._asked_at is not None and self._asked_at > now:
            self.reset()  # the clock was set back
        mine = Worker.objects.filter(name=self._worker)
        if not mine.update(beat_at=now, stopped_at=None):
            # A backup of before our start was restored, or we slept until it was
            # cleaned away: without it no probe can be answered.
            Worker.objects.create(name=self._worker, started_at=now, beat_at=now)
        if self._silent_since is not None and self._answered():
            self._silent_since = None
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PROBE_EVERY
        Worker.objects.filter(name=self._worker).update(probe_sent_at=now)
        schedule.enqueue(self._worker, "probe", self._worker, now.isoformat())
        if self._silent_since is None:
            self._silent_since = time.monotonic()
            self._asked_at = now

    def is_stale(self) -> bool:
        """The oldest probe without an answer is too old: the cluster hangs."""
        return (
            self._silent_since is not None
            and time.monotonic() - self._silent_since > STALE_AFTER
        )

    def _answered(self) -> bool:
        return Worker.objects.filter(
            name=self._worker,
            probe_at__gte=self._asked_at,
            probe_at__lte=timezone.now(),
        ).exists()

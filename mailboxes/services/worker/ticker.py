"""Once a second: what is due becomes a batch on the queue of a worker with room.

Only the holder of the lease "ticker" puts batches on queues, however many workers run.
Which mailbox a batch takes is decided inside it, by leases (services/fetch). Connection
tests have a process of their own in each worker, because a person waits for them.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from ...models import Batch, Lease, Worker
from .. import clock, connection_test, fetch, instance, outbox
from ..sign_ins import work as sign_in_work
from . import batches, due

LEASE = "ticker"
LEASE_TIME = timedelta(seconds=10)
FRESH = timedelta(seconds=25)  # a worker answers probes at least this often
# Seconds between, whatever the clock is set to.
MEND_EVERY = 60.0
REAP_EVERY = 5.0
CLEAN_EVERY = 600.0
# While old rows are left over: 1,000 mailboxes, once a minute, make 17 cycles a second.
CLEAN_AGAIN = 5.0
# A test that waits so long although a batch runs gets a batch on another worker.
IN_VAIN = timedelta(seconds=3)
# Age of a batch that begins nothing any more: it waits for a slow mailbox or server.
PAST = {
    Batch.Kind.FETCH: timedelta(seconds=fetch.SECONDS + 5),
    Batch.Kind.SEND: timedelta(seconds=outbox.LONGEST + 5),
}
# Processes that fetch nothing: one sends, one tests, one stays free for probes.
RESERVED = 3
# And one stands in for a batch that is past its time, of either kind.
STAND_INS = 1


class Ticker:
    """The tick of one worker. `tick` is called about once a second."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._clean_at = self._reap_at = self._mend_at = 0.0  # monotonic

    def tick(self) -> list[Batch]:
        """Put what is due on queues, if this worker holds the lease.

        Returns the batches opened. Raises DatabaseError.
        """
        now, running = timezone.now(), time.monotonic()
        if running >= self._reap_at:
            self._reap_at = running + REAP_EVERY
            batches.free_dead(self._worker)
        if not self._claim(now):
            return []
        if running >= self._mend_at:
            self._mend_at = running + MEND_EVERY
            clock.mend(now)
        batches.close_lost(now)
        if running >= self._clean_at:
            # First: rows that cannot be deleted now must not keep mail from going.
            self._clean_at = running + CLEAN_EVERY
            if batches.clean(now):
                self._clean_at = running + CLEAN_AGAIN
        outbox.reap_lost()
        connection_test.reap_lost()
        sign_in_work.expire(now)
        answering = _answering(now)
        opened = self._tests(answering)
        if instance.is_held():
            return opened
        places = _Places(answering, now)
        worker = self._first(places.for_sending())
        if worker is not None and due.sending():
            opened.append(batches.open_batch(Batch.Kind.SEND, worker))
            places = _Places(answering, now)
        worker = places.for_fetching()
        if worker is not None and due.fetching():
            opened.append(batches.open_batch(Batch.Kind.FETCH, worker))
        return opened

    def _first(self, workers: list[str]) -> str | None:
        """This worker itself where it is among them."""
        return self._worker if self._worker in workers else next(iter(workers), None)

    def _tests(self, answering: list[str]) -> list[Batch]:
        """Held or not: signing in for a test fetches and sends nothing."""
        waits = due.testing()
        if waits is None:
            return []
        busy = batches.live(Batch.Kind.TEST)
        worker = self._first([name for name in answering if name not in busy])
        if worker is None or (busy and waits < IN_VAIN):
            return []
        return [batches.open_batch(Batch.Kind.TEST, worker)]

    def release(self) -> None:
        """Give the lease back, so that another worker need not wait for its end."""
        Lease.objects.filter(name=LEASE, lease_owner=self._worker).update(
            lease_until=None, lease_owner=""
        )

    def _claim(self, now: datetime) -> bool:
        until = now + LEASE_TIME
        lease = Lease.objects.filter(name=LEASE)
        if lease.filter(lease_owner=self._worker, lease_until__gte=now).update(
            lease_until=until
        ):
            return True
        Lease.objects.get_or_create(name=LEASE)
        return bool(
            lease.filter(
                Q(lease_until=None)
                | Q(lease_until__lt=now)
                | Q(lease_until__gt=until + clock.SLACK)  # of before it was set back
            ).update(lease_owner=self._worker, lease_until=until, fence=F("fence") + 1)
        )


def _answering(now: datetime) -> list[str]:
    """The workers that answer probes."""
    names = Worker.objects.filter(
        stopped_at=None, beat_at__gte=now - FRESH, probe_at__gte=now - FRESH
    )
    return list(names.values_list("name", flat=True))


class _Places:
    """What the processes of the workers do now, and where more could be done.

    A batch past its time keeps its process until the slow one in it has ended, a minute
    or more: another batch then does the rest. Two stand-ins at once would leave nobody
    to answer probes.
    """

    def __init__(self, workers: list[str], now: datetime) -> None:
        self._workers = workers
        self._fetching, self._fetching_past = self._count(Batch.Kind.FETCH, now)
        self._sending, self._sending_past = self._count(Batch.Kind.SEND, now)

    def for_sending(self) -> list[str]:
        """Workers that could run one more send batch, those that run none first.

        One batch begins all sending; beside one past its time there may be another.
        """
        live = self._sending.total()
        if live > STAND_INS or live > self._sending_past.total():
            return []
        free = [name for name in self._workers if not self._sending[name]]
        return free or [name for name in self._workers if self._spare(name) > 0]

    def for_fetching(self) -> str | None:
        """The worker that could run the most fetch batches more, if any could."""
        each = settings.MAILADMIN_WORKERS - RESERVED - STAND_INS
        room = {
            name: min(
                each - self._fetching[name] + self._fetching_past[name],
                self._spare(name),
            )
            for name in self._workers
        }
        best = max(room, key=lambda name: room[name], default=None)
        return best if best is not None and room[best] > 0 else None

    def _spare(self, name: str) -> int:
        """Processes of a worker for fetching and standing in that do nothing now."""
        more = max(self._sending[name] - 1, 0)
        return int(settings.MAILADMIN_WORKERS) - RESERVED - self._fetching[name] - more

    @staticmethod
    def _count(kind: Batch.Kind, now: datetime) -> tuple[Counter[str], Counter[str]]:
        """Batches of each worker: all, and those past their time."""
        past = batches.live(kind, now - PAST[kind])
        return Counter(batches.live(kind)), Counter(past)

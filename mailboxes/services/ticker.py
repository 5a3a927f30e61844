"""Once a second: what is due becomes a batch on the queue of a worker with room.

Only the holder of the lease "ticker" puts batches on queues, however many workers run.
Which mailbox a batch takes is decided inside it, by leases (services/fetch). Connection
tests have a process of their own in each worker, because a person waits for them.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from ..models import Batch, Lease, Worker
from . import batches, connection_test, due, instance, outbox, sign_in_work

LEASE = "ticker"
LEASE_TIME = timedelta(seconds=10)
FRESH = timedelta(seconds=25)  # a worker answers probes at least this often
CLEAN_EVERY = timedelta(minutes=10)
# While old rows are left over: 1,000 mailboxes, once a minute, make 17 cycles a second.
CLEAN_AGAIN = timedelta(seconds=5)
REAP_EVERY = timedelta(seconds=5)
# A test that waits so long although a batch runs gets a batch on another worker.
IN_VAIN = timedelta(seconds=3)
PAST = timedelta(seconds=55)  # age of a fetch batch that claims nothing any more
# Processes that fetch nothing: one sends, one tests, one stays free for probes.
RESERVED = 3
# And one stands in for a fetch batch that is past its time, waiting for a slow mailbox.
STAND_INS = 1


class Ticker:
    """The tick of one worker. `tick` is called about once a second."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._clean_at = self._reap_at = timezone.now()

    def tick(self) -> list[Batch]:
        """Put what is due on queues, if this worker holds the lease.

        Returns the batches opened. Raises DatabaseError.
        """
        now = timezone.now()
        if now >= self._reap_at:
            self._reap_at = now + REAP_EVERY
            batches.free_dead(self._worker)
        if not self._claim(now):
            return []
        batches.close_lost(now)
        if now >= self._clean_at:
            left_over = batches.clean(now)
            self._clean_at = now + (CLEAN_AGAIN if left_over else CLEAN_EVERY)
        outbox.reap_lost()
        connection_test.reap_lost()
        sign_in_work.expire(now)
        room = _room(now)
        opened = self._tests(room)
        if instance.is_held():
            return opened
        if due.sending() and not batches.live(Batch.Kind.SEND):
            worker = self._worker if self._worker in room else next(iter(room), None)
            if worker is not None:
                opened.append(batches.open_batch(Batch.Kind.SEND, worker))
        worker = _roomiest(room)
        if worker is not None and due.fetching():
            opened.append(batches.open_batch(Batch.Kind.FETCH, worker))
        return opened

    def _tests(self, room: dict[str, int]) -> list[Batch]:
        """Held or not: signing in for a test fetches and sends nothing."""
        waits = due.testing()
        if waits is None:
            return []
        busy = batches.live(Batch.Kind.TEST)
        free = [name for name in room if name not in busy]
        if not free or (busy and waits < IN_VAIN):
            return []
        worker = self._worker if self._worker in free else free[0]
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
            lease.filter(Q(lease_until=None) | Q(lease_until__lt=now)).update(
                lease_owner=self._worker, lease_until=until, fence=F("fence") + 1
            )
        )


def _room(now: datetime) -> dict[str, int]:
    """How many more fetch batches each worker that answers could run."""
    most = settings.MAILADMIN_WORKERS - RESERVED
    each = most - STAND_INS
    names = Worker.objects.filter(
        stopped_at=None, beat_at__gte=now - FRESH, probe_at__gte=now - FRESH
    ).values_list("name", flat=True)
    running = Counter(batches.live(Batch.Kind.FETCH))
    past = Batch.objects.filter(
        kind=Batch.Kind.FETCH, ended_at=None, started_at__lt=now - PAST
    )
    claiming = running - Counter(past.values_list("worker", flat=True))
    return {name: min(each - claiming[name], most - running[name]) for name in names}


def _roomiest(room: dict[str, int]) -> str | None:
    name = max(room, key=lambda key: room[key], default=None)
    return name if name is not None and room[name] > 0 else None

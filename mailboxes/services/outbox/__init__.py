"""Sends what is queued: batches of a minute at most, one thread for each sender.

The cycle of one sender is outbox/cycle; what a person may do with a message is
outbox/actions; putting messages in is compose. Nothing goes out while the instance is
held (DESIGN D13).
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial

from django.db import Error, connections
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from ...core.choices import Outcome
from ...core.errors import Code
from ...models import Batch, Cycle
from .. import clients, instance
from ..worker import leases, schedule
from . import rows as outbox_rows, senders as outbox_senders
from .cycle import SendCycle

logger = logging.getLogger(__name__)

THREADS = 8  # senders at a time in one batch
TURN = 3.0  # seconds that a sender keeps its thread while others wait for one
# No message is begun after this. With the usual answer timeout of 120 s the last one
# has as long as it may take, for all ends `MARGIN` before the queue's own limit for a
# task: it would kill every cycle of the process, and leave its messages unconfirmed.
SECONDS = 25.0
MARGIN = 10.0
# A sender that hangs keeps the batch: others are begun beside it a little longer.
SLOW_AFTER = 3.0
LONGEST = 60.0
BEAT = 5.0  # seconds between heartbeats and renewals, a sixth of a lease
LOOK = 0.25  # seconds between looks for senders that became due


def run_send_batch(batch_id: int) -> None:
    """Send for all senders that are due. A batch that was begun is not begun again."""
    now = timezone.now()
    begun = Batch.objects.filter(pk=batch_id, started_at=None, ended_at=None).update(
        started_at=now, beat_at=now, owner=leases.owner()
    )
    if not begun:
        return
    try:
        if not instance.is_held():
            reap_lost()
            _Run(batch_id).run()
    finally:
        Batch.objects.filter(pk=batch_id, ended_at=None).update(ended_at=timezone.now())


def reap_lost() -> int:
    """Give up messages and cycles whose process died or hung.

    Messages become unconfirmed. Returns how many.
    """
    now = timezone.now()
    lost = Q(smtp_client__sender__lease_until=None) | Q(
        smtp_client__sender__lease_until__lte=Now()
    )
    other = ~Q(smtp_client__sender__fence=F("fence"))
    stale = Cycle.objects.filter(
        lost | other, kind=Cycle.Kind.SEND, outcome=Outcome.RUNNING
    ).values_list("pk", flat=True)
    for pk in list(stale):
        Cycle.objects.filter(pk=pk, outcome=Outcome.RUNNING).update(
            outcome=Outcome.LOST, ended_at=now, code=Code.LEASE_LOST
        )
    return outbox_rows.reap(now)


def start_of_service() -> int:
    """At a real start of the worker service every newest revision is in effect.

    Returns how many senders took another revision (DESIGN D3).
    """
    return clients.restart_all_sending()


class _Run:
    """Threads of one batch, and the thread that keeps their leases."""

    def __init__(self, batch_id: int) -> None:
        self._batch = batch_id
        self._stopping = threading.Event()
        self._begun = self._beat_at = time.monotonic()
        self._end = self._begun + schedule.longest_task() - MARGIN
        self._running: dict[Future[None], tuple[int, SendCycle]] = {}
        self._cycles = 0
        self._broken: BaseException | None = None
        self._blind = False  # the database did not answer the last time
        self._crowded = False  # more senders may begin than there are threads

    def run(self) -> None:
        """Raises at its end what has broken one of the cycles."""
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="send")
        try:
            while True:
                self._turn(pool)
                if not self._running:
                    break
                done, _others = wait(
                    self._running, timeout=LOOK, return_when=FIRST_COMPLETED
                )
                for future in done:
                    pk, _cycle = self._running.pop(future)
                    broken = future.exception()
                    if broken is not None:
                        # Its lease keeps it away till it runs out; the others go on.
                        logger.error("sender %s broke its cycle", pk, exc_info=broken)
                        self._broken = broken
        finally:
            self._stopping.set()
            pool.shutdown(wait=True)
        if self._broken is not None:
            raise self._broken

    def _turn(self, pool: ThreadPoolExecutor) -> None:
        """Look, and begin what is due; a database that is away is waited for.

        If that lasts, the leases run out: what is on its way then is unconfirmed until
        its own thread tells how it ended.
        """
        try:
            self._look()
            until = self._until()
            if until is not None:
                self._begin(pool, until)
            self._blind = False
        except Error as error:
            if not self._blind:
                logger.warning(
                    "batch %s cannot look at its rows: %s", self._batch, error
                )
            self._blind = True
            connections.close_all()  # it may be dead; the next look opens another

    def _until(self) -> float | None:
        """Until when a cycle that is begun now may begin messages; None for none."""
        age = time.monotonic() - self._begun
        if self._stopping.is_set() or age >= LONGEST:
            return None
        if age < SECONDS:
            return self._begun + SECONDS
        hangs = bool(self._running) and age >= SECONDS + SLOW_AFTER
        return self._begun + LONGEST if hangs else None

    def _begin(self, pool: ThreadPoolExecutor, until: float) -> None:
        busy = {pk for pk, _cycle in self._running.values()}
        free = THREADS - len(self._running)
        waiting = [pk for pk in outbox_senders.due(timezone.now()) if pk not in busy]
        allowed = self._allowed(waiting, busy)
        self._crowded = len(allowed) > free
        for pk in allowed[:free]:
            begun = time.monotonic()
            cycle = SendCycle(pk, partial(self._stop, begun, until), self._end)
            self._running[pool.submit(_in_thread, cycle)] = (pk, cycle)
            self._cycles += 1

    def _allowed(self, waiting: list[int], busy: set[int]) -> list[int]:
        """Senders that fail get half of the threads at most.

        Each of them may hang, and where a provider of many is away they would take all
        threads for good: for their pauses they come before the others.
        """
        failing = outbox_senders.failing([*waiting, *busy])
        most = THREADS // 2 - len(failing & busy)
        others = set([pk for pk in waiting if pk in failing][max(most, 0) :])
        return [pk for pk in waiting if pk not in others]

    def _stop(self, begun: float, until: float) -> bool:
        now = time.monotonic()
        had_its_turn = self._crowded and now - begun >= TURN
        return self._stopping.is_set() or had_its_turn or now >= until

    def _look(self) -> None:
        """Is the batch asked to stop? And, now and then, a sign of life."""
        rows = Batch.objects.filter(pk=self._batch)
        if rows.filter(Q(stop=True) | Q(ended_at__isnull=False)).exists():
            self._stopping.set()
        now = time.monotonic()
        if now - self._beat_at >= BEAT:
            self._beat()
            self._beat_at = now

    def _beat(self) -> None:
        Batch.objects.filter(pk=self._batch).update(
            beat_at=timezone.now(), cycles=self._cycles
        )
        for _pk, cycle in self._running.values():
            cycle.renew()


def _in_thread(cycle: SendCycle) -> None:
    try:
        cycle.run()
    finally:
        connections.close_all()

"""Fetches what is due: batches of a minute at most, threads that claim mailboxes.

One cycle is fetch/cycle; when batches are made is services/worker/ticker. One slow
mailbox holds nobody: it has one thread, and its lease lets no second one near it.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connections
from django.db.models import Q, QuerySet
from django.utils import timezone

from ...core.choices import RUNNABLE_STATES, RunState, Stage
from ...core.errors import LeaseLost
from ...models import Batch, Cycle, Fetcher
from .. import instance
from ..worker import leases
from .cycle import FetchCycle

logger = logging.getLogger(__name__)

SECONDS = 50.0  # of a batch, in which it claims mailboxes
# Seconds after which it gives up its connections. The queue's limit for a task is 150:
# the rest is for the end of its cycles, then its process is killed with all of them.
LIMIT = 125.0
LIMIT_ALONE = 900.0  # of a cycle that a person runs by command
IDLE_SECONDS = 2.0  # without anything due that end a batch
LOOK = 0.25  # seconds between looks for mailboxes that became due
LOOK_BESIDE = 1.0  # the same of each thread that waits beside a slow mailbox
RENEW_EVERY = 8.0  # seconds; a lease holds for 30
ELSEWHERE = timedelta(seconds=3)  # how long a mailbox waits for its own process
CANDIDATES = 20
AWAY = 2.0  # seconds that a thread waits while the database cannot be used
CLAIM_WITHIN = 40.0  # seconds that the command waits for a mailbox that is busy


def run_fetch_batch(batch_id: int) -> None:
    """Fetch until nothing is due. A batch that was begun is not begun again."""
    now = timezone.now()
    begun = Batch.objects.filter(pk=batch_id, started_at=None, ended_at=None).update(
        started_at=now, beat_at=now, owner=leases.owner()
    )
    if not begun:
        return
    try:
        _Run(batch_id).run()
    finally:
        Batch.objects.filter(pk=batch_id, ended_at=None).update(ended_at=timezone.now())


def due() -> QuerySet[Fetcher]:
    """Fetchers whose cycle may start now."""
    now = timezone.now()
    return Fetcher.objects.filter(
        leases.free(),
        Q(not_before=None) | Q(not_before__lte=now),
        state__in=RUNNABLE_STATES,
        paused_at=None,
        next_due__lte=now,
        pop_client__enable_client=True,
        pop_client__archived_at=None,
        pop_client__revision__gt=0,
    )


def claim_next(*, working: bool = False) -> Fetcher | None:
    """Take the fetcher that has waited longest, but for those of another process.

    working: only one whose last try brought its mail.
    One whose connection another process has open waits for that for a moment, if it
    claims mailboxes now: none else would come for it.
    """
    now = timezone.now()
    rows = due()
    claiming = Batch.objects.filter(
        kind=Batch.Kind.FETCH,
        ended_at=None,
        stop=False,
        started_at__gt=now - timedelta(seconds=SECONDS),
    ).exclude(owner=leases.owner())
    ours = rows.filter(
        ~Q(preferred__in=claiming.values("owner")) | Q(next_due__lte=now - ELSEWHERE)
    )
    if working:
        ours = ours.filter(Q(code="") | Q(stage=Stage.SETTLE))
    for pk in ours.order_by("next_due").values_list("pk", flat=True)[:CANDIDATES]:
        claimed = leases.claim(rows, pk)
        if claimed is not None:
            return claimed
    return None


class _Run:
    """Threads of one batch; the batch's own thread keeps their leases and looks."""

    def __init__(self, batch_id: int) -> None:
        self._batch = batch_id
        self._stopping = threading.Event()
        self._until = time.monotonic() + SECONDS
        self._limit = time.monotonic() + LIMIT
        self._busy_at = time.monotonic()
        self._running: dict[int, Fetcher] = {}
        self._lock = threading.Lock()
        self._claiming = threading.Lock()  # one thread at a time counts and claims
        self._cycles = 0
        self._away = False  # the database cannot be used, and that was said

    def run(self) -> None:
        threads = [
            threading.Thread(target=self._thread, name=f"fetch-{n}", daemon=True)
            for n in range(settings.MAILADMIN_FETCH_THREADS)
        ]
        for thread in threads:
            thread.start()
        try:
            self._watch(threads)
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()

    def _watch(self, threads: list[threading.Thread]) -> None:
        renewed = time.monotonic()
        while alive := [thread for thread in threads if thread.is_alive()]:
            alive[0].join(LOOK)  # of one that has ended it would not wait
            try:
                self._look()
                if time.monotonic() - renewed >= RENEW_EVERY:
                    renewed = time.monotonic()
                    self._renew()
            except Error as error:
                # Leases run out if this lasts; the cycles then roll back by themselves.
                self._waits(error)

    def _look(self) -> None:
        row = Batch.objects.filter(pk=self._batch)
        if row.filter(Q(stop=True) | Q(ended_at__isnull=False)).exists():
            self._stopping.set()
        row.update(beat_at=timezone.now(), cycles=self._cycles)

    def _renew(self) -> None:
        with self._lock:
            running = list(self._running.values())
        for fetcher in running:
            leases.renew(fetcher)

    def _stop(self) -> bool:
        return self._stopping.is_set() or time.monotonic() >= self._until

    def _thread(self) -> None:
        try:
            while not self._stop():
                if self._tried():
                    self._busy_at = time.monotonic()
                elif time.monotonic() - self._busy_at <= IDLE_SECONDS:
                    self._stopping.wait(LOOK)
                elif self._running:
                    # A batch that still runs must go on serving: no other is opened.
                    self._stopping.wait(LOOK_BESIDE)
                else:
                    return
        finally:
            connections.close_all()

    def _tried(self) -> bool:
        """`_one`, and on with the next mailbox whatever became of it."""
        try:
            found = self._one()
            self._away = False
            return found
        except (OperationalError, InterfaceError) as error:
            self._waits(error)
            self._stopping.wait(AWAY)
            return True
        except Exception:  # noqa: BLE001 - one mailbox ends no thread of a batch
            logger.exception("batch %s goes on with another mailbox", self._batch)
            connections.close_all()
            self._stopping.wait(LOOK)
            return True

    def _waits(self, error: Error) -> None:
        """Every thread meets it, many times until it is over: one line is enough."""
        with self._lock:
            said, self._away = self._away, True
        if not said:
            logger.warning("batch %s waits for the database: %s", self._batch, error)
        connections.close_all()  # it may be dead; the next look opens another

    def _one(self) -> bool:
        """Claim and run one mailbox; False when nothing is due."""
        if instance.is_held():
            self._stopping.set()
            return False
        fetcher = self._claim()
        if fetcher is None:
            return False
        try:
            FetchCycle(fetcher, self._stop, _trigger(fetcher), self._limit).run()
        except LeaseLost:
            logger.warning("%s was taken over by another process", fetcher)
        finally:
            with self._lock:
                # Another claim of ours stands there when this one's lease ran out.
                if self._running.get(fetcher.pk) is fetcher:
                    del self._running[fetcher.pk]
        return True

    def _claim(self) -> Fetcher | None:
        """Mailboxes that fail get half of the threads at most.

        Each of them may hang, and where a provider of many is away they would take all
        threads for good: for their pauses they have waited longer than the others.
        Where only settling failed, the mail has come: such a mailbox works.
        """
        most = max(1, settings.MAILADMIN_FETCH_THREADS // 2)
        with self._claiming:
            if self._stop():  # while it waited for its turn
                return None
            with self._lock:
                failing = sum(map(_fails, self._running.values()))
            fetcher = claim_next(working=failing >= most)
            if fetcher is not None:
                with self._lock:
                    self._running[fetcher.pk] = fetcher
                    self._cycles += 1
        return fetcher


def _fails(fetcher: Fetcher) -> bool:
    return bool(fetcher.code) and fetcher.stage != Stage.SETTLE


def _trigger(fetcher: Fetcher) -> Cycle.Trigger:
    if fetcher.asked_at is not None:
        return Cycle.Trigger.ASKED
    return Cycle.Trigger.DUE


class NotFetched(Exception):
    """A cycle was asked for and cannot run; the text says why, in one sentence."""


def fetch_now(client_id: int) -> Cycle:
    """Run one cycle in this process, now. Raises NotFetched."""
    row = Fetcher.objects.select_related("pop_client").get(pop_client_id=client_id)
    refusal = _refusal(row)
    if refusal:
        raise NotFetched(refusal)
    rows = Fetcher.objects.filter(pop_client__archived_at=None)
    end = time.monotonic() + CLAIM_WITHIN
    claimed = leases.claim(rows, row.pk)
    while claimed is None:
        if time.monotonic() > end:
            raise NotFetched("Another process works on this mailbox all the time.")
        time.sleep(LOOK)
        claimed = leases.claim(rows, row.pk)
    keeper = _Keeper(claimed)
    keeper.start()
    try:
        until = time.monotonic() + LIMIT_ALONE
        return FetchCycle(claimed, lambda: False, Cycle.Trigger.ASKED, until).run()
    except LeaseLost:
        raise NotFetched("Another process took the mailbox over.") from None
    finally:
        keeper.end()


def _refusal(row: Fetcher) -> str:
    if instance.is_held():
        return "The instance is held: nothing is fetched. Release it first."
    if row.paused_at is not None:
        return "The mailbox is paused. End the pause first."
    if row.state == RunState.STOPPED:
        return "The mailbox is stopped. Mend its options or resume it first."
    waits = row.not_before is not None and row.not_before > timezone.now()
    if row.state == RunState.THROTTLED and waits:
        return "The server has asked for a pause. Fetch again when it is over."
    if not row.pop_client.enable_client:
        return "Fetching is off in the options of this mailbox (enable-client)."
    return ""


class _Keeper(threading.Thread):
    """Renews the lease of one cycle that runs outside of a batch."""

    def __init__(self, fetcher: Fetcher) -> None:
        super().__init__(name="lease", daemon=True)
        self._fetcher = fetcher
        self._over = threading.Event()

    def run(self) -> None:
        try:
            while not self._over.wait(RENEW_EVERY):
                try:
                    leases.renew(self._fetcher)
                except Error as error:
                    held = self._fetcher.pk
                    logger.warning("fetcher %s cannot be held: %s", held, error)
                    connections.close_all()
        finally:
            connections.close_all()

    def end(self) -> None:
        self._over.set()
        self.join()

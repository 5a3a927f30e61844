"""Carries out queued connection tests and sign-ins: in batches, or for a command.

A batch claims runs one by one by a conditional update, each in a thread of its own.
When a batch is opened is services/worker/ticker; what a test does is
connection_test/run.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import DatabaseError, connections
from django.db.models import Q
from django.utils import timezone

from ...core.choices import TEST_OPEN, CheckState, TestState
from ...core.codes import Code
from ...models import Batch, Check, TestRun
from ..sign_ins import work as sign_in_work
from ..worker import leases, schedule
from . import rows
from .run import SECONDS, carry_out

logger = logging.getLogger(__name__)

THREADS = 4  # tests at a time in one batch
# No test is begun after this. The last one ends within SECONDS more, before the queue's
# own limit of 150 s for a task; and one that hangs from the start is over by then, so
# that it keeps nobody waiting.
BEGIN_WITHIN = 60.0  # seconds
# Steps of sign-ins go on as long as a test keeps the batch: each ends `MARGIN` before
# the queue's limit, and is not begun when that is nearer than `SHORT`.
MARGIN = 10.0
SHORT = 20.0
IDLE_SECONDS = 3.0  # without any test that end a batch
LOOK = 0.25  # seconds between looks for tests that were asked for
BEAT = 5.0  # seconds between signs of life
GRACE = 3.0  # seconds that a test may take beyond its time before it is given up


def run_test_batch(batch_id: int) -> None:
    """Carry out what is queued. A batch that was begun is not begun again."""
    now = timezone.now()
    begun = Batch.objects.filter(pk=batch_id, started_at=None, ended_at=None).update(
        started_at=now, beat_at=now, owner=leases.owner()
    )
    if not begun:
        return
    try:
        _Batch(batch_id).run()
    finally:
        Batch.objects.filter(pk=batch_id, ended_at=None).update(ended_at=timezone.now())


def follow(run: TestRun) -> Iterator[Check]:
    """Each check of a run as it ends; carried out here if nobody has taken it.

    For a command that waits in front of a terminal.
    """
    held = _start(run.pk) if rows.claim(run.pk) else None
    shown: set[int] = set()  # what an earlier test has seen ends before the first
    while True:
        over = not TestRun.objects.filter(pk=run.pk, state__in=TEST_OPEN).exists()
        ended = Check.objects.filter(run=run).exclude(
            state__in=(CheckState.NOT_RUN, CheckState.RUNNING)
        )
        for check in ended.exclude(number__in=shown).order_by("number"):
            shown.add(check.number)
            yield check
        if over:
            break
        if held is not None:
            held.keep()
        time.sleep(LOOK)
    if held is not None:
        held.thread.join(GRACE)


@dataclass
class _Running:
    """A test in a thread of this process."""

    pk: int
    thread: threading.Thread
    since: float = field(default_factory=time.monotonic)
    beat_at: float = field(default_factory=time.monotonic)
    given_up: bool = False

    def keep(self) -> None:
        """A sign of life now and then; give the test up when it is far too late."""
        now = time.monotonic()
        if now - self.since > SECONDS + GRACE:
            mine = Q(pk=self.pk, owner=leases.owner())
            rows.close(mine, TestState.FAILED, timezone.now(), Code.READ_TIMEOUT)
            self.given_up = True
        elif now - self.beat_at >= BEAT:
            self.beat_at = now
            TestRun.objects.filter(
                pk=self.pk, owner=leases.owner(), state=TestState.RUNNING
            ).update(beat_at=timezone.now())

    @property
    def over(self) -> bool:
        """Nothing more comes of it: ended, or given up while it waits for a server."""
        return self.given_up or not self.thread.is_alive()


def _start(pk: int) -> _Running:
    # A daemon: a call that hangs must not keep the process of the queue alive.
    thread = threading.Thread(
        target=_in_thread, args=(pk,), name=f"test-{pk}", daemon=True
    )
    thread.start()
    return _Running(pk, thread)


def _in_thread(pk: int) -> None:
    try:
        carry_out(pk)
    except DatabaseError as error:  # the reaper will find it lost
        logger.error("connection test %s cannot be written: %s", pk, error)
    finally:
        connections.close_all()


def _sign_in(pk: int, until: float) -> None:
    try:
        sign_in_work.carry_out(pk, until)
    except DatabaseError as error:  # its lease ends, and another takes it up
        logger.error("sign-in %s cannot be written: %s", pk, error)
    finally:
        connections.close_all()


class _Batch:
    """The threads of one batch, and the one that claims, beats and looks."""

    def __init__(self, batch_id: int) -> None:
        self._batch = batch_id
        self._begun = self._busy_at = self._beat_at = time.monotonic()
        self._running: list[_Running] = []
        self._signing: list[threading.Thread] = []
        self._stopping = False
        self._count = 0

    def run(self) -> None:
        while True:
            try:
                self._look()
                self._claim()
                self._sign_ins()
            except DatabaseError as error:
                logger.warning("batch %s waits: %s", self._batch, error)
            if self._running or self._signing or sign_in_work.polling():
                self._busy_at = time.monotonic()
            if not self._running and not self._signing and self._is_over():
                return
            time.sleep(LOOK)

    def _sign_ins(self) -> None:
        """Steps of sign-ins that are due, each in a thread as well."""
        self._signing = [one for one in self._signing if one.is_alive()]
        until = self._begun + schedule.longest_task() - MARGIN
        if self._stopping or until - time.monotonic() < SHORT:
            return
        for pk in sign_in_work.due(timezone.now()).values_list("pk", flat=True)[
            : THREADS - len(self._signing)
        ]:
            thread = threading.Thread(
                target=_sign_in, args=(pk, until), name=f"sign-in-{pk}", daemon=True
            )
            thread.start()
            self._signing.append(thread)

    def _is_over(self) -> bool:
        now = time.monotonic()
        late = now - self._begun >= BEGIN_WITHIN
        return self._stopping or late or now - self._busy_at >= IDLE_SECONDS

    def _look(self) -> None:
        self._running = [one for one in self._running if not one.over]
        for one in self._running:
            one.keep()
        mine = Batch.objects.filter(pk=self._batch)
        if mine.filter(Q(stop=True) | Q(ended_at__isnull=False)).exists():
            self._stopping = True
        if time.monotonic() - self._beat_at >= BEAT:
            self._beat_at = time.monotonic()
            mine.update(beat_at=timezone.now(), cycles=self._count)

    def _claim(self) -> None:
        """Begin queued tests while there are threads for them.

        The oldest first, but those that came by themselves behind those that a person
        waits for: an expired secret can stop hundreds of clients in one minute.
        """
        if self._stopping or time.monotonic() - self._begun >= BEGIN_WITHIN:
            return
        free = THREADS - len(self._running)
        if free <= 0:
            return
        queued = (
            rows.queued().order_by(rows.BY_ITSELF, "pk").values_list("pk", flat=True)
        )
        for pk in list(queued[:free]):
            if rows.claim(pk):
                self._running.append(_start(pk))
                self._count += 1

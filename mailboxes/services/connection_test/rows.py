"""Writes the rows of connection tests: each check as it begins and ends, and the run.

Every write is conditional: once somebody else has ended the run (Cancel, or the reaper
of lost ones), its holder can change nothing. What is checked: connection_test/run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils import timezone

from ...core.choices import TEST_OPEN, CheckState, Stage, TestState
from ...core.errors import MailboxesError
from ...models import Check, TestRun
from ..scrub import Scrub
from ..worker import leases
from .planning import NOT_REACHED, Planned


class Ended(MailboxesError):
    """The run is over, or no longer ours; the holder lets go of everything."""


def write_plan(run: TestRun, plan: list[Planned]) -> None:
    """The rows of a new run, in the caller's transaction.

    None of them is made yet, but those that an earlier run has seen.
    """
    Check.objects.bulk_create(
        _row(run, number, planned) for number, planned in enumerate(plan, start=1)
    )


def _row(run: TestRun, number: int, planned: Planned) -> Check:
    check = Check(run=run, number=number, stage=planned.stage)
    if planned.seen is not None:
        check.state = planned.seen.state
        check.evidence = planned.seen.evidence | {"seen_by": planned.seen_by}
    else:
        skipped = {"skipped": planned.skipped} if planned.skipped else {}
        check.evidence = planned.evidence | skipped
    return check


def claim(pk: int) -> bool:
    """Take a queued run for this process; False when somebody was first."""
    now = timezone.now()
    return bool(
        queued()
        .filter(pk=pk)
        .update(
            state=TestState.RUNNING, owner=leases.owner(), started_at=now, beat_at=now
        )
    )


# True sorts last: runs that nobody asked for.
BY_ITSELF = Case(When(refused={}, then=Value(False)), default=Value(True))


def queued() -> QuerySet[TestRun]:
    """Runs that may be begun now: what they wait for is over."""
    first = TestRun.objects.filter(state__in=TEST_OPEN)
    return TestRun.objects.filter(state=TestState.QUEUED, stop=False).exclude(
        after__in=first.values("pk")
    )


def close(
    which: Q, state: TestState, now: datetime, code: str = "", **evidence: Any
) -> list[int]:
    """End open runs from outside; returns the ids of those that this call has ended.

    code: makes their running check a failed one, else it was not made.
    """
    ended = []
    rows = TestRun.objects.filter(which, state__in=TEST_OPEN)
    for pk in list(rows.values_list("pk", flat=True)):
        with transaction.atomic():
            moved = TestRun.objects.filter(which, pk=pk, state__in=TEST_OPEN).update(
                state=state, ended_at=now, stop=True
            )
            if moved:
                ended.append(pk)
                _close_checks(pk, now, code, evidence)
    return ended


def _close_checks(
    run: int, now: datetime, code: str, evidence: Mapping[str, Any]
) -> None:
    for check in Check.objects.filter(run=run, state=CheckState.RUNNING):
        check.evidence = _told(check) | dict(evidence)
        if code:
            check.state, check.code = CheckState.FAILED.value, code
            check.milliseconds = _since(check, now)
        else:
            check.state, check.started_at = CheckState.NOT_RUN.value, None
        check.save()


class Sheet:
    """The rows of one run in the hands of its holder, one after the other.

    There is always one current check, running, until the last has ended.
    """

    def __init__(self, run: TestRun, scrub: Scrub) -> None:
        self._mine = TestRun.objects.filter(
            pk=run.pk, state=TestState.RUNNING, owner=run.owner
        )
        self._todo = []
        self._seen: dict[str, Check] = {}
        for check in run.checks.order_by("number"):
            if check.state == CheckState.NOT_RUN:
                self._todo.append(check)
            else:
                self._seen[check.stage] = check
        self._scrub = scrub

    @property
    def current(self) -> Check | None:
        """The check that runs now; None at the end."""
        return self._todo[0] if self._todo else None

    def seen(self, stage: Stage) -> Mapping[str, Any] | None:
        """What an earlier run has learned at a check that this one need not make."""
        check = self._seen.get(stage)
        return None if check is None else check.evidence

    def expects(self, stage: Stage) -> bool:
        """A check of `stage` is still to come on the side spoken to now."""
        return self._find(stage) is not None

    def begin(self, limit: float) -> None:
        """Begin the current check, past those that are skipped. Raises Ended.

        limit: seconds that it may take.
        """
        now = timezone.now()
        with self._held(now):
            while self._todo and self._todo[0].evidence.get("skipped"):
                self._end(self._todo.pop(0), CheckState.SKIPPED, {})
            check = self.current
            if check is not None:
                check.state, check.started_at = CheckState.RUNNING.value, now
                check.evidence = check.evidence | {"limit": round(limit)}
                check.save()

    def passed(self, milliseconds: int, facts: Mapping[str, Any]) -> None:
        """The current check went well. Raises Ended."""
        with self._held(timezone.now()):
            check = self._todo.pop(0)
            check.milliseconds = milliseconds
            self._end(check, CheckState.PASSED, facts)

    def skipped(self, reason: str) -> None:
        """The current check cannot be made, and that is no fault. Raises Ended."""
        with self._held(timezone.now()):
            self._end(self._todo.pop(0), CheckState.SKIPPED, {"skipped": reason})

    def failed(
        self,
        stage: Stage,
        code: str,
        evidence: Mapping[str, Any],
        earlier_why: str = NOT_REACHED,
    ) -> None:
        """The check of `stage` went wrong, else the current one; the run is over.

        What stood before it was passed by, by default because the conversation never
        came to it.
        """
        now = timezone.now()
        place = self._find(stage) or 0
        with self._held(now, state=TestState.FAILED, ended_at=now):
            check = self._todo[place]
            check.milliseconds = _since(self._todo[0], now)
            check.started_at = self._todo[0].started_at
            for earlier in self._todo[:place]:
                self._end(earlier, CheckState.SKIPPED, {"skipped": earlier_why})
            check.code = str(code)
            self._end(check, CheckState.FAILED, evidence)
            self._todo.clear()

    def all_passed(self) -> None:
        """Every check has ended well. Raises Ended."""
        now = timezone.now()
        with self._held(now, state=TestState.PASSED, ended_at=now):
            assert not self._todo

    def _find(self, stage: Stage) -> int | None:
        side = self._todo[0].evidence.get("side") if self._todo else None
        for place, check in enumerate(self._todo):
            if check.evidence.get("side") != side:
                break
            if check.stage == stage:
                return place
        return None

    @contextmanager
    def _held(self, now: datetime, **changes: Any) -> Iterator[None]:
        """A transaction that begins with proof that the run is ours and wanted."""
        with transaction.atomic():
            mine = self._mine.filter(stop=False)
            if not mine.update(beat_at=now, **changes):
                raise Ended
            yield

    def _end(self, check: Check, state: CheckState, facts: Mapping[str, Any]) -> None:
        cleaned = self._scrub.clean(dict(facts))
        assert isinstance(cleaned, dict)
        check.state = state.value
        check.evidence = _told(check) | cleaned
        check.save()


def _told(check: Check) -> dict[str, Any]:
    """The evidence of a check without what was only of use while it ran."""
    return {name: v for name, v in check.evidence.items() if name != "limit"}


def _since(check: Check, now: datetime) -> int | None:
    if check.started_at is None:
        return None
    return round((now - check.started_at).total_seconds() * 1000)

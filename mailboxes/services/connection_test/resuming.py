"""A test that goes on where the one before it failed ("Run from here", ux.md 2.8).

What the test before has seen of the way to the authority (lookup, connection, proxy,
certificate, clock, tenant) is taken over, if all of it was well, is not old, and the
test to come would check the very same. The fields, the token and the conversation with
the mail server are always checked anew: they are what somebody has mended, and they
cannot be cut into pieces. Making the checks: connection_test/run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone

from ...core.choices import CheckState, Stage, TestState
from ...core.options import Target
from ...models import Check, Revision, TestRun
from ..findings.authority import AUTHORITY
from ..options import snapshots
from .planning import Planned, plan

GOOD_FOR = timedelta(hours=1)  # later the network may be another
GOOD = (CheckState.PASSED, CheckState.SKIPPED)
SIGNING_IN = (Stage.TOKEN, Stage.CLAIMS)


def can_go_on(run: TestRun) -> bool:
    """A test that goes on from this one has less to do than a whole one."""
    if run.state != TestState.FAILED:
        return False
    client, revision = run.client, run.revision
    if client.revision != revision.number:
        revision = snapshots.newest(client)
    planned = plan(snapshots.of(revision), run.send_to)
    return taken_over(run, revision, planned, timezone.now()) != planned


def taken_over(
    before: TestRun, revision: Revision, planned: Sequence[Planned], now: datetime
) -> list[Planned]:
    """The plan of a test that goes on from `before`: what it need not do has `seen`.

    revision: what that test is about.
    """
    if before.revision.pinned.get(Target.PROXY) != revision.pinned.get(Target.PROXY):
        return list(planned)
    ways = [one for one in planned if _of_the_way(one.stage, one.evidence.get("side"))]
    seen = [one for one in before.checks.all() if _of_the_way(*_place(one))]
    if len(ways) != len(seen) or not all(map(_same, ways, seen)):
        return list(planned)
    if not seen or now - _made_at(before, seen[0]) > GOOD_FOR:
        return list(planned)
    by_plan = dict(zip(map(id, ways), seen, strict=True))
    origin = seen[0].evidence.get("seen_by", before.pk)
    return [
        replace(one, seen=by_plan[id(one)], seen_by=origin)
        if id(one) in by_plan
        else one
        for one in planned
    ]


def _place(check: Check) -> tuple[str, object]:
    return check.stage, check.evidence.get("side")


def _of_the_way(stage: str, side: object) -> bool:
    return side == AUTHORITY and stage not in SIGNING_IN


def _same(planned: Planned, check: Check) -> bool:
    """`check` was well, and is what `planned` would check now."""
    return (
        check.state in GOOD
        and check.stage == planned.stage
        and planned.evidence.items() <= check.evidence.items()
    )


def _made_at(before: TestRun, check: Check) -> datetime:
    """When a check was really made: `before` may have gone on from another test."""
    first = check.evidence.get("seen_by")
    run = before if first is None else TestRun.objects.filter(pk=first).first()
    ended = run.ended_at if run is not None else None
    return ended or datetime.min.replace(tzinfo=timezone.get_current_timezone())

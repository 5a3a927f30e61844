"""How often nobody knew: failures of stored tries that have a generic finding only.

What is counted here shows which findings the catalogue lacks. Cycles, attempts and
checks of connection tests are tries; runners and outbound messages repeat the last one
of theirs and are not counted again. Reads only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from ...core.choices import CheckState
from ...models import Attempt, Check, Cycle
from . import find

PERIOD = timedelta(days=7)
_CHUNK = 500


@dataclass(frozen=True)
class Unexplained:
    """code, stage: what was stored. finding: id of what is said. count: of tries."""

    code: str
    stage: str
    finding: str
    count: int


def generic(since: datetime | None = None) -> list[Unexplained]:
    """Codes that are not explained, most frequent first.

    since: tries that began earlier are left out; by default those before `PERIOD`.
    """
    start = since or timezone.now() - PERIOD
    failed: tuple[QuerySet, ...] = (
        Cycle.objects.filter(started_at__gte=start).exclude(code=""),
        Attempt.objects.filter(started_at__gte=start).exclude(code=""),
        Check.objects.filter(started_at__gte=start, state=CheckState.FAILED).exclude(
            code=""
        ),
    )
    counts: Counter[tuple[str, str, str]] = Counter()
    for rows in failed:
        tries = rows.order_by("pk").values_list("code", "stage", "evidence")
        for code, stage, evidence in tries.iterator(chunk_size=_CHUNK):
            finding = find(code, evidence, stage=stage)
            if finding.generic:
                counts[code, stage, finding.id] += 1
    return [Unexplained(*key, count) for key, count in counts.most_common()]

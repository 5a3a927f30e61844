"""How long rows about the past are kept (DESIGN D12, defaults).

Cycles 14 days, connection tests 90 days, audit 400 days, token caches 7 days after
their last use. Mail content has no end yet: it may go 30 days after a consumer has
acknowledged it, and nothing can acknowledge in this version.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ..models import AuditEvent, Cycle, TestRun
from . import tokens

CYCLES = timedelta(days=14)
TESTS = timedelta(days=90)
AUDIT = timedelta(days=400)
TOKENS = timedelta(days=7)
PORTION = 2000  # rows a sweep: the database is not to be held for long


def sweep(now: datetime) -> int:
    """Delete one portion of what is too old; returns how many cycles and events.

    The newest cycles of a client stay, however old: they tell why it stopped.
    """
    newest = Cycle.objects.filter(ended_at__gte=now - CYCLES)
    busy = newest.values("pop_client_id").distinct()
    old = Cycle.objects.filter(ended_at__lt=now - CYCLES)
    doomed = list(
        (old.filter(pop_client_id__in=busy) | old.filter(pop_client_id=None))
        .order_by("pk")
        .values_list("pk", flat=True)[:PORTION]
    )
    Cycle.objects.filter(pk__in=doomed).delete()
    events = AuditEvent.objects.filter(at__lt=now - AUDIT).order_by("pk")
    gone = list(events.values_list("pk", flat=True)[:PORTION])
    AuditEvent.objects.filter(pk__in=gone).delete()
    tests = TestRun.objects.filter(asked_at__lt=now - TESTS).order_by("pk")
    TestRun.objects.filter(
        pk__in=list(tests.values_list("pk", flat=True)[:PORTION])
    ).delete()
    tokens.sweep(now - TOKENS)
    return len(doomed) + len(gone)

"""How long rows about the past are kept (DESIGN D12, defaults).

Cycles 14 days, connection tests 90 days, audit 400 days, token caches 7 days after
their last use, sessions of the console until they are over. Mail content has no end
yet: it may go 30 days after a consumer has acknowledged it, and nothing can acknowledge
in this version. When it is swept: services/worker/ticker.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.db.models import OuterRef, Subquery

from ..models import AuditEvent, Cycle, PopClient, SmtpClient, TestRun
from . import tokens

CYCLES = timedelta(days=14)
TESTS = timedelta(days=90)
AUDIT = timedelta(days=400)
TOKENS = timedelta(days=7)
PORTION = 2000  # rows a sweep: the database is not to be held for long
KEPT = 100  # cycles of a client that has no younger ones
AT_ONCE = 500  # clients that one question names


def sweep(now: datetime) -> int:
    """Delete one portion of what is too old; returns how many cycles and events.

    As many as `PORTION`, or more, means that there may be others. The newest cycles of
    a client stay, however old: they tell why it stopped.
    """
    doomed = _cycles(now - CYCLES)
    Cycle.objects.filter(pk__in=doomed).delete()
    events = AuditEvent.objects.filter(at__lt=now - AUDIT).order_by("at")
    gone = list(events.values_list("pk", flat=True)[:PORTION])
    AuditEvent.objects.filter(pk__in=gone).delete()
    tests = TestRun.objects.filter(asked_at__lt=now - TESTS).order_by("pk")
    TestRun.objects.filter(
        pk__in=list(tests.values_list("pk", flat=True)[:PORTION])
    ).delete()
    tokens.sweep(now - TOKENS)
    over = Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True)
    Session.objects.filter(pk__in=list(over[:PORTION])).delete()
    return len(doomed) + len(gone)


def _cycles(horizon: datetime) -> list[int]:
    """Ids of cycles to be deleted, `PORTION` at most, of both directions.

    Looked for client by client, as cycles are indexed: a look through all of them would
    take longer than a tick has.
    """
    doomed: list[int] = []
    for owner, model in (("pop_client", PopClient), ("smtp_client", SmtpClient)):
        for border, clients in _borders(owner, model, horizon).items():
            old = Cycle.objects.filter(started_at__lt=border, ended_at__lt=horizon)
            for at in range(0, len(clients), AT_ONCE):
                some = old.filter(**{f"{owner}__in": clients[at : at + AT_ONCE]})
                ids = some.order_by().values_list("pk", flat=True)
                doomed += ids[: PORTION - len(doomed)]
    return doomed


def _borders(
    owner: str, model: type[PopClient | SmtpClient], horizon: datetime
) -> dict[datetime, list[int]]:
    """Clients that have old cycles, by the moment before which those may go."""
    ended = Cycle.objects.filter(**{owner: OuterRef("pk")}, ended_at__isnull=False)
    newest = ended.order_by("-started_at").values("started_at")
    clients = model._default_manager.annotate(
        oldest=Subquery(ended.order_by("started_at").values("started_at")[:1]),
        newest=Subquery(newest[:1]),
        last_kept=Subquery(newest[KEPT - 1 : KEPT]),
    ).filter(oldest__lt=horizon)
    found: dict[datetime, list[int]] = {}
    for pk, oldest, last, last_kept in clients.values_list(
        "pk", "oldest", "newest", "last_kept"
    ):
        border = horizon if last >= horizon else last_kept
        if border is not None and oldest < border:
            found.setdefault(border, []).append(pk)
    return found

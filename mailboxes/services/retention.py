"""How long rows about the past are kept (DESIGN D12, defaults).

Cycles 14 days, connection tests 90 days, audit 400 days, token caches 7 days after
their last use, sessions of the console until they are over. The content of a message
that was sent or cancelled goes `MAILADMIN_SENT_DAYS` after that; the row stays, with
its recipients, answers and digest. What may still be sent keeps its content, however
old it is.

Received content has no end yet: it may go 30 days after a consumer has acknowledged it,
and nothing can acknowledge in this version. When it is swept: services/worker/ticker.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import OuterRef, Subquery

from ..core.choices import OutboxState
from ..models import (
    AuditEvent,
    Cycle,
    OutboundChunk,
    OutboundMessage,
    PopClient,
    SmtpClient,
    TestRun,
)
from . import tokens

CYCLES = timedelta(days=14)
TESTS = timedelta(days=90)
AUDIT = timedelta(days=400)
TOKENS = timedelta(days=7)
PORTION = 2000  # rows a sweep: the database is not to be held for long
KEPT = 100  # cycles of a client that has no younger ones
AT_ONCE = 500  # clients that one question names
# Messages whose content goes in one sweep, and octets of it: SQLite has one writer.
CONTENTS = 200
LOOKED = 5000  # messages that one question looks at
OCTETS = 64_000_000
NOTHING_FOLLOWS = (OutboxState.SENT, OutboxState.CANCELLED)


def sweep(now: datetime) -> int:
    """Delete one portion of what is too old; returns how many cycles and events.

    As many as `PORTION`, or more, means that there may be others, of content too. The
    newest cycles of a client stay, however old: they tell why it stopped.
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
    more = _contents(now)
    return max(len(doomed) + len(gone), PORTION if more else 0)


def _contents(now: datetime) -> bool:
    """Delete one portion of the content of what went out; True when there may be more.

    Messages that have content are gone through from the oldest, and no further than to
    one that is too young itself: behind it all are. One of a time to come tells nothing
    of the others: the clock was set back. The database looks, for those that have to
    keep their content may be many, and the tick waits for the answer.
    """
    days = settings.MAILADMIN_SENT_DAYS
    horizon = now - timedelta(days=days)
    last, octets, doomed = 0, 0, list[int]()
    having = OutboundChunk.objects.filter(number=0).order_by("message_id")
    while days:
        behind = having.filter(message_id__gt=last)
        end = behind.values_list("message_id", flat=True)[LOOKED - 1 : LOOKED].first()
        some = behind if end is None else behind.filter(message_id__lte=end)
        over = some.filter(
            message__state__in=NOTHING_FOLLOWS, message__state_since__lt=horizon
        )
        for pk, size in over.values_list("message_id", "message__size")[:CONTENTS]:
            doomed.append(pk)
            octets += size
            if len(doomed) == CONTENTS or octets >= OCTETS:
                _delete_contents(doomed)
                return True
        if end is None:
            break
        last_one = OutboundMessage.objects.filter(pk=end)
        if last_one.filter(created_at__range=(horizon, now)).exists():
            break
        last = end
    _delete_contents(doomed)
    return False


def _delete_contents(doomed: list[int]) -> None:
    """Without another look at their states: nothing leads out of those.

    PostgreSQL would go through all chunks for it.
    """
    OutboundChunk.objects.filter(message__in=doomed).delete()


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

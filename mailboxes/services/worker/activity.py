"""What the lists draw: outcomes of the last cycles, messages by hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, F, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncHour

from ...core.choices import Outcome
from ...models import Cycle, Message, PopClient
from ..plans import unindexed

LETTERS = {outcome.value[0]: outcome for outcome in Outcome}
DAY = 24  # hours
# By so much the times of messages may not be in the order of their ids: processes store
# at the same time, and clocks are set.
OUT_OF_ORDER = timedelta(hours=1)


def outcomes(recent: str) -> list[Outcome]:
    """The outcomes of a runner's `recent`, oldest first."""
    return [LETTERS[letter] for letter in recent if letter in LETTERS]


def messages_by_hour(clients: Iterable[int], now: datetime) -> dict[int, list[int]]:
    """Messages stored in each of the last 24 hours, oldest first, by client."""
    counts: dict[int, list[int]] = {pk: [0] * DAY for pk in clients}
    first = _hour(now) - timedelta(hours=DAY - 1)
    rows = (
        _stored(list(counts), first)
        .filter(stored_at__gte=first)
        .order_by()
        .annotate(hour=TruncHour("stored_at"))
        .values("owner", "hour")
        .annotate(count=Count("pk"))
    )
    for row in rows:
        place = int((row["hour"] - first).total_seconds() // 3600)
        if 0 <= place < DAY:
            counts[row["owner"]][place] = row["count"]
    return counts


def _stored(clients: Sequence[int], first: datetime) -> QuerySet[Message]:
    """Messages of these clients, with their `owner`; all that came since `first`.

    Of many clients they are looked for among all of these hours. Of one that would be
    what came to all the others, too: its own are taken, from where the hours begin.
    """
    if len(clients) != 1:
        owned = Message.objects.annotate(owner=unindexed("pop_client_id"))
        return owned.filter(owner__in=clients)
    before = Message.objects.filter(stored_at__lt=first - OUT_OF_ORDER)
    last = before.order_by("-stored_at").values("pk")[:1]
    own = Message.objects.filter(
        pop_client=clients[0], pk__gt=Coalesce(Subquery(last), 0)
    )
    return own.annotate(owner=F("pop_client_id"))


def failed_by_hour(client: PopClient, now: datetime) -> list[int]:
    """Cycles that failed in each of the last 24 hours, oldest first."""
    first = _hour(now) - timedelta(hours=DAY - 1)
    counts = [0] * DAY
    rows = (
        Cycle.objects.filter(
            pop_client=client,
            started_at__gte=first,
            outcome__in=[Outcome.FAILED, Outcome.LOST],
        )
        .order_by()
        .annotate(hour=TruncHour("started_at"))
        .values("hour")
        .annotate(count=Count("pk"))
    )
    for row in rows:
        place = int((row["hour"] - first).total_seconds() // 3600)
        if 0 <= place < DAY:
            counts[place] = row["count"]
    return counts


def hours(now: datetime) -> list[str]:
    """Labels of the last 24 hours, oldest first."""
    first = _hour(now) - timedelta(hours=DAY - 1)
    return [f"{first + timedelta(hours=i):%H:00}" for i in range(DAY)]


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)

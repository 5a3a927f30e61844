"""The same failure at many mailboxes of one provider stops nobody (DESIGN D9).

One of them, the first, goes on trying; when it succeeds the others go on at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from ..core.choices import RunState
from ..models import Fetcher, PopClient

WITHIN = timedelta(minutes=10)
MANY = 5


def _alike(client: PopClient, code: str) -> QuerySet[Fetcher]:
    """Fetchers at the same server and authority whose last try failed with `code`."""
    return Fetcher.objects.filter(
        code=code,
        pop_client__server=client.server,
        pop_client__tenant_authority=client.tenant_authority,
        pop_client__archived_at=None,
    )


def shares(client: PopClient, code: str, now: datetime) -> tuple[bool, bool]:
    """(many fail alike, this client is the one that goes on trying)."""
    others = (
        _alike(client, code)
        .exclude(pop_client=client)
        .filter(last_try_at__gte=now - WITHIN)
    )
    first = list(others.order_by("pop_client_id").values_list("pop_client_id")[:MANY])
    if len(first) + 1 < MANY:
        return False, False
    return True, client.pk < first[0][0]


def recovered(client: PopClient, code: str) -> int:
    """One succeeded again: let those that wait with the same failure try now."""
    now = timezone.now()
    return (
        _alike(client, code)
        .filter(state=RunState.FAILING, not_before__gt=now)
        .update(not_before=None, next_due=now)
    )

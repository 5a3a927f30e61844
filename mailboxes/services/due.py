"""Is there anything to fetch or send now? For the ticker: one cheap question each.

Which mailbox or message is taken is decided by leases in services/fetch and outbox;
a wrong answer here costs one empty batch.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from ..core.choices import OUTBOX_CLAIMABLE, RUNNABLE_STATES
from ..models import Fetcher, OutboundMessage


def _free(now: datetime, prefix: str = "") -> Q:
    """Runnable, not paused, past its back-off, held by nobody."""
    return (
        Q(**{f"{prefix}state__in": RUNNABLE_STATES, f"{prefix}paused_at": None})
        & (Q(**{f"{prefix}not_before": None}) | Q(**{f"{prefix}not_before__lte": now}))
        & (
            Q(**{f"{prefix}lease_until": None})
            | Q(**{f"{prefix}lease_until__lte": now})
        )
    )


def fetching(now: datetime) -> bool:
    """Some pop-client's cycle is due and nobody works on it."""
    return Fetcher.objects.filter(
        _free(now),
        next_due__lte=now,
        pop_client__enable_client=True,
        pop_client__archived_at=None,
    ).exists()


def sending(now: datetime) -> bool:
    """Some message may go out and its sender is free."""
    return OutboundMessage.objects.filter(
        _free(now, "smtp_client__sender__"),
        state__in=OUTBOX_CLAIMABLE,
        not_before__lte=now,
    ).exists()

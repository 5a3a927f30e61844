"""Mends rows that wait for a time that will not come: the clock was set back.

A machine that starts with a wrong clock (a hardware clock in local time, a virtual
machine that was asleep) writes times that lie hours or days ahead. When the clock is
right again, everything that waits for them would wait: mailboxes, messages, leases of
dead processes. All these times are short in truth, so one that is much further away
than it may be is taken for over. May be done at any time, and again; whoever works on a
row keeps it by its fence (services/worker/leases).
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Model, Q

from ..core.choices import OUTBOX_CLAIMABLE
from ..models import Batch, Fetcher, OutboundMessage, Sender, SignIn, TokenCache, Worker
from . import retry
from .outbox import outcome as outbox_outcome

logger = logging.getLogger(__name__)

SLACK = timedelta(minutes=5)  # more than a lease, and than clocks of hosts may differ
LONGEST = timedelta(seconds=retry.LONGEST_HINT)  # that a client waits after a failure
LEASED: tuple[type[Model], ...] = (Fetcher, Sender, OutboundMessage, TokenCache, SignIn)


def mend(now: datetime) -> int:
    """Let what waits for a time too far away go on now. Returns how many rows."""
    ahead = now + SLACK
    longest = now + LONGEST + SLACK
    changed = _silent_workers(now, ahead)
    for leased in LEASED:
        rows = leased._default_manager.filter(lease_until__gt=ahead)
        changed += rows.update(lease_until=now)
    for runner in (Fetcher, Sender):
        late = runner._default_manager.filter(not_before__gt=longest)
        changed += late.update(not_before=now)
    changed += _due(now, ahead)
    changed += OutboundMessage.objects.filter(
        state__in=OUTBOX_CLAIMABLE,
        not_before__gt=now + max(outbox_outcome.BACK_OFF) + SLACK,
    ).update(not_before=now)
    if changed:
        logger.warning(
            "the clock was set back, or differs between hosts: %d rows wait no longer",
            changed,
        )
    return changed


def _silent_workers(now: datetime, ahead: datetime) -> int:
    """Workers and batches of before. One that lives says so again within a second."""
    batches = Batch.objects.filter(
        Q(beat_at__gt=ahead) | Q(beat_at=None, created_at__gt=ahead), ended_at=None
    ).update(ended_at=now, stop=True)
    workers = Worker.objects.filter(Q(beat_at__gt=ahead) | Q(probe_at__gt=ahead))
    return batches + workers.update(beat_at=now, probe_at=None, stopped_at=now)


def _due(now: datetime, ahead: datetime) -> int:
    """Fetchers whose next cycle is further away than their interval and their pause."""
    rows = Fetcher.objects.filter(next_due__gt=ahead).values_list(
        "pk", "next_due", "not_before", "pop_client__cycle_time"
    )
    late = [
        pk
        for pk, due, not_before, cycle_time in rows.iterator()
        if due > ahead + timedelta(seconds=cycle_time)
        and (not_before is None or due > not_before + SLACK)
    ]
    changed = 0
    for at in range(0, len(late), 500):
        changed += Fetcher.objects.filter(
            pk__in=late[at : at + 500], next_due__gt=ahead
        ).update(next_due=now)
    return changed

"""Looks in Sent Items for messages of which nobody knows whether they went out.

Only a message that is found there is settled, as sent; one that is not found stays
unconfirmed for a person to decide, for the copy may come late (DESIGN D8). Sending:
outbox/cycle.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ...core.choices import OutboxState
from ...models import OutboundMessage
from ...transports.base import OutboundTransport
from .. import audit
from . import outcome as outbox_outcome

PAUSE = timedelta(minutes=2)  # between looks
OVER = timedelta(minutes=30)  # no more looks after that
AT_ONCE = 20  # messages in one cycle


def due(now: datetime, client: int | None = None) -> QuerySet[OutboundMessage]:
    """Unconfirmed messages to look for now, oldest first.

    client: of this smtp-client, None for all. Of an unconfirmed message `not_before` is
    the time of its next look.
    """
    rows = OutboundMessage.objects.filter(
        state=OutboxState.UNCONFIRMED, not_before__lte=now, state_since__gte=now - OVER
    ).exclude(message_id="")
    if client is not None:
        rows = rows.filter(smtp_client_id=client)
    return rows.order_by("state_since", "pk")


def look(transport: OutboundTransport, client: int) -> int:
    """Look for what is due. Returns how many were found; never raises MailError.

    A transport that cannot look (another protocol may be saved than is in effect) knows
    nothing of any, so that they wait for their next look as well.
    """
    found = 0
    for row in due(timezone.now(), client)[:AT_ONCE]:
        there = not _in_part(row) and transport.find_sent(row.message_id)
        if there and _sent(row):
            found += 1
        elif not there:
            OutboundMessage.objects.filter(
                pk=row.pk, fence=row.fence, state=OutboxState.UNCONFIRMED
            ).update(not_before=timezone.now() + PAUSE)
    return found


def _in_part(row: OutboundMessage) -> bool:
    """Some have it from an earlier try, whose copy in Sent Items tells of no other."""
    return any(one["state"] == "accepted" for one in row.recipients)


def _sent(row: OutboundMessage) -> bool:
    """It lies in Sent Items; False when somebody has decided meanwhile."""
    with transaction.atomic():
        changed = OutboundMessage.objects.filter(
            pk=row.pk, fence=row.fence, state=OutboxState.UNCONFIRMED
        ).update(**outbox_outcome.believed(row))
        if changed:
            audit.record(None, "outbox.found-sent", row, message_id=row.message_id)
    return bool(changed)

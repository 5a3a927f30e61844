"""What a person does to a message of the outbox.

Each is one conditional update with its audit event: False means that the message had
moved on meanwhile, and nothing was changed. Sending itself is services/outbox.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ..core.choices import OUTBOX_CLAIMABLE, OutboxState
from ..models import OutboundMessage
from . import audit

User = AbstractBaseUser | None


def allowed(row: OutboundMessage) -> frozenset[str]:
    """Names of the actions that the state of `row` permits, for pages."""
    return _ALLOWED.get(OutboxState(row.state), frozenset())


def cancel(row: OutboundMessage, user: User) -> bool:
    """Never send it; only while it is queued or waiting."""
    return _change(
        row,
        user,
        "outbox.cancelled",
        Q(state__in=OUTBOX_CLAIMABLE),
        state=OutboxState.CANCELLED,
    )


def send_now(row: OutboundMessage, user: User) -> bool:
    """End the pause of a waiting message."""
    return _change(
        row,
        user,
        "outbox.send-now",
        Q(state=OutboxState.WAITING),
        not_before=timezone.now(),
    )


def requeue(row: OutboundMessage, user: User) -> bool:
    """Send a failed message again, to all who have not had it yet."""
    recipients = [
        one
        if one["state"] == "accepted"
        else one | {"state": "pending", "code": None, "text": ""}
        for one in row.recipients
    ]
    return _change(
        row,
        user,
        "outbox.requeued",
        # The fence: the recipients are those of the try that we have read.
        Q(state=OutboxState.FAILED, fence=row.fence),
        recipients=recipients,
        **_fresh(),
    )


def send_again(row: OutboundMessage, user: User) -> bool:
    """Queue an unconfirmed message: it may arrive twice, with the same Message-ID."""
    return _change(
        row,
        user,
        "outbox.sent-again",
        Q(state=OutboxState.UNCONFIRMED),
        decided_by_id=user.pk if user is not None else None,
        **_fresh(),
    )


def mark_sent(row: OutboundMessage, user: User) -> bool:
    """A person knows that an unconfirmed message went out."""
    now = timezone.now()
    recipients = [
        one | {"state": "accepted"} if one["state"] == "pending" else one
        for one in row.recipients
    ]
    return _change(
        row,
        user,
        "outbox.marked-sent",
        Q(state=OutboxState.UNCONFIRMED, fence=row.fence),
        state=OutboxState.SENT,
        sent_at=now,
        decided_by_id=user.pk if user is not None else None,
        recipients=recipients,
        code="",
        stage="",
        evidence={},
    )


ACTIONS = {
    "cancel": cancel,
    "send-now": send_now,
    "requeue": requeue,
    "send-again": send_again,
    "mark-sent": mark_sent,
}
_ALLOWED = {
    OutboxState.QUEUED: frozenset({"cancel"}),
    OutboxState.WAITING: frozenset({"cancel", "send-now"}),
    OutboxState.FAILED: frozenset({"requeue"}),
    OutboxState.UNCONFIRMED: frozenset({"send-again", "mark-sent"}),
}


def _fresh() -> dict[str, Any]:
    """Columns of a message that starts anew; attempts and fence stay."""
    return {
        "state": OutboxState.QUEUED,
        "not_before": timezone.now(),
        "tries": 0,
        "code": "",
        "stage": "",
        "evidence": {},
    }


def _change(
    row: OutboundMessage, user: User, action: str, allowed: Q, **changes: Any
) -> bool:
    if "state" in changes:
        changes["state_since"] = timezone.now()
    with transaction.atomic():
        changed = OutboundMessage.objects.filter(allowed, pk=row.pk).update(**changes)
        if changed:
            audit.record(user, action, row, message_id=row.message_id)
    return bool(changed)

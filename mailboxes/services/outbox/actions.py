"""What a person does to a message of the outbox.

Each is one conditional update with its audit event: False means that the message had
moved on meanwhile, and nothing was changed. `requeue_all` and `give_up_all` do so with
many that failed alike. Sending itself is services/outbox.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ...core.choices import OUTBOX_CLAIMABLE, OutboxState
from ...models import AuditEvent, OutboundMessage
from .. import audit
from . import outcome as outbox_outcome

User = AbstractBaseUser | None

MOST_AT_ONCE = 1000  # messages that one press of a button queues again
PORTION = 100  # messages in one transaction


def allowed(row: OutboundMessage) -> frozenset[str]:
    """Names of the actions that the state of `row` permits, for pages."""
    return _ALLOWED.get(OutboxState(row.state), frozenset())


def cancel(row: OutboundMessage, user: User) -> bool:
    """Never send it; a failed one is given up, and nobody is asked about it again."""
    return _change(
        row,
        user,
        "outbox.cancelled",
        Q(state__in=(*OUTBOX_CLAIMABLE, OutboxState.FAILED)),
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
    with transaction.atomic():
        changed = _requeue(row)
        if changed:
            audit.record(user, "outbox.requeued", row, message_id=row.message_id)
    return changed


def failed(client_id: int, code: str) -> QuerySet[OutboundMessage]:
    """Messages of an smtp-client that ended with that failure."""
    return OutboundMessage.objects.filter(
        smtp_client_id=client_id, code=code, state=OutboxState.FAILED
    )


def requeue_all(client_id: int, code: str, user: User) -> int:
    """Queue them again, oldest first, `MOST_AT_ONCE` at most. Returns how many."""
    return _each_failed(client_id, code, user, "outbox.requeued", _requeue)


def give_up_all(client_id: int, code: str, user: User) -> int:
    """Never send them; oldest first, `MOST_AT_ONCE` at most. Returns how many."""
    return _each_failed(client_id, code, user, "outbox.cancelled", _give_up)


def _each_failed(
    client_id: int,
    code: str,
    user: User,
    action: str,
    change: Callable[[OutboundMessage], bool],
) -> int:
    done, last = 0, 0
    while done < MOST_AT_ONCE:
        with transaction.atomic():
            rows = list(
                failed(client_id, code)
                .filter(pk__gt=last)
                .select_related("smtp_client")
                .order_by("pk")[: min(PORTION, MOST_AT_ONCE - done)]
            )
            changed = [row for row in rows if change(row)]
            events = [
                audit.event(user, action, row, message_id=row.message_id)
                for row in changed
            ]
            AuditEvent.objects.bulk_create(events)
        if not rows:
            break
        done, last = done + len(changed), rows[-1].pk
    return done


def _give_up(row: OutboundMessage) -> bool:
    return _update(row, Q(state=OutboxState.FAILED), state=OutboxState.CANCELLED)


def _requeue(row: OutboundMessage) -> bool:
    recipients = [
        one
        if one["state"] == "accepted"
        else one | {"state": "pending", "code": None, "text": ""}
        for one in row.recipients
    ]
    # The fence: the recipients are those of the try that we have read.
    return _update(
        row,
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
    return _change(
        row,
        user,
        "outbox.marked-sent",
        Q(state=OutboxState.UNCONFIRMED, fence=row.fence),
        decided_by_id=user.pk if user is not None else None,
        **outbox_outcome.believed(row),
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
    OutboxState.FAILED: frozenset({"requeue", "cancel"}),
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
    with transaction.atomic():
        changed = _update(row, allowed, **changes)
        if changed:
            audit.record(user, action, row, message_id=row.message_id)
    return changed


def _update(row: OutboundMessage, allowed: Q, **changes: Any) -> bool:
    if "state" in changes:
        changes["state_since"] = timezone.now()
    return bool(OutboundMessage.objects.filter(allowed, pk=row.pk).update(**changes))

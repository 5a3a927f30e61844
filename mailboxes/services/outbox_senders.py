"""The sender row in a send cycle: claimed, renewed, given back, and how it went.

Which revision is in effect is decided elsewhere (services/clients: Restart sending and
a start of the service); a cycle only reads it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from ..core.choices import OUTBOX_CLAIMABLE, RUNNABLE_STATES, Outcome, RunState
from ..core.errors import LeaseLost, MailError
from ..models import Sender
from . import outbox_retry as retry

LEASE = timedelta(seconds=30)
RECENT = 30  # cycles whose outcome the row itself remembers


def due(now: datetime) -> list[int]:
    """Senders that are free and have a message that may go out now."""
    return list(
        _free(now)
        .filter(
            revision__isnull=False,
            smtp_client__outbound__state__in=OUTBOX_CLAIMABLE,
            smtp_client__outbound__not_before__lte=now,
        )
        .distinct()
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _free(now: datetime) -> QuerySet[Sender]:
    return Sender.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        Q(lease_until=None) | Q(lease_until__lte=now),
        state__in=RUNNABLE_STATES,
        paused_at=None,
    )


def claim(pk: int, owner: str) -> Sender | None:
    """The sender with its revision, ours for 30 s; None when somebody was first."""
    now = timezone.now()
    claimed = (
        _free(now)
        .filter(pk=pk)
        .update(
            lease_owner=owner,
            lease_until=now + LEASE,
            fence=F("fence") + 1,
            last_try_at=now,
            preferred=owner,
        )
    )
    if not claimed:
        return None
    row = Sender.objects.select_related("revision__smtp_client").get(pk=pk)
    return row if row.lease_owner == owner else None


def renew(pk: int, fence: int, now: datetime) -> bool:
    """Hold on for another 30 s; False when somebody else holds it now."""
    return bool(
        Sender.objects.filter(pk=pk, fence=fence).update(lease_until=now + LEASE)
    )


def release(pk: int, fence: int) -> None:
    """Give it back, so that the next batch need not wait for the end of the lease."""
    Sender.objects.filter(pk=pk, fence=fence).update(lease_owner="", lease_until=None)


@dataclass(frozen=True)
class Standing:
    """generation: grows with Restart sending. margin: seconds, as newest saved."""

    generation: int
    paused: bool
    margin: float


def standing(pk: int, fence: int) -> Standing:
    """What may have changed since the last message. Raises LeaseLost."""
    row = (
        Sender.objects.filter(pk=pk, fence=fence)
        .values_list("generation", "paused_at", "smtp_client__token_expiry_margin_time")
        .first()
    )
    if row is None:
        raise LeaseLost
    return Standing(row[0], row[1] is not None, float(row[2] or 0))


def note_success(sender: Sender, outcome: Outcome, now: datetime) -> None:
    """The cycle ended well: what went wrong before is over."""
    _write(
        sender,
        outcome,
        state=RunState.ACTIVE,
        not_before=None,
        failures=0,
        sign_in_failures=0,
        code="",
        stage="",
        evidence={},
        failed_since=None,
        last_success_at=now,
    )


def note_failure(sender: Sender, error: MailError, now: datetime) -> None:
    """The sender itself has failed: when, and whether, it tries again (DESIGN D9)."""
    _write(sender, Outcome.FAILED, **retry.decide(sender, error, now))


def _write(sender: Sender, outcome: Outcome, **changes: object) -> None:
    """Only while it is ours, and only if nothing was restarted meanwhile: a failure of
    the old options says nothing about the new ones."""
    recent = (sender.recent + outcome.value[0])[-RECENT:]
    Sender.objects.filter(
        pk=sender.pk, fence=sender.fence, generation=sender.generation
    ).update(recent=recent, **changes)

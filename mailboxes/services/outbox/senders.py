"""The sender row in a send cycle: claimed, renewed, given back, and how it went.

Which revision is in effect is decided elsewhere (services/clients: Restart sending and
a start of the service); a cycle only reads it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from ...core.choices import OUTBOX_CLAIMABLE, OWNER_GRANTS, RUNNABLE_STATES
from ...core.errors import LeaseLost, MailError
from ...models import OutboundMessage, Sender
from .. import abilities, provider, refusals, retry
from ..worker import leases, turns
from . import lookup as outbox_lookup

AFTER_UNCONFIRMED = timedelta(minutes=1)
# A person's sign-in ends where it is not used: at Microsoft after 90 days, at Google
# after six months (providers.md). A sender with nothing to send uses it that often.
UNUSED = timedelta(days=30)


def due(now: datetime) -> list[int]:
    """Senders that are free and have something to do; first those that had their last
    turn the longest ago.

    That is a message that may go out now, one to look for in Sent Items, or a person's
    sign-in that was not used for long.
    """
    # Asked of each sender: there are fewer of them than of messages in a long queue.
    wanted = Exists(
        OutboundMessage.objects.filter(
            smtp_client=OuterRef("smtp_client"),
            state__in=OUTBOX_CLAIMABLE,
            not_before__lte=now,
        )
    )
    lost = Q(
        smtp_client__server_type__in=abilities.FINDS_SENT,
        smtp_client__in=outbox_lookup.due(now).values("smtp_client"),
    )
    return list(
        _free(now)
        .filter(wanted | lost | _unused(now), revision__isnull=False)
        .order_by(F("last_try_at").asc(nulls_first=True), "pk")
        .values_list("pk", flat=True)
    )


def is_unused(sender: Sender, now: datetime) -> bool:
    """Whether it is to sign in although it has nothing to send."""
    return Sender.objects.filter(_unused(now), pk=sender.pk).exists()


def _unused(now: datetime) -> Q:
    long_ago = now - UNUSED
    never = Q(last_success_at=None, in_effect_since__lt=long_ago)
    return Q(smtp_client__grant_type__in=OWNER_GRANTS) & (
        never | Q(last_success_at__lt=long_ago)
    )


def failing(pks: list[int]) -> set[int]:
    """Those of them whose last try has failed."""
    rows = Sender.objects.filter(pk__in=pks).exclude(code="")
    return set(rows.values_list("pk", flat=True))


def _free(now: datetime) -> QuerySet[Sender]:
    return Sender.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        leases.free(),
        state__in=RUNNABLE_STATES,
        paused_at=None,
        enabled=True,
        smtp_client__archived_at=None,
    )


def claim(pk: int) -> Sender | None:
    """The sender with its revision, ours for 30 s; None when somebody was first."""
    now = timezone.now()
    row = leases.claim(_free(now), pk)
    if row is None:
        return None
    leases.guard(row, last_try_at=now, preferred=row.lease_owner)
    return Sender.objects.select_related("revision__smtp_client").get(
        pk=pk, fence=row.fence
    )


@dataclass(frozen=True)
class Standing:
    """generation: grows with Restart sending. paused: or archived.

    margin: seconds, as newest saved.
    """

    generation: int
    paused: bool
    margin: float


def standing(pk: int, fence: int) -> Standing:
    """What may have changed since the last message. Raises LeaseLost."""
    row = (
        Sender.objects.filter(pk=pk, fence=fence)
        .values_list(
            "generation",
            "paused_at",
            "smtp_client__archived_at",
            "smtp_client__token_expiry_margin_time",
        )
        .first()
    )
    if row is None:
        raise LeaseLost
    generation, paused, archived, margin = row
    stands = paused is None and archived is None
    return Standing(generation, not stands, float(margin or 0))


def note_success(sender: Sender, now: datetime) -> None:
    """The cycle ended well: what went wrong before is over."""
    changes = retry.after_success(sender, now)
    if _write(sender, changes):
        turns.note(sender.smtp_client, sender, changes)
    if sender.code:
        provider.recovered(sender.smtp_client, sender.code)


def note_failure(sender: Sender, error: MailError, now: datetime) -> None:
    """The sender itself has failed: when, and whether, it tries again (DESIGN D9)."""
    client = sender.smtp_client
    shared, probes = provider.shares(client, error, now)
    changes = retry.after_failure(sender, error, now, shared=shared, probes=probes)
    if error.handed_over and changes["not_before"] is not None:
        # Each hasty try would leave one more message unconfirmed.
        changes["not_before"] = max(changes["not_before"], now + AFTER_UNCONFIRMED)
    if _write(sender, changes):
        turns.note(client, sender, changes)
        if sender.revision is not None:
            refusals.note_stop(client, sender.revision, sender.state, changes)
    provider.relieve(client, error, now)


def _write(sender: Sender, changes: dict[str, Any]) -> bool:
    """Only while it is ours, and only if nothing was restarted meanwhile: a failure of
    the old options says nothing about the new ones. False when nothing was written."""
    written = Sender.objects.filter(
        pk=sender.pk, fence=sender.fence, generation=sender.generation
    ).update(**changes)
    return bool(written)

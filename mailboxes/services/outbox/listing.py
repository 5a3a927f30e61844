"""What the outbox page shows: counts, one page of messages, failures in groups.

Reads rows only, with the same number of queries however many there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet

from ...core.choices import OUTBOX_CLAIMABLE, OUTBOX_UNSENT, OutboxState
from ...models import OutboundMessage, Sender, SmtpClient
from ..finding import Finding
from ..findings import find

MOST_GROUPS = 10
# Sent, but some recipients were refused: the code of such a message says of what kind.
PARTLY = Q(state=OutboxState.SENT, code__gt="")


@dataclass(frozen=True)
class Group:
    """Equal failures. `sender`: they wait because the sender itself has failed."""

    count: int
    finding: Finding
    answer: str
    client: SmtpClient
    state: str
    code: str
    sender: bool = False


def counts() -> dict[str, int]:
    """How many messages there are in each state."""
    rows = OutboundMessage.objects.order_by().values_list("state").annotate(Count("pk"))
    return dict(rows)


def partly() -> int:
    """How many messages went out to some recipients and were refused for others."""
    return OutboundMessage.objects.filter(PARTLY).count()


def messages(
    state: str = "", code: str = "", client_id: int = 0
) -> QuerySet[OutboundMessage]:
    """Messages of a state, newest first.

    state: "" for all, "unsent" for what is not out, "partly" as `partly` counts.
    client_id: of an smtp-client, 0 for all.
    """
    rows = OutboundMessage.objects.select_related("smtp_client__sender", "mailbox")
    if state == "unsent":
        rows = rows.filter(state__in=OUTBOX_UNSENT)
    elif state == "partly":
        rows = rows.filter(PARTLY)
    elif state:
        rows = rows.filter(state=state)
    if client_id:
        rows = rows.filter(smtp_client_id=client_id)
    return rows.filter(code=code) if code else rows


def last_sent() -> datetime | None:
    """When the last message went out."""
    return OutboundMessage.objects.aggregate(at=Max("sent_at"))["at"]


def groups() -> list[Group]:
    """What keeps messages from going out, most messages first."""
    return sorted(
        [*_of_senders(), *_of_messages()], key=lambda g: g.count, reverse=True
    )[:MOST_GROUPS]


def _of_senders() -> list[Group]:
    senders = (
        Sender.objects.exclude(code="")
        .select_related("smtp_client")
        .annotate(
            kept=Count(
                "smtp_client__outbound",
                filter=Q(smtp_client__outbound__state__in=OUTBOX_CLAIMABLE),
            )
        )
        .filter(kept__gt=0)
    )
    return [
        Group(
            count=sender.kept,
            finding=find(sender.code, sender.evidence, stage=sender.stage),
            answer=str(sender.evidence.get("answer", "")),
            client=sender.smtp_client,
            state="unsent",
            code="",
            sender=True,
        )
        for sender in senders
    ]


def _of_messages() -> list[Group]:
    """Failures of messages themselves; where the sender has failed, it is named."""
    rows = (
        OutboundMessage.objects.filter(
            Q(state=OutboxState.FAILED)
            | Q(state=OutboxState.WAITING, smtp_client__sender__code="")
        )
        .exclude(code="")
        .order_by()
        .values("state", "code", "smtp_client_id")
        .annotate(count=Count("pk"), newest=Max("pk"))
        .order_by("-count")[:MOST_GROUPS]
    )
    found = list(rows)
    newest = {
        row.pk: row
        for row in OutboundMessage.objects.filter(
            pk__in=[one["newest"] for one in found]
        ).select_related("smtp_client")
    }
    grouped = []
    for one in found:
        row = newest[one["newest"]]
        grouped.append(
            Group(
                count=one["count"],
                finding=find(row.code, row.evidence, stage=row.stage),
                answer=str(row.evidence.get("answer", "")),
                client=row.smtp_client,
                state=one["state"],
                code=one["code"],
            )
        )
    return grouped

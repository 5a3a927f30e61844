"""The rows of one message on its way: claimed, tried, and its outcome written.

Every change is a conditional update; the fence is in the condition, so that a holder
that hung past its lease changes nothing (DESIGN D8). What an error means for a message
is outbox/outcome; the connection and the order of things, outbox/cycle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.db.models.functions import Length
from django.utils import timezone

from ...core.choices import OUTBOX_CLAIMABLE, OutboxState, Outcome, Stage
from ...core.errors import Code, LeaseLost, storable
from ...models import Attempt, Cycle, OutboundChunk, OutboundMessage, Sender
from ..worker import leases

SMALL = 4 << 20  # bytes of a message that are read at once
CANDIDATES = 5  # messages that a claim tries before it gives up
ANSWER_LIMIT = 1000  # characters of a server's answer kept on the attempt


@dataclass(frozen=True)
class Claim:
    """A message that is ours to send, with what it was before."""

    pk: int
    fence: int
    attempt: int
    number: int
    former: OutboxState
    former_not_before: datetime
    envelope_from: str
    recipients: list[dict[str, Any]]
    evidence: dict[str, Any]

    @property
    def pending(self) -> list[str]:
        return [r["address"] for r in self.recipients if r["state"] == "pending"]


def due(client: int, now: datetime) -> QuerySet[OutboundMessage]:
    """Messages of an smtp-client that may go out now, in no order."""
    return OutboundMessage.objects.filter(
        smtp_client_id=client, state__in=OUTBOX_CLAIMABLE, not_before__lte=now
    ).order_by()


def first(client: int, now: datetime, most: int) -> list[OutboundMessage]:
    """At most `most` of those that are due, oldest first.

    Of each state those that have been due the longest are looked at, as the index has
    them: to put a whole queue in order for each message of it would take hours where
    a hundred thousand wait.
    """
    found: list[OutboundMessage] = []
    for state in OUTBOX_CLAIMABLE:
        rows = due(client, now).filter(state=state)
        found += rows.order_by("not_before", "pk")[:most]
    return sorted(found, key=lambda row: (row.created_at, row.pk))[:most]


def claim(client: int, cycle: Cycle) -> Claim | None:
    """Take the oldest message that is due, and write down the try.

    The commit of this transaction is the point of no return: from here on, until an
    outcome is written, a crash means that nobody knows (`unconfirmed`).
    """
    now = timezone.now()
    with transaction.atomic(durable=True):
        for row in first(client, now, CANDIDATES):
            taken = OutboundMessage.objects.filter(
                pk=row.pk, state=row.state, fence=row.fence, not_before__lte=now
            ).update(
                state=OutboxState.SENDING,
                state_since=now,
                lease_owner=cycle.owner,
                lease_until=leases.until(),
                fence=F("fence") + 1,
                tries=F("tries") + 1,
            )
            if not taken:
                continue  # cancelled, or another sender's batch was first
            attempt = _new_attempt(row.pk, cycle, now)
            return Claim(
                pk=row.pk,
                fence=row.fence + 1,
                attempt=attempt.pk,
                number=attempt.number,
                former=OutboxState(row.state),
                former_not_before=row.not_before,
                envelope_from=row.envelope_from,
                recipients=row.recipients,
                evidence=row.evidence,
            )
    return None


def content(pk: int) -> bytes:
    """The final bytes of a message."""
    return b"".join(Chunks(pk))


class Chunks(Sequence[bytes]):
    """The final bytes of a message, each chunk read when it is wanted.

    size: bytes in all.
    """

    def __init__(self, pk: int) -> None:
        self._rows = OutboundChunk.objects.filter(message_id=pk).order_by("number")
        sizes = self._rows.annotate(bytes=Length("data")).values_list("pk", "bytes")
        found = list(sizes)
        self._pks = [pk for pk, _size in found]
        self.size = sum(size for _pk, size in found)
        # A small one is gone through more than once, so it is read once.
        self._kept = self._read(self._pks) if self.size <= SMALL else []

    def _read(self, pks: list[int]) -> list[bytes]:
        return [
            bytes(d)
            for d in self._rows.filter(pk__in=pks).values_list("data", flat=True)
        ]

    def __len__(self) -> int:
        return len(self._pks)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if self._kept:
            return self._kept[index]
        return self._read([self._pks[index]])[0]


def renew(claimed: Claim) -> bool:
    """Hold on to a message while the server takes its time."""
    return bool(
        OutboundMessage.objects.filter(
            pk=claimed.pk, fence=claimed.fence, state=OutboxState.SENDING
        ).update(lease_until=leases.until())
    )


def finish(
    claimed: Claim,
    state: OutboxState,
    *,
    outcome: Outcome,
    answer: str = "",
    code: str = "",
    stage: str = "",
    evidence: Mapping[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Write how the try ended, on message and attempt, in one transaction.

    changes: further columns of the message. Raises LeaseLost, with nothing written.

    A holder that was given up (`unconfirmed`) still tells the truth about its own try,
    as long as nobody has decided otherwise: its fence then stands unchanged.
    """
    now = timezone.now()
    facts = _facts(evidence)
    if "recipients" in changes:
        changes["recipients"] = storable(changes["recipients"])
    mine = OutboundMessage.objects.filter(
        pk=claimed.pk,
        fence=claimed.fence,
        state__in=(OutboxState.SENDING, OutboxState.UNCONFIRMED),
    )
    with transaction.atomic():
        written = mine.update(
            state=state,
            state_since=now,
            lease_owner="",
            lease_until=None,
            **{"code": code, "stage": stage, "evidence": facts} | changes,
        )
        if not written:
            raise LeaseLost
        _close(claimed.attempt, outcome, answer, code, stage, facts, now)


def note_failure(
    client: int,
    cycle: Cycle,
    *,
    code: str,
    stage: str,
    evidence: Mapping[str, Any],
) -> None:
    """Record on the message at the head that no connection could be had for it.

    It was never claimed, so its state, tries and place stay as they are.
    """
    now = timezone.now()
    with transaction.atomic():
        head = first(client, now, 1)
        if not head:
            return
        attempt = _new_attempt(head[0].pk, cycle, now)
        answer = str(evidence.get("answer", ""))
        _close(attempt.pk, Outcome.FAILED, answer, code, stage, _facts(evidence), now)


def failed_before(claimed: Claim) -> bool:
    """An earlier try also ended while the message was being handed over.

    Tries for which no connection could be had tell nothing about the message.
    """
    return Attempt.objects.filter(
        message_id=claimed.pk,
        number__lt=claimed.number,
        outcome=Outcome.FAILED,
        stage__in=(Stage.ENVELOPE, Stage.DATA),
    ).exists()


def count_sent(sender: int, cycle: Cycle, size: int) -> None:
    """One more message of a sender and its cycle has gone out."""
    Sender.objects.filter(pk=sender).update(sent=F("sent") + 1)
    Cycle.objects.filter(pk=cycle.pk).update(
        sent=F("sent") + 1, bytes=F("bytes") + size
    )


def reap(now: datetime) -> int:
    """Messages whose sender died or hung: nobody knows whether they went out.

    The fence stays: a holder that was only slow may still say how it ended, see
    `finish`. A claim after a person's decision raises it.
    """
    lost = OutboundMessage.objects.filter(leases.over(), state=OutboxState.SENDING)
    count = 0
    for row in lost.only("pk", "fence"):
        evidence = {"answer": "", "reason": str(Code.LEASE_LOST)}
        with transaction.atomic():
            moved = OutboundMessage.objects.filter(
                leases.over(),
                pk=row.pk,
                fence=row.fence,
                state=OutboxState.SENDING,
            ).update(
                state=OutboxState.UNCONFIRMED,
                state_since=now,
                lease_owner="",
                lease_until=None,
                code=Code.SEND_UNCONFIRMED,
                stage=Stage.DATA,
                evidence=evidence,
            )
            if moved:
                Attempt.objects.filter(
                    message_id=row.pk, outcome=Outcome.RUNNING
                ).update(
                    outcome=Outcome.LOST,
                    ended_at=now,
                    code=Code.SEND_UNCONFIRMED,
                    stage=Stage.DATA,
                    evidence=evidence,
                )
        count += moved
    return count


def _new_attempt(pk: int, cycle: Cycle, now: datetime) -> Attempt:
    last = Attempt.objects.filter(message_id=pk).aggregate(n=Max("number"))["n"] or 0
    return Attempt.objects.create(
        message_id=pk,
        number=last + 1,
        cycle=cycle,
        revision_id=cycle.revision_id,
        owner=cycle.owner,
        started_at=now,
    )


def _close(
    attempt: int,
    outcome: Outcome,
    answer: str,
    code: str,
    stage: str,
    facts: dict[str, Any],
    now: datetime,
) -> None:
    Attempt.objects.filter(pk=attempt).update(
        outcome=outcome,
        ended_at=now,
        answer=str(storable(answer))[:ANSWER_LIMIT],
        code=code,
        stage=stage,
        evidence=facts,
    )


def _facts(evidence: Mapping[str, Any] | None) -> dict[str, Any]:
    """Evidence with what servers have said made storable, copied."""
    return {str(k): storable(v) for k, v in (evidence or {}).items()}

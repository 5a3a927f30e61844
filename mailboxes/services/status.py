"""What every status page, `manage.py status` and /healthz say, from one place.

Reads rows only. Words for people: services/findings and templates.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from ..core.choices import (
    HEALTH_NEEDS_ATTENTION,
    HEALTH_WORST_FIRST,
    OUTBOX_UNSENT,
    Health,
    OutboxState,
    ParseState,
    TestState,
)
from ..models import (
    Batch,
    Fetcher,
    Instance,
    Mailbox,
    Message,
    OutboundMessage,
    PopClient,
    Sender,
    SmtpClient,
    TestRun,
    Worker,
)
from . import health
from .findings import Finding, find

WORKER_STALE = timedelta(seconds=30)
MOST = 100  # workers that are looked at


@dataclass(frozen=True)
class ClientStatus:
    """One client as lists show it. `messages`: stored or sent in all.

    findings: those that were looked up already, shared by the clients of one list,
    because one cause often makes many of them fail with the same evidence.
    """

    client: PopClient | SmtpClient
    runner: Fetcher | Sender | None
    address: str
    health: Health
    messages: int
    saved: int
    in_effect: int | None
    findings: dict[str, Finding] = field(
        default_factory=dict, repr=False, compare=False
    )

    @cached_property
    def finding(self) -> Finding | None:
        """Why it fails; None when it does not. Looked up when somebody asks, because
        that costs milliseconds and most lists show few of their clients."""
        runner = self.runner
        if runner is None or not runner.code:
            return None
        known = [runner.code, runner.stage, runner.evidence]
        key = json.dumps(known, sort_keys=True, default=str)
        if key not in self.findings:
            found = finding_of(runner)
            assert found is not None  # there is a code
            self.findings[key] = found
        return self.findings[key]

    @property
    def name(self) -> str:
        return self.client.section

    @property
    def kind(self) -> str:
        return self.client.kind

    @property
    def type(self) -> str:
        return str(getattr(self.client, self.client.type_field))

    @property
    def last_success(self) -> datetime | None:
        return self.runner.last_success_at if self.runner else None

    @property
    def mailbox_pk(self) -> int | None:
        client = self.client
        return client.mailbox_row_id if isinstance(client, PopClient) else None

    @property
    def pending(self) -> bool:
        """Something is saved that is not in effect."""
        return self.saved != self.in_effect

    def as_json(self) -> dict[str, Any]:
        finding = self.finding
        return {
            "name": self.name,
            "kind": self.kind,
            "type": self.type,
            "address": self.address,
            "health": str(self.health),
            "finding": None
            if finding is None
            else {
                "code": finding.code,
                "title": str(finding.title),
                "step": str(finding.step),
                "option": finding.option,
                "fix": str(finding.fix),
            },
            "last_success": self.last_success,
            "messages": self.messages,
            "revision_saved": self.saved,
            "revision_in_effect": self.in_effect,
        }


def pop_clients(
    now: datetime | None = None, *, archived: bool = False
) -> list[ClientStatus]:
    """All pop-clients, or all in the archive, worst first, then by address."""
    now = now or timezone.now()
    rows = (
        PopClient.objects.filter(archived_at__isnull=not archived)
        .select_related("mailbox_row", "fetcher__revision", "registration")
        .order_by("mailbox_row__address")
    )
    known: dict[str, Finding] = {}
    return worst_first([_of_pop_client(client, now, known) for client in rows])


def of_pop_client(client: PopClient, now: datetime) -> ClientStatus:
    """Status of one pop-client; `mailbox_row` and `fetcher__revision` are loaded."""
    return _of_pop_client(client, now, {})


def _of_pop_client(
    client: PopClient, now: datetime, known: dict[str, Finding]
) -> ClientStatus:
    fetcher: Fetcher | None = getattr(client, "fetcher", None)
    return ClientStatus(
        client=client,
        runner=fetcher,
        address=client.mailbox_row.address,
        health=health.of_pop_client(client, now),
        messages=fetcher.messages if fetcher else 0,
        saved=client.revision,
        in_effect=fetcher.revision.number if fetcher and fetcher.revision else None,
        findings=known,
    )


def smtp_clients(
    now: datetime | None = None, *, archived: bool = False
) -> list[ClientStatus]:
    """All smtp-clients, or all in the archive, worst first, then by section."""
    now = now or timezone.now()
    rows = (
        SmtpClient.objects.filter(archived_at__isnull=not archived)
        .select_related("sender__revision", "registration")
        .annotate(tested=Exists(_passed(OuterRef("sender__revision"))))
        .order_by("section")
    )
    known: dict[str, Finding] = {}
    return worst_first([_of_smtp_client(c, now, known, tested=c.tested) for c in rows])


def of_smtp_client(client: SmtpClient, now: datetime) -> ClientStatus:
    """Status of one smtp-client; `sender__revision` is loaded."""
    sender: Sender | None = getattr(client, "sender", None)
    tested = (
        sender is not None
        and sender.last_success_at is None
        and _passed(sender.revision_id).exists()
    )
    return _of_smtp_client(client, now, {}, tested=tested)


def _passed(revision: Any) -> QuerySet[TestRun]:
    """Connection tests of that revision that have passed."""
    return TestRun.objects.filter(revision=revision, state=TestState.PASSED)


def _of_smtp_client(
    client: SmtpClient, now: datetime, known: dict[str, Finding], *, tested: bool
) -> ClientStatus:
    sender: Sender | None = getattr(client, "sender", None)
    return ClientStatus(
        client=client,
        runner=sender,
        address=client.mailbox,
        health=health.of_smtp_client(client, now, tested=tested),
        messages=sender.sent if sender else 0,
        saved=client.revision,
        in_effect=sender.revision.number if sender and sender.revision else None,
        findings=known,
    )


def worst_first(statuses: list[ClientStatus]) -> list[ClientStatus]:
    order = {word: place for place, word in enumerate(HEALTH_WORST_FIRST)}
    return sorted(statuses, key=lambda status: order[status.health])


def finding_of(row: Any) -> Finding | None:
    """The finding of a row that has code, stage and evidence; None when it has none."""
    if row is None or not row.code:
        return None
    return find(row.code, row.evidence, stage=row.stage)


@dataclass(frozen=True)
class Machinery:
    """Whether work is being done. Ages are seconds; None means never seen.

    starting: its first task was not carried out yet, and there was hardly time for it.
    """

    worker: Worker | None
    beat_age: float | None
    probe_age: float | None
    held: Instance | None
    starting: bool = False

    @property
    def alive(self) -> bool:
        """A worker supervises, and what it puts on the queue is carried out."""
        return _fresh(self.beat_age) and _fresh(self.probe_age)

    @property
    def stuck(self) -> bool:
        """A worker supervises, but nothing that it puts on the queue is carried out."""
        idle = _fresh(self.beat_age) and not _fresh(self.probe_age)
        return idle and not self.starting


def machinery(now: datetime | None = None) -> Machinery:
    """The heartbeat of a worker, and whether the instance is held.

    Of several a worker that does its work stands for all: one more that has just been
    started, or whose queue stands still, keeps no mail from coming.
    """
    now = now or timezone.now()
    rows = list(Worker.objects.filter(stopped_at=None).order_by("-beat_at")[:MOST])
    working = (row for row in rows if _worker_state(row, now) == "running")
    worker = next(working, rows[0] if rows else None)
    instance = Instance.objects.filter(held=True).first()
    return Machinery(
        worker=worker,
        beat_age=_age(worker.beat_at, now) if worker else None,
        probe_age=_age(worker.probe_at, now) if worker else None,
        held=instance,
        starting=worker is not None and _worker_state(worker, now) == "starting",
    )


@dataclass(frozen=True)
class WorkerStatus:
    """One start of a worker, and whether it still works.

    state: "running"; "starting"; "stuck", where nothing that it puts on the queue is
    carried out; "silent", where it was killed or its machine is gone; "stopped", where
    it said so.
    """

    worker: Worker
    state: str

    @property
    def seen_at(self) -> datetime | None:
        """Of one whose queue stands still: when that last answered."""
        if self.state in ("running", "stuck"):
            return self.worker.probe_at
        return self.worker.beat_at


def workers(now: datetime, most: int) -> list[WorkerStatus]:
    """The newest workers, those that gave a sign of life last first."""
    rows = Worker.objects.order_by("-beat_at")[:most]
    return [WorkerStatus(row, _worker_state(row, now)) for row in rows]


def _worker_state(row: Worker, now: datetime) -> str:
    if row.stopped_at is not None:
        return "stopped"
    if not _fresh(_age(row.beat_at, now)):
        return "silent"
    if row.probe_at is None and _fresh(_age(row.started_at, now)):
        return "starting"
    return "running" if _fresh(_age(row.probe_at, now)) else "stuck"


def batches() -> list[Batch]:
    """Batches that have not ended, oldest first."""
    return list(Batch.objects.filter(ended_at=None).order_by("pk")[:20])


def _fresh(age: float | None) -> bool:
    return age is not None and age <= WORKER_STALE.total_seconds()


def _age(at: datetime | None, now: datetime) -> float | None:
    """Seconds. A time to come, of a clock that was wrong, is not fresh either."""
    return None if at is None else abs((now - at).total_seconds())


@dataclass(frozen=True)
class Numbers:
    """The four numbers of the dashboard. Days are UTC days.

    failed: messages of the last seven days that nobody has dealt with.
    """

    fetched_today: int
    fetched_last_week: int
    sent_today: int
    sent_last_week: int
    unsent: int
    oldest_unsent: datetime | None
    unconfirmed: int
    failed: int
    quarantined: int
    oldest_quarantined: datetime | None


def numbers(now: datetime | None = None) -> Numbers:
    """Counts of today, of the same weekday a week ago, and of what waits."""
    now = now or timezone.now()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    then = today - timedelta(days=7)
    then_end = now - timedelta(days=7)
    fetched = Message.objects.filter(stored_at__gte=then).aggregate(
        today=Count("pk", filter=Q(stored_at__gte=today)),
        then=Count("pk", filter=Q(stored_at__lt=then_end)),
    )
    sent = OutboundMessage.objects.filter(sent_at__gte=then).aggregate(
        today=Count("pk", filter=Q(sent_at__gte=today)),
        then=Count("pk", filter=Q(sent_at__lt=then_end)),
    )
    waiting = OutboundMessage.objects.filter(
        state__in=[*OUTBOX_UNSENT, OutboxState.UNCONFIRMED, OutboxState.FAILED]
    ).aggregate(
        unsent=Count("pk", filter=Q(state__in=OUTBOX_UNSENT)),
        oldest=Min("created_at", filter=Q(state__in=OUTBOX_UNSENT)),
        unconfirmed=Count("pk", filter=Q(state=OutboxState.UNCONFIRMED)),
        failed=Count("pk", filter=Q(state=OutboxState.FAILED, created_at__gte=then)),
    )
    aside = Message.objects.filter(parse_state=ParseState.QUARANTINED).aggregate(
        count=Count("pk"), oldest=Min("stored_at")
    )
    return Numbers(
        fetched_today=fetched["today"],
        fetched_last_week=fetched["then"],
        sent_today=sent["today"],
        sent_last_week=sent["then"],
        unsent=waiting["unsent"],
        oldest_unsent=waiting["oldest"],
        unconfirmed=waiting["unconfirmed"],
        failed=waiting["failed"],
        quarantined=aside["count"],
        oldest_quarantined=aside["oldest"],
    )


def failing_count(statuses: list[ClientStatus] | None = None) -> int:
    """How many mailboxes need attention, for the rail and the page title."""
    if statuses is not None:
        return sum(status.health in HEALTH_NEEDS_ATTENTION for status in statuses)
    now = timezone.now()
    return sum(
        health.of_pop_client(client, now) in HEALTH_NEEDS_ATTENTION
        for client in PopClient.objects.filter(archived_at=None)
        .select_related("fetcher")
        .only(*health.READS)
    )


def sending_only() -> list[Mailbox]:
    """Mailboxes without a pop-client: they only send."""
    return list(
        Mailbox.objects.filter(archived_at=None, pop_client=None).select_related(
            "smtp_client"
        )
    )

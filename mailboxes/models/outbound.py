"""What is to be sent, and every try at it (DESIGN D8)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from ..core.choices import OutboxState, Outcome
from .clients import SmtpClient
from .cycles import Cycle
from .mailboxes import Mailbox
from .revisions import Revision
from .runners import Leased


class OutboundMessage(Leased):
    """One message on its way out.

    message_id: ours, set before the first try, the same in every try.
    recipients: [{"address", "state": pending|accepted|refused, "code", "text"}]; a try
    is made for the pending ones only. digest: SHA-256 of the bytes, hex.
    """

    smtp_client = models.ForeignKey(
        SmtpClient, on_delete=models.PROTECT, related_name="outbound"
    )
    mailbox = models.ForeignKey(
        Mailbox,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="outbound",
    )
    state = models.CharField(
        max_length=12,
        choices=[(s.value, s.name.capitalize()) for s in OutboxState],
        default=OutboxState.QUEUED.value,
    )
    message_id = models.CharField(max_length=512, unique=True)
    envelope_from = models.CharField(max_length=320)
    recipients = models.JSONField()
    subject = models.CharField(max_length=998, blank=True)
    size = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    not_before = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    state_since = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=64, blank=True)
    stage = models.CharField(max_length=16, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            # Ends with id as the order does: many may be due at the very same time.
            models.Index(
                fields=["smtp_client", "state", "not_before", "id"],
                name="outbound_due",
            ),
            models.Index(fields=["state", "-id"], name="outbound_by_state"),
            # Few of the many that were sent have a code. A partial index is no help:
            # SQLite does not see that a parameter meets its condition.
            models.Index(fields=["state", "code"], name="outbound_by_code"),
        ]

    def __str__(self) -> str:
        return self.subject or self.message_id


class OutboundChunk(models.Model):
    """At most 1 MB of an outbound message's final MIME."""

    message = models.ForeignKey(
        OutboundMessage, on_delete=models.CASCADE, related_name="chunks"
    )
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "number"], name="outbound_chunk_unique"
            )
        ]


class Attempt(models.Model):
    """One try at sending a message; written before it starts, closed when it ends."""

    message = models.ForeignKey(
        OutboundMessage, on_delete=models.CASCADE, related_name="attempts"
    )
    number = models.PositiveIntegerField()
    cycle = models.ForeignKey(Cycle, null=True, on_delete=models.SET_NULL)
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    owner = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(
        max_length=8,
        choices=[(o.value, o.name.capitalize()) for o in Outcome],
        default=Outcome.RUNNING.value,
    )
    answer = models.CharField(max_length=1000, blank=True)
    code = models.CharField(max_length=64, blank=True)
    stage = models.CharField(max_length=16, blank=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "number"], name="attempt_number_unique"
            )
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}"

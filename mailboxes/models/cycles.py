"""One row for every cycle: what ran, with which revision, how it ended."""

from __future__ import annotations

from django.db import models

from ..core.choices import Outcome
from .clients import PopClient, SmtpClient
from .revisions import Revision


class Cycle(models.Model):
    """A fetch cycle of a pop-client or a send cycle of an smtp-client.

    phases: milliseconds by phase ("connect", "sign-in", "list", "fetch", "store",
    "settle"). The counts are of this cycle alone.
    """

    class Kind(models.TextChoices):
        FETCH = "fetch"
        SEND = "send"

    class Trigger(models.TextChoices):
        DUE = "due"
        ASKED = "asked"  # Fetch now, on a page or by command

    kind = models.CharField(max_length=8, choices=Kind)
    pop_client = models.ForeignKey(
        PopClient, null=True, on_delete=models.CASCADE, related_name="cycles"
    )
    smtp_client = models.ForeignKey(
        SmtpClient, null=True, on_delete=models.CASCADE, related_name="cycles"
    )
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    trigger = models.CharField(max_length=8, choices=Trigger, default=Trigger.DUE)
    owner = models.CharField(max_length=80)
    fence = models.PositiveBigIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(
        max_length=8,
        choices=[(o.value, o.name.capitalize()) for o in Outcome],
        default=Outcome.RUNNING.value,
    )
    listed = models.PositiveIntegerField(default=0)
    stored = models.PositiveIntegerField(default=0)
    matched = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    settled = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    new_connection = models.BooleanField(default=False)
    phases = models.JSONField(default=dict)
    code = models.CharField(max_length=64, blank=True)
    stage = models.CharField(max_length=16, blank=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["pop_client", "-started_at"], name="cycle_of_pop"),
            models.Index(fields=["smtp_client", "-started_at"], name="cycle_of_smtp"),
            models.Index(fields=["outcome", "started_at"], name="cycle_running"),
        ]
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.kind} cycle {self.pk}"

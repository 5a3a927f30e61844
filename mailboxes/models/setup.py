"""A mailbox that is being connected: the draft of the wizard, its visitors, its links.

services/wizard writes them; no secret is here but by its id. What comes of a draft are
ordinary option sets and an app registration, and those are what counts afterwards.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .clients import PopClient, SmtpClient
from .registrations import AppRegistration
from .secrets import SecretValue


class SetupDraft(models.Model):
    """One run of the wizard, kept until the mailbox is turned on or it is discarded.

    version: grows with each save, which is a conditional update on it.
    values: own options by kind of section and option name, as services/wizard cleaned
        them: {"pop-client": {"folder-path": "Inbox"}, ...}; never a secret.
    steps: when each step was saved or done by hand, and by whom, by id of the step.
    account: who signs in for a shared mailbox, "" where it does so itself.
    principal_id: Object ID of the enterprise application, which Exchange is told.
    registration_made: the registration was entered here, not chosen.
    pop_revision, smtp_revision: the newest that the wizard saved itself; 0 for none.
    """

    class Direction(models.TextChoices):
        BOTH = "both"
        RECEIVE = "receive"
        SEND = "send"

    class State(models.TextChoices):
        OPEN = "open"
        DONE = "done"
        DISCARDED = "discarded"

    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    version = models.PositiveIntegerField(default=1)
    address = models.CharField(max_length=254)
    account = models.CharField(max_length=254, blank=True)
    direction = models.CharField(max_length=8, choices=Direction)
    mode = models.CharField(max_length=40, blank=True)
    values = models.JSONField(default=dict)
    steps = models.JSONField(default=dict)
    principal_id = models.CharField(max_length=36, blank=True)
    registration = models.ForeignKey(
        AppRegistration, null=True, on_delete=models.SET_NULL, related_name="drafts"
    )
    registration_made = models.BooleanField(default=False)
    password = models.ForeignKey(
        SecretValue, null=True, on_delete=models.PROTECT, related_name="+"
    )
    pop_client = models.ForeignKey(
        PopClient, null=True, on_delete=models.SET_NULL, related_name="drafts"
    )
    pop_revision = models.PositiveIntegerField(default=0)
    smtp_client = models.ForeignKey(
        SmtpClient, null=True, on_delete=models.SET_NULL, related_name="drafts"
    )
    smtp_revision = models.PositiveIntegerField(default=0)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField()
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["state", "-updated_at"], name="draft_by_state")]
        permissions = [
            ("turn_on_untested", "Can turn a mailbox on without a green test")
        ]

    def __str__(self) -> str:
        return f"draft {self.pk} of {self.address}"


class SetupVisit(models.Model):
    """Who has a draft open, and at which step: a page tells it every few seconds."""

    draft = models.ForeignKey(
        SetupDraft, on_delete=models.CASCADE, related_name="visits"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    step = models.CharField(max_length=40)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["draft", "user"], name="visit_one_per_user")
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.step} of {self.draft}"


class ConsentLink(models.Model):
    """A link that asks an administrator without an account here for consent.

    nonce: what the signed `state` of the link holds. Good for one answer, for the
    application it names, until a day that services/wizard/consent decides.
    outcome: "" while nobody has answered. code, evidence: of a refusal.
    """

    class Outcome(models.TextChoices):
        GRANTED = "granted"
        REFUSED = "refused"
        REPLACED = "replaced"  # a newer link stands in its place

    draft = models.ForeignKey(
        SetupDraft, on_delete=models.CASCADE, related_name="consent_links"
    )
    nonce = models.CharField(max_length=32, unique=True)
    client_id = models.CharField(max_length=255)
    directory_id = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    answered_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    code = models.CharField(max_length=64, blank=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"consent link {self.pk}"

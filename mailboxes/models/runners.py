"""Where each client stands: who holds it, when it is due, why it does not run.

A Fetcher belongs to a pop-client, a Sender to an smtp-client. Options are elsewhere
(clients.py): a save of options and a running cycle never write the same row.
All changes are conditional updates by services/worker/leases, fetch, outbox and retry.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from ..core.choices import RunState
from .clients import PopClient, SmtpClient
from .revisions import Revision


class Leased(models.Model):
    """A row that one process at a time may work on.

    fence: grows with each claim; a holder writes only where its fence still stands,
    so that a process that hung past its lease can change nothing.
    """

    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveBigIntegerField(default=0)

    class Meta:
        abstract = True


class Runner(Leased):
    """What fetchers and senders share: may it run, when, and the last failure.

    not_before: no try before then (back-off, or the server's order).
    failures: failed tries in a row; sign_in_failures: those of a basic password.
    code, stage, evidence: the last failure (DESIGN D5), "" when the last try was good.
    recent: first letters of the outcomes of the last 30 cycles, newest last, so that a
    list of 50 clients need not read 1,500 cycles.
    """

    STATES = [(state.value, state.name.capitalize()) for state in RunState]

    state = models.CharField(
        max_length=16, choices=STATES, default=RunState.ACTIVE.value
    )
    not_before = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    sign_in_failures = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=64, blank=True)
    stage = models.CharField(max_length=16, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    recent = models.CharField(max_length=30, blank=True)
    failed_since = models.DateTimeField(null=True, blank=True)
    last_try_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    pause_note = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True


class Fetcher(Runner):
    """Where the inbound side of a mailbox stands.

    next_due: start of the next cycle. preferred: process that has its connection open.
    revision: the one its newest cycle took (saved may be newer).
    messages: stored so far, kept here so that lists need not count.
    """

    pop_client = models.OneToOneField(
        PopClient, on_delete=models.CASCADE, related_name="fetcher"
    )
    revision = models.ForeignKey(
        Revision, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    next_due = models.DateTimeField(db_index=True)
    asked_at = models.DateTimeField(null=True, blank=True)  # Fetch now
    preferred = models.CharField(max_length=80, blank=True)
    messages = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"fetcher of {self.pop_client}"


class Sender(Runner):
    """Where the outbound side of an smtp-client stands (DESIGN D3).

    revision: the one in effect; only Restart sending or a start of the worker service
    changes it, and then generation grows by one, so that open connections are dropped.
    enabled: what `enable-client` of that revision says.
    """

    smtp_client = models.OneToOneField(
        SmtpClient, on_delete=models.CASCADE, related_name="sender"
    )
    revision = models.ForeignKey(
        Revision, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    generation = models.PositiveIntegerField(default=0)
    enabled = models.BooleanField(default=True)
    in_effect_since = models.DateTimeField(null=True, blank=True)
    preferred = models.CharField(max_length=80, blank=True)
    sent = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"sender of {self.smtp_client}"

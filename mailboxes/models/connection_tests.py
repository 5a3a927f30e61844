"""A connection test is a run of checks; each check is a row as soon as it ends (D6).

services/connection_test writes them; pages, command and API only read.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from ..core.choices import CheckState, TestState
from .clients import PopClient, SmtpClient
from .revisions import Revision


class TestRun(models.Model):
    """One test of one revision of a client. stop: asks it to end (Cancel).

    send_to: address that a message is sent to at the end, "" for none.
    after: a test that has to end first; where a sign-in with the same credential was
        refused in it, this one does not repeat it.
    refused: code and evidence of a refused sign-in that this test must not repeat
        (DESIGN D9): it makes the checks before it and tells that one again. {} for a
        test that signs in.
    beat_at: last sign of life of whoever runs it.
    """

    __test__ = False  # for pytest: this is no test of ours

    pop_client = models.ForeignKey(
        PopClient, null=True, on_delete=models.CASCADE, related_name="tests"
    )
    smtp_client = models.ForeignKey(
        SmtpClient, null=True, on_delete=models.CASCADE, related_name="tests"
    )
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL
    )
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=80, blank=True)
    stop = models.BooleanField(default=False)
    send_to = models.CharField(max_length=320, blank=True)
    after = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    refused = models.JSONField(default=dict)
    state = models.CharField(
        max_length=12,
        choices=[(s.value, s.name.capitalize()) for s in TestState],
        default=TestState.QUEUED.value,
    )

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["pop_client", "-id"], name="test_of_pop"),
            models.Index(fields=["smtp_client", "-id"], name="test_of_smtp"),
            models.Index(fields=["state", "id"], name="test_by_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pop_client=None) ^ models.Q(smtp_client=None),
                name="test_of_one_client",
            )
        ]

    def __str__(self) -> str:
        return f"connection test {self.pk}"

    @property
    def client(self) -> PopClient | SmtpClient:
        client = self.pop_client or self.smtp_client
        assert client is not None  # test_of_one_client
        return client


class Check(models.Model):
    """One check of a run, in the order of diagnosis.md section 3.1.

    stage: what is checked. milliseconds: how long it took. code, evidence: of its
    failure, or what it learned (addresses, TLS version, lifetime of the token, ...).
    """

    run = models.ForeignKey(TestRun, on_delete=models.CASCADE, related_name="checks")
    number = models.PositiveIntegerField()
    stage = models.CharField(max_length=16)
    state = models.CharField(
        max_length=12,
        choices=[(s.value, s.name.capitalize()) for s in CheckState],
        default=CheckState.NOT_RUN.value,
    )
    started_at = models.DateTimeField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    code = models.CharField(max_length=64, blank=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        ordering = ["run", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "number"], name="check_number_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.stage}: {self.state}"

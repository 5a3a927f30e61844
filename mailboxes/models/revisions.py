"""Immutable saved versions of option sets (DESIGN D3).

services/revisions makes and compares them; nothing ever updates or deletes one.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .clients import PopClient, SmtpClient


class Revision(models.Model):
    """All values of one option set as saved once.

    values: complete, by option name; secrets as id of a SecretValue, a proxy, an app
        registration and a named secret as their ids.
    pinned: what those stood for then, by target ({"proxy": {...}, ...}); what a section
        inherits from its registration is read from there (services/options/snapshots).
    extra: options that this console does not know, name to text.
    """

    pop_client = models.ForeignKey(
        PopClient,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="revisions",
    )
    smtp_client = models.ForeignKey(
        SmtpClient,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="revisions",
    )
    number = models.PositiveIntegerField()
    values = models.JSONField()
    pinned = models.JSONField(default=dict)
    extra = models.JSONField(default=dict)
    note = models.CharField(max_length=200, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["pop_client", "number"], name="revision_unique_of_pop_client"
            ),
            models.UniqueConstraint(
                fields=["smtp_client", "number"], name="revision_unique_of_smtp_client"
            ),
            models.CheckConstraint(
                condition=models.Q(pop_client=None) ^ models.Q(smtp_client=None),
                name="revision_of_one_client",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client} revision {self.number}"

    @property
    def client(self) -> PopClient | SmtpClient:
        client = self.pop_client or self.smtp_client
        assert client is not None  # revision_of_one_client
        return client

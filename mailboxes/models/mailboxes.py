"""The mailbox: health, rights and history hang on it (DESIGN D2)."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower


class Mailbox(models.Model):
    """An address that people write to.

    It has at most one PopClient (one section is one mailbox) and may name the
    SmtpClient that sends for it; one SmtpClient may serve many.
    """

    address = models.EmailField(max_length=254)
    alias = models.CharField(
        "name", max_length=80, blank=True, help_text="A short name for people."
    )
    tags = models.CharField(
        max_length=200, blank=True, help_text="Words separated by spaces."
    )
    smtp_client = models.ForeignKey(
        "SmtpClient",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="mailboxes",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "mailboxes"
        ordering = ["address"]
        constraints = [
            models.UniqueConstraint(Lower("address"), name="mailbox_address_unique")
        ]
        permissions = [("read_content", "Can read mail content")]

    def __str__(self) -> str:
        return self.address

"""The only place where ciphertext lies (DESIGN D12).

Plain text is sealed and opened by services/secrets; a row never holds it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SecretValue(models.Model):
    """One secret, never changed: a new password is a new row."""

    class Purpose(models.TextChoices):
        PASSWORD = "password"
        PROXY = "proxy"
        CLIENT_SECRET = "client-secret"
        NAMED = "named"  # of a section secret-<name>
        TOKEN_CACHE = "token-cache"
        CERTIFICATE = "certificate"  # of an application, with its private key
        REFRESH_TOKEN = "refresh-token"
        SIGN_IN = "sign-in"  # what an unfinished sign-in needs to go on

    purpose = models.CharField(max_length=16, choices=Purpose)
    ciphertext = models.TextField(editable=False)
    key_id = models.CharField(max_length=16, editable=False, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )

    def __str__(self) -> str:
        return f"{self.purpose} set {self.created_at:%-d %b %Y}"

    def __repr__(self) -> str:
        return f"<SecretValue {self.pk} {self.purpose} ********>"

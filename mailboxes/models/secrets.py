"""The only place where ciphertext lies (DESIGN D12), and the token caches in it.

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


class TokenCache(models.Model):
    """The token cache of one login of one application with one credential.

    username: "" for the application's own tokens. credential: id of the SecretValue of
    the password or client secret: a new one is proven by a new sign-in at once.
    Written by compare-and-set on `version`, so that two processes that renewed at the
    same time never mix their caches (services/tokens).
    """

    authority = models.CharField(max_length=255)
    directory_id = models.CharField(max_length=255)
    client_id = models.CharField(max_length=255)
    username = models.CharField(max_length=255, blank=True)
    credential = models.PositiveBigIntegerField(default=0)
    value = models.ForeignKey(
        SecretValue, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    version = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "authority",
                    "directory_id",
                    "client_id",
                    "username",
                    "credential",
                ],
                name="token_cache_one_per_login",
            )
        ]

    def __str__(self) -> str:
        return f"{self.username} at {self.authority}"

"""What many sections share: app registrations, and secrets by name (DESIGN D2).

services/registrations and services/secrets/named save them; every section that names
one gets a new revision that pins its values.
"""

from __future__ import annotations

from django.db import models

from .secrets import SecretValue


class AppRegistration(models.Model):
    """One application at Azure or Google. A section that names it inherits its values.

    secret_ends_on: last day of the client secret, as the provider shows it.
    certificate: private key and certificate in PEM; used in place of the secret.
    certificate_thumbprint: SHA-1 in hex, as Entra shows it. certificate_ends_on: its
        last whole day.
    next_certificate: the one that waits until somebody has uploaded it; no section
        signs in by it and no revision names it. Thumbprint and last day as above.
    """

    name = models.CharField(max_length=40, unique=True)
    tenant_authority = models.CharField("authority", max_length=255)
    directory_id = models.CharField("directory (tenant) ID", max_length=255, blank=True)
    client_id = models.CharField("application (client) ID", max_length=255)
    secret = models.ForeignKey(
        SecretValue,
        verbose_name="client secret",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    secret_ends_on = models.DateField("client secret ends on", null=True, blank=True)
    certificate = models.ForeignKey(
        SecretValue,
        verbose_name="certificate",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    certificate_thumbprint = models.CharField(
        "thumbprint of the certificate", max_length=40, blank=True
    )
    certificate_ends_on = models.DateField("certificate ends on", null=True, blank=True)
    next_certificate = models.ForeignKey(
        SecretValue,
        verbose_name="waiting certificate",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    next_certificate_thumbprint = models.CharField(
        "thumbprint of the waiting certificate", max_length=40, blank=True
    )
    next_certificate_ends_on = models.DateField(
        "waiting certificate ends on", null=True, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = "app registration"

    def __str__(self) -> str:
        return self.name

    @property
    def google(self) -> bool:
        """The authority is Google's (rule of the seed document)."""
        return "google" in self.tenant_authority.lower()


class NamedSecret(models.Model):
    """A section `secret-<name>`; its one option is `password`."""

    name = models.CharField(max_length=40, unique=True)
    value = models.ForeignKey(
        SecretValue,
        verbose_name="password",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = "named secret"

    def __str__(self) -> str:
        return self.name


class KeptSection(models.Model):
    """A section of the old server that means nothing here, kept for export.

    options: name to text, in the order of the file.
    """

    name = models.CharField(max_length=120, unique=True)
    options = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

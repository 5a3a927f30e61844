"""Proxies that clients may be reached through (`[proxy]` of the old server)."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from ..core.choices import ProxyKind
from .secrets import SecretValue


class Proxy(models.Model):
    """A proxy and, where it inspects TLS, the authority that signs its certificates.

    Revisions of the clients that name it pin its values, so that a change of it is
    saved first and in effect by each client's own rule (DESIGN D3).
    """

    name = models.CharField(max_length=40, unique=True)
    kind = models.CharField(
        max_length=8,
        choices=[(ProxyKind.HTTP.value, "HTTP"), (ProxyKind.SOCKS5.value, "SOCKS5")],
        default=ProxyKind.HTTP.value,
    )
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    username = models.CharField(max_length=255, blank=True)
    password = models.ForeignKey(
        SecretValue, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ca_pem = models.TextField(
        "certificate authorities",
        blank=True,
        help_text="PEM. Needed only where the proxy inspects TLS.",
    )
    sandbox = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name_plural = "proxies"

    def __str__(self) -> str:
        return self.name

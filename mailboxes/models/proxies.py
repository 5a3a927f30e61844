"""Proxies that clients may be reached through (`[proxy]` of the old server)."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from ..core.choices import ProxyKind
from .secrets import SecretValue


class Proxy(models.Model):
    """A way to servers: a proxy, and certificate authorities to trust on it.

    Of kind DIRECT there is no proxy (host "", port 0): the row holds the authorities
    alone, for servers whose certificates a private authority signs.

    Revisions of the clients that name it pin its values, so that a change of it is
    saved first and in effect by each client's own rule (DESIGN D3).
    """

    name = models.CharField(max_length=40, unique=True)
    kind = models.CharField(
        max_length=8,
        choices=[
            (ProxyKind.HTTP.value, "HTTP"),
            (ProxyKind.SOCKS5.value, "SOCKS5"),
            (ProxyKind.DIRECT.value, "No proxy"),
        ],
        default=ProxyKind.HTTP.value,
    )
    host = models.CharField(max_length=255, blank=True)
    port = models.PositiveIntegerField(
        default=0,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(65535)],
    )
    username = models.CharField(max_length=255, blank=True)
    password = models.ForeignKey(
        SecretValue, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    ca_pem = models.TextField(
        "certificate authorities",
        blank=True,
        help_text="PEM. Needed where the proxy inspects TLS, and for servers whose"
        " certificates a private authority signs.",
    )
    sandbox = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name_plural = "proxies"

    def __str__(self) -> str:
        return self.name

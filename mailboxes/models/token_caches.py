"""The token cache of one login, and the refresh token that is good now.

Reading and writing: services/tokens/caches. Ciphertext lies in SecretValue.
"""

from __future__ import annotations

from django.db import models

from .runners import Leased
from .secrets import SecretValue


class TokenCache(Leased):
    """The token cache of one login of one application with one credential.

    username: "" for the application's own tokens. credential: id of the SecretValue of
    the password, client secret or refresh token: a new one is proven by a new sign-in
    at once.
    value: access tokens, written by compare-and-set on `version`, so that two processes
    that renewed at the same time never mix their caches.
    refresh: the refresh token that the authority gave in place of the credential, None
    while that one is good. It is held by a lease while it is used, because some
    authorities take each one once only and end the sign-in when it comes twice.
    """

    authority = models.CharField(max_length=255)
    directory_id = models.CharField(max_length=255)
    client_id = models.CharField(max_length=255)
    username = models.CharField(max_length=255, blank=True)
    credential = models.PositiveBigIntegerField(default=0)
    value = models.ForeignKey(
        SecretValue, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    refresh = models.ForeignKey(
        SecretValue, null=True, on_delete=models.PROTECT, related_name="+"
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

"""A sign-in that a person is asked for: by a link in a browser, or by a device code.

services/sign_ins begins and ends them. What comes of one is a refresh token, which
becomes the option `password` of the section; no secret is here but by its id.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .clients import PopClient, SmtpClient
from .runners import Leased
from .secrets import SecretValue
from .setup import SetupDraft


class SignIn(Leased):
    """One of them, good for one answer until `expires_at`.

    nonce: what the signed `state` of a link holds. kept: sealed, what it takes to go
    on: the verifier of PKCE and the code, or the device code.
    login: who is asked. authority, directory_id, client_id: the application of then.
    user_code, verification_uri: of a device code, for the person.
    interval: seconds between two questions to the authority. due_at: when the worker
    has to do something next, None for when it waits for a person.
    account: who has signed in, as the authority tells. code, stage, evidence: of a
    failure (DESIGN D5).
    """

    class Kind(models.TextChoices):
        LINK = "link"
        DEVICE = "device"

    class State(models.TextChoices):
        ASKED = "asked"  # a device code is to be got
        SHOWN = "shown"  # a person is to act
        ANSWERED = "answered"  # a code came back, to be changed into tokens
        DONE = "done"
        FAILED = "failed"
        REPLACED = "replaced"  # a newer one stands in its place

    OPEN = (State.ASKED, State.SHOWN, State.ANSWERED)

    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=12, choices=State)
    nonce = models.CharField(max_length=32, unique=True)
    pop_client = models.ForeignKey(
        PopClient, null=True, on_delete=models.CASCADE, related_name="sign_ins"
    )
    smtp_client = models.ForeignKey(
        SmtpClient, null=True, on_delete=models.CASCADE, related_name="sign_ins"
    )
    draft = models.ForeignKey(
        SetupDraft, null=True, on_delete=models.SET_NULL, related_name="sign_ins"
    )
    login = models.CharField(max_length=254)
    authority = models.CharField(max_length=255)
    directory_id = models.CharField(max_length=255, blank=True)
    client_id = models.CharField(max_length=255)
    redirect_uri = models.CharField(max_length=500, blank=True)
    kept = models.ForeignKey(
        SecretValue, null=True, on_delete=models.PROTECT, related_name="+"
    )
    user_code = models.CharField(max_length=40, blank=True)
    verification_uri = models.CharField(max_length=255, blank=True)
    interval = models.PositiveIntegerField(default=5)
    due_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    account = models.CharField(max_length=254, blank=True)
    code = models.CharField(max_length=64, blank=True)
    stage = models.CharField(max_length=12, blank=True)
    evidence = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "due_at"], name="sign_in_due")]

    def __str__(self) -> str:
        return f"sign-in {self.pk} of {self.login}"

    @property
    def client(self) -> PopClient | SmtpClient | None:
        return self.pop_client or self.smtp_client

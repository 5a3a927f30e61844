"""The form of an app registration's certificate: a key and certificate, pasted.

Write-only, as every secret. Rules and saving: services/registrations/certificates.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..core.errors import Problem
from ..services import registrations
from ..services.registrations import certificates as registration_certificates
from .option_fields import RawField
from .shared import SharedForm

PEM = {"rows": 6, "spellcheck": "false", "autocomplete": "off"}


class QuietArea(forms.Textarea):
    """What was typed is not sent back to the browser."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class CertificateForm(SharedForm):
    """A private key and its certificate in PEM, in one field."""

    compared = registrations.SEEN

    certificate = RawField(
        label=_("Private key and certificate"),
        required=True,
        help_text=_(
            "Both in PEM, one below the other, the key without a passphrase. They are"
            " stored encrypted and never shown again."
        ),
        widget=QuietArea(attrs=PEM),
    )

    def typed(self) -> dict[str, str]:
        """The text as it was pasted: its line ends are part of it."""
        return {"certificate": str(self.data.get("certificate", ""))}

    def problems(self) -> list[Problem]:
        today = timezone.now().date()
        pem = self.typed()["certificate"]
        return registration_certificates.problems(self.row, pem, today)

    def _save(self, user: Any, seen_then: str) -> Any:
        registration_certificates.enter(
            self.row,
            self.typed()["certificate"],
            user,
            today=timezone.now().date(),
            seen=seen_then,
        )
        return self.row

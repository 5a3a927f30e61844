"""The form of a secret by name; rules and saving are services/secrets/named."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..core.errors import Problem
from ..services.secrets import named as named_secrets
from .option_fields import RawField
from .shared import SECRET, TEXT, SharedForm


class NamedSecretForm(SharedForm):
    """A section `secret-<name>`, new or as it is; its value is write-only."""

    shown = ("name",)
    secret_field = "password"
    secret_column = "value"
    compared = named_secrets.SEEN

    name = RawField(
        label=_("Name"),
        required=True,
        help_text=_(
            "Sections name it in the option secret; in a file its own section is called"
            " secret-<name>. No white space."
        ),
        widget=forms.TextInput(attrs=TEXT),
    )
    password = RawField(
        label=_("Secret"),
        help_text=_(
            "The client secret of the Google Cloud application (GOCSPX-…), or the whole"
            " key file (JSON) of a service account. The secret of an Azure application"
            " belongs to an app registration."
        ),
        widget=forms.PasswordInput(attrs=SECRET),
    )

    def problems(self) -> list[Problem]:
        typed = self.typed()
        return named_secrets.problems(self.row, typed["name"], typed["password"])

    def _save(self, user: Any, seen_then: str) -> Any:
        row, self.result = named_secrets.save(
            secret=self.row, user=user, seen=seen_then, **self.typed()
        )
        return row

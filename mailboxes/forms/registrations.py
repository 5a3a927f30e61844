"""The forms of an app registration: all of it, or a new client secret alone.

Rules and saving are services/registrations; their words are those of the options that
the fields stand for.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..core.errors import Problem
from ..models.clients import MICROSOFT_AUTHORITY
from ..models.option_shared import AUTHORITIES
from ..services import registrations
from .option_fields import OfferedInput, RawField
from .shared import SECRET, TEXT, SharedForm


class DayInput(forms.DateInput):
    """A day as browsers pick it; a text field where they cannot."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _secret_field(*, required: bool = False) -> RawField:
    return RawField(
        label=_("Client secret"),
        required=required,
        help_text=_(
            "The Value of the secret, which Entra shows once; not its Secret ID. For"
            " Google it stands under Secrets instead."
        ),
        widget=forms.PasswordInput(attrs=SECRET),
    )


def _end_field() -> RawField:
    return RawField(
        label=_("Last day of the client secret"),
        help_text=_(
            "As the provider shows it. The dashboard warns 30 days before; mail stops"
            " on that day."
        ),
        widget=DayInput(),
    )


class RegistrationForm(SharedForm):
    """An app registration, new or as it is."""

    shown = (
        "name",
        "tenant_authority",
        "client_id",
        "directory_id",
        "secret_ends_on",
    )
    secret_field = "secret"
    secret_column = "secret"
    compared = registrations.SEEN

    name = RawField(
        label=_("Name"),
        required=True,
        help_text=_("As people here call it, such as the tenant and what it is for."),
        widget=forms.TextInput(attrs=TEXT),
    )
    tenant_authority = RawField(
        label=_("Authority"),
        required=True,
        help_text=_("Server that issues the tokens for the application."),
        widget=OfferedInput(AUTHORITIES, TEXT),
    )
    client_id = RawField(
        label=_("Application (client) ID"),
        required=True,
        help_text=_(
            "A GUID, from the application's Overview page in Entra, not the Object ID;"
            " for Google it ends in .apps.googleusercontent.com."
        ),
        widget=forms.TextInput(attrs=TEXT),
    )
    directory_id = RawField(
        label=_("Directory (tenant) ID"),
        help_text=_("A GUID or a verified domain. Empty for Google."),
        widget=forms.TextInput(attrs=TEXT),
    )
    secret = _secret_field()
    secret_ends_on = _end_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("tenant_authority", MICROSOFT_AUTHORITY)

    def problems(self) -> list[Problem]:
        return registrations.clean(registration=self.row, **self.typed()).problems

    def _save(self, user: Any, seen_then: str) -> Any:
        self.result = registrations.save(
            registration=self.row, user=user, seen=seen_then, **self.typed()
        )
        return self.result.registration


class RegistrationEditForm(RegistrationForm):
    """All but the client secret, which has a form of its own."""

    secret = None


class ReplaceSecretForm(SharedForm):
    """A new client secret and its last day, nothing else."""

    compared = registrations.SEEN

    secret = _secret_field(required=True)
    secret_ends_on = _end_field()

    def problems(self) -> list[Problem]:
        row, typed = self.row, self.typed()
        found = registrations.clean(
            registration=row,
            name=row.name,
            tenant_authority=row.tenant_authority,
            directory_id=row.directory_id,
            client_id=row.client_id,
            **typed,
        ).problems
        return [problem for problem in found if problem.option in self.fields]

    def _save(self, user: Any, seen_then: str) -> Any:
        self.result = registrations.replace_secret(
            self.row, user=user, seen=seen_then, **self.typed()
        )
        return self.result.registration

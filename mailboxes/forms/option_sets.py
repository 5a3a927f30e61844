"""The forms of a pop-client with its mailbox, and of an smtp-client.

Used by the console's pages and by the Django admin; what they share: option_set.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_lazy as _

from ..core.errors import Problem
from ..models import PopClient, SmtpClient
from ..services import mailbox_fields, revisions
from .option_fields import RawField, option_fields
from .option_set import EXTRA, WAS, OptionSetForm
from .templates import Template

__all__ = ["OptionSetForm", "PopClientForm", "SmtpClientForm"]

TEXT = {"autocomplete": "off", "maxlength": 1000}


class PopClientForm(OptionSetForm):
    """A mailbox and its pop-client."""

    model = PopClient
    beside = ("address", "alias", "tags", "smtp_client", "section")
    client: PopClient | None

    address = RawField(
        label=_("Address"),
        required=True,
        help_text=_("The address that people write to."),
        widget=forms.TextInput(attrs=TEXT | {"inputmode": "email"}),
    )
    alias = RawField(
        label=_("Name"),
        help_text=_("A short name for people."),
        widget=forms.TextInput(attrs=TEXT),
    )
    tags = RawField(
        label=_("Tags"),
        help_text=_("Words separated by spaces."),
        widget=forms.TextInput(attrs=TEXT),
    )
    smtp_client = RawField(
        label=_("Sends through"),
        help_text=_("The smtp-client that sends for this mailbox."),
        widget=forms.Select,
    )
    section = RawField(
        label=_("Section"),
        help_text=_(
            "Name of the section: letters, digits, @ _ . and -. Empty means a name made"
            " from the address."
        ),
        widget=forms.TextInput(attrs=TEXT | {"spellcheck": "false"}),
    )

    def _initial(self, template: Template | None) -> dict[str, Any]:
        shown = super()._initial(template)
        if self.client is not None:
            row = self.client.mailbox_row
            shown |= {
                "address": row.address,
                "alias": row.alias,
                "tags": row.tags,
                "smtp_client": str(row.smtp_client_id or ""),
                "section": self.client.section,
            }
        return shown

    def dress(self) -> None:
        super().dress()
        self.fields["smtp_client"].widget.choices = [
            ("", _("None: it only receives")),
            *((str(row.pk), row.section) for row in self._senders()),
        ]

    def _senders(self) -> QuerySet[SmtpClient]:
        """Those in use, and the one that it has, which may be in the archive."""
        kept = self.client.mailbox_row.smtp_client_id if self.client else None
        rows = SmtpClient.objects.filter(archived_at=None)
        return rows | SmtpClient.objects.filter(pk=kept)

    def _fields(self) -> mailbox_fields.MailboxFields:
        return mailbox_fields.tidy_fields(
            self.text("address"), self.text("alias"), self.text("tags"), self._sender()
        )

    def _sender(self) -> SmtpClient | None:
        key = self.text("smtp_client")
        if not (key.isascii() and key.isdigit() and len(key) < 19):
            return None
        return self._senders().filter(pk=int(key)).first()

    def problems_beside(self) -> list[Problem]:
        problems = mailbox_fields.mailbox_problems(self._fields(), self.client)
        section = self.text("section").strip()
        if section or self.client:
            problems += mailbox_fields.section_problems(section, self.client)
        if self.text("smtp_client") and self._sender() is None:
            message = gettext("Choose an smtp-client that is set up here, or none.")
            problems.append(Problem("smtp_client", "X06-smtp-client", message))
        return problems

    def _save(self, user: Any, note: str) -> revisions.SaveResult:
        fields = self._fields()
        return revisions.save_pop_client(
            client=self.client,
            address=fields.address,
            alias=fields.alias,
            tags=fields.tags,
            smtp_client=fields.smtp_client,
            section=self.text("section"),
            raw=self._raw(),
            extra=self.extras.values,
            base_revision=self.base() if self.client else 0,
            user=user,
            note=note,
        )


class SmtpClientForm(OptionSetForm):
    """An smtp-client."""

    model = SmtpClient
    beside = ("section",)
    client: SmtpClient | None

    section = RawField(
        label=_("Section"),
        required=True,
        help_text=_("Name of the section: letters, digits, @ _ . and -, at most 40."),
        widget=forms.TextInput(attrs=TEXT | {"spellcheck": "false"}),
    )

    def _initial(self, template: Template | None) -> dict[str, Any]:
        shown = super()._initial(template)
        if self.client is not None:
            return shown | {"section": self.client.section}
        return shown | {"section": mailbox_fields.suggest_section("smtp-client", "")}

    def problems_beside(self) -> list[Problem]:
        return mailbox_fields.section_problems(
            self.text("section").strip(), self.client
        )

    def _save(self, user: Any, note: str) -> revisions.SaveResult:
        return revisions.save_smtp_client(
            client=self.client,
            section=self.text("section"),
            raw=self._raw(),
            extra=self.extras.values,
            base_revision=self.base() if self.client else 0,
            user=user,
            note=note,
        )


for _form in (PopClientForm, SmtpClientForm):
    _first = ("base_revision", WAS, *_form.beside)
    _base = {name: _form.base_fields[name] for name in _first}
    # declared_fields too: subclasses, such as the admin's, collect from them.
    _form.declared_fields = _form.base_fields = (
        _base | option_fields(_form.model.options()) | {EXTRA: _form.base_fields[EXTRA]}
    )

"""Mailboxes in the admin: the fields beside the options; options are on pop-clients."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from ..models import Mailbox, SmtpClient
from ..services import audit, mailbox_fields
from .base import AuditHistory


class MailboxForm(forms.ModelForm):
    """The console's rules. Address only for a new one: on a mailbox that is read it may
    be the log-in.

    Each field carries what it was when the form was opened, so that only what this
    person changes is written.
    """

    class Meta:
        model = Mailbox
        fields = ("address", "alias", "tags", "smtp_client")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True
        if "smtp_client" in self.fields:
            offered = SmtpClient.objects.filter(archived_at=None)
            offered |= SmtpClient.objects.filter(pk=self.instance.smtp_client_id)
            self.fields["smtp_client"].queryset = offered  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        new = self.instance.pk is None
        address = str(data.get("address", "")) if new else self.instance.address
        fields = mailbox_fields.tidy_fields(
            address, data.get("alias", ""), data.get("tags", ""), None
        )
        taken = new and Mailbox.objects.filter(address__iexact=address).exists()
        for problem in mailbox_fields.mailbox_problems(fields, taken=taken):
            if problem.option in self.fields and problem.option not in self.errors:
                self.add_error(problem.option, problem.message)
        tidied = {"address": fields.address, "alias": fields.alias, "tags": fields.tags}
        return data | {name: text for name, text in tidied.items() if name in data}


@admin.register(Mailbox)
class MailboxAdmin(AuditHistory):
    form = MailboxForm
    list_display = ("address", "alias", "tags", "smtp_client", "archived_at")
    list_select_related = ("smtp_client",)
    search_fields = ("address", "alias", "tags")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("address",) if obj else ()

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        changed = list(form.changed_data)
        if change and not changed:
            return
        obj.save(update_fields=changed if change else None)
        action = "mailbox.saved" if change else "mailbox.created"
        audit.record(request, action, obj, fields=changed)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

"""Mailboxes in the admin: the fields beside the options; options are on pop-clients."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from ..models import Mailbox
from ..services import audit, mailbox_fields
from .base import AuditHistory


class MailboxForm(forms.ModelForm):
    """Address only for a new one: on a mailbox that is read it may be the log-in."""

    class Meta:
        model = Mailbox
        fields = ("address", "alias", "tags", "smtp_client")

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        fields = mailbox_fields.tidy_fields(address, "", "", None)
        problems = mailbox_fields.mailbox_problems(fields)
        if problems:
            raise forms.ValidationError(problems[0].message)
        return fields.address


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
        super().save_model(request, obj, form, change)
        action = "mailbox.saved" if change else "mailbox.created"
        audit.record(request, action, obj, fields=list(form.changed_data))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

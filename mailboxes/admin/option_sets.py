"""Option sets in the admin: the console's forms, services, rules and words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from ..forms.option_fields import grouped
from ..forms.option_sets import OptionSetForm, PopClientForm, SmtpClientForm
from ..models import PopClient, SmtpClient
from ..templatetags.words import GROUP
from .base import AdminForm, ServiceAdmin


class AdminOptionSetForm(AdminForm):
    """The console's form as the admin calls it."""

    row_argument = "client"
    result: Any = None

    def save_through_service(self, user: Any) -> Any:
        assert isinstance(self, OptionSetForm)
        self.result = self.save_with(user)
        return self.result.client if self.result else None


class AdminPopClientForm(AdminOptionSetForm, PopClientForm):
    row_model = PopClient


class AdminSmtpClientForm(AdminOptionSetForm, SmtpClientForm):
    row_model = SmtpClient


class OptionSetAdmin(ServiceAdmin):
    """Saved through services/revisions; never deleted, archived in the console."""

    search_fields = ("section", "server")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        may = (
            self.has_change_permission(request, obj)
            if obj
            else self.has_add_permission(request)
        )
        beside = ("base_revision", *self.form_class.beside) if may else ("section",)
        groups = [
            (GROUP[group], {"fields": names})
            for group, names in grouped(self.model.options())
        ]
        return [(None, {"fields": beside}), *groups]

    def say(self, request: HttpRequest, form: Any) -> None:
        result = form.result
        messages.info(request, f"Revision {result.revision.number}: {result.when}")
        for notice in result.notices:
            messages.info(request, notice)
        for warning in result.warnings:
            messages.warning(request, warning.message)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PopClient)
class PopClientAdmin(OptionSetAdmin):
    form_class = AdminPopClientForm
    list_display = ("section", "mailbox_row", "type", "server", "revision")
    list_select_related = ("mailbox_row",)
    search_fields = ("section", "server", "mailbox_row__address")


@admin.register(SmtpClient)
class SmtpClientAdmin(OptionSetAdmin):
    form_class = AdminSmtpClientForm
    list_display = ("section", "server_type", "server", "revision")

"""Option sets in the admin: the console's forms, services, rules and words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect

from ..core.options import Group
from ..forms import extra_options
from ..forms.option_fields import grouped
from ..forms.option_set import EXTRA, WAS
from ..forms.option_sets import OptionSetForm, PopClientForm, SmtpClientForm
from ..models import PopClient, SmtpClient
from ..templatetags.words import GROUP
from .base import AdminForm, ServiceAdmin

HIDDEN = ("base_revision", WAS)


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
    """Saved through services/revisions; never deleted, but archived by the console."""

    search_fields = ("section", "server")
    list_filter = (("archived_at", admin.EmptyFieldListFilter),)
    actions = ("archive",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        may = (
            self.has_change_permission(request, obj)
            if obj
            else self.has_add_permission(request)
        )
        beside = (*HIDDEN, *self.form_class.beside) if may else ("section",)
        groups = []
        for group, names in grouped(self.model.options()):
            kept = group is Group.ADVANCED
            # Whoever may only look gets no form, which masks secrets, but the column.
            other = EXTRA if may else "other_options"
            fields = [*names, other] if kept else names
            classes = ["collapse"] if kept else []
            groups.append((GROUP[group], {"fields": fields, "classes": classes}))
        return [(None, {"fields": beside}), *groups]

    @admin.display(description="Other options")
    def other_options(self, row: Any) -> str:
        return extra_options.show(row.extra)

    @admin.action(description="Archive, or restore from archive (one only)")
    def archive(self, request: HttpRequest, chosen: QuerySet[Any]) -> Any:
        """To the console's page, which explains and asks."""
        client = chosen.first() if chosen.count() == 1 else None
        if client is None:
            messages.error(request, "Choose one option set.")
            return None
        kind = "pop" if isinstance(client, PopClient) else "smtp"
        page = "option-set-compare" if client.archived_at else "option-set-archive"
        return redirect(page, kind, client.pk)

    def get_actions(self, request: HttpRequest) -> Any:
        may = self.has_change_permission(request)
        return super().get_actions(request) if may else {}

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
    list_display = (
        "section",
        "mailbox_row",
        "type",
        "server",
        "revision",
        "archived_at",
    )
    list_select_related = ("mailbox_row",)
    search_fields = ("section", "server", "mailbox_row__address")


@admin.register(SmtpClient)
class SmtpClientAdmin(OptionSetAdmin):
    form_class = AdminSmtpClientForm
    list_display = ("section", "server_type", "server", "revision", "archived_at")

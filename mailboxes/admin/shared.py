"""App registrations, secrets and proxies in the admin: the console's forms, services,
rules and words. A change makes new revisions of the sections that name one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import ngettext

from ..forms.named_secrets import NamedSecretForm
from ..forms.proxies import ProxyForm
from ..forms.registrations import RegistrationForm
from ..forms.shared import SharedForm
from ..models import AppRegistration, NamedSecret, Proxy
from ..services import proxies, registrations, uses
from ..services.secrets import named as named_secrets
from .base import AdminForm, ServiceAdmin


class AdminSharedForm(AdminForm):
    row_argument = "row"

    def save_through_service(self, user: Any) -> Any:
        assert isinstance(self, SharedForm)
        return self.save_with(user)


class AdminRegistrationForm(AdminSharedForm, RegistrationForm):
    row_model = AppRegistration


class AdminNamedSecretForm(AdminSharedForm, NamedSecretForm):
    row_model = NamedSecret


class AdminProxyForm(AdminSharedForm, ProxyForm):
    row_model = Proxy


class SharedAdmin(ServiceAdmin):
    """Write-only secrets; what is in use cannot be deleted (PROTECT)."""

    remove: Callable[[Any, Any], None]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        may = (
            self.has_change_permission(request, obj)
            if obj
            else self.has_add_permission(request)
        )
        if may:
            return [(None, {"fields": list(self.form_class.base_fields)})]
        return [(None, {"fields": self.form_class.shown})]

    def say(self, request: HttpRequest, form: Any) -> None:
        sections = len(uses.of(form.row)) if form.row else 0
        if sections:
            words = ngettext(
                "%d section uses it: a pop-client at its next cycle, an smtp-client"
                " after Restart sending.",
                "%d sections use it: pop-clients at their next cycle, smtp-clients"
                " after Restart sending.",
                sections,
            )
            messages.info(request, words % sections)
        for notice in getattr(form.result, "notices", ()):
            messages.info(request, notice)
        for warning in getattr(form.result, "warnings", ()):
            messages.warning(request, warning.message)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        type(self).remove(obj, request.user)


@admin.register(AppRegistration)
class AppRegistrationAdmin(SharedAdmin):
    form_class = AdminRegistrationForm
    remove = staticmethod(registrations.delete)
    list_display = ("name", "tenant_authority", "client_id", "secret_ends_on")
    search_fields = ("name", "client_id", "directory_id")


@admin.register(NamedSecret)
class NamedSecretAdmin(SharedAdmin):
    form_class = AdminNamedSecretForm
    remove = staticmethod(named_secrets.delete)
    list_display = ("name", "created_at")
    search_fields = ("name",)


@admin.register(Proxy)
class ProxyAdmin(SharedAdmin):
    form_class = AdminProxyForm
    remove = staticmethod(proxies.delete_proxy)
    list_display = ("name", "kind", "host", "port", "username", "sandbox")
    search_fields = ("name", "host")

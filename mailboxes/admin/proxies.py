"""Proxies in the admin; a change makes new revisions of the clients that name it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ..forms.proxies import FIELDS, ProxyForm
from ..models import Proxy
from ..services import proxies
from .base import AdminForm, ServiceAdmin


class AdminProxyForm(AdminForm, ProxyForm):
    row_argument = "proxy"
    row_model = Proxy

    def save_through_service(self, user: Any) -> Any:
        return self.save_with(user)


@admin.register(Proxy)
class ProxyAdmin(ServiceAdmin):
    """Write-only password; a proxy in use cannot be deleted (PROTECT)."""

    form_class = AdminProxyForm
    list_display = ("name", "host", "port", "username", "sandbox")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": FIELDS})]

    def delete_model(self, request: HttpRequest, obj: Proxy) -> None:
        proxies.delete_proxy(obj, request.user)

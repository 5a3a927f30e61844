"""What holds for the whole admin: the console's pages of sign-in and of one's own
password, no bulk delete."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache


@never_cache
def sign_in(
    request: HttpRequest, extra_context: dict[str, Any] | None = None
) -> HttpResponse:
    """To the console's sign-in page; who is signed in and may not is told so."""
    if request.user.is_authenticated and not admin.site.has_permission(request):
        raise PermissionDenied
    wanted = request.GET.get(REDIRECT_FIELD_NAME, "")
    if not url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        wanted = reverse("admin:index")
    return redirect_to_login(wanted, settings.LOGIN_URL)


def own_password(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """To the console's page, which writes it into the audit log."""
    response: HttpResponse = redirect("password-change")
    return response


admin.site.password_change = own_password  # type: ignore[method-assign]
admin.site.login = sign_in  # type: ignore[method-assign,assignment]
admin.site.disable_action("delete_selected")

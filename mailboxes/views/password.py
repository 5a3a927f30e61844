"""A person changes their own password, staff or not."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import PasswordChangeView
from django.contrib.messages.views import SuccessMessageMixin
from django.forms import Form
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from ..forms.password import PasswordForm
from ..services import audit


class PasswordChange(SuccessMessageMixin, PasswordChangeView):
    """Asks for the old password; this browser stays signed in, all others do not."""

    form_class = PasswordForm
    template_name = "console/password.html"
    success_url = reverse_lazy("dashboard")
    success_message = _("Your password is changed.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: Form) -> HttpResponse:
        audit.record(self.request, "user.password-changed", self.request.user)
        return super().form_valid(form)

    def form_invalid(self, form: Form) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 400
        return response

"""A person's own password: whoever can sign in can change it, staff or not.

The passwords of others are set in the Django admin (admin/users).
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.password_validation import password_validators_help_texts
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from ..services import audit


class OwnPassword(PasswordChangeView):
    """Asks for the old one, then for the new one twice. Other sessions end."""

    template_name = "registration/own_password.html"
    success_url = reverse_lazy("dashboard")
    extra_context = {"nav": "own-password"}

    def get_form(self, form_class: Any = None) -> Any:
        """With the rules of passwords as sentences, not as a list of Django's."""
        form = super().get_form(form_class)
        rules = " ".join(password_validators_help_texts())
        form.fields["new_password1"].help_text = rules
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            audit.record(self.request, "user.password-changed", form.user)
        messages.success(
            self.request,
            _("Your password was changed. Whoever else was signed in with it is out."),
        )
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        context = self.get_context_data(form=form)
        return self.render_to_response(context, status=400)

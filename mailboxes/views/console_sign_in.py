"""The console's own sign-in, and the change of one's own password.

Limits against guessing: services/guesses. Users are made and changed in the admin.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from ..forms.console_sign_in import ConsoleSignInForm
from ..services import audit, guesses


class ConsoleSignIn(LoginView):
    """Django's view, with every sign-in in the audit log."""

    form_class = ConsoleSignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: ConsoleSignInForm) -> HttpResponse:
        response = super().form_valid(form)
        guesses.passed(self.request, form.get_user().get_username())
        return response


class ConsolePassword(PasswordChangeView):
    """Everybody may change the own password; other browsers are signed out by that."""

    template_name = "registration/password.html"
    success_url = reverse_lazy("dashboard")

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        response = super().form_valid(form)
        audit.record(self.request, "console.password-changed", form.user)
        messages.success(
            self.request,
            _("Your password is changed. Other browsers are signed out."),
        )
        return response

"""The console's own sign-in.

Limits against guessing: services/guesses. The change of one's own password: password.
Users are made and changed in the admin.
"""

from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.http import HttpResponse

from ..forms.console_sign_in import ConsoleSignInForm
from ..services import guesses


class ConsoleSignIn(LoginView):
    """Django's view, with every sign-in in the audit log."""

    form_class = ConsoleSignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: ConsoleSignInForm) -> HttpResponse:
        response = super().form_valid(form)
        guesses.passed(self.request, form.get_user().get_username())
        return response

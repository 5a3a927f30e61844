"""The console's own sign-in.

A form that was sent after its session had ended (session_ended) is kept in the page,
and after signing in its sender is asked about it. Limits against guessing:
services/guesses. The change of one's own password: password. Users are made and changed
in the admin.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.shortcuts import render

from ..forms.console_sign_in import ConsoleSignInForm
from ..services import guesses
from . import session_ended


class ConsoleSignIn(LoginView):
    """Django's view, with every sign-in in the audit log."""

    form_class = ConsoleSignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: ConsoleSignInForm) -> HttpResponse:
        response = super().form_valid(form)
        guesses.passed(self.request, form.get_user().get_username())
        kept = session_ended.opened(self.request.POST.get("kept", ""))
        if kept is None:
            return response
        return render(
            self.request,
            "console/sent_too_late.html",
            {"kept": kept, "back": self.get_success_url(), "nav": "none"},
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        posted = self.request.POST
        told = {"ended": "ended" in posted, "kept": posted.get("kept", "")}
        return super().get_context_data(**told, **kwargs)

"""The form of the console's own sign-in. services/guesses counts wrong passwords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import ngettext

from ..services import guesses


class ConsoleSignInForm(AuthenticationForm):
    """Name and password, looked at only while services/guesses lets them be."""

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username")
        if name is None or not self.cleaned_data.get("password"):
            return super().clean()
        assert self.request is not None  # the view gives it
        found: dict[str, Any] = counted(self.request, name, super().clean)
        return found


def counted(request: HttpRequest, name: str, look: Callable[[], Any]) -> Any:
    """What `look` gives, which looks at a password of `name`.

    Its ValidationError counts as a wrong password. Raises ValidationError also where
    nothing is looked at now.
    """
    wait = guesses.wait(request, name)
    if wait is not None:
        minutes = int(wait.total_seconds() // 60) + 1
        raise ValidationError(
            ngettext(
                "Too many wrong passwords. Try again in %(count)d minute.",
                "Too many wrong passwords. Try again in %(count)d minutes.",
                minutes,
            )
            % {"count": minutes},
            code="wait",
        )
    try:
        return look()
    except ValidationError:
        guesses.refused(request, name)
        raise

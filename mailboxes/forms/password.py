"""The form by which a person changes their own password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest

from .console_sign_in import counted


class PasswordForm(PasswordChangeForm):
    """Django's, with its rules as sentences: a list cannot describe a field.

    Wrong old passwords count as those of the sign-in do: whoever sits down at a browser
    that was left signed in is not to guess what its person signs in with.
    """

    def __init__(self, *args: Any, request: HttpRequest, **more: Any) -> None:
        super().__init__(*args, **more)
        self.request = request
        rules = " ".join(str(text) for text in password_validators_help_texts())
        self.fields["new_password1"].help_text = rules
        self.fields["new_password2"].help_text = ""

    def clean_old_password(self) -> str:
        look = super().clean_old_password
        found: str = counted(self.request, self.user.get_username(), look)
        return found

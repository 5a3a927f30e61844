"""The form by which a person changes their own password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import password_validators_help_texts


class PasswordForm(PasswordChangeForm):
    """Django's, with its rules as sentences: a list cannot describe a field."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        rules = " ".join(str(text) for text in password_validators_help_texts())
        self.fields["new_password1"].help_text = rules
        self.fields["new_password2"].help_text = ""

"""The form of a file of option sets; what the file says is services/sections.

The text is never shown again: it may hold passwords.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..services.sections import text as texts


class QuietTextarea(forms.Textarea):
    """Does not show what was typed, as a password field does not."""

    def format_value(self, value: Any) -> str:
        return ""


class ImportForm(forms.Form):
    """A file or a text, and how it comes in."""

    use_required_attribute = False

    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("Sections (INI), or a table (CSV) that was saved as UTF-8."),
    )
    text = forms.CharField(
        label=_("Or paste it"),
        required=False,
        strip=False,
        help_text=_(
            "At most 2 MB; choose a larger one as a file. It is not shown again, for it"
            " may hold passwords."
        ),
        widget=QuietTextarea(
            attrs={"rows": 10, "spellcheck": "false", "class": "mono"}
        ),
    )
    as_drafts = forms.BooleanField(
        label=_("Bring new sections in switched off"),
        required=False,
        help_text=_("Drafts may lack secrets and servers. Nothing is fetched or sent."),
    )
    make_registrations = forms.BooleanField(
        label=_("Make one app registration of equal values"),
        required=False,
        help_text=_(
            "Where new sections have the same authority, directory, application and"
            " client secret, a new secret is then one edit."
        ),
    )

    content: bytes | str = ""
    file_name = ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        file, text = data.get("file"), data.get("text", "")
        if "file" in self.errors or "text" in self.errors:
            return data
        if file is None and not text.strip():
            self.add_error("file", _("Choose a file, or paste its text below."))
        elif file is not None and text.strip():
            self.add_error("text", _("Choose a file or paste a text, not both."))
        elif file is not None:
            self.content = file.read(texts.LARGEST + 1)
            self.file_name = file.name or ""
        else:
            self.content = text
        return data

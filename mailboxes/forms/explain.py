"""The form of the page "Explain an error": the error, and what is known of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..core.choices import Stage
from ..services.findings.features import PROTOCOLS
from ..templatetags.words import STAGE

MOST = 100_000  # characters; a stack trace has a few thousand
_WORDS = {
    "imap": "IMAP",
    "pop3": "POP3",
    "smtp": "SMTP",
    "ews": "EWS",
    "graph": "Microsoft Graph",
    "oauth": _("OAuth (getting a token)"),
}


class AnyText(forms.CharField):
    """Text as it was pasted, without the NUL characters that logs may hold."""

    def to_python(self, value: Any) -> str:
        return super().to_python(str(value or "").replace("\x00", ""))


class ExplainForm(forms.Form):
    text = AnyText(
        label=_("Error"),
        help_text=_(
            "A line of a log, an answer of a server, a stack trace: paste all of it."
            " Nothing is stored."
        ),
        max_length=MOST,
        widget=forms.Textarea({"rows": 10, "spellcheck": "false"}),
        error_messages={"required": _("Paste the error that is to be explained.")},
    )
    protocol = forms.ChoiceField(
        label=_("Protocol"),
        required=False,
        choices=[("", _("Not known")), *((one, _WORDS[one]) for one in PROTOCOLS)],
    )
    stage = forms.ChoiceField(
        label=_("Where it failed"),
        required=False,
        choices=[("", _("Not known")), *((str(one), STAGE[one]) for one in Stage)],
    )

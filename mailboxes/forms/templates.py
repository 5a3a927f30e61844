"""Starting points of a new mailbox: values by option name, filled in beforehand.

A template only fills the form; what is saved are the options themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..core.choices import Mechanism, Security
from ..models.clients import MECHANISMS

Text = str | Promise


@dataclass(frozen=True)
class Template:
    """One starting point. `values`: options that differ from their defaults."""

    name: str
    label: Text
    what: Text
    values: dict[str, object]


POP = (
    Template(
        "microsoft365-imap",
        _("Microsoft 365, IMAP"),
        _("OAuth 2.0 with the mailbox's password. Needs an Azure application."),
        {"server": "outlook.office365.com", MECHANISMS: Mechanism.XOAUTH2.value},
    ),
    Template(
        "generic-imap",
        _("Any IMAP server"),
        _("Signs in with a password over TLS, at port 993."),
        {"pop-connection-security": Security.TLS.value},
    ),
)
SMTP = (
    Template(
        "microsoft365-smtp",
        _("Microsoft 365, SMTP"),
        _("OAuth 2.0 with the mailbox's password. Needs an Azure application."),
        {"server": "smtp.office365.com", MECHANISMS: Mechanism.XOAUTH2.value},
    ),
    Template(
        "generic-smtp",
        _("Any SMTP server"),
        _("Signs in with a password after STARTTLS, at port 587."),
        {"smtp-connection-security": Security.STARTTLS.value},
    ),
)


def find(templates: tuple[Template, ...], name: str) -> Template:
    """The template of that name, else the first."""
    return next((t for t in templates if t.name == name), templates[0])

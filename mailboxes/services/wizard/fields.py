"""What the wizard asks, as data: each value once, and every option it is written to.

Types, bounds and rules are those of the options (services/option_rules) or of the app
registration (services/registrations); steps says which step asks what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ...core.choices import Grant
from ...core.options import Option
from ..option_rules import options_by_name
from .modes import POP, SMTP

Text = str | Promise
BOTH = (POP, SMTP)


@dataclass(frozen=True)
class Field:
    """One value.

    options: option that it is written to, by kind of section; {} for a value of the
        draft itself or of the app registration.
    label, help: "" for those of the option. required: for its label only.
    whatever_type: shown also while the option has no effect with the chosen type.
    help_with: its help with some grants, in place of the other.
    """

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    label: Text = ""
    help: Text = ""
    required: bool = False
    whatever_type: bool = False
    help_with: Mapping[Grant, Text] = field(default_factory=dict)

    def option(self, kinds: tuple[str, ...]) -> Option | None:
        """The declaration of the first option in use; None for no option."""
        for kind in kinds:
            if kind in self.options:
                return options_by_name(kind)[self.options[kind]]
        return None


def _both(name: str) -> dict[str, str]:
    return dict.fromkeys(BOTH, name)


FIELDS = {
    one.name: one
    for one in (
        Field(
            "address",
            label=_("Address"),
            help=_("The address that people write to."),
            required=True,
        ),
        Field(
            "account",
            label=_("Account that signs in"),
            help=_(
                "Only at Microsoft 365, and only where another name than the address"
                " signs in: for a shared mailbox the account of a person who opens it,"
                " for a person's mailbox the user principal name where that differs"
                " from the address. Leave it empty otherwise."
            ),
        ),
        Field("direction", label=_("What this mailbox is for"), required=True),
        Field("mode", label=_("Protocol and sign-in"), required=True),
        # The application
        Field(
            "registration",
            label=_("App registration that is set up here"),
            help=_("With one of them the next two steps are done already."),
        ),
        Field(
            "client_id",
            label=_("Application (client) ID"),
            help=_("A GUID, from the application's Overview page. Not the Object ID."),
            required=True,
        ),
        Field(
            "directory_id",
            label=_("Directory (tenant) ID"),
            help=_("A GUID or a verified domain, from the same page."),
            required=True,
        ),
        Field(
            "tenant_authority",
            label=_("Authority"),
            help=_("Server that issues the tokens; another one in a national cloud."),
            required=True,
        ),
        Field(
            "name",
            label=_("Name of the app registration here"),
            help=_("As people here call it; further mailboxes choose it by this name."),
            required=True,
        ),
        Field(
            "secret",
            label=_("Client secret"),
            help=_("The Value, which Entra shows once; not the Secret ID."),
            required=True,
        ),
        Field(
            "secret_ends_on",
            label=_("Last day of the client secret"),
            help=_("As Entra shows it under Expires. The dashboard warns before."),
        ),
        Field(
            "principal_id",
            label=_("Object ID of the enterprise application"),
            help=_("From Enterprise applications, not from App registrations."),
        ),
        # The sections
        Field(
            "google_client",
            _both("client-id"),
            required=True,
            help_with={
                Grant.SERVICE_ACCOUNT: _(
                    "The Unique ID of the service account, digits."
                )
            },
        ),
        Field(
            "google_secret",
            _both("secret"),
            required=True,
            help_with={
                Grant.SERVICE_ACCOUNT: _("The secret that holds the whole key file.")
            },
        ),
        Field("scope", _both("scope"), help=_("What the token is asked for.")),
        Field(
            "login",
            _both("mailbox"),
            help=_("The name that signs in. Empty means the mailbox address."),
        ),
        Field("password", _both("password"), required=True),
        Field(
            "server_in",
            {POP: "server"},
            label=_("Server for receiving"),
            required=True,
        ),
        Field("port_in", {POP: "port"}, label=_("Port for receiving")),
        Field(
            "security_in",
            {POP: "pop-connection-security"},
            label=_("Encryption for receiving"),
        ),
        Field(
            "server_out",
            {SMTP: "server"},
            label=_("Server for sending"),
            required=True,
        ),
        Field("port_out", {SMTP: "port"}, label=_("Port for sending")),
        Field(
            "security_out",
            {SMTP: "smtp-connection-security"},
            label=_("Encryption for sending"),
        ),
        Field("proxy", _both("proxy")),
        Field("folder_path", {POP: "folder-path"}),
        Field("first_fetch", {POP: "first-fetch"}),
        Field(
            "first_fetch_days",
            {POP: "first-fetch-days"},
            help=_("Only for mail of the last days: how many days back."),
            whatever_type=True,
        ),
        Field("after_fetch", {POP: "after-fetch"}),
        Field(
            "after_fetch_folder",
            {POP: "after-fetch-folder"},
            help=_("Only for Move it to a folder: its name on the server."),
            whatever_type=True,
        ),
    )
}
OF_REGISTRATION = (
    "name",
    "tenant_authority",
    "directory_id",
    "client_id",
    "secret",
    "secret_ends_on",
)
# Where a finding that names an option of a section is mended, by kind of section.
FIELD_OF = {
    (kind, option): one.name
    for one in FIELDS.values()
    for kind, option in one.options.items()
} | {(kind, "account"): "account" for kind in BOTH}

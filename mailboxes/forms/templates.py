"""Starting points of a new option set: values by option name, filled in beforehand.

A template only fills the form; what is saved are the options themselves. One whose
protocol or sign-in this version does not have begins as a draft, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy as _

from ..core.choices import Grant, Mechanism, Protocol, Security
from ..models.clients import GRAPH_SCOPE, MECHANISMS
from ..services import abilities
from ..services.options import pins

Text = str | Promise

GOOGLE_AUTHORITY = "https://accounts.google.com"
OFFICE365_SMTP = {
    "server-type": Protocol.SMTP.value,
    "server": "smtp.office365.com",
}
XOAUTH2 = {MECHANISMS: Mechanism.XOAUTH2.value}
APP_ONLY = XOAUTH2 | {"grant-type": Grant.CLIENT_CREDENTIALS.value}
GRAPH = {
    "scope": GRAPH_SCOPE,
    "grant-type": Grant.CLIENT_CREDENTIALS.value,
}
GRAPH_BY_LINK = GRAPH | {"grant-type": Grant.AUTHORIZATION_CODE.value}
GRAPH_BY_DEVICE = GRAPH | {"grant-type": Grant.DEVICE_CODE.value}
GRAPH_BY_PASSWORD = GRAPH | {"grant-type": Grant.USER_PASSWORD.value}
OF_APP = _("Signs in as the application, with a client secret; no mailbox password.")
BY_LINK = XOAUTH2 | {"grant-type": Grant.AUTHORIZATION_CODE.value}
BY_DEVICE = XOAUTH2 | {"grant-type": Grant.DEVICE_CODE.value}
GOOGLE = XOAUTH2 | {"tenant-authority": GOOGLE_AUTHORITY}
GOOGLE_SERVICE = GOOGLE | {"grant-type": Grant.SERVICE_ACCOUNT.value}
OF_OWNER = _("The owner of the mailbox signs in once, in a browser.")
OF_DEVICE = _("The owner of the mailbox signs in once, by a code on another device.")
OF_SERVICE = _("A Google service account acts for the mailbox, by delegation.")
OF_PASSWORD = _(
    "OAuth 2.0 with the mailbox's password (ROPC): legacy, no second factor may be on."
)
OF_GOOGLE = _("OAuth 2.0 with a refresh token and a Google Cloud application.")
EWS_ONLINE = "https://outlook.office365.com/EWS/Exchange.asmx"
OF_EWS_APP = _(
    "Signs in as the application, which acts for the mailbox. Exchange Online ends EWS"
    " on 1 April 2027."
)
OF_EWS_PASSWORD = _(
    "OAuth 2.0 with the mailbox's password (ROPC): legacy. Exchange Online ends EWS on"
    " 1 April 2027."
)
OF_EWS = _(
    "For Exchange on your own machines. Exchange Online ends EWS on 1 April 2027."
)


@dataclass(frozen=True)
class Template:
    """One starting point. `given`: options that differ from their defaults.

    extra: options that are not ours, for the copy of another set.
    """

    name: str
    label: Text
    what: Text
    given: Mapping[str, object]
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> str:
        """What of it this version cannot do, in a sentence; "" for nothing."""
        values = {"grant-type": Grant.PASSWORD.value, **self.given}
        protocol = pins.protocol(values)
        able = abilities.INBOUND if "type" in values else abilities.OUTBOUND
        if protocol and protocol not in able:
            return gettext(
                "This version does not have %s yet: it is saved as a draft, and"
                " nothing runs until it is switched on."
            ) % (protocol)
        if not pins.uses_token(values):
            return ""
        google = "google" in str(values.get("tenant-authority", ""))
        grants = abilities.GOOGLE_GRANTS if google else abilities.MICROSOFT_GRANTS
        if (google and not grants) or (not google and pins.grant(values) not in grants):
            return gettext(
                "This version does not have this way of sign-in yet: it is saved as a"
                " draft, and nothing runs until it is switched on."
            )
        return ""

    @property
    def values(self) -> dict[str, object]:
        """What the form begins with."""
        off = {"enable-client": False} if self.missing else {}
        return {**self.given, **off}


POP = (
    Template(
        "microsoft365-graph",
        _("Microsoft 365, Graph, app-only"),
        OF_APP,
        {"type": Protocol.GRAPH.value, **GRAPH},
    ),
    Template(
        "microsoft365-graph-sign-in",
        _("Microsoft 365, Graph, sign-in of the owner"),
        OF_OWNER,
        {"type": Protocol.GRAPH.value, **GRAPH_BY_LINK},
    ),
    Template(
        "microsoft365-graph-device",
        _("Microsoft 365, Graph, device code"),
        OF_DEVICE,
        {"type": Protocol.GRAPH.value, **GRAPH_BY_DEVICE},
    ),
    Template(
        "microsoft365-graph-password",
        _("Microsoft 365, Graph, mailbox password"),
        OF_PASSWORD,
        {"type": Protocol.GRAPH.value, **GRAPH_BY_PASSWORD},
    ),
    Template(
        "microsoft365-imap-app",
        _("Microsoft 365, IMAP, app-only"),
        OF_APP,
        {"type": Protocol.IMAP.value, "server": "outlook.office365.com", **APP_ONLY},
    ),
    Template(
        "microsoft365-imap-sign-in",
        _("Microsoft 365, IMAP, sign-in of the owner"),
        OF_OWNER,
        {"type": Protocol.IMAP.value, "server": "outlook.office365.com", **BY_LINK},
    ),
    Template(
        "microsoft365-imap-device",
        _("Microsoft 365, IMAP, device code"),
        OF_DEVICE,
        {"type": Protocol.IMAP.value, "server": "outlook.office365.com", **BY_DEVICE},
    ),
    Template(
        "microsoft365-imap",
        _("Microsoft 365, IMAP, mailbox password"),
        OF_PASSWORD,
        {"type": Protocol.IMAP.value, "server": "outlook.office365.com", **XOAUTH2},
    ),
    Template(
        "microsoft365-ews-app",
        _("Microsoft 365, EWS, app-only"),
        OF_EWS_APP,
        {"type": Protocol.EWS.value, "server": EWS_ONLINE, **APP_ONLY},
    ),
    Template(
        "microsoft365-ews",
        _("Microsoft 365, EWS, mailbox password"),
        OF_EWS_PASSWORD,
        {"type": Protocol.EWS.value, "server": EWS_ONLINE, **XOAUTH2},
    ),
    Template(
        "exchange-ews",
        _("Exchange on-premises, EWS"),
        OF_EWS,
        {"type": Protocol.EWS.value},
    ),
    Template(
        "gmail-imap-service",
        _("Gmail, IMAP, service account"),
        OF_SERVICE,
        {"type": Protocol.IMAP.value, "server": "imap.gmail.com", **GOOGLE_SERVICE},
    ),
    Template(
        "gmail-imap",
        _("Gmail, IMAP"),
        OF_GOOGLE,
        {
            "type": Protocol.IMAP.value,
            "server": "imap.gmail.com",
            "tenant-authority": GOOGLE_AUTHORITY,
            **XOAUTH2,
        },
    ),
    Template(
        "generic-imap",
        _("Any IMAP server"),
        _("Signs in with a password over TLS, at port 993."),
        {
            "type": Protocol.IMAP.value,
            "pop-connection-security": Security.TLS.value,
        },
    ),
    Template(
        "microsoft365-pop3-app",
        _("Microsoft 365, POP3, app-only"),
        OF_APP,
        {"type": Protocol.POP3.value, "server": "outlook.office365.com", **APP_ONLY},
    ),
    Template(
        "microsoft365-pop3",
        _("Microsoft 365, POP3, mailbox password"),
        OF_PASSWORD,
        {"type": Protocol.POP3.value, "server": "outlook.office365.com", **XOAUTH2},
    ),
    Template(
        "gmail-pop3",
        _("Gmail, POP3"),
        OF_GOOGLE,
        {
            "type": Protocol.POP3.value,
            "server": "pop.gmail.com",
            "tenant-authority": GOOGLE_AUTHORITY,
            **XOAUTH2,
        },
    ),
    Template(
        "generic-pop3",
        _("Any POP3 server"),
        _("Signs in with a password over TLS, at port 995."),
        {
            "type": Protocol.POP3.value,
            "pop-connection-security": Security.TLS.value,
        },
    ),
)
SMTP = (
    Template(
        "microsoft365-graph-send",
        _("Microsoft 365, Graph, app-only"),
        OF_APP,
        {"server-type": Protocol.GRAPH.value, **GRAPH},
    ),
    Template(
        "microsoft365-graph-sign-in-send",
        _("Microsoft 365, Graph, sign-in of the owner"),
        OF_OWNER,
        {"server-type": Protocol.GRAPH.value, **GRAPH_BY_LINK},
    ),
    Template(
        "microsoft365-graph-device-send",
        _("Microsoft 365, Graph, device code"),
        OF_DEVICE,
        {"server-type": Protocol.GRAPH.value, **GRAPH_BY_DEVICE},
    ),
    Template(
        "microsoft365-graph-password-send",
        _("Microsoft 365, Graph, mailbox password"),
        OF_PASSWORD,
        {"server-type": Protocol.GRAPH.value, **GRAPH_BY_PASSWORD},
    ),
    Template(
        "microsoft365-smtp-app",
        _("Microsoft 365, SMTP, app-only"),
        OF_APP,
        {
            "server-type": Protocol.SMTP.value,
            "server": "smtp.office365.com",
            **APP_ONLY,
        },
    ),
    Template(
        "microsoft365-smtp-sign-in",
        _("Microsoft 365, SMTP, sign-in of the owner"),
        OF_OWNER,
        {**OFFICE365_SMTP, **BY_LINK},
    ),
    Template(
        "microsoft365-smtp-device",
        _("Microsoft 365, SMTP, device code"),
        OF_DEVICE,
        {**OFFICE365_SMTP, **BY_DEVICE},
    ),
    Template(
        "microsoft365-smtp",
        _("Microsoft 365, SMTP, mailbox password"),
        OF_PASSWORD,
        {**OFFICE365_SMTP, **XOAUTH2},
    ),
    Template(
        "microsoft365-ews-app-send",
        _("Microsoft 365, EWS, app-only"),
        OF_EWS_APP,
        {"server-type": Protocol.EWS.value, "server": EWS_ONLINE, **APP_ONLY},
    ),
    Template(
        "microsoft365-ews-send",
        _("Microsoft 365, EWS, mailbox password"),
        OF_EWS_PASSWORD,
        {"server-type": Protocol.EWS.value, "server": EWS_ONLINE, **XOAUTH2},
    ),
    Template(
        "exchange-ews-send",
        _("Exchange on-premises, EWS"),
        OF_EWS,
        {"server-type": Protocol.EWS.value},
    ),
    Template(
        "gmail-smtp-service",
        _("Gmail, SMTP, service account"),
        OF_SERVICE,
        {
            "server-type": Protocol.SMTP.value,
            "server": "smtp.gmail.com",
            **GOOGLE_SERVICE,
        },
    ),
    Template(
        "gmail-smtp",
        _("Gmail, SMTP"),
        OF_GOOGLE,
        {
            "server-type": Protocol.SMTP.value,
            "server": "smtp.gmail.com",
            "tenant-authority": GOOGLE_AUTHORITY,
            **XOAUTH2,
        },
    ),
    Template(
        "generic-smtp",
        _("Any SMTP server"),
        _("Signs in with a password after STARTTLS, at port 587."),
        {
            "server-type": Protocol.SMTP.value,
            "smtp-connection-security": Security.STARTTLS.value,
        },
    ),
)
USUAL = ("microsoft365-imap-app", "microsoft365-smtp-app")


def find(templates: tuple[Template, ...], name: str) -> Template:
    """The template of that name, else the one to recommend."""
    named = {template.name: template for template in templates}
    return named.get(name) or next(t for t in templates if t.name in USUAL)

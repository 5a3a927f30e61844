"""The ways of connecting a mailbox: provider, protocols and sign-in, as data.

A mode is a set of option values for each direction, and what a person needs to know
before choosing it. What this version can use of them: services/abilities. Starting
points of the one-page form (forms/templates) hold the same values; a test compares.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from ...core.choices import Grant, Mechanism, Protocol, Security
from ...models.clients import GRAPH_SCOPE, MECHANISMS
from .mode import POP, SMTP, Mode, Provider

__all__ = ["BY_NAME", "MODES", "POP", "SMTP", "Mode", "Provider", "offered"]

XOAUTH2 = {MECHANISMS: Mechanism.XOAUTH2.value}
APP_ONLY = XOAUTH2 | {"grant-type": Grant.CLIENT_CREDENTIALS.value}
GRAPH = {"scope": GRAPH_SCOPE, "grant-type": Grant.CLIENT_CREDENTIALS.value}
GRAPH_BY_LINK = GRAPH | {"grant-type": Grant.AUTHORIZATION_CODE.value}
GRAPH_BY_DEVICE = GRAPH | {"grant-type": Grant.DEVICE_CODE.value}
GRAPH_BY_PASSWORD = GRAPH | {"grant-type": Grant.USER_PASSWORD.value}
BY_LINK = XOAUTH2 | {"grant-type": Grant.AUTHORIZATION_CODE.value}
BY_DEVICE = XOAUTH2 | {"grant-type": Grant.DEVICE_CODE.value}
GOOGLE = XOAUTH2 | {"tenant-authority": "https://accounts.google.com"}
GOOGLE_SERVICE = GOOGLE | {"grant-type": Grant.SERVICE_ACCOUNT.value}
EWS_ONLINE = "https://outlook.office365.com/EWS/Exchange.asmx"
EWS_ENDS = _(
    "Exchange Online has been switching EWS off since 1 October 2026 and ends it on"
    " 1 April 2027, without exception. Choose Graph for what is to last."
)
ANY_SMTP = {
    "server-type": Protocol.SMTP.value,
    "smtp-connection-security": Security.STARTTLS.value,
}


_MODES = (
    Mode(
        "microsoft-app",
        _("Microsoft 365, IMAP and SMTP, as an application"),
        _(
            "The console signs in as an application of its own, with a client secret or"
            " a certificate. Nobody's password is stored, and no second factor gets in"
            " the way."
        ),
        Provider.MICROSOFT,
        {"type": Protocol.IMAP.value, "server": "outlook.office365.com", **APP_ONLY},
        {
            "server-type": Protocol.SMTP.value,
            "server": "smtp.office365.com",
            **APP_ONLY,
        },
        _("An Entra administrator (consent) and an Exchange administrator (rights)"),
        30,
        _(
            "Microsoft has announced no end. The client secret ends on the day that is"
            " chosen in Entra, after two years at most."
        ),
        advised=True,
    ),
    Mode(
        "microsoft-graph",
        _("Microsoft 365, Graph, as an application"),
        _(
            "Microsoft's own interface for mail, with the same application and client"
            " secret. IMAP and SMTP may be off for the mailbox."
        ),
        Provider.MICROSOFT,
        {"type": Protocol.GRAPH.value, **GRAPH},
        {"server-type": Protocol.GRAPH.value, **GRAPH},
        _("An Entra administrator (consent)"),
        20,
        _(
            "Microsoft has announced no end. The client secret ends on the day that is"
            " chosen in Entra, after two years at most."
        ),
    ),
    Mode(
        "microsoft-sign-in",
        _("Microsoft 365, IMAP and SMTP, the owner signs in once"),
        _(
            "The owner of the mailbox signs in at Microsoft in a browser, with every"
            " second factor that is asked for. A link can be sent to that person."
        ),
        Provider.MICROSOFT,
        {"type": Protocol.IMAP.value, "server": "outlook.office365.com", **BY_LINK},
        {"server-type": Protocol.SMTP.value, "server": "smtp.office365.com", **BY_LINK},
        _("The owner of the mailbox, and an Entra administrator (consent)"),
        25,
        _(
            "Microsoft has announced no end. The sign-in ends after 90 days without"
            " use, and when the owner's password is changed."
        ),
    ),
    Mode(
        "microsoft-device",
        _("Microsoft 365, IMAP and SMTP, the owner enters a code"),
        _(
            "As above, on any other device: the owner opens a page of Microsoft and"
            " enters a code that is shown here. For consoles without https."
        ),
        Provider.MICROSOFT,
        {"type": Protocol.IMAP.value, "server": "outlook.office365.com", **BY_DEVICE},
        {
            "server-type": Protocol.SMTP.value,
            "server": "smtp.office365.com",
            **BY_DEVICE,
        },
        _("The owner of the mailbox, and an Entra administrator (consent)"),
        25,
        _(
            "Microsoft advises to block device codes by Conditional Access; where a"
            " tenant does, this way ends at once."
        ),
    ),
    Mode(
        "microsoft-password",
        _("Microsoft 365, IMAP and SMTP, with the mailbox's password (ROPC)"),
        _(
            "Legacy. The password of the mailbox goes to Microsoft for a token. No"
            " second factor, no federated account, no personal account."
        ),
        Provider.MICROSOFT,
        {"type": Protocol.IMAP.value, "server": "outlook.office365.com", **XOAUTH2},
        {"server-type": Protocol.SMTP.value, "server": "smtp.office365.com", **XOAUTH2},
        _("An Entra administrator (consent, no second factor for the mailbox)"),
        20,
        _(
            "Microsoft advises against it and names no last day yet. Every policy that"
            " asks for a second factor ends it at once."
        ),
    ),
    Mode(
        "microsoft-graph-sign-in",
        _("Microsoft 365, Graph, the owner signs in once"),
        _(
            "Microsoft's own interface for mail, as the person who signs in: with every"
            " second factor that is asked for. A link can be sent to that person."
        ),
        Provider.MICROSOFT,
        {"type": Protocol.GRAPH.value, **GRAPH_BY_LINK},
        {"server-type": Protocol.GRAPH.value, **GRAPH_BY_LINK},
        _("The owner of the mailbox, and an Entra administrator (consent)"),
        20,
        _(
            "Microsoft has announced no end. The sign-in ends after 90 days without"
            " use, and when the owner's password is changed."
        ),
    ),
    Mode(
        "microsoft-graph-device",
        _("Microsoft 365, Graph, the owner enters a code"),
        _(
            "As above, on any other device: the owner opens a page of Microsoft and"
            " enters a code that is shown here. For consoles without https."
        ),
        Provider.MICROSOFT,
        {"type": Protocol.GRAPH.value, **GRAPH_BY_DEVICE},
        {"server-type": Protocol.GRAPH.value, **GRAPH_BY_DEVICE},
        _("The owner of the mailbox, and an Entra administrator (consent)"),
        20,
        _(
            "Microsoft advises to block device codes by Conditional Access; where a"
            " tenant does, this way ends at once."
        ),
    ),
    Mode(
        "microsoft-graph-password",
        _("Microsoft 365, Graph, with the mailbox's password (ROPC)"),
        _(
            "Legacy. The password of the mailbox goes to Microsoft for a token. No"
            " second factor, no federated account, no personal account."
        ),
        Provider.MICROSOFT,
        {"type": Protocol.GRAPH.value, **GRAPH_BY_PASSWORD},
        {"server-type": Protocol.GRAPH.value, **GRAPH_BY_PASSWORD},
        _("An Entra administrator (consent, no second factor for the mailbox)"),
        15,
        _(
            "Microsoft advises against it and names no last day yet. Every policy that"
            " asks for a second factor ends it at once."
        ),
    ),
    Mode(
        "microsoft-ews-app",
        _("Microsoft 365, EWS, as an application"),
        _(
            "Exchange Web Services with an application that acts for the mailbox. Only"
            " for a tenant that still has this application on its list for EWS."
        ),
        Provider.MICROSOFT,
        {"type": Protocol.EWS.value, "server": EWS_ONLINE, **APP_ONLY},
        {"server-type": Protocol.EWS.value, "server": EWS_ONLINE, **APP_ONLY},
        _("An Entra administrator (consent) and an Exchange administrator (EWS list)"),
        30,
        EWS_ENDS,
    ),
    Mode(
        "microsoft-ews-password",
        _("Microsoft 365, EWS, with the mailbox's password (ROPC)"),
        _(
            "Legacy twice: the password of the mailbox goes to Microsoft for a token,"
            " and EWS itself ends. As older e-mail servers are set up."
        ),
        Provider.MICROSOFT,
        {"type": Protocol.EWS.value, "server": EWS_ONLINE, **XOAUTH2},
        {"server-type": Protocol.EWS.value, "server": EWS_ONLINE, **XOAUTH2},
        _("An Entra administrator (consent, no second factor) and an Exchange one"),
        20,
        EWS_ENDS,
    ),
    Mode(
        "exchange-ews",
        _("Exchange, EWS"),
        _("For Exchange on your own machines, with the mailbox's password."),
        Provider.OTHER,
        {"type": Protocol.EWS.value},
        {"server-type": Protocol.EWS.value},
        _("An Exchange administrator"),
        10,
        _(
            "Exchange Online has been switching EWS off since 1 October 2026 and ends"
            " it on 1 April 2027, without exception. Your own servers keep it."
        ),
    ),
    Mode(
        "google",
        _("Google, IMAP and SMTP, the owner signs in once"),
        _(
            "OAuth 2.0 with an application of Google Cloud: the owner of the mailbox"
            " signs in at Google in a browser. A link can be sent to that person."
        ),
        Provider.GOOGLE,
        {"type": Protocol.IMAP.value, "server": "imap.gmail.com", **GOOGLE},
        {"server-type": Protocol.SMTP.value, "server": "smtp.gmail.com", **GOOGLE},
        _("The owner of the mailbox, and an administrator of Google Workspace"),
        30,
        _("Google has announced no end; passwords are gone, but for app passwords."),
    ),
    Mode(
        "google-service",
        _("Google Workspace, IMAP and SMTP, with a service account"),
        _(
            "A service account acts for the mailbox by domain-wide delegation. Nobody"
            " signs in, and no password is stored."
        ),
        Provider.GOOGLE,
        {
            "type": Protocol.IMAP.value,
            "server": "imap.gmail.com",
            **GOOGLE_SERVICE,
        },
        {
            "server-type": Protocol.SMTP.value,
            "server": "smtp.gmail.com",
            **GOOGLE_SERVICE,
        },
        _("An administrator of Google Workspace (delegation)"),
        20,
        _("Google has announced no end. Keys of service accounts do not end."),
    ),
    Mode(
        "imap-smtp",
        _("Another server, IMAP and SMTP, with a password"),
        _("The log-in name and the password go to the mail server itself, over TLS."),
        Provider.OTHER,
        {
            "type": Protocol.IMAP.value,
            "pop-connection-security": Security.TLS.value,
        },
        ANY_SMTP,
        _("Nobody, if you know the password"),
        5,
        _(
            "Not for Microsoft 365: Exchange Online takes no password for IMAP any"
            " more, and from the end of December 2026 none for SMTP by default."
        ),
    ),
    Mode(
        "pop3-smtp",
        _("Another server, POP3 and SMTP, with a password"),
        _("As above, for servers without IMAP. POP3 knows one folder only."),
        Provider.OTHER,
        {
            "type": Protocol.POP3.value,
            "pop-connection-security": Security.TLS.value,
        },
        ANY_SMTP,
        _("Nobody, if you know the password"),
        5,
        _("Not for Microsoft 365: Exchange Online takes no password for POP3."),
    ),
    Mode(
        "microsoft-pop3-app",
        _("Microsoft 365, POP3 and SMTP, as an application"),
        _(
            "Where IMAP is off for the mailbox. POP3 knows the inbox only, and cannot"
            " mark or move a message."
        ),
        Provider.MICROSOFT,
        {"type": Protocol.POP3.value, "server": "outlook.office365.com", **APP_ONLY},
        {
            "server-type": Protocol.SMTP.value,
            "server": "smtp.office365.com",
            **APP_ONLY,
        },
        _("An Entra administrator (consent) and an Exchange administrator (rights)"),
        30,
        _(
            "Microsoft has announced no end. The client secret ends on the day that is"
            " chosen in Entra, after two years at most."
        ),
    ),
    Mode(
        "microsoft-pop3-password",
        _("Microsoft 365, POP3 and SMTP, with the mailbox's password (ROPC)"),
        _(
            "Legacy, and only where IMAP is off. The password of the mailbox goes to"
            " Microsoft for a token."
        ),
        Provider.MICROSOFT,
        {"type": Protocol.POP3.value, "server": "outlook.office365.com", **XOAUTH2},
        {"server-type": Protocol.SMTP.value, "server": "smtp.office365.com", **XOAUTH2},
        _("An Entra administrator (consent, no second factor for the mailbox)"),
        20,
        _(
            "Microsoft advises against it and names no last day yet. Every policy that"
            " asks for a second factor ends it at once."
        ),
    ),
    Mode(
        "google-pop3",
        _("Google, POP3 and SMTP"),
        _("As with IMAP, by POP3: the inbox only, and POP has to be on in Gmail."),
        Provider.GOOGLE,
        {"type": Protocol.POP3.value, "server": "pop.gmail.com", **GOOGLE},
        {"server-type": Protocol.SMTP.value, "server": "smtp.gmail.com", **GOOGLE},
        _("The owner of the mailbox, and an administrator of Google Workspace"),
        30,
        _("Google has announced no end; passwords are gone, but for app passwords."),
    ),
)
# Those of one provider stand together, the advised one first.
MODES = tuple(sorted(_MODES, key=lambda mode: list(Provider).index(mode.provider)))
BY_NAME = {mode.name: mode for mode in MODES}


def offered(kinds: Iterable[str]) -> list[Mode]:
    """The modes that differ for these directions, in order: the advised one first."""
    kinds = list(kinds)
    found: list[Mode] = []
    for mode in MODES:
        same = [
            one
            for one in found
            if one.provider is mode.provider
            and all(one.given(kind) == mode.given(kind) for kind in kinds)
        ]
        if not same:
            found.append(mode)
    return found

"""The option sets `pop-client` and `smtp-client`: every option, declared once.

Values and versions of the vendor's options follow the seed document (page on OAuth 2.0,
state of 8.5.205.03) and email-server-options.md; what is ours is marked `Origin.OURS`
or has `default_from=Origin.OURS`. Rules over several options: services/option_rules.py.
Columns always hold complete values; what is in effect is a Revision, never this row.
"""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models

from ..core.choices import AfterFetch, FirstFetch, Mechanism, Protocol, Security
from ..core.options import Condition, Effect, Group, Kind, Option, Origin, Values
from .mailboxes import Mailbox
from .option_fields import option_field, options_of

OUTLOOK_SCOPE = "https://outlook.office.com/.default"
GRAPH_SCOPE = "https://graph.microsoft.com/.default"
MICROSOFT_AUTHORITY = "https://login.microsoftonline.com"

MECHANISMS = "mail.<type>.auth.mechanisms"

SCOPES = (
    (OUTLOOK_SCOPE, "Office 365"),
    (GRAPH_SCOPE, "Office 365 Graph API"),
)
SECURITIES = (
    (Security.TLS.value, "TLS from the first byte (993, 465)"),
    (Security.STARTTLS.value, "STARTTLS after the greeting (143, 587)"),
    (Security.NONE.value, "No encryption"),
)
MECHANISM_CHOICES = (
    (Mechanism.BASIC.value, "Password (basic authentication)"),
    (Mechanism.XOAUTH2.value, "OAuth 2.0 (XOAUTH2)"),
)


def _oauth(values: Values) -> bool:
    kind = values.get("type") or values.get("server-type")
    return values.get(MECHANISMS) == Mechanism.XOAUTH2 or kind == Protocol.GRAPH


POP_OAUTH = Condition(
    _oauth,
    "Takes effect only when mail.<type>.auth.mechanisms is XOAUTH2 or the type is"
    " GRAPH.",
)
SMTP_OAUTH = Condition(
    _oauth,
    "Takes effect only when mail.<server-type>.auth.mechanisms is XOAUTH2 or the type"
    " is GRAPH.",
)
SMTP_XOAUTH2 = Condition(
    lambda values: values.get(MECHANISMS) == Mechanism.XOAUTH2,
    "Takes effect only when mail.<server-type>.auth.mechanisms is XOAUTH2.",
)
LAST_DAYS = Condition(
    lambda values: values.get("first-fetch") == FirstFetch.LAST_DAYS,
    "Takes effect only when first-fetch is last-days.",
)
MOVES = Condition(
    lambda values: values.get("after-fetch") == AfterFetch.MOVE,
    "Takes effect only when after-fetch is move.",
)


def _oauth_options(effect: Effect, condition: Condition) -> dict[str, Option]:
    """The four OAuth options that both kinds of section share, but for the effect."""
    smtp = effect is Effect.RESTART
    rewording = () if smtp else ("8.5.202.02",)
    return {
        "tenant_authority": Option(
            "tenant-authority",
            "Authority",
            "Server that issues the tokens for the registered application.",
            effect,
            group=Group.SIGN_IN,
            default=MICROSOFT_AUTHORITY,
            default_from=Origin.VENDOR,
            valid="https://login.microsoftonline.com for Microsoft; for Google any text"
            ' that contains "google", in any case.',
            introduced="8.5.107.06",
            modified=("8.5.201.05", "8.5.202.02", "8.5.205.03"),
            condition=condition,
            sign_in=True,
        ),
        "directory_id": Option(
            "directory-id",
            "Directory (tenant) ID",
            "A GUID or a verified domain, from the application's Overview page in"
            " Entra.",
            effect,
            group=Group.SIGN_IN,
            valid="The Directory (tenant) ID of the registered Azure application.",
            introduced="8.5.107.06",
            modified=("8.5.202.02", "8.5.205.03"),
            condition=condition,
            sign_in=True,
        ),
        "client_id": Option(
            "client-id",
            "Application (client) ID",
            "A GUID, from the application's Overview page in Entra. Not the Object ID.",
            effect,
            group=Group.SIGN_IN,
            valid="The client ID of the registered Azure or Google application.",
            introduced="8.5.107.06",
            modified=("8.5.201.05", "8.5.202.02", "8.5.205.03"),
            condition=condition,
            sign_in=True,
        ),
        "scope": Option(
            "scope",
            "Scope",
            "What the token may be used for. IMAP, POP3, EWS and SMTP need the Office"
            " 365 scope, GRAPH needs the Graph one.",
            effect,
            kind=Kind.CHOICE,
            group=Group.SIGN_IN,
            default=OUTLOOK_SCOPE,
            default_from=Origin.VENDOR,
            choices=SCOPES,
            valid=f"{GRAPH_SCOPE} for the Graph API, {OUTLOOK_SCOPE} for Office 365.",
            introduced="8.5.107.06",
            modified=(*rewording, "8.5.205.03"),
            condition=condition,
            sign_in=True,
        ),
    }


def _shared_options(effect: Effect, answer: int) -> dict[str, Option]:
    """What both kinds of section share besides OAuth, but for the effect.

    answer: default of protocol-timeout in seconds.
    """
    return {
        "proxy": Option(
            "proxy",
            "Proxy",
            "HTTP proxy on the way to the mail server and to the authority.",
            effect,
            kind=Kind.REFERENCE,
            origin=Origin.OURS,
            valid="A proxy of this console, or none.",
            sign_in=True,
        ),
        "connect_timeout": Option(
            "connect-timeout",
            "Connect timeout",
            "How long a connection may take to be made.",
            effect,
            kind=Kind.DURATION,
            default=15,
            minimum=1,
            maximum=300,
            valid="hh:mm:ss, 00:00:01 to 00:05:00.",
        ),
        "protocol_timeout": Option(
            "protocol-timeout",
            "Answer timeout",
            "How long the server may take for each answer.",
            effect,
            kind=Kind.DURATION,
            default=answer,
            minimum=1,
            maximum=600,
            valid="hh:mm:ss, 00:00:01 to 00:10:00.",
        ),
        "password": Option(
            "password",
            "Mailbox password",
            "With XOAUTH2 it goes to the authority only, never to the mail server.",
            effect,
            kind=Kind.SECRET,
            group=Group.SIGN_IN,
            valid="The password of the log-in name.",
            modified=("8.5.205.03",),
            sign_in=True,
        ),
    }


_POP = _oauth_options(Effect.NEXT_CYCLE, POP_OAUTH) | _shared_options(
    Effect.NEXT_CYCLE, 60
)
_SMTP = _oauth_options(Effect.RESTART, SMTP_OAUTH) | _shared_options(
    Effect.RESTART, 120
)


class OptionSet(models.Model):
    """What both kinds of section share.

    revision: number of the newest saved Revision; a save moves it on by one in a
    conditional update, so that two editors never overwrite each other in silence.
    """

    kind: ClassVar[str]
    type_option: ClassVar[str]
    type_field: ClassVar[str]

    section = models.CharField(
        "section",
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9@_.-]+$",
                "Use letters, digits, @, _, . and - only.",
            )
        ],
        help_text="Name of the section: letters, digits, @ _ . and -, at most 40.",
    )
    revision = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["section"]

    def __str__(self) -> str:
        return self.section

    @classmethod
    @cache
    def options(cls) -> dict[str, Option]:
        """Options by field name, in the order of declaration."""
        return options_of(cls)

    @classmethod
    @cache
    def fields_by_option(cls) -> dict[str, str]:
        """Field names by option name."""
        return {option.name: field for field, option in cls.options().items()}


class PopClient(OptionSet):
    """One inbound mailbox, whatever the protocol (`[pop-client…]`)."""

    kind = "pop-client"
    type_option = "type"
    type_field = "type"

    mailbox_row = models.OneToOneField(
        Mailbox, on_delete=models.PROTECT, related_name="pop_client"
    )

    enable_client = option_field(
        Option(
            "enable-client",
            "Fetch mail",
            "Off means a draft: it is kept, and no cycle runs.",
            Effect.NEXT_CYCLE,
            kind=Kind.BOOLEAN,
            group=Group.MAILBOX,
            default=True,
            valid="true or false.",
        )
    )
    mailbox = option_field(
        Option(
            "mailbox",
            "Log-in name",
            "The name that signs in, at Office 365 the user principal name. Empty means"
            " the mailbox address.",
            Effect.NEXT_CYCLE,
            group=Group.MAILBOX,
            valid="A log-in name of the mail server.",
            sign_in=True,
        )
    )
    type = option_field(
        Option(
            "type",
            "Type",
            "The protocol that the mailbox is read with.",
            Effect.NEXT_CYCLE,
            kind=Kind.CHOICE,
            default=Protocol.IMAP.value,
            choices=((Protocol.IMAP.value, "IMAP"),),
            valid="IMAP.",
            sign_in=True,
        )
    )
    server = option_field(
        Option(
            "server",
            "Server",
            "Host name of the mail server, such as outlook.office365.com.",
            Effect.NEXT_CYCLE,
            kind=Kind.HOST,
            valid="A host name or an IP address, without a port.",
            sign_in=True,
        )
    )
    port = option_field(
        Option(
            "port",
            "Port",
            "0 means the usual port: 993 with TLS, else 143.",
            Effect.NEXT_CYCLE,
            kind=Kind.INTEGER,
            default=0,
            minimum=0,
            maximum=65535,
            valid="0 to 65535.",
            sign_in=True,
        )
    )
    pop_connection_security = option_field(
        Option(
            "pop-connection-security",
            "Encryption",
            "How the connection is encrypted.",
            Effect.NEXT_CYCLE,
            kind=Kind.CHOICE,
            default=Security.TLS.value,
            choices=SECURITIES,
            valid="ssl-tls, start-tls or none.",
            sign_in=True,
        )
    )
    proxy = option_field(_POP["proxy"])
    connect_timeout = option_field(_POP["connect_timeout"])
    protocol_timeout = option_field(_POP["protocol_timeout"])
    mechanisms = option_field(
        Option(
            MECHANISMS,
            "Sign-in mode",
            "XOAUTH2 signs in with a token, without it the password goes to the mail"
            " server. Exchange Online has no password sign-in for IMAP any more.",
            Effect.NEXT_CYCLE,
            kind=Kind.CHOICE,
            group=Group.SIGN_IN,
            choices=MECHANISM_CHOICES,
            valid="XOAUTH2, or absent for basic authentication.",
            introduced="8.5.107.06",
            sign_in=True,
        )
    )
    tenant_authority = option_field(_POP["tenant_authority"])
    directory_id = option_field(_POP["directory_id"])
    client_id = option_field(_POP["client_id"])
    scope = option_field(_POP["scope"])
    password = option_field(_POP["password"])
    folder_path = option_field(
        Option(
            "folder-path",
            "Folder",
            "Folder to read, as the server names it. Empty means the inbox.",
            Effect.NEXT_CYCLE,
            group=Group.FETCHING,
            valid="Name of a folder of the mailbox, or empty.",
            introduced="8.1.4",
        )
    )
    cycle_time = option_field(
        Option(
            "cycle-time",
            "Cycle time",
            "Pause between the starts of two cycles.",
            Effect.NEXT_CYCLE,
            kind=Kind.DURATION,
            group=Group.FETCHING,
            default=60,
            minimum=1,
            maximum=86400,
            valid="hh:mm:ss, 00:00:01 to 24:00:00.",
        )
    )
    first_fetch = option_field(
        Option(
            "first-fetch",
            "Mail that is already there",
            "What happens to mail that lay in the folder before it was connected.",
            Effect.NEXT_CYCLE,
            kind=Kind.CHOICE,
            group=Group.FETCHING,
            default=FirstFetch.FROM_NOW.value,
            origin=Origin.OURS,
            choices=(
                (FirstFetch.FROM_NOW.value, "Leave it, fetch from now on"),
                (FirstFetch.LAST_DAYS.value, "Fetch that of the last days"),
                (FirstFetch.EVERYTHING.value, "Fetch all of it"),
            ),
            valid="from-now, last-days or everything.",
        )
    )
    first_fetch_days = option_field(
        Option(
            "first-fetch-days",
            "Days back",
            "How many days back the first cycle reads.",
            Effect.NEXT_CYCLE,
            kind=Kind.INTEGER,
            group=Group.FETCHING,
            default=7,
            origin=Origin.OURS,
            minimum=1,
            maximum=3650,
            valid="1 to 3650.",
            condition=LAST_DAYS,
        )
    )
    after_fetch = option_field(
        Option(
            "after-fetch",
            "After a message is stored",
            "What is done with it on the server.",
            Effect.NEXT_CYCLE,
            kind=Kind.CHOICE,
            group=Group.FETCHING,
            default=AfterFetch.LEAVE.value,
            origin=Origin.OURS,
            choices=(
                (AfterFetch.LEAVE.value, "Leave it untouched"),
                (AfterFetch.MARK_READ.value, "Mark it as read"),
                (AfterFetch.MOVE.value, "Move it to a folder"),
                (AfterFetch.DELETE.value, "Delete it"),
            ),
            valid="leave, mark-read, move or delete.",
        )
    )
    after_fetch_folder = option_field(
        Option(
            "after-fetch-folder",
            "Move to folder",
            "Folder on the server that stored messages are moved to.",
            Effect.NEXT_CYCLE,
            group=Group.FETCHING,
            origin=Origin.OURS,
            valid="Name of a folder of the mailbox.",
            condition=MOVES,
        )
    )
    maximum_msg_number = option_field(
        Option(
            "maximum-msg-number",
            "Messages per cycle",
            "Most messages that one cycle takes; the next goes on after them.",
            Effect.NEXT_CYCLE,
            kind=Kind.INTEGER,
            group=Group.LIMITS,
            default=1000,
            minimum=1,
            maximum=100000,
            valid="1 to 100000.",
        )
    )
    maximum_msg_size = option_field(
        Option(
            "maximum-msg-size",
            "Largest message",
            "Bytes, attachments included. A larger message is not fetched: its header"
            " is kept in quarantine and the message stays on the server.",
            Effect.NEXT_CYCLE,
            kind=Kind.SIZE,
            group=Group.LIMITS,
            default=50 * 1024 * 1024,
            minimum=1024,
            maximum=1024 * 1024 * 1024,
            valid="1024 to 1073741824 bytes.",
        )
    )

    class Meta(OptionSet.Meta):
        verbose_name = "pop-client"


class SmtpClient(OptionSet):
    """One way out (`[smtp-client…]`); its Sender says what is in effect."""

    kind = "smtp-client"
    type_option = "server-type"
    type_field = "server_type"

    server_type = option_field(
        Option(
            "server-type",
            "Type",
            "The protocol that mail is sent with.",
            Effect.RESTART,
            kind=Kind.CHOICE,
            default=Protocol.SMTP.value,
            choices=((Protocol.SMTP.value, "SMTP"),),
            valid="SMTP.",
            sign_in=True,
        )
    )
    server = option_field(
        Option(
            "server",
            "Server",
            "Host name of the mail server, such as smtp.office365.com.",
            Effect.RESTART,
            kind=Kind.HOST,
            valid="A host name or an IP address, without a port.",
            sign_in=True,
        )
    )
    port = option_field(
        Option(
            "port",
            "Port",
            "0 means the usual port: 587 with STARTTLS, 465 with TLS, else 25.",
            Effect.RESTART,
            kind=Kind.INTEGER,
            default=0,
            minimum=0,
            maximum=65535,
            valid="0 to 65535.",
            sign_in=True,
        )
    )
    smtp_connection_security = option_field(
        Option(
            "smtp-connection-security",
            "Encryption",
            "How the connection is encrypted.",
            Effect.RESTART,
            kind=Kind.CHOICE,
            default=Security.STARTTLS.value,
            choices=SECURITIES,
            valid="ssl-tls, start-tls or none.",
            sign_in=True,
        )
    )
    mailbox = option_field(
        Option(
            "mailbox",
            "Log-in name",
            "The name that signs in, at Office 365 the user principal name. Empty means"
            " that the server asks for no sign-in.",
            Effect.RESTART,
            group=Group.MAILBOX,
            valid="A log-in name of the mail server.",
            sign_in=True,
        )
    )
    proxy = option_field(_SMTP["proxy"])
    connect_timeout = option_field(_SMTP["connect_timeout"])
    protocol_timeout = option_field(_SMTP["protocol_timeout"])
    mechanisms = option_field(
        Option(
            MECHANISMS,
            "Sign-in mode",
            "XOAUTH2 signs in with a token, without it the password goes to the mail"
            " server. Exchange Online switches password sign-in for SMTP off by default"
            " at the end of December 2026.",
            Effect.RESTART,
            kind=Kind.CHOICE,
            group=Group.SIGN_IN,
            choices=MECHANISM_CHOICES,
            valid="XOAUTH2, or absent for basic authentication.",
            introduced="8.5.107.06",
            sign_in=True,
        )
    )
    tenant_authority = option_field(_SMTP["tenant_authority"])
    directory_id = option_field(_SMTP["directory_id"])
    client_id = option_field(_SMTP["client_id"])
    scope = option_field(_SMTP["scope"])
    token_expiry_margin_time = option_field(
        Option(
            "token-expiry-margin-time",
            "Token expiry margin",
            "How long before its token ends a connection is closed and made anew.",
            Effect.NEXT_CHECK,
            kind=Kind.DURATION,
            group=Group.SIGN_IN,
            default=10,
            default_from=Origin.VENDOR,
            minimum=0,
            maximum=3599,
            valid="Any period of less than one hour in hh:mm:ss format.",
            introduced="8.5.107.06",
            modified=("8.5.202.02",),
            condition=SMTP_XOAUTH2,
        )
    )
    password = option_field(_SMTP["password"])

    class Meta(OptionSet.Meta):
        verbose_name = "smtp-client"

"""The option set `smtp-client`: one way out; its Sender says what is in effect.

What it shares with the other kind, and where the facts are from: option_shared.
"""

from __future__ import annotations

from ..core.choices import Protocol, Security
from ..core.conditions import Test
from ..core.options import Certainty, Condition, Effect, Group, Kind, Option, Origin
from .option_conditions import MECHANISMS, XOAUTH2
from .option_fields import option_field
from .option_sets import OptionSet
from .option_shared import (
    MECHANISM_CHOICES,
    SECURITIES,
    kept,
    network_options,
    server_option,
    shared_mailbox,
    sign_in_options,
)

RESTART = Effect.RESTART
SMTP_XOAUTH2 = Condition(
    ((XOAUTH2,),),
    "Takes effect only when mail.<server-type>.auth.mechanisms is XOAUTH2.",
)
SMTP_ONLY = Condition(
    ((Test("server-type", (Protocol.SMTP.value,)),),),
    "Takes effect only with SMTP: for EWS the address of the server decides, GRAPH is"
    " always encrypted.",
)

_S = sign_in_options(RESTART, "server-type")
_N = network_options(RESTART, 120)


class SmtpClient(OptionSet):
    """One way out (`[smtp-client…]`); its Sender says what is in effect."""

    kind = "smtp-client"
    type_option = "server-type"
    type_field = "server_type"

    enable_client = option_field(
        Option(
            "enable-client",
            "Send mail",
            "Off means a draft: it is kept, and nothing is sent with it.",
            RESTART,
            kind=Kind.BOOLEAN,
            group=Group.MAILBOX,
            default=True,
            certainty=Certainty.OURS,
            valid="true or false.",
        )
    )
    server_type = option_field(
        Option(
            "server-type",
            "Type",
            "The protocol that mail is sent with.",
            RESTART,
            kind=Kind.CHOICE,
            default=Protocol.SMTP.value,
            choices=(
                (Protocol.SMTP.value, "SMTP"),
                (Protocol.EWS.value, "EWS (Exchange Web Services)"),
                (Protocol.GRAPH.value, "GRAPH (Microsoft Graph)"),
            ),
            valid="smtp, ews or GRAPH, in any case.",
            introduced="8.1.4",
            sign_in=True,
        )
    )
    server = option_field(server_option(RESTART, "server-type", "smtp.office365.com"))
    port = option_field(
        Option(
            "port",
            "Port",
            "0 means the usual port: 587 with STARTTLS, 465 with TLS, else 25.",
            RESTART,
            kind=Kind.INTEGER,
            default=0,
            minimum=0,
            maximum=65535,
            valid="0 to 65535.",
            condition=SMTP_ONLY,
            sign_in=True,
        )
    )
    smtp_connection_security = option_field(
        Option(
            "smtp-connection-security",
            "Encryption",
            "How the connection is encrypted.",
            RESTART,
            kind=Kind.CHOICE,
            default=Security.STARTTLS.value,
            choices=SECURITIES,
            valid="ssl-tls, start-tls or none.",
            condition=SMTP_ONLY,
            sign_in=True,
        )
    )
    mailbox = option_field(
        Option(
            "mailbox",
            "Log-in name",
            "The name that signs in, at Office 365 the user principal name. Empty means"
            " that the server asks for no sign-in.",
            RESTART,
            group=Group.MAILBOX,
            valid="A log-in name of the mail server.",
            sign_in=True,
            labels=(shared_mailbox("server-type"),),
        )
    )
    proxy = option_field(_N["proxy"])
    connect_timeout = option_field(_N["connect_timeout"])
    protocol_timeout = option_field(_N["protocol_timeout"])
    mechanisms = option_field(
        Option(
            MECHANISMS,
            "Sign-in mode",
            "XOAUTH2 signs in with a token, without it the password goes to the mail"
            " server. Exchange Online switches password sign-in for SMTP off by default"
            " at the end of December 2026.",
            RESTART,
            kind=Kind.CHOICE,
            group=Group.SIGN_IN,
            choices=MECHANISM_CHOICES,
            valid="XOAUTH2, or absent for basic authentication.",
            introduced="8.5.107.06",
            sign_in=True,
        )
    )
    registration = option_field(_S["registration"])
    grant_type = option_field(_S["grant_type"])
    tenant_authority = option_field(_S["tenant_authority"])
    client_id = option_field(_S["client_id"])
    directory_id = option_field(_S["directory_id"])
    scope = option_field(_S["scope"])
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
    secret = option_field(_S["secret"])
    account = option_field(_S["account"])
    password = option_field(_S["password"])
    enable_debug = option_field(_N["enable_debug"])
    exchange_version = option_field(_N["exchange_version"])
    enable_authentication = option_field(
        kept(
            "enable-authentication",
            "Sign in at all (see Log-in name)",
            RESTART,
            Certainty.RECALLED,
        )
    )
    exception_notify_address = option_field(
        kept(
            "exception-notify-address",
            "Who hears of send failures",
            RESTART,
            Certainty.RECALLED,
            valid="An e-mail address.",
        )
    )

    class Meta(OptionSet.Meta):
        verbose_name = "smtp-client"

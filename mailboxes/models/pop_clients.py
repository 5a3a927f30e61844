"""The option set `pop-client`: one inbound mailbox, whatever the protocol.

What it shares with the other kind, and where the facts are from: option_shared.
"""

from __future__ import annotations

from django.db import models

from ..core.choices import AfterFetch, FirstFetch, Protocol, Security
from ..core.conditions import Test
from ..core.options import (
    NEVER,
    Certainty,
    Condition,
    Effect,
    Group,
    Kind,
    Option,
    Origin,
)
from .mailboxes import Mailbox
from .option_conditions import MECHANISMS
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

NEXT = Effect.NEXT_CYCLE
LAST_DAYS = Condition(
    ((Test("first-fetch", (FirstFetch.LAST_DAYS.value,)),),),
    "Takes effect only when first-fetch is last-days.",
)
MOVES = Condition(
    ((Test("after-fetch", (AfterFetch.MOVE.value,)),),),
    "Takes effect only when after-fetch is move.",
)
NOT_A_URL = Condition(
    ((Test("type", (Protocol.EWS.value, Protocol.GRAPH.value), negated=True),),),
    "Takes effect only with IMAP and POP3: for EWS the address of the server decides,"
    " GRAPH is always encrypted.",
)
HAS_FOLDERS = Condition(
    ((Test("type", (Protocol.POP3.value,), negated=True),),),
    "Takes effect only with IMAP, EWS and GRAPH: POP3 has no folders.",
)

_S = sign_in_options(NEXT, "type")
_N = network_options(NEXT, 60)


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
            NEXT,
            kind=Kind.BOOLEAN,
            group=Group.MAILBOX,
            default=True,
            certainty=Certainty.RECALLED,
            valid="true or false.",
        )
    )
    mailbox = option_field(
        Option(
            "mailbox",
            "Log-in name",
            "The name that signs in, at Office 365 the user principal name. Empty means"
            " the mailbox address.",
            NEXT,
            group=Group.MAILBOX,
            valid="A log-in name of the mail server.",
            sign_in=True,
            labels=(shared_mailbox("type", " Empty means the mailbox address."),),
        )
    )
    type = option_field(
        Option(
            "type",
            "Type",
            "The protocol that the mailbox is read with.",
            NEXT,
            kind=Kind.CHOICE,
            default=Protocol.IMAP.value,
            choices=(
                (Protocol.IMAP.value, "IMAP"),
                (Protocol.POP3.value, "POP3"),
                (Protocol.EWS.value, "EWS (Exchange Web Services)"),
                (Protocol.GRAPH.value, "GRAPH (Microsoft Graph)"),
            ),
            valid="POP3, IMAP, EWS or GRAPH, in any case.",
            sign_in=True,
        )
    )
    server = option_field(server_option(NEXT, "type", "outlook.office365.com"))
    port = option_field(
        Option(
            "port",
            "Port",
            "0 means the usual port: 993 or 995 with TLS, else 143 or 110.",
            NEXT,
            kind=Kind.INTEGER,
            default=0,
            minimum=0,
            maximum=65535,
            valid="0 to 65535.",
            condition=NOT_A_URL,
            sign_in=True,
        )
    )
    pop_connection_security = option_field(
        Option(
            "pop-connection-security",
            "Encryption",
            "How the connection is encrypted.",
            NEXT,
            kind=Kind.CHOICE,
            default=Security.TLS.value,
            choices=SECURITIES,
            valid="ssl-tls, start-tls or none.",
            condition=NOT_A_URL,
            sign_in=True,
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
            " server. Exchange Online has no password sign-in for IMAP any more.",
            NEXT,
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
    secret = option_field(_S["secret"])
    account = option_field(_S["account"])
    password = option_field(_S["password"])
    folder_path = option_field(
        Option(
            "folder-path",
            "Folder",
            "Folder to read, as the server names it. Empty means the inbox.",
            NEXT,
            group=Group.FETCHING,
            valid="Name of a folder of the mailbox, or empty.",
            introduced="8.1.4",
            condition=HAS_FOLDERS,
        )
    )
    cycle_time = option_field(
        Option(
            "cycle-time",
            "Cycle time",
            "Pause between the starts of two cycles.",
            NEXT,
            kind=Kind.DURATION,
            group=Group.FETCHING,
            default=60,
            minimum=1,
            maximum=86400,
            certainty=Certainty.RECALLED,
            valid="hh:mm:ss, 00:00:01 to 24:00:00.",
        )
    )
    first_fetch = option_field(
        Option(
            "first-fetch",
            "Mail that is already there",
            "What happens to mail that lay in the folder before it was connected.",
            NEXT,
            kind=Kind.CHOICE,
            group=Group.FETCHING,
            default=FirstFetch.FROM_NOW.value,
            certainty=Certainty.OURS,
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
            NEXT,
            kind=Kind.INTEGER,
            group=Group.FETCHING,
            default=7,
            certainty=Certainty.OURS,
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
            NEXT,
            kind=Kind.CHOICE,
            group=Group.FETCHING,
            default=AfterFetch.LEAVE.value,
            certainty=Certainty.OURS,
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
            NEXT,
            group=Group.FETCHING,
            certainty=Certainty.OURS,
            valid="Name of a folder of the mailbox.",
            condition=MOVES,
        )
    )
    maximum_msg_number = option_field(
        Option(
            "maximum-msg-number",
            "Messages per cycle",
            "Most messages that one cycle takes; the next goes on after them.",
            NEXT,
            kind=Kind.INTEGER,
            group=Group.LIMITS,
            default=1000,
            minimum=1,
            maximum=100000,
            certainty=Certainty.RECALLED,
            valid="1 to 100000.",
        )
    )
    maximum_msg_size = option_field(
        Option(
            "maximum-msg-size",
            "Largest message",
            "Bytes, attachments included. A larger message is not fetched: its header"
            " is kept in quarantine and the message stays on the server.",
            NEXT,
            kind=Kind.SIZE,
            group=Group.LIMITS,
            default=50 * 1024 * 1024,
            minimum=1024,
            maximum=1024 * 1024 * 1024,
            valid="1024 to 1073741824 bytes.",
        )
    )

    copy_message_to_recipients = option_field(
        Option(
            "copy-message-to-recipients",
            "One copy for each recipient",
            "An option of the old server: one interaction for each To and Cc address.",
            NEXT,
            kind=Kind.BOOLEAN,
            group=Group.ADVANCED,
            default=False,
            default_from=Origin.VENDOR,
            valid="true or false.",
            introduced="8.5.108.00",
            condition=NEVER,
        )
    )
    copy_message_with_header = option_field(
        Option(
            "copy-message-with-header",
            "Header of each copy",
            "An option of the old server: the header added to each copy.",
            NEXT,
            group=Group.ADVANCED,
            default="X-Genesys-To",
            default_from=Origin.VENDOR,
            valid="The name of a header field.",
            introduced="8.5.108.00",
            condition=NEVER,
        )
    )
    inbound_msg_copy_limit = option_field(
        Option(
            "inbound-msg-copy-limit",
            "Most copies of one message",
            "An option of the old server.",
            NEXT,
            kind=Kind.INTEGER,
            group=Group.ADVANCED,
            default=10,
            default_from=Origin.VENDOR,
            minimum=1,
            maximum=50,
            valid="1 to 50.",
            introduced="8.5.108.00",
            condition=NEVER,
        )
    )
    enable_debug = option_field(_N["enable_debug"])
    enable_ssl = option_field(
        kept("enable-ssl", "TLS of the old server (see Encryption)", NEXT)
    )
    exchange_version = option_field(_N["exchange_version"])
    endpoint = option_field(
        kept(
            "endpoint",
            "Where interactions were submitted",
            NEXT,
            Certainty.RECALLED,
            valid="The name of an endpoint.",
        )
    )
    folder_separator = option_field(
        kept(
            "folder-separator",
            "Separator of folder names",
            NEXT,
            Certainty.RECALLED,
            valid="One character.",
        )
    )
    leave_on_server = option_field(
        kept("leave-on-server", "Leave on the server", NEXT, Certainty.RECALLED)
    )
    allow_bad_msg_size = option_field(
        kept("allow-bad-msg-size", "Allow a bad size", NEXT, Certainty.RECALLED)
    )
    delete_bad_formatted_msg = option_field(
        kept(
            "delete-bad-formatted-msg",
            "Delete badly formatted messages",
            NEXT,
            Certainty.RECALLED,
        )
    )
    enable_big_msg_stripping = option_field(
        kept(
            "enable-big-msg-stripping",
            "Strip large messages",
            NEXT,
            Certainty.RECALLED,
        )
    )
    move_failed_ews_item = option_field(
        kept("move-failed-ews-item", "Move failed EWS items", NEXT, Certainty.RECALLED)
    )

    class Meta(OptionSet.Meta):
        verbose_name = "pop-client"

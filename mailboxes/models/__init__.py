"""Rows: what is configured, what was fetched, what is to be sent, what happened.

Models do no I/O beyond their own table and have no signals; services change rows.
"""

from .audit import AuditEvent
from .clients import OptionSet, PopClient, SmtpClient
from .connection_tests import Check, TestRun
from .cycles import Cycle
from .mailboxes import Mailbox
from .messages import Listing, Location, Message, MessageChunk, Source
from .outbound import Attempt, OutboundChunk, OutboundMessage
from .proxies import Proxy
from .registrations import AppRegistration, KeptSection, NamedSecret
from .revisions import Revision
from .runners import Fetcher, Sender
from .secrets import SecretValue
from .setup import ConsentLink, SetupDraft, SetupVisit
from .sign_ins import SignIn
from .system import Batch, Instance, Lease, Worker
from .token_caches import TokenCache

__all__ = [
    "AppRegistration",
    "Attempt",
    "AuditEvent",
    "Batch",
    "Check",
    "ConsentLink",
    "Cycle",
    "Fetcher",
    "Instance",
    "KeptSection",
    "Lease",
    "Listing",
    "Location",
    "Mailbox",
    "Message",
    "MessageChunk",
    "NamedSecret",
    "OptionSet",
    "OutboundChunk",
    "OutboundMessage",
    "PopClient",
    "Proxy",
    "Revision",
    "SecretValue",
    "Sender",
    "SetupDraft",
    "SetupVisit",
    "SignIn",
    "SmtpClient",
    "Source",
    "TestRun",
    "TokenCache",
    "Worker",
]

"""The fixed words of the product: protocols, stages, states, setup steps.

Stored values are these strings, so they never change; what a person reads stands in
templates and in services/findings. Sets of states that code asks for have names here.
"""

from __future__ import annotations

from enum import StrEnum


class Protocol(StrEnum):
    """Value of `type` (pop-client) and `server-type` (smtp-client), upper case."""

    IMAP = "IMAP"
    POP3 = "POP3"
    EWS = "EWS"
    GRAPH = "GRAPH"
    SMTP = "SMTP"


class Security(StrEnum):
    """How the connection is encrypted (`pop-connection-security` and its like)."""

    TLS = "ssl-tls"  # TLS from the first byte: 993, 465
    STARTTLS = "start-tls"  # upgraded after the greeting: 143, 587
    NONE = "none"


# What port 0 stands for.
USUAL_PORTS = {
    (Protocol.IMAP, Security.TLS): 993,
    (Protocol.IMAP, Security.STARTTLS): 143,
    (Protocol.IMAP, Security.NONE): 143,
    (Protocol.POP3, Security.TLS): 995,
    (Protocol.POP3, Security.STARTTLS): 110,
    (Protocol.POP3, Security.NONE): 110,
    (Protocol.SMTP, Security.TLS): 465,
    (Protocol.SMTP, Security.STARTTLS): 587,
    (Protocol.SMTP, Security.NONE): 25,
}


class Mechanism(StrEnum):
    """Value of `mail.<type>.auth.mechanisms`; absent means basic authentication."""

    BASIC = ""
    XOAUTH2 = "XOAUTH2"


class Grant(StrEnum):
    """Value of `grant-type`; those of VENDOR_GRANTS are the old server's words."""

    PASSWORD = "password"  # RFC 6749 section 4.3
    # The same, said so: `password` is the default too, and with GRAPH that means the
    # application (services/options/pins.grant). Nothing below the option sees it.
    USER_PASSWORD = "user_password"
    CLIENT_CREDENTIALS = "client_credentials"  # section 4.4
    AUTHORIZATION_CODE = "authorization_code"  # section 4.1, with PKCE
    DEVICE_CODE = "device_code"  # RFC 8628
    SERVICE_ACCOUNT = "service_account"  # Google, RFC 7523


# client_credentials is documented, password deduced (email-server-options.md 1.1).
VENDOR_GRANTS = frozenset({Grant.PASSWORD, Grant.CLIENT_CREDENTIALS})

# A person signs in once, and a refresh token stands for it from then on.
OWNER_GRANTS = frozenset({Grant.AUTHORIZATION_CODE, Grant.DEVICE_CODE})
# The token is a person's: it opens every mailbox that this person has rights on.
PERSON_GRANTS = OWNER_GRANTS | {Grant.PASSWORD}


class ProxyKind(StrEnum):
    """How a proxy is spoken to."""

    HTTP = "http"  # CONNECT, RFC 9110 section 9.3.6
    SOCKS5 = "socks5"  # RFC 1928
    DIRECT = "direct"  # none: the row holds certificate authorities alone


class Stage(StrEnum):
    """Where a cycle, a send or a connection test was when it failed.

    The first twelve stand in the order of diagnosis.md section 3.1.
    """

    FIELDS = "fields"
    CLOCK = "clock"
    DNS = "dns"
    TCP = "tcp"
    PROXY = "proxy"
    TLS = "tls"
    TENANT = "tenant"
    TOKEN = "token"
    CLAIMS = "claims"
    GREETING = "greeting"
    SIGN_IN = "sign-in"
    MAILBOX = "mailbox"
    LIST = "list"
    FETCH = "fetch"
    STORE = "store"
    SETTLE = "settle"
    ENVELOPE = "envelope"
    DATA = "data"


class Retry(StrEnum):
    """Retry class of a finding (diagnosis.md section 3.2)."""

    NOW = "R"  # at once, three times, with jitter
    BACK_OFF = "B"  # the server's hint, else growing pauses
    ADMIN = "A"  # an admin must change something first
    OWNER = "U"  # the mailbox owner must sign in or consent again


class Step(StrEnum):
    """Setup step at fault (diagnosis.md, column "Step at fault")."""

    SERVER = "server"
    NETWORK = "network"
    PROXY = "proxy"
    CLOCK = "clock"
    AUTHORITY = "authority"
    DIRECTORY_ID = "directory-id"
    CLIENT_ID = "client-id"
    SCOPE = "scope"
    SECRET = "secret"
    PASSWORD = "password"
    REFRESH_TOKEN = "refresh-token"
    USER_NAME = "user-name"
    REGISTRATION = "app-registration"
    PUBLIC_CLIENT = "public-client-flow"
    ACCOUNT_TYPE = "account-type"
    PERMISSIONS = "permissions"
    CONDITIONAL_ACCESS = "conditional-access"
    ACCOUNT = "mailbox-account"
    MFA = "mailbox-mfa"
    PROTOCOL = "mailbox-protocol"
    LICENCE = "mailbox-licence"
    RIGHTS = "mailbox-rights"
    FOLDER = "mailbox-folder"
    QUOTA = "mailbox-quota"
    SYNC = "sync-state"  # what this console remembers of the server
    MESSAGE = "message"
    THROTTLING = "throttling"
    SERVICE = "service"
    CONSOLE = "console"  # ours: the fault lies in this installation


class FirstFetch(StrEnum):
    """What happens to mail that was there before the mailbox was connected."""

    FROM_NOW = "from-now"
    LAST_DAYS = "last-days"
    EVERYTHING = "everything"


class AfterFetch(StrEnum):
    """What is done on the server once a message is stored here."""

    LEAVE = "leave"
    MARK_READ = "mark-read"
    MOVE = "move"
    DELETE = "delete"


class Health(StrEnum):
    """Health of a mailbox as shown (ux.md section 2.2)."""

    DRAFT = "draft"
    NOT_TESTED = "not-tested"
    HEALTHY = "healthy"
    LATE = "late"
    FETCHING = "fetching"
    FAILING = "failing"
    THROTTLED = "throttled"
    STOPPED = "stopped"
    PAUSED = "paused"


HEALTH_WORST_FIRST = (
    Health.STOPPED,
    Health.FAILING,
    Health.LATE,
    Health.THROTTLED,
    Health.NOT_TESTED,
    Health.FETCHING,
    Health.HEALTHY,
    Health.PAUSED,
    Health.DRAFT,
)
HEALTH_NEEDS_ATTENTION = frozenset({Health.STOPPED, Health.FAILING, Health.LATE})


class RunState(StrEnum):
    """State of a fetcher or sender row: may it run, and if not, why."""

    ACTIVE = "active"  # runs when due
    FAILING = "failing"  # last cycle failed, runs again at not_before
    THROTTLED = "throttled"  # the server asked for a pause until not_before
    STOPPED = "stopped"  # permanent fault, waits for a person


RUNNABLE_STATES = (RunState.ACTIVE, RunState.FAILING, RunState.THROTTLED)


class Outcome(StrEnum):
    """How a cycle or an attempt ended."""

    RUNNING = "running"
    OK = "ok"
    PARTIAL = "partial"  # ended at a window, goes on in the next batch
    FAILED = "failed"
    LOST = "lost"  # its lease ran out: the process died or hung


class TestState(StrEnum):
    """State of a connection test."""

    QUEUED = "queued"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"  # its process died or hung


TEST_OPEN = (TestState.QUEUED, TestState.RUNNING)


class CheckState(StrEnum):
    """State of one check of a connection test (ux.md section 2.2)."""

    NOT_RUN = "not-run"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class OutboxState(StrEnum):
    """State of an outbound message (DESIGN D8)."""

    QUEUED = "queued"
    SENDING = "sending"
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    CANCELLED = "cancelled"


OUTBOX_CLAIMABLE = (OutboxState.QUEUED, OutboxState.WAITING)
OUTBOX_UNSENT = (OutboxState.QUEUED, OutboxState.WAITING, OutboxState.SENDING)
OUTBOX_REQUEUEABLE = (OutboxState.FAILED, OutboxState.UNCONFIRMED)


class ParseState(StrEnum):
    """Second step after storing: read the message, or set it aside."""

    PENDING = "pending"
    PARSED = "parsed"
    QUARANTINED = "quarantined"


class SettleState(StrEnum):
    """Whether the after-fetch action was done on the server."""

    NOT_NEEDED = "not-needed"
    PENDING = "pending"
    DONE = "done"
    GONE = "gone"  # the message is no longer there

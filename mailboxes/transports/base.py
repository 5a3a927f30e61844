"""The shape of every transport: what it is given, what it can do, what it returns.

A transport talks to one server for one login. It does not choose what to fetch, store
anything, retry, or get a token: services/fetch, services/outbox and services/tokens do.
Library errors leave a transport only as `MailError` (see `errors` of each module).

Every transport has the same constructor, is a context manager, closes quietly and puts
a timeout on every network call. `tests/transports/test_contract.py` runs over all.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import ClassVar, Self

from ..core.choices import AfterFetch, Protocol, ProxyKind, Security, Stage

SHORTEST = 0.05  # seconds that a wait is given at least
# Seconds for the sign of life of a kept connection: many firewalls drop an idle
# one in silence, and a cycle has not the time to wait as for an answer.
SIGN_OF_LIFE = 10.0
CHUNK_SIZE = 1 << 20  # bytes; the most that one chunk of a body holds
# A message whole, or in such chunks, which can be gone through repeatedly.
Content = bytes | Sequence[bytes]

# Told of each stage of an opening that went well: the stage, the milliseconds of it
# alone, and what is known by then (JSON-able, never a secret).
Progress = Callable[[Stage, int, Mapping[str, object]], None]


@dataclass(frozen=True)
class Proxy:
    """A proxy that is asked to connect us. `password` is masked in repr."""

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    kind: ProxyKind = ProxyKind.HTTP


@dataclass(frozen=True)
class NetworkPolicy:
    """How a transport or token client may reach the network.

    connect_timeout, read_timeout: seconds, for each network call.
    proxy: None means direct; the environment's proxy variables are never read.
    ca_pem: further trusted certificate authorities in PEM, besides the system's.
    local_hostname: the name given in EHLO.
    until: time.monotonic() at which all that goes this way has to be over, None for no
        such moment.
    """

    connect_timeout: float = 15.0
    read_timeout: float = 60.0
    proxy: Proxy | None = None
    ca_pem: str = field(default="", repr=False)
    local_hostname: str = "localhost"
    until: float | None = None

    @property
    def left(self) -> float | None:
        """Seconds that are left until then, below 0 when it is past; None: no end."""
        return None if self.until is None else self.until - time.monotonic()

    def till(self, moment: float | None) -> NetworkPolicy:
        """The same way, to be over at `moment` too; the earlier one counts."""
        if moment is None or (self.until is not None and self.until <= moment):
            return self
        return replace(self, until=moment)

    def hurried(self) -> NetworkPolicy:
        """The same way for a call of now: no wait longer than what is left."""
        if self.left is None:
            return self
        left = max(self.left, SHORTEST)
        return replace(
            self,
            connect_timeout=min(self.connect_timeout, left),
            read_timeout=min(self.read_timeout, left),
        )


@dataclass(frozen=True)
class Endpoint:
    """Server address as the option set gives it; `port` 0 means the usual one."""

    host: str
    port: int
    security: Security


@dataclass(frozen=True)
class Credential:
    """A login with either a bearer token or a password, ready to use.

    login: whose mailbox is opened. account: the person whose token opens it, where that
    is somebody else (a shared mailbox), else "". app_only: the token is the
    application's own, not that of a user (EWS has to impersonate then, Graph to name
    the mailbox).
    expires_at: end of the token's life as a Unix time in seconds, None for passwords.
    """

    login: str
    token: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    expires_at: float | None = None
    app_only: bool = False
    account: str = ""

    @property
    def is_token(self) -> bool:
        return bool(self.token)


class Transport(ABC):
    """What inbound and outbound transports share.

    `open()` connects, encrypts and signs in; it raises `MailError`.
    `alive()` asks the server for a sign of life and never raises.
    `close()` says goodbye if it can and never raises.
    `timings` holds the milliseconds of each phase of the last `open()`
    (keys: "dns", "tcp", "proxy", "tls", "greeting", "sign-in").
    `facts` holds what the last `open()` learned (host, port, address, proxy, tls,
    issuer); every MailError of the connection carries it in its evidence.
    `progress` is called by `open()` in the thread of the caller, in the order in which
    the stages end: DNS, TCP, PROXY, TLS as far as they apply, GREETING, SIGN_IN. With
    STARTTLS the greeting's time is told after TLS. What it raises ends the opening and
    comes out of `open()`; nothing stays open then.
    `until` is the time.monotonic() after which a call that waits for the server ends in
    READ_TIMEOUT, however often bytes move, and an opening in what its stage says; None
    means that only the policy's timeouts count. Set by the caller, for each cycle anew.
    """

    protocol: ClassVar[Protocol]
    timings: dict[str, int]
    facts: dict[str, object]
    progress: Progress | None
    until: float | None = None

    def __init__(
        self, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
    ) -> None:
        self.endpoint = endpoint
        self.credential = credential
        self.policy = policy
        self.timings = {}
        self.facts = {}
        self.progress = None

    @contextmanager
    def hasty(self, seconds: float) -> Iterator[None]:
        """What is asked inside ends within so many seconds, or earlier at `until`."""
        until, end = self.until, time.monotonic() + seconds
        self.until = end if until is None else min(until, end)
        try:
            yield
        finally:
            self.until = until

    @abstractmethod
    def open(self) -> None: ...

    @abstractmethod
    def alive(self) -> bool: ...

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True)
class Folder:
    """The opened folder: what identifies its numbering, and where that stands.

    validity: IMAP UIDVALIDITY or the protocol's like; when it changes, ids are void.
    next_id: the id that the next new message will get at least (IMAP UIDNEXT); None
        where ids are text (see keyed) and nothing is known before the first listing.
    messages: how many there are, None where the protocol does not say; no part of what
        identifies a folder.
    dated: a listing says when a message arrived.
    guessed: `next_id` is taken from the messages that are there, not the server's word.
    """

    name: str
    validity: str
    next_id: int | None
    messages: int | None = field(default=None, compare=False)
    dated: bool = field(default=True, compare=False)
    guessed: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Listed:
    """One message on the server.

    size: bytes, 0 where the server does not say. arrived: the server's time of it,
    aware, or None.
    """

    id: int
    size: int
    arrived: datetime | None


@dataclass(frozen=True)
class Limits:
    """What a listing may leave out. Where all is at hand it may leave out nothing.

    most: messages beyond the first so many, by id; None: none of them.
    since, baseline: messages with an id up to `baseline` that arrived before `since`
        (aware); None: none of them.
    """

    most: int | None = None
    since: datetime | None = None
    baseline: int = 0


NO_LIMITS = Limits()


@dataclass
class Fetched:
    """One message as received. `chunks` are byte strings of at most 1 MB, in order.

    They may lie in a temporary file (spool): go through them, keep none.

    `complete` is False when only the header was asked for, or when the body turned out
    larger than was allowed: then there is its beginning.
    """

    id: int
    chunks: Sequence[bytes]
    complete: bool = True


class InboundTransport(Transport):
    """Reads one folder of one mailbox.

    supports: the after-fetch actions it can do.
    original_bytes: bodies are the bytes that the sender's server delivered.
    reusable: an open connection sees what has come since; else each cycle opens anew.
    settles_at_once: messages for which one call of `settle` is best.
    """

    supports: ClassVar[frozenset[AfterFetch]]
    original_bytes: ClassVar[bool]
    reusable: ClassVar[bool] = True
    settles_at_once: ClassVar[int] = 200

    @abstractmethod
    def select(self, folder: str) -> Folder:
        """Open `folder` ("" is the inbox). Raises MailError FOLDER_MISSING."""

    @abstractmethod
    def list_new(self, after: int, limits: Limits = NO_LIMITS) -> list[Listed]:
        """All messages with an id greater than `after`, ascending by id.

        limits: what the caller can do without. A listing cut off at `limits.most` has
        exactly so many.
        """

    @abstractmethod
    def stream(
        self, wanted: Sequence[Listed], largest: int | None = None
    ) -> Iterator[Fetched]:
        """Bodies of `wanted`, unchanged on the server (no \\Seen), in any order.

        Messages that are gone meanwhile are left out. The caller bounds a window
        (count and bytes); chunks of one message are at most 1 MB each.
        largest: bytes of a body, whatever its size was said to be; of a larger one
        only the first chunk is kept in memory.
        A refusal that leaves the connection usable comes after all that the server
        did give.
        """

    @abstractmethod
    def headers(self, wanted: Sequence[Listed]) -> Iterator[Fetched]:
        """As `stream`, but only the header of each (`complete` is False)."""

    @abstractmethod
    def present(self, ids: Iterable[int]) -> set[int]:
        """Those of `ids` that are in the folder now."""

    def arrivals(self, ids: Iterable[int]) -> dict[int, datetime]:
        """The server's time of those of `ids` that are in the folder now (aware).

        Without those for which it tells none; empty where an id is never another
        message's, so that nobody has to compare.
        """
        return {}

    @abstractmethod
    def settle(
        self, ids: Iterable[int], action: AfterFetch, target: str = ""
    ) -> set[int]:
        """Do the after-fetch action; return those of `ids` that were gone before.

        Gone means: not there when the action came, so that nothing was done for them.
        May be repeated for the same ids. `target` is the folder for MOVE.
        Raises MailError FOLDER_TARGET_MISSING; where it was done for some and not for
        others, settling.PartlySettled. After any other MailError nobody knows.
        """


@dataclass(frozen=True)
class Reply:
    """What the server said to one recipient: SMTP code and text."""

    code: int
    text: str


def as_evidence(replies: Mapping[str, Reply]) -> dict[str, list[object]]:
    """Replies by address as they stand in evidence["recipients"]."""
    return {who: [reply.code, reply.text] for who, reply in replies.items()}


@dataclass(frozen=True)
class SendResult:
    """The server took the message for `accepted`; `refused` holds the others' replies.

    answer: the server's last line, as received ("250 2.0.0 Ok: queued as 4F2…").
    """

    accepted: tuple[str, ...]
    refused: dict[str, Reply]
    answer: str


class OutboundTransport(Transport):
    """Sends messages one by one over one connection.

    finds_sent: `find_sent` may know more than None.
    """

    finds_sent: ClassVar[bool] = False

    def find_sent(self, message_id: str) -> bool | None:
        """A message with this Message-ID was sent from this login; None: nobody knows.

        For a message whose answer was lost (DESIGN D8). Never raises.
        """
        return None

    @abstractmethod
    def send(
        self, sender: str, recipients: Sequence[str], message: Content
    ) -> SendResult:
        """Hand one message over; `message` is complete MIME with CRLF line ends.

        Given in chunks, it is gone through as often as is needed, never held whole
        where the protocol allows that.

        Raises MailError: with `handed_over` when the line fell after the last byte
        was given to the network, so that the server may have taken it for whom it had
        not refused; RECIPIENT_* only when no recipient at all was accepted.
        evidence["recipients"] maps who was refused to [code, text]. After an error that
        leaves the connection usable the next `send` works; else `alive()` is False.
        """

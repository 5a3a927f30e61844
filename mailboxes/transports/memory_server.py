"""The server side of the memory double; see memory.py, which is what tests import."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from ..core.choices import Security
from ..core.errors import MailError
from .base import Endpoint, Reply

servers: dict[str, MemoryServer] = {}


@dataclass
class Stored:
    """A message in a folder.

    told: the size that a listing says it has, None for the true one.
    troubles: what a call of a verb ("stream", "headers") for it meets: an error (after
        the answers for the other messages unless it is a deadly one), "silent" (no
        answer for it), "empty" (none of its bytes), "slow" (more time than there is).
        Of "settle": an error.
    """

    id: int
    data: bytes
    arrived: datetime
    seen: bool = False
    told: int | None = None
    troubles: dict[str, MailError | str] = field(default_factory=dict)


@dataclass
class MemoryFolder:
    """A folder: `validity` and `next_id` are its numbering."""

    validity: str = "1"
    next_id: int = 1
    messages: dict[int, Stored] = field(default_factory=dict)

    def add(self, data: bytes, arrived: datetime) -> int:
        number = self.next_id
        self.next_id += 1
        self.messages[number] = Stored(number, data, arrived)
        return number

    def renumber(self, validity: str) -> None:
        """Gives all messages new ids from 1 under a new validity."""
        kept = [self.messages[number] for number in sorted(self.messages)]
        self.validity, self.next_id, self.messages = validity, 1, {}
        for message in kept:
            number = self.add(message.data, message.arrived)
            again = self.messages[number]
            again.told, again.troubles = message.told, message.troubles


@dataclass
class Account:
    """A login with what it may present and its folders."""

    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    folders: dict[str, MemoryFolder] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """A message that the server took."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes


@dataclass
class Fault:
    """An error to come: after how many messages, and whether the deed is done."""

    error: MailError
    after: int
    done_first: bool


class MemoryServer:
    """Accounts, what was sent, faults to come, and calls made.

    calls: (verb, login) in order; verbs are open, alive, select, list, stream,
    headers, present, arrivals, settle, send, close.
    sent: every message taken by `send`, in order.
    refused: recipient address -> Reply, for addresses that the server does not take.
    open_connections, most_connections: now, and the most at one time.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self.accounts: dict[str, Account] = {}
        self.sent: list[Sent] = []
        self.refused: dict[str, Reply] = {}
        self.calls: list[tuple[str, str]] = []
        self.open_connections = 0
        self.most_connections = 0
        self.lock = threading.RLock()
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._hooks: dict[str, Callable[[], None]] = {}

    def __enter__(self) -> Self:
        if self.host in servers:
            raise ValueError(f"there is a server {self.host} already")
        servers[self.host] = self
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        del servers[self.host]

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.host, 0, Security.TLS)

    def add_account(
        self, login: str, *, password: str = "", token: str = ""
    ) -> Account:
        """A new account with an empty INBOX."""
        account = Account(password, token, {"INBOX": MemoryFolder()})
        self.accounts[login] = account
        return account

    def folder(self, login: str, name: str = "INBOX") -> MemoryFolder:
        """The folder of an account, made when it is not there."""
        return self.accounts[login].folders.setdefault(name, MemoryFolder())

    def deliver(
        self,
        login: str,
        data: bytes,
        *,
        folder: str = "INBOX",
        arrived: datetime | None = None,
    ) -> int:
        """Puts a message into a folder; returns its id there."""
        with self.lock:
            return self.folder(login, folder).add(data, arrived or datetime.now(UTC))

    def fail(
        self,
        verb: str,
        error: MailError,
        *,
        after: int = 0,
        times: int = 1,
        done_first: bool = False,
    ) -> None:
        """The next `times` calls of `verb` raise `error`.

        after: for stream and headers, how many messages come first.
        done_first: for send and settle, the server does it and only the answer is
        lost. Codes in `DEADLY` leave the connection dead.
        """
        with self.lock:
            self._faults[verb] += [Fault(error, after, done_first)] * times

    def hook(self, verb: str, run: Callable[[], None]) -> None:
        """Calls `run` at every later call of `verb`, before it does anything."""
        self._hooks[verb] = run

    def count(self, verb: str) -> int:
        """How often `verb` was called."""
        with self.lock:
            return sum(1 for called, _ in self.calls if called == verb)

    def called(self, verb: str, login: str) -> Fault | None:
        """Notes a call; returns the fault that it shall meet."""
        with self.lock:
            self.calls.append((verb, login))
            fault = self._faults[verb].pop(0) if self._faults[verb] else None
        if verb in self._hooks:
            self._hooks[verb]()
        return fault

"""A mail server in memory and the transports that reach it: the shipped double.

    with MemoryServer("mail.example.org") as server:
        server.add_account("anna@example.org", password="pw")
        server.deliver("anna@example.org", b"Subject: hello\r\n\r\nHi\r\n")
        server.fail("stream", MailError(Code.CONNECTION_LOST, Stage.FETCH), after=3)
        with registry.override(inbound={Protocol.IMAP: MemoryInbound}):
            ...

A server is found by the endpoint's host while its `with` block runs. It behaves as
the real ones do where services depend on it: logins are checked, ids only grow, a
message stays until it is deleted, a connection that failed is dead. No network.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import ClassVar, Self

from ..core.choices import AfterFetch, Protocol, Security, Stage
from ..core.errors import Code, MailError
from .base import (
    CHUNK_SIZE,
    Credential,
    Endpoint,
    Fetched,
    Folder,
    InboundTransport,
    Listed,
    NetworkPolicy,
    OutboundTransport,
    Reply,
    SendResult,
    Transport,
)

_servers: dict[str, MemoryServer] = {}


@dataclass
class Stored:
    """A message in a folder."""

    id: int
    data: bytes
    arrived: datetime
    seen: bool = False


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
            self.add(message.data, message.arrived)


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
class _Fault:
    error: MailError
    after: int
    done_first: bool


class MemoryServer:
    """Accounts, what was sent, faults to come, and calls made.

    calls: (verb, login) in order; verbs are open, alive, select, list, stream,
    headers, settle, send, close.
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
        self._faults: dict[str, list[_Fault]] = defaultdict(list)
        self._hooks: dict[str, Callable[[], None]] = {}

    def __enter__(self) -> Self:
        if self.host in _servers:
            raise ValueError(f"there is a server {self.host} already")
        _servers[self.host] = self
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        del _servers[self.host]

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
            self._faults[verb] += [_Fault(error, after, done_first)] * times

    def hook(self, verb: str, run: Callable[[], None]) -> None:
        """Calls `run` at every later call of `verb`, before it does anything."""
        self._hooks[verb] = run

    def count(self, verb: str) -> int:
        """How often `verb` was called."""
        with self.lock:
            return sum(1 for called, _ in self.calls if called == verb)

    def called(self, verb: str, login: str) -> _Fault | None:
        """Notes a call; returns the fault that it shall meet."""
        with self.lock:
            self.calls.append((verb, login))
            fault = self._faults[verb].pop(0) if self._faults[verb] else None
        if verb in self._hooks:
            self._hooks[verb]()
        return fault


DEADLY = frozenset({Code.CONNECTION_LOST, Code.READ_TIMEOUT, Code.SERVER_CLOSED})


class _MemoryTransport(Transport):
    """Sign-in, faults and life of both directions."""

    def __init__(
        self, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
    ) -> None:
        super().__init__(endpoint, credential, policy)
        self._open = False

    @property
    def server(self) -> MemoryServer:
        found = _servers.get(self.endpoint.host)
        if found is None:
            raise MailError(
                Code.DNS_UNKNOWN, Stage.DNS, evidence={"host": self.endpoint.host}
            )
        return found

    def open(self) -> None:
        self.close()
        server, login = self.server, self.credential.login
        self.facts = {"host": server.host, "port": self.endpoint.port}
        fault = server.called("open", login)
        if fault:
            raise fault.error
        account = server.accounts.get(login)
        if self.credential.is_token:
            code = Code.TOKEN_NOT_ACCEPTED
            known = account and account.token == self.credential.token
        else:
            code = Code.PASSWORD_REFUSED
            known = account and account.password == self.credential.password
        if not known:
            raise MailError(
                code,
                Stage.SIGN_IN,
                permanent=code == Code.PASSWORD_REFUSED,
                evidence={**self.facts, "user": login, "answer": "NO sign-in refused"},
            )
        self.timings = {"tcp": 0, "tls": 0, "greeting": 0, "sign-in": 0}
        self._open = True
        with server.lock:
            server.open_connections += 1
            server.most_connections = max(
                server.most_connections, server.open_connections
            )

    def alive(self) -> bool:
        if not self._open:
            return False
        if self.server.called("alive", self.credential.login):
            self._drop()
        return self._open

    def close(self) -> None:
        if self._open:
            self.server.called("close", self.credential.login)
            self._drop()

    def _drop(self) -> None:
        if self._open:
            self._open = False
            with self.server.lock:
                self.server.open_connections -= 1

    def _call(self, verb: str, stage: Stage) -> _Fault | None:
        """Notes the call; raises its fault unless that comes later in the call."""
        if not self._open:
            raise MailError(Code.CONNECTION_LOST, stage, evidence=dict(self.facts))
        fault = self.server.called(verb, self.credential.login)
        if fault and not fault.after and not fault.done_first:
            self._raise(fault)
        return fault

    def _raise(self, fault: _Fault) -> None:
        if fault.error.code in DEADLY or fault.error.handed_over:
            self._drop()
        raise fault.error


class MemoryInbound(_MemoryTransport, InboundTransport):
    """Reads from a MemoryServer."""

    protocol: ClassVar[Protocol] = Protocol.IMAP
    supports: ClassVar[frozenset[AfterFetch]] = frozenset(AfterFetch)
    original_bytes: ClassVar[bool] = True

    _selected: MemoryFolder | None = None

    def select(self, folder: str) -> Folder:
        self._call("select", Stage.MAILBOX)
        name = folder or "INBOX"
        account = self.server.accounts[self.credential.login]
        found = account.folders.get(name)
        if found is None:
            raise MailError(
                Code.FOLDER_MISSING,
                Stage.MAILBOX,
                permanent=True,
                evidence={**self.facts, "folder": name},
            )
        self._selected = found
        return Folder(name, found.validity, found.next_id)

    def list_new(self, after: int) -> list[Listed]:
        self._call("list", Stage.LIST)
        with self.server.lock:
            return [
                Listed(m.id, len(m.data), m.arrived)
                for _, m in sorted(self._folder.messages.items())
                if m.id > after
            ]

    def stream(self, wanted: Sequence[Listed]) -> Iterator[Fetched]:
        for message, fault in self._fetch("stream", wanted):
            if fault:
                self._raise(fault)
            data = message.data
            pieces = range(0, len(data), CHUNK_SIZE)
            yield Fetched(message.id, [data[i : i + CHUNK_SIZE] for i in pieces])

    def headers(self, wanted: Sequence[Listed]) -> Iterator[Fetched]:
        for message, fault in self._fetch("headers", wanted):
            if fault:
                self._raise(fault)
            head, middle, _ = message.data.partition(b"\r\n\r\n")
            yield Fetched(message.id, [head + middle], complete=False)

    def settle(
        self, ids: Iterable[int], action: AfterFetch, target: str = ""
    ) -> set[int]:
        wanted = set(ids)
        fault = self._call("settle", Stage.SETTLE)
        if action is AfterFetch.LEAVE:
            return set()
        account = self.server.accounts[self.credential.login]
        if action is AfterFetch.MOVE and target not in account.folders:
            raise MailError(
                Code.FOLDER_TARGET_MISSING,
                Stage.SETTLE,
                permanent=True,
                evidence={**self.facts, "folder": target},
            )
        gone = set()
        with self.server.lock:
            for number in sorted(wanted):
                message = self._folder.messages.get(number)
                if message is None:
                    gone.add(number)
                elif action is AfterFetch.MARK_READ:
                    message.seen = True
                else:
                    del self._folder.messages[number]
                    if action is AfterFetch.MOVE:
                        account.folders[target].add(message.data, message.arrived)
        if fault:
            self._raise(fault)
        return gone

    @property
    def _folder(self) -> MemoryFolder:
        if self._selected is None:
            raise MailError(Code.PROTOCOL_ERROR, Stage.MAILBOX)
        return self._selected

    def _fetch(
        self, verb: str, wanted: Sequence[Listed]
    ) -> Iterator[tuple[Stored, _Fault | None]]:
        """Each wanted message that is there, with the fault due in its place."""
        fault = self._call(verb, Stage.FETCH)
        for position, item in enumerate(wanted):
            message = self._folder.messages.get(item.id)
            due = fault if fault and position == fault.after else None
            if message or due:
                yield message or Stored(item.id, b"", datetime.now(UTC)), due


class MemoryOutbound(_MemoryTransport, OutboundTransport):
    """Sends to a MemoryServer, which delivers to the accounts it has."""

    protocol: ClassVar[Protocol] = Protocol.SMTP

    def send(
        self, sender: str, recipients: Sequence[str], message: bytes
    ) -> SendResult:
        fault = self._call("send", Stage.ENVELOPE)
        server = self.server
        refused = {r: server.refused[r] for r in recipients if r in server.refused}
        accepted = tuple(r for r in recipients if r not in refused)
        if not accepted:
            temporary = any(reply.code < 500 for reply in refused.values())
            raise MailError(
                Code.RECIPIENT_DEFERRED if temporary else Code.RECIPIENT_REFUSED,
                Stage.ENVELOPE,
                permanent=not temporary,
                evidence={
                    **self.facts,
                    "recipients": {a: [r.code, r.text] for a, r in refused.items()},
                },
            )
        with server.lock:
            server.sent.append(Sent(sender, accepted, message))
            number = len(server.sent)
            for address in accepted:
                if address in server.accounts:
                    server.deliver(address, message)
        if fault:
            self._raise(fault)
        return SendResult(accepted, refused, f"250 2.0.0 Ok: queued as {number}")

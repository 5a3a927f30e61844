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

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

from ..core.choices import AfterFetch, Protocol, Stage
from ..core.errors import Code, MailError
from .base import (
    CHUNK_SIZE,
    NO_LIMITS,
    Content,
    Credential,
    Endpoint,
    Fetched,
    Folder,
    InboundTransport,
    Limits,
    Listed,
    NetworkPolicy,
    OutboundTransport,
    SendResult,
    Transport,
    as_evidence,
)
from .memory_server import (
    Account,
    Fault,
    MemoryFolder,
    MemoryServer,
    Sent,
    Stored,
    servers,
)
from .settling import Answers
from .spool import whole

__all__ = [
    "Account",
    "MemoryFolder",
    "MemoryInbound",
    "MemoryOutbound",
    "MemoryServer",
    "Sent",
    "Stored",
]

STAGES = (Stage.DNS, Stage.TCP, Stage.TLS, Stage.GREETING, Stage.SIGN_IN)
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
        found = servers.get(self.endpoint.host)
        if found is None:
            raise MailError(
                Code.DNS_UNKNOWN, Stage.DNS, evidence={"host": self.endpoint.host}
            )
        return found

    def open(self) -> None:
        self.close()
        server, login = self.server, self.credential.login
        self.facts = {"host": server.host, "port": self.endpoint.port}
        self.timings = {}
        fault = server.called("open", login)
        for stage in STAGES:
            if fault and fault.error.stage is stage:
                raise fault.error
            if stage is Stage.SIGN_IN:
                if fault:
                    raise fault.error
                self._sign_in(server)
            self.timings[stage.value] = 0
            if self.progress is not None:
                self.progress(stage, 0, dict(self.facts))
        self._open = True
        with server.lock:
            server.open_connections += 1
            server.most_connections = max(
                server.most_connections, server.open_connections
            )

    def _sign_in(self, server: MemoryServer) -> None:
        login = self.credential.login
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

    def _call(self, verb: str, stage: Stage) -> Fault | None:
        """Notes the call; raises its fault unless that comes later in the call."""
        if not self._open:
            raise MailError(Code.CONNECTION_LOST, stage, evidence=dict(self.facts))
        fault = self.server.called(verb, self.credential.login)
        if fault and not fault.after and not fault.done_first:
            self._raise(fault)
        return fault

    def _raise(self, fault: Fault) -> None:
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
        return Folder(name, found.validity, found.next_id, len(found.messages))

    def list_new(self, after: int, limits: Limits = NO_LIMITS) -> list[Listed]:
        self._call("list", Stage.LIST)
        with self.server.lock:
            return [
                Listed(m.id, len(m.data) if m.told is None else m.told, m.arrived)
                for _, m in sorted(self._folder.messages.items())
                if m.id > after
            ]

    def present(self, ids: Iterable[int]) -> set[int]:
        self._call("present", Stage.LIST)
        with self.server.lock:
            return {number for number in ids if number in self._folder.messages}

    def arrivals(self, ids: Iterable[int]) -> dict[int, datetime]:
        self._call("arrivals", Stage.LIST)
        with self.server.lock:
            found = self._folder.messages
            return {number: found[number].arrived for number in ids if number in found}

    def stream(
        self, wanted: Sequence[Listed], largest: int | None = None
    ) -> Iterator[Fetched]:
        for message, fault in self._fetch("stream", wanted):
            if fault:
                self._raise(fault)
            data = message.data
            whole = largest is None or len(data) <= largest
            kept = range(0, len(data) if whole else 1, CHUNK_SIZE)
            yield Fetched(message.id, [data[i : i + CHUNK_SIZE] for i in kept], whole)

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
        said = Answers[int]()
        with self.server.lock:
            for number in sorted(wanted):
                message = self._folder.messages.get(number)
                trouble = message.troubles.get("settle") if message else None
                if message is None:
                    said.gone.add(number)
                elif isinstance(trouble, MailError):
                    said.refuse(number, trouble)
                elif action is AfterFetch.MARK_READ:
                    message.seen = True
                else:
                    del self._folder.messages[number]
                    if action is AfterFetch.MOVE:
                        account.folders[target].add(message.data, message.arrived)
        if fault:
            self._raise(fault)
        return said.result()

    @property
    def _folder(self) -> MemoryFolder:
        if self._selected is None:
            raise MailError(Code.PROTOCOL_ERROR, Stage.MAILBOX)
        return self._selected

    def _call(self, verb: str, stage: Stage) -> Fault | None:
        self._wait(stage, 0.0)
        return super()._call(verb, stage)

    def _wait(self, stage: Stage, seconds: float) -> None:
        """What a wait of `seconds` for the server comes to; nobody waits for it."""
        now = time.monotonic()
        if seconds < (math.inf if self.until is None else self.until - now):
            return
        if self.until is not None:
            self.until = now  # as if that time had gone by
        self._drop()
        raise MailError(Code.READ_TIMEOUT, stage, evidence=dict(self.facts))

    def _fetch(
        self, verb: str, wanted: Sequence[Listed]
    ) -> Iterator[tuple[Stored, Fault | None]]:
        """Each wanted message that is there, with the fault due in its place.

        What is refused is refused after the others, as IMAP does.
        """
        fault, refusal = self._call(verb, Stage.FETCH), None
        for position, item in enumerate(wanted):
            message = self._folder.messages.get(item.id)
            due = fault if fault and position == fault.after else None
            trouble = message.troubles.get(verb) if message else None
            if trouble and not due:
                if trouble == "slow":
                    self._wait(Stage.FETCH, math.inf)
                elif message and trouble == "empty":
                    yield replace(message, data=b""), None
                elif isinstance(trouble, MailError) and trouble.code in DEADLY:
                    self._raise(Fault(trouble, 0, done_first=False))
                elif isinstance(trouble, MailError):
                    refusal = refusal or trouble
            elif message or due:
                yield message or Stored(item.id, b"", datetime.now(UTC)), due
        if refusal:
            raise refusal


class MemoryOutbound(_MemoryTransport, OutboundTransport):
    """Sends to a MemoryServer, which delivers to the accounts it has."""

    protocol: ClassVar[Protocol] = Protocol.SMTP

    def send(
        self, sender: str, recipients: Sequence[str], message: Content
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
                    "recipients": as_evidence(refused),
                },
            )
        with server.lock:
            content = whole(message)
            server.sent.append(Sent(sender, accepted, content))
            number = len(server.sent)
            for address in accepted:
                if address in server.accounts:
                    server.deliver(address, content)
        if fault:
            if refused and fault.error.handed_over:
                fault.error.evidence["recipients"] = as_evidence(refused)
            self._raise(fault)
        return SendResult(accepted, refused, f"250 2.0.0 Ok: queued as {number}")

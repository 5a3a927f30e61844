"""Reads mail by IMAP: imapclient for control, our own pipeline for bodies.

What a refusal means stands in imap_answers.py, the pipeline in imap_stream.py, the
opening of the line in net.py. imapclient is given explicit lists of UIDs only: 4.x
raises on range strings, after the server has done the command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from socket import socket
from typing import ClassVar

from imapclient import IMAPClient, SocketTimeout, exceptions

from ..core.choices import AfterFetch, Protocol, Security, Stage
from ..core.errors import Code, MailError
from . import imap_answers, net
from .base import (
    Credential,
    Endpoint,
    Fetched,
    Folder,
    InboundTransport,
    Listed,
    NetworkPolicy,
)
from .imap_line import Control, StartTls, XOAuth2, require_plain_start
from .imap_stream import Answer, Pipeline, Refused, batches, uid_set

USUAL_PORTS = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}
LIST_CHUNK = 500  # ids in one command
SEEN, DELETED = rb"\Seen", rb"\Deleted"

_SIZE = re.compile(rb"RFC822\.SIZE (\d+)", re.IGNORECASE)
_DATE = re.compile(
    rb'INTERNALDATE "( ?\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) '
    rb'([+-])(\d\d)(\d\d)"',
    re.IGNORECASE,
)
_MONTHS = b"jan feb mar apr may jun jul aug sep oct nov dec".split()
_BAD = re.compile(r"command error: (?:BAD|NO) \[(?:b?['\"])?(.*?)['\"]?\]$", re.DOTALL)
_FAILED = re.compile(r"^[\w ]+ failed: ", re.ASCII)

# Exceptions of imapclient and Python that leave no transport; see `_mapped`.
ERRORS = (exceptions.IMAPClientError, OSError, EOFError, ValueError, LookupError)


class _Client(IMAPClient):
    """imapclient on a line that we opened."""

    def __init__(
        self, line: net.Line, open_socket: Callable[[], socket], timeout: SocketTimeout
    ) -> None:
        self._open_socket = open_socket
        end = line.endpoint
        super().__init__(
            end.host, end.port, ssl=end.security is Security.TLS, timeout=timeout
        )
        # imapclient would log every line received, mail content too, at DEBUG.
        self._imap.debug = 0

    def _create_IMAP4(self) -> Control:
        return Control(self.host, self.port, self._open_socket)


class ImapTransport(InboundTransport):
    """One IMAP connection of one login (RFC 9051; works with RFC 3501 servers)."""

    protocol: ClassVar[Protocol] = Protocol.IMAP
    supports: ClassVar[frozenset[AfterFetch]] = frozenset(AfterFetch)
    original_bytes: ClassVar[bool] = True

    def __init__(
        self, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
    ) -> None:
        port = endpoint.port or USUAL_PORTS[endpoint.security]
        super().__init__(replace(endpoint, port=port), credential, policy)
        self._client: _Client | None = None
        self._usable = False
        self._folder: Folder | None = None
        self._writable = False

    # open and close

    def open(self) -> None:
        self.close()
        self.timings = {}
        line = net.Line(self.endpoint, self.policy, self.timings)
        self.facts = line.evidence
        try:
            self._greet(line)
            with line.timed("sign-in"), self._border(Stage.SIGN_IN):
                self._sign_in()
        except BaseException:
            self._drop()
            raise
        self._usable = True

    def _greet(self, line: net.Line) -> None:
        """Connects, reads greeting and capabilities, encrypts by STARTTLS if asked."""
        times = SocketTimeout(self.policy.connect_timeout, self.policy.read_timeout)
        phases = sum(self.timings.values())
        with line.timed("greeting"), self._border(Stage.GREETING):
            self._client = client = _Client(line, line.open, times)
            control = client._imap
            require_plain_start(control.state, str(control.welcome), line)
            if self.endpoint.security is Security.STARTTLS:
                if "STARTTLS" not in control.capabilities:
                    raise MailError(
                        Code.STARTTLS_MISSING,
                        Stage.TLS,
                        permanent=True,
                        evidence={**self.facts, "answer": self._offered()},
                    )
                client.starttls(StartTls(line))
        phases = sum(v for k, v in self.timings.items() if k != "greeting") - phases
        self.timings["greeting"] = max(self.timings["greeting"] - phases, 0)

    def _sign_in(self) -> None:
        client, who = self._connected(Stage.SIGN_IN), self.credential
        offered = client._imap.capabilities
        self.facts["user"] = who.login
        # The greeting's capabilities would hide those that hold after sign-in.
        client._imap.untagged_responses.pop("CAPABILITY", None)
        if who.is_token:
            if "AUTH=XOAUTH2" not in offered:
                raise self._cannot_sign_in(Code.XOAUTH2_MISSING)
            self._sign_in_with_token(client)
        elif "AUTH=PLAIN" in offered:
            answer = f"\0{who.login}\0{who.password}".encode()
            client.sasl_login("PLAIN", lambda _: answer)
        elif "LOGINDISABLED" in offered:
            raise self._cannot_sign_in(Code.LOGIN_DISABLED)
        else:
            client.login(_quoted(who.login), who.password)

    def _sign_in_with_token(self, client: _Client) -> None:
        mechanism = XOAuth2(self.credential.login, self.credential.token)
        try:
            client.sasl_login("XOAUTH2", mechanism)
        finally:
            if mechanism.challenge:
                self.facts["challenge"] = mechanism.challenge

    def _cannot_sign_in(self, code: Code) -> MailError:
        return MailError(
            code,
            Stage.SIGN_IN,
            permanent=True,
            evidence={**self.facts, "answer": self._offered()},
        )

    def _offered(self) -> str:
        client = self._connected(Stage.GREETING)
        return "CAPABILITY " + " ".join(client._imap.capabilities)

    def alive(self) -> bool:
        if not self._usable:
            return False
        try:
            with self._border(Stage.MAILBOX):
                self._connected(Stage.MAILBOX).noop()
        except MailError:
            self._usable = False
        return self._usable

    def close(self) -> None:
        client, usable = self._client, self._usable
        self._usable = False
        if client is not None and usable:
            try:
                client.logout()
            except ERRORS:
                pass
        self._drop()

    def _drop(self) -> None:
        client, self._client, self._usable = self._client, None, False
        self._folder = None
        if client is not None:
            try:
                client.shutdown()
            except ERRORS:
                pass

    # reading

    def select(self, folder: str) -> Folder:
        name = folder or "INBOX"
        self._folder = None
        with self._border(Stage.MAILBOX, folder=name):
            self._folder = self._select(name, writable=False)
        return self._folder

    def _select(self, name: str, *, writable: bool) -> Folder:
        client = self._connected(Stage.MAILBOX)
        told = client.select_folder(name, readonly=not writable)
        self._writable = writable
        if b"UIDVALIDITY" not in told:
            # RFC 9051 section 7.1: such a server has no persistent ids at all.
            raise ValueError("the server gave no UIDVALIDITY")
        next_id = told.get(b"UIDNEXT")
        if next_id is None:
            next_id = max(client.search(["UID", "1:*"]), default=0) + 1
        return Folder(name, str(told[b"UIDVALIDITY"]), int(next_id))

    def list_new(self, after: int) -> list[Listed]:
        with self._border(Stage.LIST):
            client = self._connected(Stage.LIST)
            found = client.search(["UID", f"{after + 1}:*"])
            # `*` is the last message even when its id is lower (RFC 9051 section 9).
            wanted = sorted({number for number in found if number > after})
            groups = [
                wanted[start : start + LIST_CHUNK]
                for start in range(0, len(wanted), LIST_CHUNK)
            ]
            known = set(wanted)
            listed = {}
            for answer in self._fetch(groups, b"(UID RFC822.SIZE INTERNALDATE)"):
                size = _SIZE.search(answer.text)
                if answer.uid in known and size:
                    listed[answer.uid] = Listed(
                        answer.uid, int(size[1]), _arrived(answer.text)
                    )
        return [listed[number] for number in sorted(listed)]

    def stream(self, wanted: Sequence[Listed]) -> Iterator[Fetched]:
        return self._bodies(batches(wanted), b"(UID BODY.PEEK[])", wanted, True)

    def headers(self, wanted: Sequence[Listed]) -> Iterator[Fetched]:
        groups = batches([Listed(item.id, 0, None) for item in wanted], 200)
        return self._bodies(groups, b"(UID BODY.PEEK[HEADER])", wanted, False)

    def _bodies(
        self,
        groups: Iterable[Sequence[int]],
        items: bytes,
        wanted: Sequence[Listed],
        complete: bool,
    ) -> Iterator[Fetched]:
        missing = {item.id for item in wanted}
        with self._border(Stage.FETCH):
            for answer in self._fetch(groups, items):
                if answer.body is not None and answer.uid in missing:
                    missing.remove(answer.uid)
                    yield Fetched(answer.uid, answer.body, complete)

    def _fetch(self, groups: Iterable[Sequence[int]], items: bytes) -> Iterator[Answer]:
        control = self._connected(Stage.FETCH)._imap
        pipeline = Pipeline(control.file, control.send, control._new_tag)
        commands = (b"UID FETCH %s %s" % (uid_set(ids), items) for ids in groups)
        try:
            yield from pipeline.run(commands)
        finally:
            # imaplib keeps a list of tags that it waits for; these answers were ours.
            control.tagged_commands.clear()
            if pipeline.dirty:
                self._usable = False

    # after the fetch

    def settle(
        self, ids: Iterable[int], action: AfterFetch, target: str = ""
    ) -> set[int]:
        """See base. A server without MOVE gets COPY, \\Deleted and UID EXPUNGE; one
        without UIDPLUS too keeps the message marked \\Deleted as long as somebody
        else's messages are so marked: a plain EXPUNGE would take those as well.
        """
        wanted = sorted(set(ids))
        if action is AfterFetch.LEAVE or not wanted:
            return set()
        gone = set(wanted)
        with self._border(Stage.SETTLE, folder=target or None):
            self._make_writable()
            for start in range(0, len(wanted), LIST_CHUNK):
                group = wanted[start : start + LIST_CHUNK]
                there = self._of("ALL", group)
                gone.difference_update(there)
                if there:
                    self._settle(there, action, target)
        return gone

    def _settle(self, ids: list[int], action: AfterFetch, target: str) -> None:
        client = self._connected(Stage.SETTLE)
        if action is AfterFetch.MARK_READ:
            client.add_flags(ids, [SEEN], silent=True)
            return
        if action is AfterFetch.MOVE:
            if client.has_capability("MOVE"):
                client.move(ids, target)
                return
            # What is \Deleted was copied by an earlier try that broke off.
            done = set(self._of("DELETED", ids))
            fresh = [number for number in ids if number not in done]
            if fresh:
                client.copy(fresh, target)
        client.add_flags(ids, [DELETED], silent=True)
        if client.has_capability("UIDPLUS"):
            client.uid_expunge(ids)
        elif set(client.search(["DELETED"])) <= set(ids):
            client.expunge()

    def _of(self, criterion: str, ids: list[int]) -> list[int]:
        """Those of `ids` that are there and meet the criterion."""
        client = self._connected(Stage.SETTLE)
        found = client.search([criterion, "UID", uid_set(ids).decode()])
        return sorted(set(found) & set(ids))

    def _make_writable(self) -> None:
        folder = self._folder
        if folder is None:
            raise ValueError("no folder is selected")
        if self._writable:
            return
        again = self._select(folder.name, writable=True)
        if again.validity != folder.validity:
            # The ids are void: acting on them would hit other messages.
            raise ValueError(
                f"UIDVALIDITY changed from {folder.validity} to {again.validity}"
            )

    # errors

    def _connected(self, stage: Stage) -> _Client:
        if self._client is None:
            raise MailError(
                Code.CONNECTION_LOST,
                stage,
                evidence={**self.facts, "answer": "the connection is not open"},
            )
        return self._client

    @contextmanager
    def _border(self, stage: Stage, folder: str | None = None) -> Iterator[None]:
        """Lets nothing but MailError out; marks the connection unusable if it is."""
        try:
            yield
        except (Refused, *ERRORS) as error:
            mapped = self._mapped(error, stage)
            if folder:
                mapped.evidence["folder"] = folder
            if mapped.code in DEADLY or isinstance(error, Refused):
                self._usable = False
            raise mapped from error

    def _mapped(self, error: BaseException, stage: Stage) -> MailError:
        if isinstance(error, Refused):
            return self._refusal(error.status, error.text, stage)
        if isinstance(error, OSError | EOFError):
            return net.lost(error, stage, self.facts)
        if isinstance(error, exceptions.IMAPClientError):
            return self._mapped_client_error(error, stage)
        return self._garbled(str(error), stage)

    def _mapped_client_error(self, error: Exception, stage: Stage) -> MailError:
        """imapclient hides what happened in LoginError: it stands in __context__."""
        chain = list(_contexts(error))
        for cause in chain:
            if isinstance(cause, OSError):
                return net.lost(cause, stage, self.facts)
        text = str(error)
        control = self._client._imap if self._client else None
        aborted = any(isinstance(c, exceptions.IMAPClientAbortError) for c in chain)
        if control is not None and control.said_bye:
            return self._refusal("BYE", control.said_bye, stage)
        if "* BYE" in text:
            return self._refusal("BYE", text.partition("* BYE")[2].strip("' "), stage)
        if aborted and "socket error" in text:
            return net.lost(EOFError(text), stage, self.facts)
        if any(isinstance(c, exceptions.IMAPClientReadOnlyError) for c in chain):
            return self._refusal("NO", f"[NOPERM] {text}", stage)
        if aborted or isinstance(error, exceptions.ProtocolError):
            return self._garbled(text, stage)
        match = _BAD.search(text)
        if match:
            return self._refusal("BAD", match[1], stage)
        if stage is Stage.GREETING:
            return self._garbled(text, stage)
        return self._refusal("NO", _FAILED.sub("", text), stage)

    def _refusal(self, status: str, text: str, stage: Stage) -> MailError:
        return imap_answers.refusal(
            status, text, stage, self.facts, token=self.credential.is_token
        )

    def _garbled(self, text: str, stage: Stage) -> MailError:
        greeting = stage is Stage.GREETING
        return MailError(
            Code.GREETING_UNEXPECTED if greeting else Code.PROTOCOL_ERROR,
            stage,
            evidence={**self.facts, "answer": text},
        )


DEADLY = frozenset(
    {
        Code.CONNECTION_LOST,
        Code.READ_TIMEOUT,
        Code.SERVER_CLOSED,
        Code.PROTOCOL_ERROR,
        Code.NOT_CONNECTED,
    }
)


def _contexts(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _quoted(text: str) -> str:
    """An IMAP quoted string; imaplib quotes the password but not the user."""
    if re.search(r"[\x00\r\n]", text):
        raise ValueError("a login holds a line break")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _arrived(text: bytes) -> datetime | None:
    """INTERNALDATE (RFC 9051 section 9, date-time) in UTC, None if unreadable."""
    match = _DATE.search(text)
    if match is None or match[2].lower() not in _MONTHS:
        return None
    day, month = int(match[1]), _MONTHS.index(match[2].lower()) + 1
    year, hour, minute, second = (int(match[i]) for i in (3, 4, 5, 6))
    offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
    try:
        zone = timezone(-offset if match[7] == b"-" else offset)
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None

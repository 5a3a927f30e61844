"""Reads mail by IMAP: imapclient for control, our own pipeline for bodies.

What a refusal means stands in answers.py, the pipeline in stream.py, the connection
in control.py, the opening of the line in ../net.py. imapclient is given explicit
lists of UIDs only: 4.x raises on range strings, after the server has done the command.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from heapq import nsmallest
from typing import ClassVar

from ...core.choices import AfterFetch, Protocol, Security, Stage
from ...core.errors import Code, MailError
from .. import bearer, net
from ..base import (
    CHUNK_SIZE,
    NO_LIMITS,
    SIGN_OF_LIFE,
    Credential,
    Endpoint,
    Fetched,
    Folder,
    InboundTransport,
    Limits,
    Listed,
    NetworkPolicy,
)
from ..line import LineTransport
from . import answers, errors
from .control import (
    Client,
    StartTls,
    TokenSignIn,
    as_bytes,
    log_in,
    require_plain_start,
)
from .listing import ITEMS, Details, criteria, portions
from .stream import Answer, Pipeline, Refused, Spares, batches, uid_set

GOODBYE = 5.0  # seconds that a server has for the answer to LOGOUT
LIST_CHUNK = 500  # ids in one command
# Ids in one command of a listing: of what was refused with others, ever fewer.
LIST_CHUNKS = (LIST_CHUNK, 20, 1)
SEEN, DELETED = rb"\Seen", rb"\Deleted"


class ImapTransport(LineTransport, InboundTransport):
    """One IMAP connection of one login (RFC 9051; works with RFC 3501 servers)."""

    protocol: ClassVar[Protocol] = Protocol.IMAP
    supports: ClassVar[frozenset[AfterFetch]] = frozenset(AfterFetch)
    original_bytes: ClassVar[bool] = True

    def __init__(
        self, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
    ) -> None:
        super().__init__(endpoint, credential, policy)
        self._client: Client | None = None
        self._folder: Folder | None = None
        self._writable = False

    # open and close

    def _greet(self, line: net.Line) -> None:
        """Connects, reads greeting and capabilities, encrypts by STARTTLS if asked."""
        with line.timed("greeting") as told, self._border(Stage.GREETING):
            self._client = client = Client(line, lambda: self.until)
            control = client._imap
            told["answer"] = _text(control.welcome)
            require_plain_start(control.state, _text(control.welcome), line)
            if self.endpoint.security is Security.STARTTLS:
                self._encrypt(client, line)

    def _encrypt(self, client: Client, line: net.Line) -> None:
        words = self._offered()
        if "STARTTLS" in client._imap.capabilities:
            refused = client.encrypt(StartTls(line))
            if refused is None:
                return
            words = refused
        raise MailError(
            Code.STARTTLS_MISSING,
            Stage.TLS,
            permanent=True,
            evidence={**self.facts, "answer": words},
        )

    def _sign_in(self) -> None:
        client, who = self._connected(Stage.SIGN_IN), self.credential
        offered = client._imap.capabilities
        self.facts["user"] = who.login
        if who.is_token:
            names = {name.removeprefix("AUTH=") for name in offered}
            found = bearer.chosen(names, who, self.endpoint)
            if found is None:
                raise self._cannot_sign_in(Code.XOAUTH2_MISSING)
            self._sign_in_with_token(client, found)
        elif "\0" in who.login + who.password:
            # It ends a string in SASL PLAIN (RFC 4616), and no IMAP string holds it.
            words = "the log-in name or the password holds a NUL character"
            raise self._cannot_sign_in(Code.PASSWORD_REFUSED, words)
        elif "AUTH=PLAIN" in offered:
            answer = as_bytes(f"\0{who.login}\0{who.password}")
            client.sasl_login("PLAIN", lambda _: answer)
        elif "LOGINDISABLED" in offered:
            raise self._cannot_sign_in(Code.LOGIN_DISABLED)
        else:
            log_in(client, who.login, who.password)
        if "CAPABILITY" in client._imap.untagged_responses:
            client.capabilities()  # keeps what came with the sign-in's answer

    def _sign_in_with_token(self, client: Client, found: bearer.Bearer) -> None:
        sign_in = TokenSignIn(found)
        try:
            client.sasl_login(found.mechanism, sign_in)
        finally:
            if sign_in.challenge:
                self.facts["challenge"] = sign_in.challenge

    def _cannot_sign_in(self, code: Code, answer: str = "") -> MailError:
        return MailError(
            code,
            Stage.SIGN_IN,
            permanent=True,
            evidence={**self.facts, "answer": answer or self._offered()},
        )

    def _offered(self) -> str:
        client = self._connected(Stage.GREETING)
        return "CAPABILITY " + " ".join(client._imap.capabilities)

    def alive(self) -> bool:
        if not self._usable:
            return False
        try:
            with self.hasty(SIGN_OF_LIFE), self._border(Stage.MAILBOX):
                self._connected(Stage.MAILBOX).noop()
        except MailError:
            self._usable = False
        return self._usable

    def close(self) -> None:
        client, usable = self._client, self._usable
        self._usable = False
        if client is not None and usable:
            with self.hasty(GOODBYE), suppress(*errors.KNOWN):
                client.logout()
        self._drop()

    def _drop(self) -> None:
        client, self._client, self._usable = self._client, None, False
        self._folder = None
        if client is not None:
            with suppress(*errors.KNOWN):
                client.shutdown()

    # reading

    def select(self, folder: str) -> Folder:
        name = folder or "INBOX"
        self._folder = None
        with self._border(Stage.MAILBOX, folder=name):
            self._folder = self._select(name, writable=False)
        return self._folder

    def _select(self, name: str, *, writable: bool) -> Folder:
        client = self._connected(Stage.MAILBOX)
        client.introduce()
        told = client.select_folder(name, readonly=not writable)
        self._writable = writable
        if b"UIDVALIDITY" not in told:
            # RFC 9051 section 7.1: such a server has no persistent ids at all.
            raise ValueError("the server gave no UIDVALIDITY")
        next_id = told.get(b"UIDNEXT")
        guessed = not next_id
        if guessed:
            next_id = max(client.find(b"UID", b"1:*"), default=0) + 1
        there = told.get(b"EXISTS")
        return Folder(
            name,
            str(told[b"UIDVALIDITY"]),
            int(next_id),
            None if there is None else int(there),
            guessed=guessed,
        )

    def list_new(self, after: int, limits: Limits = NO_LIMITS) -> list[Listed]:
        """See base. Sizes and times are asked for of the first `limits.most` alone: of
        a large folder they would take longer than a cycle has.
        """
        with self._border(Stage.LIST):
            new = self._new(after, limits)
            most = len(new) if limits.most is None else limits.most
            return self._details(nsmallest(most, new)).listed()

    def _new(self, after: int, limits: Limits) -> set[int]:
        """Ids above `after`: all, or at least the first `limits.most`.

        By ever larger portions of ids, so that a million of them are not named again in
        each cycle. The last has no end, for more may have come since the selection.
        """
        client, new = self._connected(Stage.LIST), set[int]()
        next_id = self._folder.next_id if self._folder else None
        for first, end in portions(after, next_id or 0, limits):
            found = client.find(*criteria(first, limits, end))
            # `*` is the last message even when its id is lower (RFC 9051 section 9).
            new.update(number for number in found if number > first)
            if limits.most is not None and len(new) >= limits.most:
                break
        return new

    def _details(self, wanted: list[int]) -> Details:
        """What can be had of them. What is refused with others is asked for again in
        ever smaller commands, until those bring nothing more.
        """
        details = Details(wanted)
        for size in LIST_CHUNKS:
            asked = details.unsized()
            if 1 < size < LIST_CHUNK and len(asked) <= size:
                continue  # that was one command already
            try:
                self._ask_details(details, asked, size)
            except Refused as refusal:
                if not answers.of_messages(refusal):
                    raise
                if size < LIST_CHUNK and details.unsized() == asked:
                    break
            else:
                break
        return details

    def _ask_details(self, details: Details, asked: list[int], size: int) -> None:
        groups = [asked[at : at + size] for at in range(0, len(asked), size)]
        for answer in self._fetch(groups, ITEMS, spares=answers.of_messages):
            details.take(answer)

    def stream(
        self, wanted: Sequence[Listed], largest: int | None = None
    ) -> Iterator[Fetched]:
        groups = batches(wanted)
        for answer in self._bodies(groups, b"(UID BODY.PEEK[])", wanted, largest):
            yield Fetched(answer.uid, answer.body or [], answer.whole)

    def headers(self, wanted: Sequence[Listed]) -> Iterator[Fetched]:
        groups = batches([Listed(item.id, 0, None) for item in wanted], 200)
        items = b"(UID BODY.PEEK[HEADER])"
        for answer in self._bodies(groups, items, wanted, CHUNK_SIZE):
            yield Fetched(answer.uid, answer.body or [], complete=False)

    def _bodies(
        self,
        groups: Iterable[Sequence[int]],
        items: bytes,
        wanted: Sequence[Listed],
        largest: int | None,
    ) -> Iterator[Answer]:
        missing = {item.id for item in wanted}
        with self._border(Stage.FETCH):
            for answer in self._fetch(groups, items, largest):
                if answer.body is not None and answer.uid in missing:
                    missing.remove(answer.uid)
                    yield answer

    def present(self, ids: Iterable[int]) -> set[int]:
        wanted, there = sorted(set(ids)), set[int]()
        with self._border(Stage.LIST):
            for start in range(0, len(wanted), LIST_CHUNK):
                there.update(self._of(b"ALL", wanted[start : start + LIST_CHUNK]))
        return there

    def arrivals(self, ids: Iterable[int]) -> dict[int, datetime]:
        with self._border(Stage.LIST):
            listed = self._details(sorted(set(ids))).listed()
        return {one.id: one.arrived for one in listed if one.arrived is not None}

    def _fetch(
        self,
        groups: Iterable[Sequence[int]],
        items: bytes,
        largest: int | None = None,
        *,
        spares: Spares | None = None,
    ) -> Iterator[Answer]:
        control = self._connected(Stage.FETCH)._imap
        pipeline = Pipeline(control.file, control.send, control._new_tag)
        commands = (b"UID FETCH %s %s" % (uid_set(ids), items) for ids in groups)
        try:
            yield from pipeline.run(commands, largest, spares)
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
        with self._border(Stage.SETTLE, folder=target):
            self._make_writable()
            for start in range(0, len(wanted), LIST_CHUNK):
                group = wanted[start : start + LIST_CHUNK]
                there = self._of(b"ALL", group)
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
            done = set(self._of(b"DELETED", ids))
            fresh = [number for number in ids if number not in done]
            if fresh:
                client.copy(fresh, target)
        client.add_flags(ids, [DELETED], silent=True)
        if client.has_capability("UIDPLUS"):
            client.uid_expunge(ids)
        elif set(client.find(b"DELETED")) <= set(ids):
            client.expunge()

    def _of(self, criterion: bytes, ids: list[int]) -> list[int]:
        """Those of `ids` that are there and meet the criterion."""
        client = self._connected(Stage.LIST)
        found = client.find(criterion, b"UID", uid_set(ids))
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

    def _connected(self, stage: Stage) -> Client:
        if self._client is None:
            raise MailError(
                Code.CONNECTION_LOST,
                stage,
                evidence={**self.facts, "answer": "the connection is not open"},
            )
        return self._client

    @contextmanager
    def _border(self, stage: Stage, folder: str = "") -> Iterator[None]:
        """Lets nothing but MailError out; marks the connection unusable if it is."""
        try:
            yield
        except errors.KNOWN as error:
            mapped = errors.mapped(
                error,
                stage,
                {**self.facts, **({"folder": folder} if folder else {})},
                bye=self._client.said_bye if self._client else "",
                token=self.credential.is_token,
            )
            if mapped.code in errors.DEADLY:
                self._usable = False
            raise mapped from error


def _text(welcome: bytes | str) -> str:
    if isinstance(welcome, bytes):
        return welcome.decode("utf-8", "backslashreplace")
    return welcome

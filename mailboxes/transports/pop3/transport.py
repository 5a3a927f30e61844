"""Reads mail by POP3 (RFC 1939): one session sees one maildrop as it was at sign-in.

What a refusal means stands in answers.py, the connection in client.py, the sign-in in
sign_in.py. UIDLs are the ids; numbering them and learning when a message arrived is
services/numbering. POP3 has no folders and no marks: a message is left or deleted.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from ...core.choices import AfterFetch, Protocol, Security, Stage
from ...core.errors import Code, MailError
from .. import net
from ..base import CHUNK_SIZE, Credential, Endpoint, Folder, NetworkPolicy
from ..keyed import Body, Changes, KeyedInbound, Remote
from . import answers
from .body import chunked
from .client import Answer, Client
from .sign_in import sign_in

USUAL_PORTS = {Security.TLS: 995, Security.STARTTLS: 110, Security.NONE: 110}
GOODBYE = 5.0  # seconds that a server has for the answer to QUIT
DEPTH = 16  # commands sent ahead where the server offers PIPELINING
LONGEST_KEY = 512  # characters; RFC 1939 section 7 allows 70
VALIDITY = "uidl"  # nothing in POP3 says that ids were given anew
# All that may come out of a call; anything else is a bug of ours.
KNOWN: tuple[type[Exception], ...] = (OSError, EOFError, ValueError)
# Codes after which the connection cannot be used again.
DEADLY = frozenset(
    {
        Code.CONNECTION_LOST,
        Code.READ_TIMEOUT,
        Code.SERVER_CLOSED,
        Code.PROTOCOL_ERROR,
        Code.POP_NO_UIDL,
    }
)


@dataclass(frozen=True)
class _Place:
    """A message in the maildrop of this session; size 0 where LIST did not say."""

    number: int
    size: int


@dataclass
class _Got:
    """An answer to a command about one message, with its body if it has one."""

    key: str
    answer: Answer
    chunks: list[bytes]
    whole: bool = True


class Pop3Transport(KeyedInbound):
    """One POP3 connection of one login."""

    protocol: ClassVar[Protocol] = Protocol.POP3
    supports: ClassVar[frozenset[AfterFetch]] = frozenset(
        {AfterFetch.LEAVE, AfterFetch.DELETE}
    )
    original_bytes: ClassVar[bool] = True
    dated: ClassVar[bool] = False
    reusable: ClassVar[bool] = False
    settles_at_once: ClassVar[int] = 2000  # a deletion costs the session

    def __init__(
        self, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
    ) -> None:
        port = endpoint.port or USUAL_PORTS[endpoint.security]
        super().__init__(replace(endpoint, port=port), credential, policy)
        self._client: Client | None = None
        self._usable = False
        self._committed = False  # QUIT ended the session, as it has to after DELE
        self._offered: dict[str, str] | None = None
        self._maildrop: dict[str, _Place] | None = None
        self._tops = True
        self._refusal = Answer("-ERR", "")  # of the last header that did not come

    # open and close

    def open(self) -> None:
        self.close()
        self.timings = {}
        self._maildrop, self._committed = None, False
        line = net.Line(self.endpoint, self.policy, self.timings, self.progress)
        self.facts = line.evidence
        try:
            self._greet(line)
            with line.timed("sign-in"), self._border(Stage.SIGN_IN):
                answer = sign_in(
                    self._connected(Stage.SIGN_IN),
                    self.credential,
                    self.endpoint,
                    self._offered,
                    self.facts,
                )
                self._expect(answer, Stage.SIGN_IN)
                self._tops = self._offered is None or "TOP" in self._offered
        except BaseException:
            self._drop()
            raise
        self._usable = True

    def _greet(self, line: net.Line) -> None:
        """Connects, reads greeting and capabilities, encrypts by STLS if asked."""
        me = weakref.proxy(self)
        client = self._client = Client(line, lambda: me.until)
        with line.timed("greeting") as told, self._border(Stage.GREETING):
            greeting = client.greet()
            told["answer"] = str(greeting)
            self._expect(greeting, Stage.GREETING)
            self._offered = client.capabilities()
            if self.endpoint.security is Security.STARTTLS:
                offered = self._offered is None or "STLS" in self._offered
                answer = client.ask(b"STLS") if offered else None
                if answer is None or not answer.ok:
                    raise MailError(
                        Code.STARTTLS_MISSING,
                        Stage.TLS,
                        permanent=True,
                        evidence={**self.facts, "answer": str(answer or "no STLS")},
                    )
                client.start_tls()
                self._offered = client.capabilities()  # what came in clear is void

    def alive(self) -> bool:
        if not self._usable:
            return False
        try:
            with self._border(Stage.MAILBOX):
                self._usable = self._connected(Stage.MAILBOX).ask(b"NOOP").ok
        except MailError:
            self._usable = False
        return self._usable

    def close(self) -> None:
        client, usable = self._client, self._usable
        self._usable = False
        if client is not None and usable:
            with suppress(*KNOWN):
                client.patience = min(client.patience, GOODBYE)
                client.ask(b"QUIT")
        self._drop()

    def _drop(self) -> None:
        client, self._client, self._usable = self._client, None, False
        if client is not None:
            with suppress(*KNOWN):
                client.close()

    # the maildrop

    def select(self, folder: str) -> Folder:
        if folder and folder.upper() != "INBOX":
            raise MailError(
                Code.FOLDER_MISSING,
                Stage.MAILBOX,
                permanent=True,
                evidence={
                    **self.facts,
                    "folder": folder,
                    "answer": "POP3 has no folders",
                },
            )
        with self._border(Stage.MAILBOX):
            answer = self._connected(Stage.MAILBOX).ask(b"STAT")
            self._expect(answer, Stage.MAILBOX)
            if self._offered is None or "UIDL" not in self._offered:
                self._there(Stage.MAILBOX)  # found out here, not at the first mail
        count = answer.text.split()[:1]
        messages = int(count[0]) if count and count[0].isdecimal() else None
        return Folder("INBOX", VALIDITY, None, messages, dated=False)

    def changes(self, state: str, since: datetime | None) -> Iterator[Changes]:
        with self._border(Stage.LIST):
            there = self._there(Stage.LIST)
        found = tuple(Remote(key, one.size, None) for key, one in there.items())
        yield Changes(found, (), "", complete=True, whole=True)

    def present(self, keys: Iterable[str]) -> set[str]:
        with self._border(Stage.LIST):
            return set(keys) & self._there(Stage.LIST).keys()

    def _there(self, stage: Stage) -> dict[str, _Place]:
        """The maildrop by id; it cannot change during a session."""
        if self._maildrop is None:
            self._maildrop = self._listed(stage)
        return self._maildrop

    def _listed(self, stage: Stage) -> dict[str, _Place]:
        client = self._connected(stage)
        ahead = self._ahead() > 1
        client.send(*((b"UIDL", b"LIST") if ahead else (b"UIDL",)))
        answer = client.answer()
        if not answer.ok:
            raise self._no_ids(answer, stage)
        keys = _numbered(client.lines())
        if not ahead:
            client.send(b"LIST")
        answer = client.answer()
        sizes = _numbered(client.lines()) if answer.ok else {}
        found: dict[str, _Place] = {}
        for number, text in keys.items():
            size = sizes.get(number, "").split(" ")[0]
            key = _unused(text, found)
            found[key] = _Place(number, int(size) if size.isdecimal() else 0)
        return found

    def _no_ids(self, answer: Answer, stage: Stage) -> MailError:
        """Without UIDL nobody can tell an old message from a new one."""
        if answers.known(answer.text):
            error = self._refused(answer, stage)
            if error.code != Code.PROTOCOL_ERROR:
                return error
        self._usable = False
        return MailError(
            Code.POP_NO_UIDL,
            stage,
            permanent=True,
            evidence={**self.facts, "answer": f"UIDL: {answer}"},
        )

    # reading

    def stream(
        self, wanted: Sequence[Remote], largest: int | None = None
    ) -> Iterator[Body]:
        keys = [one.key for one in wanted]
        with self._border(Stage.FETCH):
            refused: Answer | None = None
            for got in self._ask_each(keys, b"RETR %d", Stage.FETCH, largest):
                if got.answer.ok:
                    yield Body(got.key, got.chunks, got.whole)
                elif not answers.gone(got.answer.text):
                    refused = refused or got.answer
            if refused is not None:
                raise self._refused(refused, Stage.FETCH)

    def headers(self, wanted: Sequence[Remote]) -> Iterator[Body]:
        """As base; by RETR of a server that has no TOP, which it need not."""
        keys = [one.key for one in wanted]
        with self._border(Stage.FETCH):
            if self._tops:
                keys = yield from self._headers(keys, b"TOP %d 0")
            if keys:
                refused = yield from self._headers(keys, b"RETR %d")
                if refused:
                    raise self._refused(self._refusal, Stage.FETCH)

    def _headers(
        self, keys: list[str], command: bytes
    ) -> Generator[Body, None, list[str]]:
        """Yields what the server gives; returns the ids that it did not give."""
        left = dict.fromkeys(keys)
        for got in self._ask_each(keys, command, Stage.FETCH, CHUNK_SIZE):
            if got.answer.ok:
                del left[got.key]
                yield Body(got.key, _header(got.chunks), complete=False)
            elif answers.gone(got.answer.text):
                del left[got.key]
            else:
                self._refusal = got.answer
                if self._tops and self._offered is None:
                    self._tops = False  # nobody said that it has TOP
                    break
        return [key for key in left if key in self._there(Stage.FETCH)]

    def _ask_each(
        self,
        keys: Sequence[str],
        command: bytes,
        stage: Stage,
        largest: int | None = None,
    ) -> Iterator[_Got]:
        """Answers to `command` for each of `keys` that is there, in their order.

        Sent ahead where that is offered. Left early, the connection is unusable.
        """
        there, client = self._there(stage), self._connected(stage)
        todo = iter([(key, there[key]) for key in keys if key in there])
        has_body = command.split()[0] in (b"RETR", b"TOP")
        waiting: deque[tuple[str, _Place]] = deque()
        try:
            while True:
                fresh = []
                while len(waiting) < self._ahead():
                    one = next(todo, None)
                    if one is None:
                        break
                    waiting.append(one)
                    fresh.append(command % one[1].number)
                if fresh:
                    client.send(*fresh)
                if not waiting:
                    return
                key, place = waiting[0]
                answer = client.answer()
                got = _Got(key, answer, [])
                if answer.ok and has_body:
                    whole = place.size if command.startswith(b"RETR") else 0
                    got.chunks, got.whole = chunked(client.body(whole), largest)
                waiting.popleft()
                yield got
        finally:
            if waiting:
                self._usable = False

    def _ahead(self) -> int:
        """How many commands may be on their way (RFC 2449 section 6.6)."""
        return DEPTH if "PIPELINING" in (self._offered or {}) else 1

    # after the fetch

    def settle(
        self, keys: Iterable[str], action: AfterFetch, target: str = ""
    ) -> set[str]:
        """See keyed. A server deletes when it answers QUIT (RFC 1939 section 6), so
        that ends the session; whatever is to be done after it begins another one.
        """
        wanted = list(dict.fromkeys(keys))
        if action is AfterFetch.LEAVE or not wanted:
            return set()
        if action not in self.supports:
            raise self._unable(action)
        if self._client is None and self._committed:
            self.open()
        with self._border(Stage.SETTLE):
            there = self._there(Stage.SETTLE)
            gone = {key for key in wanted if key not in there}
            refused: Answer | None = None
            marked = 0
            for got in self._ask_each(wanted, b"DELE %d", Stage.SETTLE):
                if got.answer.ok:
                    marked += 1
                elif answers.gone(got.answer.text):
                    gone.add(got.key)
                else:
                    refused = refused or got.answer
            if marked:
                self._commit()
            if refused is not None:
                raise self._refused(refused, Stage.SETTLE)
        return gone

    def _commit(self) -> None:
        """QUIT; only its +OK says that what was marked is deleted."""
        client = self._connected(Stage.SETTLE)
        self._usable = False  # whatever comes, nothing may be asked after it
        answer = client.ask(b"QUIT")
        self._drop()
        self._committed = True
        self._expect(answer, Stage.SETTLE)

    def _unable(self, action: AfterFetch) -> MailError:
        return MailError(
            Code.PROTOCOL_ERROR,
            Stage.SETTLE,
            permanent=True,
            evidence={**self.facts, "answer": f"POP3 cannot {action}"},
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

    def _expect(self, answer: Answer, stage: Stage) -> None:
        if not answer.ok:
            raise self._refused(answer, stage)

    def _refused(self, answer: Answer, stage: Stage) -> MailError:
        if answer.status != "-ERR":
            raise ValueError(f"unexpected answer {str(answer)[:80]!r}")
        delay = (self._offered or {}).get("LOGIN-DELAY", "").split(" ")[0]
        error = answers.refusal(
            answer.text,
            stage,
            self.facts,
            token=self.credential.is_token,
            delay=float(delay) if delay.isdecimal() else None,
        )
        if error.code in DEADLY:
            self._usable = False
        return error

    @contextmanager
    def _border(self, stage: Stage) -> Iterator[None]:
        """Lets nothing but MailError out; marks the connection unusable if it is."""
        try:
            yield
        except (OSError, EOFError) as error:
            self._usable = False
            raise net.lost(error, stage, self.facts) from error
        except ValueError as error:
            self._usable = False
            greeting = stage is Stage.GREETING
            raise MailError(
                Code.GREETING_UNEXPECTED if greeting else Code.PROTOCOL_ERROR,
                stage,
                evidence={**self.facts, "answer": str(error)},
            ) from error


def _numbered(lines: Iterable[bytes]) -> dict[int, str]:
    """Lines of UIDL or LIST: what stands behind each message's number.

    Raises ValueError for a line without: such a message has no id.
    """
    found: dict[int, str] = {}
    for line in lines:
        number, _, rest = line.strip().partition(b" ")
        text = rest.strip().decode("ascii", "backslashreplace")
        if not number.isdigit() or not text or len(text) > LONGEST_KEY:
            raise ValueError(f"unexpected line {line[:80]!r} in a listing")
        found[int(number)] = text
    return found


def _unused(text: str, found: dict[str, _Place]) -> str:
    """An id of its own for each copy: a server may give equal messages the same
    (RFC 1939 section 7). No UIDL has a space in it.
    """
    key, copy = text, 1
    while key in found:
        copy += 1
        key = f"{text[: LONGEST_KEY - 8]} {copy}"
    return key


def _header(chunks: list[bytes]) -> list[bytes]:
    """The header alone, with its empty line, of what begins with one."""
    text = b"".join(chunks)
    ends = [
        place + len(end)
        for end in (b"\r\n\r\n", b"\n\n")
        if (place := text.find(end)) >= 0
    ]
    header = text[: min(ends)] if ends else text
    return [header] if header else []

"""Reads mail by POP3 (RFC 1939): one session sees one maildrop as it was at sign-in.

What a refusal means stands in answers.py, the connection in client.py, the sign-in in
sign_in.py, listing and commands in maildrop.py. UIDLs are the ids; numbering them and
learning when a message arrived is services/numbering. POP3 has no folders and no marks:
a message is left or deleted.
"""

from __future__ import annotations

import math
import time
import weakref
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import ClassVar

from ...core.choices import AfterFetch, Protocol, Security, Stage
from ...core.errors import Code, MailError
from .. import net, numerals
from ..base import CHUNK_SIZE, Credential, Endpoint, Folder, NetworkPolicy
from ..keyed import Body, Changes, KeyedInbound, Remote
from ..line import LineTransport
from ..settling import Answers
from . import answers
from .client import Answer, Client
from .maildrop import Maildrop, NoIds, header
from .sign_in import sign_in

GOODBYE = 5.0  # seconds that a server has for the answer to QUIT
VALIDITY = "uidl"  # nothing in POP3 says that ids were given anew
# All that may come out of a call; anything else is a bug of ours.
KNOWN: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, NoIds)
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


class Pop3Transport(LineTransport, KeyedInbound):
    """One POP3 connection of one login."""

    protocol: ClassVar[Protocol] = Protocol.POP3
    supports: ClassVar[frozenset[AfterFetch]] = frozenset(
        {AfterFetch.LEAVE, AfterFetch.DELETE}
    )
    original_bytes: ClassVar[bool] = True
    dated: ClassVar[bool] = False
    # RFC 1939 section 7 forbids it only while the message is there.
    reuses_keys: ClassVar[bool] = True
    reusable: ClassVar[bool] = False
    settles_at_once: ClassVar[int] = 2000  # each time costs a session

    def __init__(
        self, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
    ) -> None:
        super().__init__(endpoint, credential, policy)
        self._client: Client | None = None
        self._committed = False  # QUIT ended the session, as it has to after DELE
        self._offered: dict[str, str] | None = None
        self._maildrop: Maildrop | None = None
        self._tops = True
        self._refusal = Answer("-ERR", "")  # of the last header that did not come

    # open and close

    def open(self) -> None:
        self._committed = False
        super().open()

    def _greet(self, line: net.Line) -> None:
        me = weakref.proxy(self)
        client = self._client = Client(line, lambda: me.until)
        with line.timed("greeting") as told, self._border(Stage.GREETING):
            greeting = client.greet()
            told["answer"] = str(greeting)
            self._expect(greeting, Stage.GREETING)
            self._offered = client.capabilities()
            if self.endpoint.security is Security.STARTTLS:
                self._encrypt(client)

    def _sign_in(self) -> None:
        client, offered = self._connected(Stage.SIGN_IN), self._offered
        answer = sign_in(client, self.credential, self.endpoint, offered, self.facts)
        self._expect(answer, Stage.SIGN_IN)
        self._tops = offered is None or "TOP" in offered
        self._maildrop = Maildrop(client, offered)

    def _encrypt(self, client: Client) -> None:
        offered = self._offered is None or "STLS" in self._offered
        answer = client.ask(b"STLS") if offered else None
        if answer is None or not answer.ok:
            words = str(answer) if answer else f"CAPA {' '.join(self._offered or {})}"
            raise MailError(
                Code.STARTTLS_MISSING,
                Stage.TLS,
                permanent=True,
                evidence={**self.facts, "answer": words},
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
        self._maildrop = None
        if client is not None:
            with suppress(*KNOWN):
                client.close()

    # the maildrop

    def select(self, folder: str) -> Folder:
        if folder and folder.upper() != "INBOX":
            words = {"folder": folder, "answer": "POP3 has no folders"}
            raise MailError(
                Code.FOLDER_MISSING,
                Stage.MAILBOX,
                permanent=True,
                evidence={**self.facts, **words},
            )
        with self._border(Stage.MAILBOX):
            answer = self._connected(Stage.MAILBOX).ask(b"STAT")
            self._expect(answer, Stage.MAILBOX)
            if self._offered is None or "UIDL" not in self._offered:
                self._there(Stage.MAILBOX).places()  # not found out at the first mail
        count = answer.text.partition(" ")[0]
        return Folder("INBOX", VALIDITY, None, numerals.number(count), dated=False)

    def changes(self, state: str, since: datetime | None) -> Iterator[Changes]:
        with self._border(Stage.LIST):
            there = self._there(Stage.LIST).places()
        found = tuple(Remote(key, one.size, None) for key, one in there.items())
        yield Changes(found, (), "", complete=True, whole=True)

    def present(self, keys: Iterable[str]) -> set[str]:
        with self._border(Stage.LIST):
            return set(keys) & self._there(Stage.LIST).places().keys()

    # reading

    def stream(
        self, wanted: Sequence[Remote], largest: int | None = None
    ) -> Iterator[Body]:
        keys = [one.key for one in wanted]
        with self._reading() as maildrop:
            refused: Answer | None = None
            for got in maildrop.ask_each(keys, b"RETR %d", largest):
                if got.answer.ok:
                    yield Body(got.key, got.chunks, got.whole)
                elif not answers.gone(got.answer.text):
                    self._last_word(got.answer, Stage.FETCH)
                    refused = refused or got.answer
            if refused is not None:
                raise self._refused(refused, Stage.FETCH)

    def headers(self, wanted: Sequence[Remote]) -> Iterator[Body]:
        """As keyed; by RETR of a server that has no TOP, which it need not."""
        keys = [one.key for one in wanted]
        with self._reading() as maildrop:
            if self._tops:
                keys = yield from self._headers(maildrop, keys, b"TOP %d 0")
            if keys:
                keys = yield from self._headers(maildrop, keys, b"RETR %d")
            if keys:
                raise self._refused(self._refusal, Stage.FETCH)

    def _headers(
        self, maildrop: Maildrop, keys: list[str], command: bytes
    ) -> Generator[Body, None, list[str]]:
        """Yields what the server gives; returns the ids that it did not give."""
        there = maildrop.places()
        left = {key: None for key in keys if key in there}
        for got in maildrop.ask_each(keys, command, CHUNK_SIZE):
            if got.answer.ok:
                del left[got.key]
                yield Body(got.key, header(got.chunks), complete=False)
            elif answers.gone(got.answer.text):
                del left[got.key]
            else:
                self._last_word(got.answer, Stage.FETCH)
                self._refusal = got.answer
                if command.startswith(b"TOP") and self._offered is None:
                    self._tops = False  # nobody said that it has TOP
                    break
        return list(left)

    @contextmanager
    def _reading(self) -> Iterator[Maildrop]:
        maildrop = self._there(Stage.FETCH)
        try:
            with self._border(Stage.FETCH):
                yield maildrop
        finally:
            if maildrop.dirty:
                self._usable = False

    # after the fetch

    def settle(
        self, keys: Iterable[str], action: AfterFetch, target: str = ""
    ) -> set[str]:
        """See keyed. A server deletes when it answers QUIT (RFC 1939 section 6), so
        that ends the session; whatever is to be done after it begins another one. What
        would leave no time for the answer is not asked for: then all would be void.
        """
        wanted = list(dict.fromkeys(keys))
        if action is AfterFetch.LEAVE or not wanted:
            return set()
        if action not in self.supports:
            raise MailError(
                Code.PROTOCOL_ERROR,
                Stage.SETTLE,
                permanent=True,
                evidence={**self.facts, "answer": f"POP3 cannot {action}"},
            )
        if self._client is None and self._committed:
            self.open()
        with self._border(Stage.SETTLE):
            return self._delete(self._there(Stage.SETTLE), wanted)

    def _delete(self, maildrop: Maildrop, wanted: list[str]) -> set[str]:
        there = maildrop.places()
        said = Answers[str]()
        said.gone |= {key for key in wanted if key not in there}
        if len(said.gone) < len(wanted):
            self._usable = False  # nothing but `_commit` may say QUIT now
        late = iter([key for key in wanted if key in there])
        for got in maildrop.ask_each(self._in_time(late), b"DELE %d"):
            if answers.gone(got.answer.text) and not got.answer.ok:
                said.gone.add(got.key)
            elif not got.answer.ok:
                self._last_word(got.answer, Stage.SETTLE)
                said.refuse(got.key, self._refused(got.answer, Stage.SETTLE))
        if len(said.gone) < len(wanted):
            self._commit()
        said.leave(list(late))
        return said.result()

    def _in_time(self, keys: Iterator[str]) -> Iterator[str]:
        """`keys` until half of the time that is left now is used."""
        now = time.monotonic()
        enough = math.inf if self.until is None else now + (self.until - now) / 2
        while time.monotonic() < enough:
            try:
                yield next(keys)
            except StopIteration:
                return

    def _commit(self) -> None:
        """QUIT; only its +OK says that what was marked is deleted."""
        answer = self._connected(Stage.SETTLE).ask(b"QUIT")
        self._drop()
        self._committed = True
        self._expect(answer, Stage.SETTLE)

    # errors

    def _last_word(self, answer: Answer, stage: Stage) -> None:
        """Raises what the server ends the session with, before the line falls."""
        if answers.final(answer.text):
            self._usable = False
            raise self._refused(answer, stage)

    def _connected(self, stage: Stage) -> Client:
        if self._client is None:
            raise self._closed(stage)
        return self._client

    def _there(self, stage: Stage) -> Maildrop:
        if self._maildrop is None:
            raise self._closed(stage)
        return self._maildrop

    def _closed(self, stage: Stage) -> MailError:
        return MailError(
            Code.CONNECTION_LOST,
            stage,
            evidence={**self.facts, "answer": "the connection is not open"},
        )

    def _expect(self, answer: Answer, stage: Stage) -> None:
        if not answer.ok:
            raise self._refused(answer, stage)

    def _refused(self, answer: Answer, stage: Stage) -> MailError:
        if answer.status != "-ERR":
            raise ValueError(f"unexpected answer {str(answer)[:80]!r}")
        delay = (self._offered or {}).get("LOGIN-DELAY", "").partition(" ")[0]
        seconds = numerals.number(delay)
        error = answers.refusal(
            answer.text,
            stage,
            self.facts,
            token=self.credential.is_token,
            delay=None if seconds is None else numerals.wait(seconds),
        )
        if error.code in DEADLY:
            self._usable = False
        return error

    def _without_ids(self, answer: Answer, stage: Stage) -> MailError:
        """UIDL was refused: for a reason that passes, or because there is none."""
        error = self._refused(answer, stage)
        if error.code != Code.PROTOCOL_ERROR and answers.known(answer.text):
            return error
        return MailError(
            Code.POP_NO_UIDL,
            stage,
            permanent=True,
            evidence={**self.facts, "answer": f"UIDL: {answer}"},
        )

    @contextmanager
    def _border(self, stage: Stage) -> Iterator[None]:
        """Lets nothing but MailError out; marks the connection unusable if it is."""
        try:
            yield
        except NoIds as error:
            self._usable = False
            raise self._without_ids(error.answer, stage) from error
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

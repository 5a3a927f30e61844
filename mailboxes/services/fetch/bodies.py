"""Gets the messages of one window: known already, header only, or whole.

One that the server refuses, leaves out, or is too slow with, stands in the way of no
other (DESIGN D7): what came before it is kept, and in the end it is set aside with its
header. Storing is services/fetch/store; which cycle goes on how, services/fetch/cycle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from ...core.choices import Stage
from ...core.errors import Code, MailError
from ...transports.base import Fetched, InboundTransport, Listed
from .. import mime
from ..unfinished import REFUSED, How, Past
from .sources import Known, Sign
from .store import Arrival

WINDOW_MESSAGES = 50
WINDOW_BYTES = 4 * 1024 * 1024
# Refusals that may be of one message: the server says no to it and goes on.
REFUSALS = frozenset(
    {
        Code.SERVER_UNAVAILABLE,
        Code.AUTHORIZATION_FAILED,
        Code.PROTOCOL_ERROR,
        Code.GRAPH_UNAVAILABLE,
    }
)

Verb = Callable[[Sequence[Listed]], Iterator[Fetched]]
Take = Callable[[Fetched], None]


@dataclass(frozen=True)
class Got:
    """The beginning of a window without a gap, in order.

    cursor: id up to which the window is done, None when nothing of it is.
    failure: why it is not the whole window; at: the message where that happened.
    """

    arrivals: list[Arrival]
    cursor: int | None
    failure: MailError | None
    at: int


def windows(
    wanted: Sequence[Listed], *, past: Mapping[int, Past] | None = None
) -> Iterator[list[Listed]]:
    """Slices of at most 50 messages and about 4 MB, in the order of their ids.

    Where the connection broke at the first message, the first 50 go each by itself: it
    may have broken because of another one of its window.
    """
    first = (past or {}).get(wanted[0].id) if wanted else None
    singly = (
        first is not None
        and first.how is How.BROKEN
        and not first.given_up(timezone.now())
    )
    window: list[Listed] = []
    size = 0
    for position, one in enumerate(wanted):
        most = 1 if singly and position <= WINDOW_MESSAGES else WINDOW_MESSAGES
        if window and (len(window) >= most or size + one.size > WINDOW_BYTES):
            yield window
            window, size = [], 0
        window.append(one)
        size += one.size
    if window:
        yield window


class Bodies:
    """Gets windows of one source, one after the other.

    largest: bytes of a message that is fetched whole. known: what is stored already,
    for the ids in `matching`, with `sized` also told by size. past: messages that
    earlier cycles could not finish.
    """

    def __init__(
        self,
        transport: InboundTransport,
        largest: int,
        *,
        matching: set[int] | None = None,
        known: Known | None = None,
        sized: bool = True,
        past: Mapping[int, Past] | None = None,
    ) -> None:
        self._transport = transport
        self._largest = largest
        self._matching = matching or set()
        self._known = known
        self._sized = sized
        self._past = past or {}
        self._now: datetime = timezone.now()
        self._begin([])

    def _begin(self, window: Sequence[Listed]) -> None:
        self._window = {one.id: one for one in window}
        self._arrivals: dict[int, Arrival] = {}
        self._gone: set[int] = set()
        self._refused: dict[int, MailError] = {}
        self._silent: set[int] = set()  # of the refused: no answer for them, yet OK
        self._last_body = 0  # the highest id whose body came
        self._at = 0

    def get(self, window: Sequence[Listed]) -> Got:
        """What the server gives of `window`; its failures are told, not raised."""
        self._begin(window)
        failure = None
        try:
            if self._known is not None:
                self._match_headers(self._known)
            self._fetch()
            self._set_aside()
        except MailError as error:
            failure = error
        if self._known is not None:
            self._match_bytes(self._known)
        return self._result(failure)

    def _fetch(self) -> None:
        """Headers first: they are quick, and what comes before a failure is kept."""
        heads: list[Listed] = []
        small: list[Listed] = []
        for one in self._left():
            past = self._past.get(one.id)
            if past is not None and past.hopeless(self._now) and len(self._window) > 1:
                continue  # even its header; the others tell whether the server works
            only_header = self._given_up(one.id) or one.size > self._largest
            (heads if only_header else small).append(one)
        self._ask(self._transport.headers, heads, self._take_header)
        self._ask(self._stream, small, self._take_body)

    def _stream(self, wanted: Sequence[Listed]) -> Iterator[Fetched]:
        """Bodies; nothing in place of a message that has a size is no answer.

        Servers give that of a damaged message. Taken for the whole of it, it would be
        deleted on the server.
        """
        sizes = {one.id: one.size for one in wanted}
        for got in self._transport.stream(wanted, self._largest):
            if any(got.chunks) or not sizes.get(got.id):
                yield got

    def _left(self) -> list[Listed]:
        done = self._arrivals.keys() | self._gone
        return [one for number, one in self._window.items() if number not in done]

    def _given_up(self, number: int) -> str:
        past = self._past.get(number)
        return past.given_up(self._now) if past else ""

    # --- one verb over some messages ---

    def _ask(self, verb: Verb, wanted: Sequence[Listed], take: Take) -> None:
        """Take the answers; those without one are asked for once more, each alone."""
        missing = {one.id: one for one in wanted}
        if not missing:
            return
        self._try(verb, missing, wanted, take)
        if not missing:
            return
        self._at = next(iter(missing))
        there = self._transport.present(missing)
        self._gone |= missing.keys() - there
        for one in wanted:
            if one.id not in missing or one.id not in there:
                continue
            refusal = self._try(verb, missing, [one], take)
            if one.id not in missing:
                continue
            if refusal is None:
                self._silent.add(one.id)
            self._refused[one.id] = refusal or _silence()

    def _try(
        self,
        verb: Verb,
        missing: dict[int, Listed],
        wanted: Sequence[Listed],
        take: Take,
    ) -> MailError | None:
        """The refusal, if it may be of one message. Raises any other failure."""
        try:
            for got in verb(wanted):
                if missing.pop(got.id, None) is not None:
                    take(got)
        except MailError as error:
            self._at = next((one.id for one in wanted if one.id in missing), 0)
            pause = error.retry_after is not None  # no other is asked for before it
            if pause or error.code not in REFUSALS or not self._transport.alive():
                raise
            return error
        return None

    def _take_body(self, got: Fetched) -> None:
        self._last_body = max(self._last_body, got.id)
        chunks = got.chunks
        if not got.complete:  # larger than it was said to be
            chunks = [mime.header_of(chunks[0]) + b"\r\n\r\n"]
        self._arrivals[got.id] = self._arrival(got.id, chunks, got.complete)

    def _take_header(self, got: Fetched) -> None:
        self._arrivals[got.id] = self._arrival(got.id, got.chunks, False)

    def _arrival(self, number: int, chunks: Sequence[bytes], complete: bool) -> Arrival:
        header = mime.header_of(chunks[0] if chunks else b"")
        return Arrival(
            id=number,
            arrived=self._window[number].arrived,
            chunks=chunks,
            complete=complete,
            message_id=mime.message_id(header),
            listed_size=self._window[number].size,
            reason="" if complete else self._given_up(number),
        )

    # --- what cannot be had whole ---

    def _set_aside(self) -> None:
        """Header, or nothing, of what is refused though the server gives others.

        Raises the refusal of what may be refused because the server has a fault: that
        is tried again.
        """
        others = bool(self._arrivals)
        for one in self._left():
            refused = one.id in self._refused and one.id < self._last_body
            if one.id in self._silent and one.id not in self._past:
                refused = False  # it may be gone, and the server does not know yet
            if refused:
                self._ask(self._transport.headers, [one], self._take_header)
            reason = self._given_up(one.id) or REFUSED
            if one.id in self._arrivals:
                self._arrivals[one.id].reason = reason
            elif refused or (others and self._given_up(one.id)):
                self._arrivals[one.id] = self._arrival(one.id, [], False)
                self._arrivals[one.id].reason = reason
        for one in self._left():
            self._at = one.id
            raise self._refused.get(one.id) or _silence()

    # --- what is stored already ---

    def _match_headers(self, known: Known) -> None:
        """Leave out the bodies of those that a header tells to be stored."""
        heads: dict[int, Arrival] = {}
        signs: dict[int, Sign] = {}

        def take(got: Fetched) -> None:
            size = self._window[got.id].size if self._sized else 0
            if self._sized and not size:
                return  # the server did not say it: the bytes have to tell
            heads[got.id] = self._arrival(got.id, got.chunks, False)
            header = mime.parse(b"".join(got.chunks), only_header=True)
            signs[got.id] = Sign(size, header.message_id, header.dated_at)

        asked = [one for one in self._window.values() if one.id in self._matching]
        self._ask(self._transport.headers, asked, take)
        self._refused.clear()  # the body may be had all the same
        for number, pk in known.by_headers(signs).items():
            heads[number].matched = pk
            self._arrivals[number] = heads[number]

    def _match_bytes(self, known: Known) -> None:
        found = {
            number: (one.digest, one.complete)
            for number, one in self._arrivals.items()
            if one.matched is None and number in self._matching
        }
        for number, pk in known.by_digests(found).items():
            self._arrivals[number].matched = pk

    def _result(self, failure: MailError | None) -> Got:
        arrivals, cursor = [], None
        for number in self._window:
            if number in self._arrivals:
                arrivals.append(self._arrivals[number])
            elif number not in self._gone:
                break
            cursor = number
        return Got(arrivals, cursor, failure, self._at)


def _silence() -> MailError:
    return MailError(
        Code.PROTOCOL_ERROR,
        Stage.FETCH,
        evidence={"answer": "OK, but without a message that is there"},
    )

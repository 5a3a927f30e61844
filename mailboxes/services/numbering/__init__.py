"""Makes an inbound transport with numbers of one whose ids are text.

So a fetch cycle, the matching of a new Source, settling and the connection test work
alike for IMAP, POP3, Graph and EWS. The numbers themselves:
services/numbering/listings.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import ClassVar

from ...core.choices import AfterFetch, Stage
from ...core.errors import Code, MailError
from ...models import Fetcher, Source
from ...transports.base import (
    NO_LIMITS,
    Credential,
    Endpoint,
    Fetched,
    Folder,
    InboundTransport,
    Limits,
    Listed,
    NetworkPolicy,
    Progress,
)
from ...transports.keyed import Body, KeyedInbound, Remote
from ...transports.settling import PartlySettled
from .. import mime
from .listings import Listings

DATED_AT_ONCE = 200  # headers asked for in one go, only to learn their time

Verb = Callable[[Sequence[Remote]], Iterator[Body]]


class Renumbered(Exception):
    """No message that was there is there under its id: the server gave new ids."""


class ListedInPart(MailError):
    """The time was over; what was told by then is written, the next call goes on."""


@cache
def numbered(
    kind: type[InboundTransport] | type[KeyedInbound],
) -> type[InboundTransport]:
    """The class to use for an inbound transport of the registry."""
    if not issubclass(kind, KeyedInbound):
        return kind
    return type(
        f"Numbered{kind.__name__}",
        (Numbered,),
        {
            "kind": kind,
            "protocol": kind.protocol,
            "supports": kind.supports,
            "original_bytes": kind.original_bytes,
            "reusable": kind.reusable,
            "settles_at_once": kind.settles_at_once,
        },
    )


class Numbered(InboundTransport):
    """A keyed transport behind the verbs of `InboundTransport`.

    `attach` says where the numbers are; before it, only `select` may be called of the
    verbs.
    """

    kind: ClassVar[type[KeyedInbound]]

    def __init__(
        self, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
    ) -> None:
        self._keyed = self.kind(endpoint, credential, policy)
        self._source: Source | None = None
        self._listings: Listings | None = None
        self._went_on = False  # something of a listing was written
        super().__init__(endpoint, credential, policy)

    def attach(self, source: Source, fetcher: Fetcher) -> None:
        """Number the messages of `source`; `fetcher` is held by the caller."""
        self._source = source
        self._listings = Listings(source, fetcher, reused=self.kind.reuses_keys)

    # --- the connection ---

    @property
    def keyed(self) -> KeyedInbound:
        """The transport behind the numbers."""
        return self._keyed

    @property
    def timings(self) -> dict[str, int]:
        return self._keyed.timings

    @timings.setter
    def timings(self, value: dict[str, int]) -> None:
        self._keyed.timings = value

    @property
    def facts(self) -> dict[str, object]:
        return self._keyed.facts

    @facts.setter
    def facts(self, value: dict[str, object]) -> None:
        self._keyed.facts = value

    @property
    def progress(self) -> Progress | None:
        return self._keyed.progress

    @progress.setter
    def progress(self, value: Progress | None) -> None:
        self._keyed.progress = value

    @property
    def until(self) -> float | None:
        return self._keyed.until

    @until.setter
    def until(self, value: float | None) -> None:
        self._keyed.until = value

    def open(self) -> None:
        self._keyed.open()

    def alive(self) -> bool:
        return self._keyed.alive()

    def close(self) -> None:
        self._keyed.close()

    # --- the folder ---

    def select(self, folder: str) -> Folder:
        return self._keyed.select(folder)

    def list_new(self, after: int, limits: Limits = NO_LIMITS) -> list[Listed]:
        """Ask for changes, write them down, and tell what is above `after`.

        All are written: where ids are text, a server tells of each message only once.
        Raises Renumbered, with nothing written: the caller goes on with another Source.
        Raises ListedInPart: of a million messages there are thousands of pages.
        """
        try:
            return self._list_new(after, limits.most)
        except MailError as error:
            over = self.until is not None and time.monotonic() >= self.until
            if error.code == Code.READ_TIMEOUT and over and self._went_on:
                raise ListedInPart(
                    error.code, error.stage, evidence=error.evidence
                ) from error
            raise

    def _list_new(self, after: int, most: int | None) -> list[Listed]:
        source, listings = self._attached()
        self._went_on = False
        since = source.since if source.listed_at is None else None
        for page in self._keyed.changes(source.state, since):
            if listings.renumbered_by(page):
                raise Renumbered
            before = source.state
            listings.write(page)
            self._went_on |= source.state != before
        after = max(after, int(source.cursor))
        if source.since is not None and not self._keyed.dated:
            self._date(after)
        # The baseline of the Source is known since its first listing is complete.
        return listings.after(after, Limits(most, source.since, source.baseline))

    def _date(self, after: int) -> None:
        """Of a protocol that tells no times, the header does (Received)."""
        _source, listings = self._attached()
        undated = [one for _number, one in listings.undated(after)]
        for at in range(0, len(undated), DATED_AT_ONCE):
            times: dict[str, datetime] = {}
            for got in self._keyed.headers(undated[at : at + DATED_AT_ONCE]):
                arrived = mime.received(mime.header_of(b"".join(got.chunks)))
                if arrived is not None:
                    times[got.key] = arrived
            listings.date(times)
            self._went_on |= bool(times)

    def present(self, ids: Iterable[int]) -> set[int]:
        numbers = self._numbers(ids)
        there = self._keyed.present(list(numbers))
        return {number for key, number in numbers.items() if key in there}

    def stream(
        self, wanted: Sequence[Listed], largest: int | None = None
    ) -> Iterator[Fetched]:
        return self._fetch(lambda some: self._keyed.stream(some, largest), wanted)

    def headers(self, wanted: Sequence[Listed]) -> Iterator[Fetched]:
        return self._fetch(self._keyed.headers, wanted)

    def settle(
        self, ids: Iterable[int], action: AfterFetch, target: str = ""
    ) -> set[int]:
        asked = set(ids)
        numbers = self._numbers(asked)
        # Their ids name other messages now.
        void = asked.difference(numbers.values())
        try:
            gone = self._keyed.settle(list(numbers), action, target)
        except PartlySettled as error:
            error = error.named(numbers.__getitem__)
            error.gone |= void
            raise error from error.__cause__
        return {numbers[key] for key in gone} | void

    def _fetch(self, verb: Verb, wanted: Sequence[Listed]) -> Iterator[Fetched]:
        numbers = self._numbers(one.id for one in wanted)
        by_number = {one.id: one for one in wanted}
        asked = [
            Remote(key, by_number[number].size, by_number[number].arrived)
            for key, number in numbers.items()
        ]
        for got in verb(asked):
            yield Fetched(numbers[got.key], got.chunks, got.complete)

    def _numbers(self, ids: Iterable[int]) -> dict[str, int]:
        """Numbers by the server's id, in the order of `ids`."""
        _source, listings = self._attached()
        asked = list(ids)
        keys = listings.keys(asked)
        return {keys[number]: number for number in asked if number in keys}

    def _attached(self) -> tuple[Source, Listings]:
        if self._source is None or self._listings is None:
            raise MailError(Code.PROTOCOL_ERROR, Stage.MAILBOX)
        return self._source, self._listings

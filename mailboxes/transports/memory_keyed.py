"""The memory double as a protocol whose ids are text: `MemoryServer` read by changes.

A state names the messages that were told, so that what has left a folder is told too;
a listing comes in pages of three. Everything else is as in memory.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from ..core.choices import AfterFetch, Protocol
from .base import Credential, Endpoint, Folder, Listed, NetworkPolicy
from .keyed import Body, Changes, KeyedInbound, Remote
from .memory import MemoryInbound
from .settling import PartlySettled

__all__ = ["MemoryKeyed", "MemoryUndated"]


class MemoryKeyed(KeyedInbound):
    """Reads from a MemoryServer; tells times and changes, as Graph and EWS do."""

    protocol: ClassVar[Protocol] = Protocol.IMAP
    supports: ClassVar[frozenset[AfterFetch]] = frozenset(AfterFetch)
    original_bytes: ClassVar[bool] = True
    dated: ClassVar[bool] = True

    pages: ClassVar[int] = 3  # messages in one page of a listing

    def __init__(
        self, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
    ) -> None:
        self._inner = MemoryInbound(endpoint, credential, policy)
        super().__init__(endpoint, credential, policy)

    def open(self) -> None:
        self._inner.until, self._inner.progress = self.until, self.progress
        self._inner.open()
        self.timings, self.facts = self._inner.timings, self._inner.facts

    def alive(self) -> bool:
        return self._inner.alive()

    def close(self) -> None:
        self._inner.close()

    def select(self, folder: str) -> Folder:
        found = self._reader().select(folder)
        return Folder(
            found.name, found.validity, None, found.messages, dated=self.dated
        )

    def changes(self, state: str, since: datetime | None) -> Iterator[Changes]:
        there = {_key(one): one for one in self._reader().list_new(0)}
        told = set(state.split())
        gone = sorted(told - there.keys())
        new = [_remote(one, self.dated) for k, one in there.items() if k not in told]
        pages = [new[at : at + self.pages] for at in range(0, len(new), self.pages)]
        left = told - set(gone)
        for place, page in enumerate(pages or [[]], start=1):
            left |= {one.key for one in page}
            last = place >= len(pages)
            yield Changes(
                tuple(page),
                tuple(gone) if last else (),
                " ".join(sorted(left)),
                complete=last,
            )

    def stream(
        self, wanted: Sequence[Remote], largest: int | None = None
    ) -> Iterator[Body]:
        for got in self._reader().stream(_numbers(wanted), largest):
            yield Body(f"id-{got.id}", got.chunks, got.complete)

    def headers(self, wanted: Sequence[Remote]) -> Iterator[Body]:
        for got in self._reader().headers(_numbers(wanted)):
            yield Body(f"id-{got.id}", got.chunks, got.complete)

    def present(self, keys: Iterable[str]) -> set[str]:
        there = self._reader().present([_number(key) for key in keys])
        return {f"id-{number}" for number in there}

    def settle(
        self, keys: Iterable[str], action: AfterFetch, target: str = ""
    ) -> set[str]:
        numbers = [_number(key) for key in keys]
        try:
            gone = self._reader().settle(numbers, action, target)
        except PartlySettled as error:
            raise error.named("id-{}".format) from error
        return {f"id-{number}" for number in gone}

    def _reader(self) -> MemoryInbound:
        self._inner.until = self.until
        return self._inner


class MemoryUndated(MemoryKeyed):
    """The same without times and with whole listings, as POP3."""

    supports: ClassVar[frozenset[AfterFetch]] = frozenset(
        {AfterFetch.LEAVE, AfterFetch.DELETE}
    )
    dated: ClassVar[bool] = False
    reuses_keys: ClassVar[bool] = True
    reusable: ClassVar[bool] = False

    def changes(self, state: str, since: datetime | None) -> Iterator[Changes]:
        there = tuple(_remote(one, False) for one in self._reader().list_new(0))
        yield Changes(there, (), "", complete=True, whole=True)


def _key(one: Listed) -> str:
    return f"id-{one.id}"


def _number(key: str) -> int:
    return int(key.removeprefix("id-"))


def _numbers(wanted: Sequence[Remote]) -> list[Listed]:
    return [Listed(_number(one.key), one.size, one.arrived) for one in wanted]


def _remote(one: Listed, dated: bool) -> Remote:
    return Remote(_key(one), one.size, one.arrived if dated else None)

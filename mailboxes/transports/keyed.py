"""The shape of inbound transports whose messages have text ids without an order.

POP3 has UIDL, Graph immutable ids and EWS item ids. None of them says "all after this
one", so a transport tells what a folder holds, or what has changed since a state that
the server gave. services/numbering writes that down, gives each id a number of ours,
and is then an `InboundTransport` like that of IMAP; a keyed transport stores nothing.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from ..core.choices import AfterFetch
from .base import Folder, Transport


def validity_of(folder: str) -> str:
    """`Folder.validity` of an id of a folder: 40 characters, whatever its length.

    folder: as the server gave it; of Exchange's about 120 characters.
    """
    return hashlib.sha256(folder.encode()).hexdigest()[:40]


@dataclass(frozen=True)
class Remote:
    """One message on the server. key: its id there, at most 512 characters.

    size: bytes, 0 where the server does not say. arrived: the server's time of it,
    aware, or None.
    """

    key: str
    size: int
    arrived: datetime | None


@dataclass(frozen=True)
class Changes:
    """One page of what a folder holds or of what has changed.

    there: messages that are in the folder, known before or not. gone: ids of messages
    that have left it. state: goes on after this page. complete: nothing more for now.
    """

    there: tuple[Remote, ...]
    gone: tuple[str, ...]
    state: str
    complete: bool
    whole: bool = False


@dataclass
class Body:
    """One message as received; `chunks` and `complete` as in `base.Fetched`."""

    key: str
    chunks: Sequence[bytes]
    complete: bool = True


class KeyedInbound(Transport):
    """Reads one folder of one mailbox; ids are text.

    supports, original_bytes, settles_at_once, until: see base.InboundTransport.
    dated: changes tell when a message arrived.
    reuses_keys: an id may be given again once its message has left.
    reusable: an open connection sees what has come since; else each cycle opens anew.
    """

    supports: ClassVar[frozenset[AfterFetch]]
    original_bytes: ClassVar[bool]
    dated: ClassVar[bool]
    reuses_keys: ClassVar[bool] = False
    reusable: ClassVar[bool] = True
    settles_at_once: ClassVar[int] = 200
    until: float | None = None

    @abstractmethod
    def select(self, folder: str) -> Folder:
        """Find `folder` ("" is the inbox); `next_id` of the answer is None.

        `validity` names the folder itself: another folder that has taken the name has
        another one. Raises MailError FOLDER_MISSING.
        """

    @abstractmethod
    def changes(self, state: str, since: datetime | None) -> Iterator[Changes]:
        """What has changed since `state`, page by page; "" is everything there is.

        A state that the server does not take any more is begun again from "" in here.
        since: what arrived before is not wanted; it may be left out.
        """

    @abstractmethod
    def stream(
        self, wanted: Sequence[Remote], largest: int | None = None
    ) -> Iterator[Body]:
        """As base.InboundTransport.stream."""

    @abstractmethod
    def headers(self, wanted: Sequence[Remote]) -> Iterator[Body]:
        """As base.InboundTransport.headers."""

    @abstractmethod
    def present(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` that are in the folder now."""

    @abstractmethod
    def settle(
        self, keys: Iterable[str], action: AfterFetch, target: str = ""
    ) -> set[str]:
        """As base.InboundTransport.settle; a move leaves the folder for good."""

"""The bytes of one message, in chunks, of which only few lie in memory.

A large message that comes in goes to a temporary file without a name, so that it costs
its chunks and not its size. Messages that are fetched together can share the memory, so
that sizes which the server tells wrongly, or not at all, fill none. Who may read it is
decided elsewhere; the file is gone with the last reference or the process.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, overload

from ..core.choices import Stage
from ..core.errors import Code, MailError
from .base import CHUNK_SIZE

IN_MEMORY = 4 << 20  # bytes of one message, or of those that share a room


class Room:
    """Memory for the chunks of one spool or of several; safe in threads.

    size: bytes. Nothing is given back: a room lasts as long as one window.
    """

    def __init__(self, size: int = IN_MEMORY) -> None:
        self._left = size
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Whether there is room for so many more bytes; they are taken then."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True


class Spool(Sequence[bytes]):
    """Chunks in the order in which they were added.

    room: shared with other spools; None for one of its own.
    """

    def __init__(self, room: Room | None = None) -> None:
        self._kept: list[bytes] = []
        self._room = room or Room()
        self._file: IO[bytes] | None = None
        self._places: list[tuple[int, int]] = []  # start and size in the file

    def append(self, chunk: bytes) -> None:
        """Add a chunk. Raises MailError INTERNAL when the disk takes no more."""
        if self._file is None and self._room.take(len(chunk)):
            self._kept.append(chunk)
            return
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - kept open
            start = self._file.seek(0, 2)
            self._file.write(chunk)
            self._file.flush()
        except OSError as error:
            # Left to the transport, it would be taken for a fault of the line.
            said = f"{tempfile.gettempdir()}: {error.strerror}"
            raise MailError(
                Code.INTERNAL, Stage.STORE, evidence={"answer": said}
            ) from error
        self._places.append((start, len(chunk)))

    def shorten(self) -> None:
        """Keep the first chunk only."""
        if len(self) > 1:
            self._kept = [self[0]]
            self._places, self._file = [], None

    def __eq__(self, other: object) -> bool:
        """Equal to any chunks that are the same."""
        return isinstance(other, Sequence) and list(self) == list(other)

    def __len__(self) -> int:
        return len(self._kept) + len(self._places)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(index)
        if number < len(self._kept):
            return self._kept[number]
        assert self._file is not None
        start, size = self._places[number - len(self._kept)]
        self._file.seek(start)
        return self._file.read(size)


def chunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in chunks of 1 MB, the last one of what is left."""
    part = bytearray()
    for piece in pieces:
        part += piece
        while len(part) >= CHUNK_SIZE:
            yield bytes(part[:CHUNK_SIZE])
            del part[:CHUNK_SIZE]
    if part:
        yield bytes(part)


def whole(content: bytes | Sequence[bytes]) -> bytes:
    """All of it in one piece, for those who cannot do without."""
    return content if isinstance(content, bytes) else b"".join(content)

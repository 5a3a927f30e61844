"""Takes the body of a multi-line answer off the bytes of a connection.

Dots at the start of a line are undoubled and the last line, a lone dot, is left out
(RFC 1939 section 3), on bytes and piece by piece, whatever the lines hold and however
long they are. Reading from the network is client.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..spool import Room, Spool, chunked

CRLF, LF = b"\r\n", b"\n"


class Inbox:
    """Bytes that have come and are not used yet.

    more: gives the next ones; raises EOFError, OSError.
    newline: how this server ends its lines; CRLF but for a few old ones.
    """

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more = more
        self._data = b""
        self._at = 0
        self.newline = CRLF

    @property
    def empty(self) -> bool:
        return self._at == len(self._data)

    def line(self, longest: int) -> bytes:
        """The next line with its end. Raises ValueError when it is longer."""
        while (end := self._data.find(LF, self._at)) < 0:
            if len(self._data) - self._at > longest:
                break
            self._fill()
        if end < 0 or end - self._at > longest:
            raise ValueError(f"a line of more than {longest} bytes")
        line = self._data[self._at : end + 1]
        self._at = end + 1
        return line

    def body(self, size: int = 0) -> Iterator[bytes]:
        """The lines up to the lone dot, in pieces of what came at once.

        size: bytes that the server says the message has, 0 where it does not. A line
        ends with CRLF: a bare LF before the dot is content, else a message could end
        itself and put words into the server's mouth. Only when `size` bytes are there
        may it be a server that sends messages as they lie on its disk.
        """
        newline = self.newline
        while len(self._data) - self._at <= len(newline):
            self._fill()
        if self._data.startswith(b"." + newline, self._at):
            self._at += 1 + len(newline)
            return
        if self._data.startswith(b"..", self._at):
            self._at += 1
        doubled, single = newline + b"..", newline + b"."
        got = 0
        while True:
            cut, after = self._end(size - got if size else 0)
            if after == 0:
                cut = len(self._data) - self._begun()
            piece = self._data[self._at : cut].replace(doubled, single)
            got += len(piece)
            self._at = after or cut
            if piece:
                yield piece
            if after:
                return
            self._fill()

    def _end(self, left: int) -> tuple[int, int]:
        """Where the body ends and what follows begins; (0, 0) when it goes on.

        left: bytes that a server that speaks of sizes still owes, 0 for unknown.
        """
        newline = self.newline
        stop = newline + b"." + newline
        found = self._data.find(stop, self._at)
        if left > 0 and newline == CRLF:
            bare = self._data.find(b"\n.\r\n", self._at + left - 1)
            if bare >= 0 and (found < 0 or bare < found):
                return bare + 1, bare + 4
        if found < 0:
            return 0, 0
        return found + len(newline), found + len(stop)

    def _begun(self) -> int:
        """How many of the last bytes may be the beginning of the end."""
        stop = b"\n.\r\n" if self.newline == CRLF else b"\n.\n"
        for length in range(len(stop) - 1, 0, -1):
            if self._data.endswith(stop[:length]):
                start = len(self._data) - length
                before = self._data[max(start - 1, self._at) : start]
                return min(length + (before == b"\r"), len(self._data) - self._at)
        return min(self._data.endswith(b"\r"), len(self._data) - self._at)

    def _fill(self) -> None:
        fresh = self._more()
        self._data = self._data[self._at :] + fresh if not self.empty else fresh
        self._at = 0


def spooled(
    pieces: Iterable[bytes], largest: int | None = None, room: Room | None = None
) -> tuple[Spool, bool]:
    """A body in chunks of at most 1 MB, and whether it is the whole one.

    largest: see base.InboundTransport.stream; all of the pieces are read all the same.
    room: memory that it shares with the other bodies of its window.
    """
    chunks, total = Spool(room), 0
    for chunk in chunked(pieces):
        total += len(chunk)
        if largest is None or total <= largest or not chunks:
            chunks.append(chunk)
        else:
            chunks.shorten()
    return chunks, largest is None or total <= largest

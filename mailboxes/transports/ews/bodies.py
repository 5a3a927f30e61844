"""Reads an answer with MIME contents as it comes: never the whole of it in memory.

exchangelib would hold an answer, its tree, its text and the decoded bytes at once, five
times a large message. Here base64 is decoded between two reads of the network into
chunks of at most 1 MB, which go to the disk when they are many (spool). Asking for the
contents: inbound.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from .. import numerals
from ..base import CHUNK_SIZE
from ..spool import Room, Spool
from .answers import Refusal

MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages "
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types "
ONE = f"{MESSAGES}GetItemResponseMessage"
CONTENT = f"{TYPES}MimeContent"
# Elements whose text is kept, and what of a result it is.
VALUE = f"{TYPES}Value"
TEXTS = {
    f"{MESSAGES}ResponseCode": "code",
    f"{MESSAGES}MessageText": "text",
    VALUE: "back_off",
}
BUFFER = 1 << 16  # characters that the parser gathers before it hands them over


@dataclass
class Got:
    """One item of the answer, in the order in which they were asked for.

    chunks: of at most 1 MB; of a body larger than was allowed only the first.
    """

    code: str = ""
    text: str = ""
    back_off: str = ""  # milliseconds that Exchange asks to wait
    chunks: Spool = field(default_factory=Spool)
    complete: bool = True
    size: int = 0

    @property
    def refusal(self) -> Refusal | None:
        if self.code == "NoError":
            return None
        return Refusal(self.code, self.text, numerals.milliseconds(self.back_off))


class Unreadable(ValueError):
    """The answer is not what EWS answers to GetItem."""


class Reader:
    """Fed with an answer by pieces; yields items as soon as they are whole.

    largest: bytes of a body that is kept whole, None = any.
    """

    def __init__(self, largest: int | None) -> None:
        self._largest = largest
        self._room = Room()
        self._ready: list[Got] = []
        self._now: Got | None = None
        self._kept: str | None = None  # the attribute that text is added to
        self._text: list[str] = []
        self._rest = ""  # base64 that is not a whole group yet
        self._tail = bytearray()  # decoded, less than a chunk
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.buffer_size = BUFFER
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = _no_doctype

    def feed(self, piece: bytes) -> Iterator[Got]:
        """Items that are whole now. Raises Unreadable."""
        yield from self._parse(piece, False)

    def close(self) -> Iterator[Got]:
        """What is left at the end. Raises Unreadable: it was not the end."""
        yield from self._parse(b"", True)

    def _parse(self, piece: bytes, last: bool) -> Iterator[Got]:
        try:
            self._parser.Parse(piece, last)
        except (expat.ExpatError, binascii.Error) as error:
            raise Unreadable(type(error).__name__) from error
        ready, self._ready = self._ready, []
        yield from ready

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == ONE:
            self._now = Got(chunks=Spool(self._room))
        elif self._now is not None and name == CONTENT:
            self._rest, self._tail = "", bytearray()
            self._parser.CharacterDataHandler = self._content
        elif self._now is not None and name in TEXTS:
            if name == VALUE and attributes.get("Name") != "BackOffMilliseconds":
                return
            self._kept, self._text = TEXTS[name], []
            self._parser.CharacterDataHandler = self._text.append

    def _end(self, name: str) -> None:
        now = self._now
        if now is None:
            return
        if name == CONTENT:
            self._parser.CharacterDataHandler = None
            self._decode(self._rest)
            if self._tail and now.complete:
                now.chunks.append(bytes(self._tail))
            self._tail = bytearray()
        elif self._kept and name in TEXTS:
            setattr(now, self._kept, "".join(self._text).strip())
            self._parser.CharacterDataHandler, self._kept = None, None
        elif name == ONE:
            self._ready.append(now)
            self._now = None

    def _content(self, text: str) -> None:
        if "\n" in text or "\r" in text or " " in text:
            text = "".join(text.split())
        text = self._rest + text
        whole = len(text) - len(text) % 4
        self._rest = text[whole:]
        self._decode(text[:whole])

    def _decode(self, text: str) -> None:
        now = self._now
        assert now is not None
        data = binascii.a2b_base64(text)
        now.size += len(data)
        if self._largest is not None and now.size > self._largest:
            # The first chunk stays: whoever asked wants to see the header.
            if now.complete and not now.chunks:
                now.chunks.append(bytes(self._tail + data)[:CHUNK_SIZE])
            now.complete = False
            now.chunks.shorten()
            self._tail = bytearray()
            return
        self._tail += data
        while len(self._tail) >= CHUNK_SIZE:
            now.chunks.append(bytes(self._tail[:CHUNK_SIZE]))
            del self._tail[:CHUNK_SIZE]


def _no_doctype(*_: object) -> None:
    raise Unreadable("a document type in an answer")

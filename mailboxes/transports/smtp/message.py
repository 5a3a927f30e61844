"""Addresses and content on the wire of SMTP: what a line may hold, dots, line ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..base import Content

PIECE = 1 << 18  # bytes given to the socket at a time

# RFC 5321 section 4.1.2; quoted local parts with spaces are not supported.
_UNSENDABLE = re.compile(r"[\x00-\x20\x7f<>]")
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_DOT = re.compile(rb"(?<=\n)\.")


def on_the_wire(address: str) -> str | None:
    """The address as it is sent, None when no SMTP command can hold it.

    A domain beyond ASCII is sent in its ASCII form (RFC 5890), so that only the
    part before the @ can call for SMTPUTF8.
    """
    if _UNSENDABLE.search(address):
        return None
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        return None
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return f"{local}@{domain}"


class Canonical:
    """A message with CRLF at every line end (RFC 5321 section 2.3.8) and at its end.

    A bare CR or LF would let a text end the DATA in the eyes of one server and not
    of another. Lines over 998 bytes are left: the server decides.

    size: bytes of it. ascii: there is none beyond ASCII in it.
    """

    def __init__(self, content: Content) -> None:
        self._chunks = [content] if isinstance(content, bytes) else content
        self.size, self.ascii = 0, True
        for piece in self._pieces():
            self.size += len(piece)
            self.ascii = self.ascii and piece.isascii()

    def _pieces(self) -> Iterator[bytes]:
        held, end = b"", b""
        for chunk in self._chunks:
            for start in range(0, len(chunk), PIECE):
                piece = held + chunk[start : start + PIECE]
                # Whether a CR at the end is bare is told by what comes next.
                held = b"\r" if piece.endswith(b"\r") else b""
                piece = piece[: len(piece) - len(held)]
                if _BARE.search(piece):
                    piece = _BARE.sub(b"\r\n", piece)
                if piece:
                    end = piece[-2:]
                    yield piece
        if held or end != b"\r\n":
            yield b"\r\n"

    def dotted(self) -> Iterator[bytes]:
        """It in pieces, with its dots doubled (RFC 5321 section 4.5.2).

        The terminating dot is not among them.
        """
        at_start = True
        for piece in self._pieces():
            dotted = _DOT.sub(b"..", piece)
            if at_start and piece.startswith(b"."):
                dotted = b"." + dotted
            at_start = piece.endswith(b"\n")
            yield dotted

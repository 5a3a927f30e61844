"""Addresses and content on the wire of SMTP: what a line may hold, dots, line ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

PIECE = 1 << 18  # bytes given to the socket at a time

# RFC 5321 section 4.1.2; quoted local parts with spaces are not supported.
_UNSENDABLE = re.compile(r"[\x00-\x20\x7f<>]")
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_DOT = re.compile(rb"^\.", re.MULTILINE)


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


def canonical(message: bytes) -> bytes:
    """`message` with CRLF at every line end (RFC 5321 section 2.3.8) and at its end.

    A bare CR or LF would let a text end the DATA in the eyes of one server and not
    of another. Lines over 998 bytes are left: the server decides.
    """
    if _BARE.search(message):
        message = _BARE.sub(b"\r\n", message)
    return message if message.endswith(b"\r\n") else message + b"\r\n"


def pieces(message: bytes) -> Iterator[bytes]:
    """A canonical message with its dots doubled (RFC 5321 section 4.5.2), in pieces.

    The terminating dot is not among them.
    """
    start = 0
    while start < len(message):
        end = start + PIECE
        if end < len(message):
            # Cut after a line end, else the dot rule cannot see a line's start.
            cut = message.rfind(b"\n", start, end) + 1
            end = cut or message.find(b"\n", end) + 1 or len(message)
        yield _DOT.sub(b"..", message[start:end])
        start = end

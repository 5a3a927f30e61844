"""The header of a stored or incoming message as bytes: read and cut, never rewritten.

The email package would write a header anew when asked for a change, and break what
others have signed; here every other byte stays as it was.
"""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")  # RFC 5322 section 2.2


def split(raw: bytes) -> tuple[bytes, bytes]:
    """Header block and body, both with CRLF line ends, without the line between.

    Raises ValueError when `raw` does not begin with a header field.
    """
    if _BARE.search(raw):
        raw = _BARE.sub(b"\r\n", raw)
    if not _FIELD.match(raw):
        raise ValueError("no header field at the start")
    head, found, body = raw.partition(b"\r\n\r\n")
    if not found:
        return head.rstrip(b"\r\n") + b"\r\n", b""
    fields = lines(head + b"\r\n")
    if not all(_FIELD.match(one) for one in fields):
        raise ValueError("a line of the header is no field")
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    return head + b"\r\n", body


def lines(head: bytes) -> list[bytes]:
    """The fields of a header block, each with its folded lines and line ends."""
    found: list[bytes] = []
    for line in head.splitlines(keepends=True):
        if line[:1] in (b" ", b"\t") and found:
            found[-1] += line
        else:
            found.append(line)
    return found


def values(head: bytes, name: str) -> list[str]:
    """The values of all fields called `name`, unfolded, as they stand."""
    wanted = name.lower().encode("ascii")
    return [
        _unfolded(one.partition(b":")[2])
        for one in lines(head)
        if one.partition(b":")[0].strip().lower() == wanted
    ]


def without(head: bytes, name: str) -> bytes:
    """The header block without the fields called `name`."""
    wanted = name.lower().encode("ascii")
    return b"".join(
        one for one in lines(head) if one.partition(b":")[0].strip().lower() != wanted
    )


def pairs(head: bytes) -> list[tuple[str, str]]:
    """All fields as (name, text for people)."""
    return [
        (
            one.partition(b":")[0].strip().decode("ascii", "replace"),
            decoded(_unfolded(one.partition(b":")[2])),
        )
        for one in lines(head)
        if b":" in one
    ]


def decoded(value: str) -> str:
    """Encoded words (RFC 2047) as text; what cannot be decoded stays as it is."""
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return value


def _unfolded(value: bytes) -> str:
    text = value.decode("utf-8", "replace")
    return re.sub(r"\r\n(?=[ \t])", "", text).strip()

"""Reads a message as it came, whatever is wrong with it: never raises.

Built on the standard library's compat32 parser, whose own accessors raise on hostile
input (dependencies.md section 5); every access here goes through `safe`, and `parse`
survives what that does not know. That none takes long is services/mime/message, and
text of bytes services/mime/text. What becomes of the result: services/parse (rows) and
services/content (pages).
"""

from __future__ import annotations

import email.errors
import email.header
import email.message
import email.utils
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from . import message as mime_message
from .message import DEPTH_LIMIT, PART_LIMIT, TooComplex
from .text import FAILURES, decode, safe, words

logger = logging.getLogger(__name__)

PARSE_LIMIT = 30 * 1024 * 1024  # bytes; of a larger message only the header is read
# They turn the letters around: "Bill_U+202Excod.exe" reads as "Bill_exe.docx".
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
GUESSED_PARTS = 20  # whose charset is guessed; each guess takes some milliseconds


@dataclass(frozen=True)
class Part:
    """One leaf of a message: its type, name, and how to get its bytes.

    guess: its charset may be guessed where the declared one does not fit.
    """

    content_type: str
    name: str
    attached: bool
    source: email.message.Message
    guess: bool = True

    def data(self) -> bytes:
        found = safe(lambda: self.source.get_payload(decode=True), None)
        if isinstance(found, bytes):
            return found
        inner = safe(lambda: self.source.get_payload(), None)
        if isinstance(inner, list):  # message/rfc822, or deeper than we go
            whole = [safe(lambda o=one: o.as_bytes(), b"") for one in inner]  # type: ignore[misc]
            return b"".join(whole)
        text = safe(lambda: str(self.source.get_payload()), "")
        return text.encode("utf-8", "replace")

    def text(self) -> str:
        charset = safe(lambda: self.source.get_content_charset(), None)
        return decode(self.data(), str(charset or ""), guess=self.guess)


@dataclass(frozen=True)
class Parsed:
    """What lists and searches need of a message."""

    message: email.message.Message
    subject: str
    sender: str
    recipients: str
    message_id: str
    in_reply_to: str
    dated_at: datetime | None
    attachments: int
    defect: str


def header_of(raw: bytes) -> bytes:
    """The header of a message, without the empty line."""
    ends = [i for i in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if i >= 0]
    return raw[: min(ends)] if ends else raw


def parse(raw: bytes, *, only_header: bool = False) -> Parsed:
    """Read a message; `defect` is an id of what is broken, "" when it is readable."""
    try:
        return _parse(raw, only_header)
    except Exception as error:  # noqa: BLE001 - none stops a mailbox (DESIGN D7)
        # Without its text, which may quote the message.
        logger.error("cannot read a message of %d bytes: %s", len(raw), type(error))
        nothing = email.message.Message()
        return Parsed(nothing, "", "", "", "", "", None, 0, "broken-mime")


def _parse(raw: bytes, only_header: bool) -> Parsed:
    only_header = only_header or len(raw) > PARSE_LIMIT
    message, defect = _taken_apart(raw, only_header)
    if not safe(lambda: len(message), 0):
        defect = "unreadable-header"
    found = [] if only_header or defect else list(parts(message))
    return Parsed(
        message=message,
        subject=header(message, "Subject")[:998],
        sender=header(message, "From")[:320],
        recipients=", ".join(
            value for value in (header(message, "To"), header(message, "Cc")) if value
        )[:10_000],
        message_id=identifier(message, "Message-ID"),
        in_reply_to=identifier(message, "In-Reply-To"),
        dated_at=date(message),
        attachments=sum(part.attached for part in found),
        defect=defect,
    )


def _taken_apart(raw: bytes, only_header: bool) -> tuple[email.message.Message, str]:
    """The message, and what is wrong with its parts; then its body is text."""
    if only_header:
        return mime_message.header_alone(header_of(raw)), ""
    try:
        message = mime_message.whole(raw)
    except TooComplex:
        return plain(raw), "too-complex"
    except FAILURES:
        return plain(raw), "broken-mime"
    defect = _defect(message)
    return (plain(raw) if defect else message), defect


def plain(raw: bytes) -> email.message.Message:
    """A message by its header, its body not taken apart but text as it came."""
    header = header_of(raw)
    try:
        return mime_message.plain(header, raw[len(header) :])
    except FAILURES:
        return email.message.Message()


def _defect(message: email.message.Message) -> str:
    """A multipart that the parser found no parts in is set aside."""
    kind = safe(lambda: message.get_content_maintype(), "")
    defects: list[object] = []
    broken = {type(d).__name__ for d in safe(lambda: [*message.defects], defects)}
    if kind == "multipart" and broken & {
        "NoBoundaryInMultipartDefect",
        "StartBoundaryNotFoundDefect",
    }:
        return "broken-mime"
    return ""


def header(message: email.message.Message, name: str) -> str:
    """A header decoded (RFC 2047), on one line, without control characters."""
    value = safe(lambda: message.get(name), None)
    return "" if value is None else words(value)


def identifier(message: email.message.Message, name: str) -> str:
    """A Message-ID as sent, without white space."""
    return "".join(header(message, name).split())[:512]


def message_id(header: bytes) -> str:
    """The Message-ID of a header, "" where there is none that can be read.

    By itself, because it is asked for each message that is fetched.
    """
    try:
        return identifier(mime_message.header_alone(header), "Message-ID")
    except Exception:  # noqa: BLE001 - as in `parse`
        return ""


def date(message: email.message.Message) -> datetime | None:
    """The Date header in UTC, None when it is missing or makes no sense."""
    value = header(message, "Date")
    found = safe(lambda: email.utils.parsedate_to_datetime(value), None)
    if found is None:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    result = safe(lambda: found.astimezone(UTC), None)
    return result if result is not None and 1970 <= result.year <= 2100 else None


def received(header: bytes) -> datetime | None:
    """When the last server took the message (RFC 5321 4.4); None if unreadable.

    The Received line on top is that server's own; its time stands after the last ";".
    """
    message = safe(lambda: mime_message.header_alone(header), None)
    line = safe(lambda: message.get("Received"), None) if message else None
    said = str(line or "").rpartition(";")[2].strip()
    found = safe(lambda: email.utils.parsedate_to_datetime(said), None)
    if found is None:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def parts(message: email.message.Message) -> Iterator[Part]:
    """The leaves of a message in order, down to a depth and number that hold."""
    waiting: list[tuple[email.message.Message, int]] = [(message, 0)]
    count = 0
    while waiting and count < PART_LIMIT:
        one, depth = waiting.pop(0)
        if one.is_multipart() and depth < DEPTH_LIMIT:
            payload: Any = one.get_payload()
            children = [c for c in payload if isinstance(c, email.message.Message)]
            kind = safe(lambda o=one: o.get_content_type(), "")  # type: ignore[misc]
            if kind != "message/rfc822" or depth == 0:
                waiting[:0] = [(child, depth + 1) for child in children]
                continue
        count += 1
        yield _leaf(one, guess=count <= GUESSED_PARTS)


def _leaf(one: email.message.Message, guess: bool) -> Part:
    kind = safe(lambda: one.get_content_type(), "application/octet-stream")
    name = words(safe(lambda: one.get_filename(), None) or "", guess=guess)
    name = _TURNS.sub("�", name)
    disposition = safe(lambda: one.get_content_disposition(), None) or ""
    text = kind in ("text/plain", "text/html")
    attached = disposition == "attachment" or not text or bool(name)
    return Part(kind, name, attached, one, guess)

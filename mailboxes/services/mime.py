"""Reads a message as it came, whatever is wrong with it: never raises.

Built on the standard library's compat32 parser, whose own accessors raise on hostile
input (dependencies.md section 5); every access here goes through `_safe`, and `parse`
survives what that does not know. What becomes of the result: services/parse (rows) and
services/content (pages).
"""

from __future__ import annotations

import email.errors
import email.header
import email.message
import email.policy
import email.utils
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import charset_normalizer

logger = logging.getLogger(__name__)

PARSE_LIMIT = 30 * 1024 * 1024  # bytes; of a larger message only the header is read
DEPTH_LIMIT = 40  # parts within parts
PART_LIMIT = 1000
FAILURES = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError,
    TypeError, ValueError, email.errors.MessageError,
)  # fmt: skip
ALIASES = {
    "cp-850": "cp850", "unicode-1-1-utf-7": "utf-7", "x-sjis": "shift_jis",
    "ks_c_5601-1987": "cp949", "x-unknown": "utf-8", "unknown-8bit": "utf-8",
    "default_charset": "utf-8", "iso-8859-8-i": "iso-8859-8", "ansi_x3.4-1968": "ascii",
    "latin-1": "cp1252", "iso-8859-1": "cp1252", "us-ascii": "ascii",
}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ud800-\udfff]")
_SPACE = re.compile(r"\s+")

T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """One leaf of a message: its type, name, and how to get its bytes."""

    content_type: str
    name: str
    attached: bool
    source: email.message.Message

    def data(self) -> bytes:
        found = _safe(lambda: self.source.get_payload(decode=True), None)
        if isinstance(found, bytes):
            return found
        inner = _safe(lambda: self.source.get_payload(), None)
        if isinstance(inner, list):  # message/rfc822, or deeper than we go
            whole = [_safe(lambda o=one: o.as_bytes(), b"") for one in inner]  # type: ignore[misc]
            return b"".join(whole)
        text = _safe(lambda: str(self.source.get_payload()), "")
        return text.encode("utf-8", "replace")

    def text(self) -> str:
        charset = _safe(lambda: self.source.get_content_charset(), None)
        return decode(self.data(), str(charset or ""))


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


def _safe(get: Callable[[], T], default: T) -> T:
    try:
        return get()
    except FAILURES:
        return default


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
    whole = header_of(raw) if only_header else raw
    message = _safe(lambda: email.message_from_bytes(whole), None)
    defect = ""
    if message is None:
        message, defect = email.message.Message(), "broken-mime"
    elif not _safe(lambda: len(message), 0):
        defect = "unreadable-header"
    found = [] if only_header else list(parts(message))
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
        defect=defect or _defect(message),
    )


def _defect(message: email.message.Message) -> str:
    """A message whose multipart cannot be taken apart is set aside."""
    kind = _safe(lambda: message.get_content_maintype(), "")
    defects: list[object] = []
    broken = {type(d).__name__ for d in _safe(lambda: [*message.defects], defects)}
    if kind == "multipart" and broken & {
        "NoBoundaryInMultipartDefect",
        "StartBoundaryNotFoundDefect",
    }:
        return "broken-mime"
    return ""


def header(message: email.message.Message, name: str) -> str:
    """A header decoded (RFC 2047), on one line, without control characters."""
    value = _safe(lambda: message.get(name), None)
    return "" if value is None else words(value)


def words(value: object) -> str:
    """A raw header value as readable text."""
    pieces: list[str] = []
    nothing: list[tuple[Any, Any]] = []
    raw_value: Any = value
    for data, charset in _safe(lambda: email.header.decode_header(raw_value), nothing):
        if isinstance(data, bytes):
            pieces.append(decode(data, charset or ""))
        else:
            pieces.append(str(data))
    text = "".join(pieces) if pieces else _safe(lambda: str(value), "")
    # Bytes above 127 without a declaration come as surrogates from compat32.
    raw = _safe(lambda: text.encode("ascii", "surrogateescape"), None)
    if raw is not None and not raw.isascii():
        text = decode(raw, "")
    return clean(_SPACE.sub(" ", text)).strip()


def clean(text: str) -> str:
    """Without characters that a database or a page cannot hold."""
    return _CONTROL.sub("�", text)


def identifier(message: email.message.Message, name: str) -> str:
    """A Message-ID as sent, without white space."""
    return _SPACE.sub("", header(message, name))[:512]


def message_id(header: bytes) -> str:
    """The Message-ID of a header, "" where there is none that can be read.

    By itself, because it is asked for each message that is fetched.
    """
    try:
        return identifier(email.message_from_bytes(header), "Message-ID")
    except Exception:  # noqa: BLE001 - as in `parse`
        return ""


def date(message: email.message.Message) -> datetime | None:
    """The Date header in UTC, None when it is missing or makes no sense."""
    value = header(message, "Date")
    found = _safe(lambda: email.utils.parsedate_to_datetime(value), None)
    if found is None:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    result = _safe(lambda: found.astimezone(UTC), None)
    return result if result is not None and 1970 <= result.year <= 2100 else None


def received(header: bytes) -> datetime | None:
    """When the last server took the message (RFC 5321 4.4); None if unreadable.

    The Received line on top is that server's own; its time stands after the last ";".
    """
    message = _safe(lambda: email.message_from_bytes(header), None)
    line = _safe(lambda: message.get("Received"), None) if message else None
    said = str(line or "").rpartition(";")[2].strip()
    found = _safe(lambda: email.utils.parsedate_to_datetime(said), None)
    if found is None:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def decode(data: bytes, charset: str) -> str:
    """Bytes as text: as declared, as aliased, UTF-8, a guess, at last cp1252."""
    name = ALIASES.get(charset.lower(), charset.lower())
    for candidate in (name, "utf-8"):
        if candidate:
            text = _safe(lambda c=candidate: data.decode(c), None)  # type: ignore[misc]
            if text is not None:
                return clean(text)
    best = _safe(lambda: charset_normalizer.from_bytes(data[:65536]).best(), None)
    if best is not None:
        text = _safe(lambda: data.decode(best.encoding), None)
        if text is not None:
            return clean(text)
    return clean(data.decode("cp1252", "replace"))


def parts(message: email.message.Message) -> Iterator[Part]:
    """The leaves of a message in order, down to a depth and number that hold."""
    waiting: list[tuple[email.message.Message, int]] = [(message, 0)]
    count = 0
    while waiting and count < PART_LIMIT:
        one, depth = waiting.pop(0)
        payload = _safe(lambda o=one: o.get_payload(), None)  # type: ignore[misc]
        inner = isinstance(payload, list)
        if inner and depth < DEPTH_LIMIT:
            children = [c for c in payload if isinstance(c, email.message.Message)]
            kind = _safe(lambda o=one: o.get_content_type(), "")  # type: ignore[misc]
            if kind != "message/rfc822" or depth == 0:
                waiting[:0] = [(child, depth + 1) for child in children]
                continue
        count += 1
        yield _leaf(one)


def _leaf(one: email.message.Message) -> Part:
    kind = _safe(lambda: one.get_content_type(), "application/octet-stream")
    name = words(_safe(lambda: one.get_filename(), None) or "")
    disposition = _safe(lambda: one.get_content_disposition(), None) or ""
    text = kind in ("text/plain", "text/html")
    attached = disposition == "attachment" or not text or bool(name)
    return Part(kind, name, attached, one)

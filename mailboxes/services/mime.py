"""Reads a message as it came, whatever is wrong with it: never raises.

Built on the standard library's compat32 parser, whose own accessors raise on hostile
input (dependencies.md section 5); every access here goes through `_safe`, and `parse`
survives what that does not know. That none takes long is services/mime_message. What
becomes of the result: services/parse (rows) and services/content (pages).
"""

from __future__ import annotations

import codecs
import email.errors
import email.header
import email.message
import email.utils
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import charset_normalizer

from . import mime_message
from .mime_message import DEPTH_LIMIT, PART_LIMIT, TooComplex

logger = logging.getLogger(__name__)

PARSE_LIMIT = 30 * 1024 * 1024  # bytes; of a larger message only the header is read
GUESSED_PARTS = 20  # whose charset is guessed; each guess takes some milliseconds
WORDS_LIMIT = 32 * 1024  # characters of a header value, encoded
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
# Python's own, which no mail may ask for: punycode is quadratic.
NO_CHARSETS = frozenset(
    {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ud800-\udfff]")
_SPACE = re.compile(r"\s+")

T = TypeVar("T")


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
    message, defect = _taken_apart(raw, only_header)
    if not _safe(lambda: len(message), 0):
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


def words(value: object, *, guess: bool = True) -> str:
    """A raw header value as readable text, cut where it is longer than any is."""
    whole: Any = value[:WORDS_LIMIT] if isinstance(value, str) else value
    nothing: list[tuple[Any, Any]] = []
    found = _safe(lambda: email.header.decode_header(whole), nothing)
    pieces = [
        data if isinstance(data, str) else _declared(data, charset or "")
        for data, charset in found
    ]
    # One guess for all that nothing fits: a header may have thousands of words.
    strange = [
        data for (data, _), text in zip(found, pieces, strict=True) if text is None
    ]
    charset = _fitting(b" ".join(strange), guess) if strange else ""
    text = "".join(
        data.decode(charset, "replace") if text is None else text
        for (data, _), text in zip(found, pieces, strict=True)
    )
    text = text if pieces else _safe(lambda: str(whole), "")
    # Bytes above 127 without a declaration come as surrogates from compat32.
    raw = _safe(lambda: text.encode("ascii", "surrogateescape"), None)
    if raw is not None and not raw.isascii():
        text = decode(raw, "", guess=guess)
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
        return identifier(mime_message.header_alone(header), "Message-ID")
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
    message = _safe(lambda: mime_message.header_alone(header), None)
    line = _safe(lambda: message.get("Received"), None) if message else None
    said = str(line or "").rpartition(";")[2].strip()
    found = _safe(lambda: email.utils.parsedate_to_datetime(said), None)
    if found is None:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def decode(data: bytes, charset: str, *, guess: bool = True) -> str:
    """Bytes as text: as declared, as aliased, UTF-8, a guess, at last cp1252."""
    text = _declared(data, charset)
    if text is None:
        text = clean(data.decode(_fitting(data, guess), "replace"))
    return text


def _declared(data: bytes, charset: str) -> str | None:
    """`data` as declared, as aliased, or as UTF-8; None where neither fits."""
    name = ALIASES.get(charset.lower(), charset.lower())
    for candidate in (name, "utf-8"):
        codec = _safe(lambda c=candidate: codecs.lookup(c).name, "")  # type: ignore[misc]
        if codec and codec not in NO_CHARSETS:
            text = _safe(lambda c=codec: data.decode(c), None)  # type: ignore[misc]
            if text is not None:
                return clean(text)
    return None


def _fitting(data: bytes, guess: bool) -> str:
    """A charset that `data` can be read in: a guess, or cp1252."""
    if guess:
        best = _safe(lambda: charset_normalizer.from_bytes(data[:65536]).best(), None)
        name = best.encoding if best is not None else ""
        if name and _safe(lambda: data.decode(name), None) is not None:
            return str(name)
    return "cp1252"


def parts(message: email.message.Message) -> Iterator[Part]:
    """The leaves of a message in order, down to a depth and number that hold."""
    waiting: list[tuple[email.message.Message, int]] = [(message, 0)]
    count = 0
    while waiting and count < PART_LIMIT:
        one, depth = waiting.pop(0)
        if one.is_multipart() and depth < DEPTH_LIMIT:
            payload: Any = one.get_payload()
            children = [c for c in payload if isinstance(c, email.message.Message)]
            kind = _safe(lambda o=one: o.get_content_type(), "")  # type: ignore[misc]
            if kind != "message/rfc822" or depth == 0:
                waiting[:0] = [(child, depth + 1) for child in children]
                continue
        count += 1
        yield _leaf(one, guess=count <= GUESSED_PARTS)


def _leaf(one: email.message.Message, guess: bool) -> Part:
    kind = _safe(lambda: one.get_content_type(), "application/octet-stream")
    name = words(_safe(lambda: one.get_filename(), None) or "", guess=guess)
    disposition = _safe(lambda: one.get_content_disposition(), None) or ""
    text = kind in ("text/plain", "text/html")
    attached = disposition == "attachment" or not text or bool(name)
    return Part(kind, name, attached, one, guess)

"""Bytes of a mail as readable text, whatever charset they claim: never raises.

Header values with encoded words (RFC 2047) and the text of parts. Which bytes those
are: services/mime.
"""

from __future__ import annotations

import codecs
import email.errors
import email.header
import re
from collections.abc import Callable
from typing import Any, TypeVar

import charset_normalizer

WORDS_LIMIT = 32 * 1024  # characters of a header value, encoded
CHARSET_LIMIT = 60  # characters; Python remembers every name that it was asked for
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


def safe(get: Callable[[], T], default: T) -> T:
    """What `get` gives, or `default` where hostile input makes it raise."""
    try:
        return get()
    except FAILURES:
        return default


def words(value: object, *, guess: bool = True) -> str:
    """A raw header value as readable text, cut where it is longer than any is."""
    whole: Any = value[:WORDS_LIMIT] if isinstance(value, str) else value
    nothing: list[tuple[Any, Any]] = []
    found = safe(lambda: email.header.decode_header(whole), nothing)
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
    text = text if pieces else safe(lambda: str(whole), "")
    # Bytes above 127 without a declaration come as surrogates from compat32.
    raw = safe(lambda: text.encode("ascii", "surrogateescape"), None)
    if raw is not None and not raw.isascii():
        text = decode(raw, "", guess=guess)
    return clean(_SPACE.sub(" ", text)).strip()


def clean(text: str) -> str:
    """Without characters that a database or a page cannot hold."""
    return _CONTROL.sub("�", text)


def decode(data: bytes, charset: str, *, guess: bool = True) -> str:
    """Bytes as text: as declared, as aliased, UTF-8, a guess, at last cp1252."""
    text = _declared(data, charset)
    if text is None:
        text = clean(data.decode(_fitting(data, guess), "replace"))
    return text


def _declared(data: bytes, charset: str) -> str | None:
    """`data` as declared, as aliased, or as UTF-8; None where neither fits."""
    lower = charset.lower() if len(charset) <= CHARSET_LIMIT else ""
    name = ALIASES.get(lower, lower)
    for candidate in filter(None, (name, "utf-8")):
        codec = safe(lambda c=candidate: codecs.lookup(c).name, "")  # type: ignore[misc]
        if codec and codec not in NO_CHARSETS:
            text = safe(lambda c=codec: data.decode(c), None)  # type: ignore[misc]
            if text is not None:
                return clean(text)
    return None


def _fitting(data: bytes, guess: bool) -> str:
    """A charset that `data` can be read in: a guess, or cp1252."""
    if guess:
        best = safe(lambda: charset_normalizer.from_bytes(data[:65536]).best(), None)
        name = best.encoding if best is not None else ""
        if name and safe(lambda: data.decode(name), None) is not None:
            return str(name)
    return "cp1252"

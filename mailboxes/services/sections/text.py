"""Bytes of a file to lines: UTF-8 with or without a mark, UTF-16 and UTF-32 with one.

Never guesses another encoding: a wrong guess would change passwords in silence. What
the lines mean: ini and table.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from .parts import Entry

LARGEST = 20 * 1024 * 1024  # bytes
MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # xlsx and zip; xls
# How files begin that people take for an export, and what they are.
OTHERS = {"<": "XML or HTML", "{": "JSON", "%PDF": "a PDF"}
RULE = "I02-encoding"
_NEWLINE = re.compile(r"\r\n|\n|\r")
_NEWLINE_BYTES = re.compile(rb"\r\n|\n|\r")


@dataclass
class Lines:
    """Lines without their ends. unreadable: numbers of those that are not text."""

    lines: list[str] = field(default_factory=list)
    errors: list[Entry] = field(default_factory=list)
    unreadable: set[int] = field(default_factory=set)

    def wrong(self, line: int, message: str, rule: str = RULE) -> None:
        self.errors.append(Entry(line, "", "", rule, message))


def read(content: bytes | str) -> Lines:
    """The lines of a file, or of a text that was pasted."""
    found = Lines()
    size = len(content) if isinstance(content, bytes) else len(content.encode())
    if size > LARGEST:
        found.wrong(0, "The file is larger than 20 MB. Split it.", "I01-too-large")
    elif isinstance(content, str):
        found.lines = _NEWLINE.split(content.removeprefix("\ufeff"))
    else:
        _decode(content, found)
    first = next((line.strip() for line in found.lines if line.strip()), "")
    other = next((what for sign, what in OTHERS.items() if first.startswith(sign)), "")
    if other:
        message = f"This file is {other}. Export the options as sections (INI) or CSV."
        found.lines = []
        found.wrong(0, message, "I02-format")
    return found


def as_text(content: bytes | str) -> str:
    """A file whose lines are all text, in one piece."""
    return "\n".join(read(content).lines)


def _decode(data: bytes, found: Lines) -> None:
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "")
    if data.startswith(ARCHIVES):
        found.wrong(0, "This is a workbook or an archive. Save it as CSV (UTF-8).")
    elif encoding:
        _decode_wide(data, encoding, found)
    elif data.count(0) > len(data) // 4:
        found.wrong(0, "This looks like UTF-16 without its mark. Save it as UTF-8.")
    else:
        _decode_utf8(data.removeprefix(codecs.BOM_UTF8), found)


def _decode_wide(data: bytes, encoding: str, found: Lines) -> None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        text = data.decode(encoding, "replace")
        before = _NEWLINE.split(data[: error.start].decode(encoding, "replace"))
        found.wrong(
            len(before), f"The file is not {encoding.upper()} here. Save it as UTF-8."
        )
    found.lines = _NEWLINE.split(text)


def _decode_utf8(data: bytes, found: Lines) -> None:
    try:
        found.lines = _NEWLINE.split(data.decode())
        return
    except UnicodeDecodeError:
        pass
    for number, line in enumerate(_NEWLINE_BYTES.split(data), 1):
        try:
            found.lines.append(line.decode())
        except UnicodeDecodeError:
            found.lines.append(line.decode(errors="replace"))
            found.unreadable.add(number)
            found.wrong(number, "This line is not UTF-8. Save the file as UTF-8.")

"""Reads sections as the old server's administrators export them (INI).

    # or ; begins a comment at the start of a line, and nowhere else
    [section]
    option = value        the first = divides; blanks and one pair of "" are cut

Values keep `=`, `;`, `#` and `%` as they are. Knows no option; never raises for what
is written. A broken head hides the options below it, so that one mistake is one entry.
"""

from __future__ import annotations

import re

from .parts import Parsed, Section, Value
from .text import Lines

LONGEST_LINE = 3_000_000  # more than a page takes as certificate authorities
LONGEST_NAME = 120  # of a section or an option
MOST_ERRORS = 1000
COMMENTS = ("#", ";")
BLANK = " \t"
_HEAD = re.compile(r"\[([^\[\]]*)\][ \t]*(?:[;#].*)?")
_OPTION = re.compile(r"(?![\[#;])[^=]*[^=\s]")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def parse(lines: Lines) -> Parsed:
    """Sections in the order of the file, repeated ones as often as they stand there."""
    parsed = Parsed()
    section: Section | None = None
    for number, line in enumerate(lines.lines, 1):
        text = line.strip(BLANK)
        if not text or text.startswith(COMMENTS):
            continue
        if text.startswith("["):
            section = Section("", number)
            name = _head(text, number, parsed, number in lines.unreadable)
            if name:
                section.name = name
                parsed.sections.append(section)
        elif number not in lines.unreadable:
            _option(text, number, section, parsed)
        if len(parsed.errors) >= MOST_ERRORS:
            parsed.wrong(
                number, "", "I04-line", "Too many mistakes: the rest was not read."
            )
            break
    return parsed


def section_name_problem(name: str) -> str:
    """What keeps a name from being written between [ and ], "" for nothing."""
    if not name:
        return "Write a name between [ and ]."
    if len(name) > LONGEST_NAME:
        return f"Enter a name of at most {LONGEST_NAME} characters."
    if CONTROL.search(name):
        return "Remove the control characters from the name."
    return "Remove [ and ] from the name." if set("[]") & set(name) else ""


def option_name_problem(name: str) -> str:
    """What keeps a name from being written before the =, "" for nothing."""
    if not name or len(name) > LONGEST_NAME or CONTROL.search(name):
        return f"Write a name of 1 to {LONGEST_NAME} characters before the =."
    if not _OPTION.fullmatch(name):
        return "The name of an option has no = in it and does not begin with [, # or ;."
    return ""


def _head(text: str, number: int, parsed: Parsed, unreadable: bool) -> str:
    """The name of the section, "" for a broken head."""
    if unreadable:
        return ""
    match = _HEAD.fullmatch(text)
    name = match[1].strip() if match else ""
    message = section_name_problem(name)
    if match is None:
        message = "Write the name of the section as [name], with nothing behind it."
    if not message:
        return name
    parsed.wrong(number, "", "I06-section-name", message)
    return ""


def _option(text: str, number: int, section: Section | None, parsed: Parsed) -> None:
    name, equals, value = text.partition("=")
    name = unquoted(name.strip())
    at = section.name if section else ""
    if "\0" in text:
        parsed.wrong(number, at, "I03-nul", "Remove the NUL character.")
    elif len(text) > LONGEST_LINE:
        parsed.wrong(number, at, "I08-too-long", "This line is too long.")
    elif not equals:
        # The line itself is not shown: it may be the second half of a password.
        message = "Write a section as [name] or an option as name = value."
        parsed.wrong(number, at, "I04-line", message)
    elif section is None:
        message = "This option stands before the first section. Write [name] above it."
        parsed.wrong(number, at, "I05-no-section", message)
    elif problem := option_name_problem(name):
        parsed.wrong(number, at, "I07-option-name", problem)
    else:
        value = value.strip(BLANK)
        bare = unquoted(value)
        section.values.append(Value(name, bare, number, quoted=bare != value))


def unquoted(text: str) -> str:
    """Without one pair of double quotes around it."""
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1] if quoted else text


def quoted(text: str) -> str:
    """As it must be written, so that `parse` reads the same text again."""
    return f'"{text}"' if text != unquoted(text.strip(BLANK)) else text

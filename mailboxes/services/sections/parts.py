"""What a file consists of: sections and values, each with the line it stands at.

Values may be secrets: they never show in a repr, an entry or a log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

MASK = "********"  # stands for a secret in exports: "what is stored"


@dataclass(frozen=True)
class Value:
    """One option as written. quoted: a pair of double quotes around it was removed."""

    name: str
    text: str = field(repr=False)
    line: int
    quoted: bool = False

    @property
    def masked(self) -> bool:
        return self.text.strip() == MASK


@dataclass
class Section:
    """One section, or one row of a table.

    name: as written. line: of its head; 1 is the first. kind: as a table says it.
    """

    name: str
    line: int
    values: list[Value] = field(default_factory=list)
    kind: str = ""

    def get(self, name: str) -> Value | None:
        """The value of an option by its name, in any case."""
        lower = name.lower()
        return next((v for v in self.values if v.name.lower() == lower), None)

    def __iter__(self) -> Iterator[Value]:
        return iter(self.values)

    def line_of(self, name: str) -> int:
        """Where an option stands; the head of the section where it is not written."""
        value = self.get(name)
        return value.line if value else self.line


@dataclass(frozen=True)
class Entry:
    """One thing to say about one line. line: 0 for the file as a whole."""

    line: int
    section: str
    option: str
    rule: str
    message: str

    def as_json(self) -> dict[str, object]:
        return {
            "line": self.line,
            "section": self.section,
            "option": self.option,
            "rule": self.rule,
            "message": self.message,
        }


@dataclass
class Parsed:
    """What was read of a file. errors: lines that are no part of any section."""

    sections: list[Section] = field(default_factory=list)
    errors: list[Entry] = field(default_factory=list)
    warnings: list[Entry] = field(default_factory=list)

    def wrong(self, line: int, section: str, rule: str, message: str) -> None:
        self.errors.append(Entry(line, section, "", rule, message))

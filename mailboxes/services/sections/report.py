"""What there is to say about a file, each at its line; never the text of a secret.

Made by the plan and by writing; the command prints it and the page shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from ...core.errors import Problem
from ...models.clients import MECHANISMS
from ..option_rules import MODELS
from ..options.changes import Change
from .kinds import mechanisms_of
from .parts import Entry, Section, Value

CLEANED = "T00-cleaned"
MASK = "I13-mask"
KEPT = "I18-kept"
SHOWN_LINES = 5  # of those that one sentence is said of


@dataclass(frozen=True)
class Proposal:
    """Equal values of OAuth 2.0 in several new sections: one app registration.

    name: of the registration that is there (`new` False) or could be made.
    """

    name: str
    tenant_authority: str
    directory_id: str
    client_id: str
    sections: tuple[str, ...]
    new: bool
    made: bool = False

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "tenant-authority": self.tenant_authority,
            "directory-id": self.directory_id,
            "client-id": self.client_id,
            "sections": list(self.sections),
            "new": self.new,
            "made": self.made,
        }


@dataclass(frozen=True)
class Group:
    """Entries that say the same of several lines."""

    rule: str
    option: str
    message: str
    entries: tuple[Entry, ...]

    @property
    def lines(self) -> str:
        """The first of their lines, for people."""
        return ", ".join(str(entry.line) for entry in self.entries[:SHOWN_LINES])

    @property
    def more(self) -> int:
        """How many lines `lines` leaves out."""
        return max(0, len(self.entries) - SHOWN_LINES)


@dataclass
class Report:
    """errors keep everything out, the other lists do not.

    sections: how many the file has. imported: how many came in, 0 for a dry run.
    new, changed: option sets that the file makes, or changes; the rest is as saved.
    changes: what differs in those there are, by section.
    """

    sections: int = 0
    imported: int = 0
    new: int = 0
    errors: list[Entry] = field(default_factory=list)
    warnings: list[Entry] = field(default_factory=list)
    cleaned: list[Entry] = field(default_factory=list)
    unknown: list[Entry] = field(default_factory=list)
    registrations: list[Proposal] = field(default_factory=list)
    changes: dict[str, list[Change]] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        return len(self.changes)

    def error(self, section: Section, problem: Problem) -> None:
        self.errors.append(_entry(section, problem))

    def warning(self, section: Section, problem: Problem) -> None:
        self.warnings.append(_entry(section, problem))

    def notices(self, section: Section, kind: str, notices: Iterable[str]) -> None:
        """What the rules have cleaned; a notice begins with the label of its option."""
        labels = _options_by_label(kind)
        for notice in notices:
            option = labels.get(notice.partition(":")[0], "")
            self.cleaned.append(_entry(section, Problem(option, CLEANED, notice)))

    def unquoted(self, section: Section, value: Value) -> None:
        """A secret came in quotes: people should know which text was taken."""
        if value.quoted and value.text == value.text.strip():
            message = (
                "The double quotes around the secret were removed. Write them twice if"
                " they belong to it."
            )
            self.cleaned.append(
                Entry(value.line, section.name, value.name, CLEANED, message)
            )

    def masked(self, section: Section, option: str, *, draft: bool) -> None:
        """A secret is masked, and nothing is stored that it could stand for."""
        message = "The secret is masked (********) and none is stored here. Enter it."
        say = self.warning if draft else self.error
        say(section, Problem(option, MASK, message))

    def kept(self, section: Section, option: str, message: str) -> None:
        self.unknown.append(_entry(section, Problem(option, KEPT, message)))

    def sort(self) -> None:
        """By line, as a person goes through the file."""
        for entries in (self.errors, self.warnings, self.cleaned, self.unknown):
            entries.sort(key=lambda entry: entry.line)

    def as_json(self) -> dict[str, object]:
        return {
            "sections": self.sections,
            "imported": self.imported,
            "new": self.new,
            "changed": self.changed,
            "errors": [entry.as_json() for entry in self.errors],
            "warnings": [entry.as_json() for entry in self.warnings],
            "cleaned": [entry.as_json() for entry in self.cleaned],
            "unknown": [entry.as_json() for entry in self.unknown],
            "registrations": [one.as_json() for one in self.registrations],
            "changes": [
                {"section": section, **change.as_json()}
                for section, changes in self.changes.items()
                for change in changes
            ],
        }


def grouped(entries: Sequence[Entry]) -> list[Group]:
    """Entries of equal words together, in the order of their first lines."""
    found: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in entries:
        key = (entry.rule, entry.option, entry.message)
        found.setdefault(key, []).append(entry)
    return [Group(*key, tuple(alike)) for key, alike in found.items()]


def _entry(section: Section, problem: Problem) -> Entry:
    option, line = problem.option, section.line_of(problem.option)
    if option == MECHANISMS:
        written = next((v for v in section if mechanisms_of(v.name)), None)
        option, line = (written.name, written.line) if written else (option, line)
    return Entry(line, section.name, option, problem.rule, problem.message)


@cache
def _options_by_label(kind: str) -> dict[str, str]:
    return {o.label: o.name for o in MODELS[kind].options().values()}

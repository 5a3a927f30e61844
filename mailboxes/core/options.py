"""The `Option` type: all that is known of one option of a section, declared once.

The declarations themselves stand on the model fields in models/clients.py; form,
validation, import and export, the option reference and the compare table read them.
What rules a combination of options obeys stands in services/option_rules.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Values = Mapping[str, object]


class Effect(StrEnum):
    """When a saved change is in effect."""

    NEXT_CYCLE = "next-cycle"  # pop-client: at the next POP cycle
    RESTART = "restart"  # smtp-client: at start or Restart sending
    NEXT_CHECK = "next-check"  # at the next connection check (ours, DESIGN D3)


class Origin(StrEnum):
    """Whose default, or whose option, it is."""

    VENDOR = "vendor"
    OURS = "ours"


class Kind(StrEnum):
    """What a value is; decides how it is read, shown and written to a section."""

    TEXT = "text"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DURATION = "duration"  # whole seconds, written hh:mm:ss
    SIZE = "size"  # bytes
    HOST = "host"
    SECRET = "secret"
    REFERENCE = "reference"  # names another object, such as a proxy


class Group(StrEnum):
    """The question of the form that the option belongs to (ux.md section 2.6)."""

    MAILBOX = "mailbox"
    SERVER = "server"
    SIGN_IN = "sign-in"
    FETCHING = "fetching"
    LIMITS = "limits"


@dataclass(frozen=True)
class Condition:
    """When an option has any effect: `applies(values)`, and a sentence for people."""

    applies: Callable[[Values], bool]
    sentence: str


ALWAYS = Condition(lambda values: True, "")


@dataclass(frozen=True)
class Option:
    """One option.

    name: as written in a section; `<type>` in it stands for the client's own type.
    default: in Python's terms (seconds for durations); "" means no default value.
    choices: for CHOICE, pairs (value, what it means).
    valid: one sentence on valid values, as in the option reference.
    minimum, maximum: inclusive bounds for INTEGER, DURATION, SIZE.
    introduced, modified: vendor versions; "" and () for options that are ours.
    sign_in: a change of it lets a stopped client try again (DESIGN D9).
    """

    name: str
    label: str
    help: str
    effect: Effect
    kind: Kind = Kind.TEXT
    group: Group = Group.SERVER
    default: object = ""
    default_from: Origin = Origin.OURS
    origin: Origin = Origin.VENDOR
    valid: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    introduced: str = ""
    modified: tuple[str, ...] = ()
    condition: Condition = field(default=ALWAYS)
    sign_in: bool = False

    @property
    def secret(self) -> bool:
        return self.kind is Kind.SECRET

    @property
    def has_default(self) -> bool:
        return self.default != ""

    def applies(self, values: Values) -> bool:
        return self.condition.applies(values)

    def written_name(self, type_: str) -> str:
        """The name as a section of a client of `type_` writes it."""
        return self.name.replace("<type>", type_.lower())


def format_duration(seconds: int) -> str:
    """Seconds as `hh:mm:ss`, the form of every duration of the product."""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}"


def parse_duration(text: str) -> int:
    """Whole seconds of `hh:mm:ss`. Raises ValueError when it is not of that form."""
    parts = text.strip().split(":")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() for p in parts):
        raise ValueError(text)
    hour, minute, second = (int(p) for p in parts)
    if len(parts[0]) > 3 or minute > 59 or second > 59:
        raise ValueError(text)
    return hour * 3600 + minute * 60 + second


def format_value(option: Option, value: object) -> str:
    """A value as sections and pages show it; secrets as a fixed mask."""
    if option.secret:
        return "********" if value else ""
    if value is None or value == "":
        return ""
    if option.kind is Kind.DURATION and isinstance(value, int):
        return format_duration(value)
    if option.kind is Kind.BOOLEAN:
        return "true" if value else "false"
    return str(value)

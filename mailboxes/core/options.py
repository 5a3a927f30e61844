"""The `Option` type: all that is known of one option of a section, declared once.

The declarations themselves stand on the model fields in models/pop_clients.py and
models/smtp_clients.py; form, validation, import and export, the option reference and
the compare table read them. When an option has any effect is a `Condition` (conditions
module); what rules a combination of options obeys stands in services/option_rules.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from .conditions import ALWAYS, NEVER, Condition, Needs, Values

__all__ = [
    "ALWAYS",
    "NEVER",
    "Certainty",
    "Condition",
    "Effect",
    "Group",
    "Kind",
    "Label",
    "Option",
    "Origin",
    "Target",
    "Values",
    "format_duration",
    "format_value",
    "parse_duration",
]


class Effect(StrEnum):
    """When a saved change is in effect."""

    NEXT_CYCLE = "next-cycle"  # pop-client: at the next POP cycle
    RESTART = "restart"  # smtp-client: at start or Restart sending
    NEXT_CHECK = "next-check"  # at the next connection check (ours, DESIGN D3)


class Origin(StrEnum):
    """Whose default, or whose option, it is."""

    VENDOR = "vendor"
    OURS = "ours"


class Certainty(StrEnum):
    """How sure we are of what is said of an option (email-server-options.md)."""

    CERTAIN = "certain"  # read in the vendor's own documents
    DEDUCED = "deduced"  # follows from them
    RECALLED = "recalled"  # the name is likely right, no more
    OURS = "ours"  # an option of this product


class Kind(StrEnum):
    """What a value is; decides how it is read, shown and written to a section."""

    TEXT = "text"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DURATION = "duration"  # whole seconds, written hh:mm:ss
    SIZE = "size"  # bytes
    HOST = "host"  # a host name, or the address of an EWS service
    SECRET = "secret"
    REFERENCE = "reference"  # names another object: see Target


class Target(StrEnum):
    """What an option of kind REFERENCE names."""

    PROXY = "proxy"
    REGISTRATION = "registration"
    SECRET = "secret"  # a section `secret-<name>`


class Group(StrEnum):
    """The question of the form that the option belongs to (ux.md section 2.6)."""

    MAILBOX = "mailbox"
    SERVER = "server"
    SIGN_IN = "sign-in"
    FETCHING = "fetching"
    LIMITS = "limits"
    ADVANCED = "advanced"


@dataclass(frozen=True)
class Label:
    """What an option is called, and what it holds, under some values of others."""

    needs: Needs
    label: str
    help: str

    def fits(self, values: Values) -> bool:
        return all(any(test.holds(values) for test in clause) for clause in self.needs)


@dataclass(frozen=True)
class Option:
    """One option.

    name: as written in a section; `<type>` in it stands for the client's own type.
    default: in Python's terms (seconds for durations); "" means no default value.
    choices: pairs (value, what it means); all there are for CHOICE, for TEXT those
        that the form offers.
    target: for REFERENCE, what is named.
    valid: one sentence on valid values, as in the option reference.
    minimum, maximum: inclusive bounds for INTEGER, DURATION, SIZE.
    introduced, modified: vendor versions; "" and () where they are not known.
    sign_in: a change of it lets a stopped client try again (DESIGN D9).
    labels: other words for label and help, the first that fits the values counts.
    """

    name: str
    label: str
    help: str
    effect: Effect
    kind: Kind = Kind.TEXT
    group: Group = Group.SERVER
    default: object = ""
    default_from: Origin = Origin.OURS
    certainty: Certainty = Certainty.CERTAIN
    valid: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    target: Target | None = None
    minimum: int | None = None
    maximum: int | None = None
    introduced: str = ""
    modified: tuple[str, ...] = ()
    condition: Condition = field(default=ALWAYS)
    sign_in: bool = False
    labels: tuple[Label, ...] = ()

    @property
    def origin(self) -> Origin:
        """Whose option it is."""
        ours = self.certainty is Certainty.OURS
        return Origin.OURS if ours else Origin.VENDOR

    @property
    def secret(self) -> bool:
        return self.kind is Kind.SECRET

    @property
    def has_default(self) -> bool:
        return self.default != ""

    @property
    def used(self) -> bool:
        """False for what is only kept, for export to the old server."""
        return self.condition is not NEVER

    @property
    def unset(self) -> object:
        """The value where a section does not name the option."""
        names_a_row = self.kind in (Kind.SECRET, Kind.REFERENCE)
        return None if names_a_row else self.default

    def applies(self, values: Values) -> bool:
        return self.condition.applies(values)

    def label_for(self, values: Values) -> str:
        """What the option is called while the others have these values."""
        return next((w.label for w in self.labels if w.fits(values)), self.label)

    def help_for(self, values: Values) -> str:
        """What is said of the option while the others have these values."""
        return next((w.help for w in self.labels if w.fits(values)), self.help)

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

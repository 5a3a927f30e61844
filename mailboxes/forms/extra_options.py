"""Options that this console does not know, as lines `name = value` of one text field.

They are kept for export and have no effect, in plain text: a new one that is a secret
is refused, as a file's is (services/sections); one that is stored is shown as a mask.
Reading them from a file is services/sections/ini. Rules about their names (`mail.*`)
are services/option_rules; here is only the form of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from ..services.secrets.names import looks_secret

MASK = "********"  # stands for what is stored
LONGEST_NAME = 120
_NAME = re.compile(rf"[^\s\[\]=]{{1,{LONGEST_NAME}}}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass
class ExtraOptions:
    """What was read. values: name to text, as typed. lines: number of the line of each.

    problems: sentences that name their line.
    """

    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def at(self, name: str, message: str) -> str:
        """What a rule says of one of them, with its line."""
        if name not in self.lines:
            return message
        return _("Line %(line)d, %(name)s: %(message)s") % {
            "line": self.lines[name],
            "name": name,
            "message": message,
        }


def show(values: Mapping[str, str]) -> str:
    """The text of the field: one line for each option, secrets masked."""
    shown = {n: MASK if v and looks_secret(n, v) else v for n, v in values.items()}
    return "\n".join(f"{name} = {value}" for name, value in shown.items())


def read(
    text: str, own: Iterable[str], stored: Mapping[str, str] | None = None
) -> ExtraOptions:
    """Read the lines. own: names of the options that have fields of their own.

    stored: those that are saved, for which a mask stands.
    """
    found, stored = ExtraOptions(), stored or {}
    known = {name.lower() for name in own}
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if value == MASK and looks_secret(name, stored.get(name, "")):
            value = stored.get(name, value)
        problem = _problem(name, equals, value, known, seen)
        if not problem and value != stored.get(name) and looks_secret(name, value):
            problem = _(
                "%s is a secret, and other options are kept as plain text. Leave it"
                " out: it has no use here."
            ) % (name,)
        if problem:
            found.problems.append(_("Line %d: ") % number + problem)
            continue
        seen[name.lower()] = number
        found.values[name] = value
        found.lines[name] = number
    return found


def _problem(
    name: str, equals: str, value: str, known: set[str], seen: Mapping[str, int]
) -> str:
    if not equals:
        return _("Write name = value.")
    if not _NAME.fullmatch(name) or not name.isprintable():
        return _(
            "The name before = has 1 to %d characters without white space, [ and ]."
        ) % (LONGEST_NAME,)
    if name.lower() in known:
        return _("%s has a field of its own. Set it there.") % name
    if name.lower() in seen:
        return _("%(name)s stands in line %(line)d already.") % {
            "name": name,
            "line": seen[name.lower()],
        }
    if _CONTROL.search(value):
        return _("Remove the control characters from the value.")
    return ""

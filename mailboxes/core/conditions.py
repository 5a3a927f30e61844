"""When an option has any effect, as data: the same for Python, page and documents.

A condition is a list of clauses that must all hold; a clause is a list of tests of
which one must hold. So a page can say it, and hide what has no effect, without knowing
the options.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Values = Mapping[str, object]


@dataclass(frozen=True)
class Test:
    """One look at the value of one option, without regard to case.

    values: any of these. contains: or a text that holds this. negated: not so.
    """

    __test__ = False  # for pytest: this is no test of ours

    option: str
    values: tuple[str, ...] = ()
    contains: str = ""
    negated: bool = False

    def holds(self, values: Values) -> bool:
        value = values.get(self.option)
        text = _text(value).lower()
        found = text in (one.lower() for one in self.values)
        found = found or bool(self.contains and self.contains.lower() in text)
        return found is not self.negated

    def as_data(self) -> dict[str, object]:
        """For the page's own script."""
        return {
            "option": self.option,
            "values": [value.lower() for value in self.values],
            "contains": self.contains.lower(),
            "negated": self.negated,
        }


Needs = tuple[tuple[Test, ...], ...]


@dataclass(frozen=True)
class Condition:
    """When an option has any effect: `applies(values)`, and a sentence for people."""

    needs: Needs
    sentence: str

    def applies(self, values: Values) -> bool:
        return all(any(test.holds(values) for test in clause) for clause in self.needs)

    def as_data(self) -> list[list[dict[str, object]]]:
        return [[test.as_data() for test in clause] for clause in self.needs]


ALWAYS = Condition((), "")
# A clause without tests never holds.
NEVER = Condition(
    ((),),
    "Kept for export to the old server; this console does not use it.",
)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)

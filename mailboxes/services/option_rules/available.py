"""Rules on what this version cannot do yet (abilities): a draft keeps it.

Refused while the section is switched on, a warning for a draft. What can never be is
refused by the other rules, also for a draft.
"""

from __future__ import annotations

from .. import abilities
from .rule import Facts, Level, Messages, Rules

RULES = Rules()


@RULES.rule("V01-type-available", Level.REQUIRED)
def type_available(facts: Facts) -> Messages:
    """The protocol is one that this version speaks."""
    able = abilities.INBOUND if facts.inbound else abilities.OUTBOUND
    if facts.protocol and facts.protocol not in able:
        yield facts.type_option, _not_yet(facts, f"{facts.protocol} is")


def _not_yet(facts: Facts, what: str) -> str:
    if facts.draft:
        return f"{what} not available in this version yet: this stays a draft."
    switch = facts.options["enable-client"].label
    return (
        f"{what} not available in this version yet: switch {switch} off to save it as a"
        " draft."
    )

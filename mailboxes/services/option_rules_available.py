"""Rules on what this version cannot do yet (abilities): a draft keeps it.

Refused while the section is switched on, a warning for a draft. What can never be is
refused by the other rules, also for a draft.
"""

from __future__ import annotations

from ..core.choices import Grant
from . import abilities
from .option_rule import Facts, Level, Messages, Rules

RULES = Rules()


@RULES.rule("V01-type-available", Level.REQUIRED)
def type_available(facts: Facts) -> Messages:
    """The protocol is one that this version speaks."""
    able = abilities.INBOUND if facts.inbound else abilities.OUTBOUND
    if facts.protocol and facts.protocol not in able:
        yield facts.type_option, _not_yet(facts, f"{facts.protocol} is")


@RULES.rule("V02-grant-available", Level.REQUIRED)
def grant_available(facts: Facts) -> Messages:
    """The grant is one that this version can use at the provider."""
    able = abilities.GOOGLE_GRANTS if facts.google else abilities.MICROSOFT_GRANTS
    if facts.grant is None or facts.grant in able:
        return
    refresh = facts.google and facts.grant is Grant.AUTHORIZATION_CODE
    what = "Sign-in at Google is" if refresh else f"{facts.grant} is"
    yield "grant-type", _not_yet(facts, what)


def _not_yet(facts: Facts, what: str) -> str:
    if facts.draft:
        return f"{what} not available in this version yet: this stays a draft."
    switch = facts.options["enable-client"].label
    return (
        f"{what} not available in this version yet: switch {switch} off to save it as a"
        " draft."
    )

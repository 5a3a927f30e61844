"""Rules on what is kept without effect: options whose condition is not met, and others.

Asked last: what else is said of an option counts more.
"""

from __future__ import annotations

import re

from ...core.options import NEVER
from ...models.clients import MECHANISMS
from ..options.reading import CONTROL
from .rule import MECHANISMS_KEY, Facts, Level, Messages, Rules

RULES = Rules()
MOST_EXTRA = 200
LONGEST_NAME = 120
LONGEST_VALUE = 4000
_NAME = re.compile(r"(?![\[#;])\S[^=]*(?<!\s)")
_PROPERTY = re.compile(r"mail\.[^.]+\.(.+)", re.IGNORECASE)
# JavaMail properties that the old server sets itself, and the options it takes them
# from (email-server-options.md sections 1.2 and 1.3). "": from the encryption.
MAPPED = {
    "host": "server",
    "port": "port",
    "user": "mailbox",
    "connectiontimeout": "connect-timeout",
    "timeout": "protocol-timeout",
    "socketFactory.port": "port",
    "socketFactory.class": "",
    "socketFactory.fallback": "",
}
_MAPPED = {name.lower(): instead for name, instead in MAPPED.items()}


@RULES.rule("G05-google-ignores", Level.WARNING)
def google_ignores(facts: Facts) -> Messages:
    """Google has no directory, and takes the scope from the refresh token."""
    if not facts.google:
        return
    for option in ("directory-id", "scope"):
        if facts.values[option] != facts.options[option].default:
            yield option, "Kept, without effect now: Google does not use it."


@RULES.rule("F04-no-effect", Level.WARNING)
def no_effect(facts: Facts) -> Messages:
    """An option that is set while its condition is not met is kept without effect."""
    for option in facts.options.values():
        value = facts.values[option.name]
        if value == option.default or option.applies(facts.values):
            continue
        if option.name in facts.inherited or value is None:
            continue
        if option.condition is NEVER:
            yield option.name, option.condition.sentence
        else:
            yield option.name, f"Kept, without effect now. {option.condition.sentence}"


@RULES.rule("E01-extra-form")
def extra_form(facts: Facts) -> Messages:
    """At most 200 other options, with names and values that fit into a section."""
    if len(facts.extra) > MOST_EXTRA:
        yield "", f"At most {MOST_EXTRA} other options can be kept in a section."
    for name, text in facts.extra.items():
        if len(name) > LONGEST_NAME:
            yield name, f"The name of an option has at most {LONGEST_NAME} characters."
        elif CONTROL.search(name) or not _NAME.fullmatch(name):
            yield (
                name,
                "Enter a name without = and control characters, that does not begin"
                " with a blank, [, # or ;.",
            )
        elif len(text) > LONGEST_VALUE:
            yield name, f"Enter at most {LONGEST_VALUE} characters."
        elif CONTROL.search(text):
            yield name, "Remove the line breaks, tabs and other control characters."


@RULES.rule("E02-extra-mapped")
def extra_mapped(facts: Facts) -> Messages:
    """What an option sets is set by that option, not by a property."""
    for name in facts.extra:
        instead = _instead(facts, name)
        if instead:
            yield name, f"Set the option {instead} instead of this one."
        elif instead is not None:
            yield name, "Remove it: nobody can set the class of a protocol."


def _instead(facts: Facts, name: str) -> str | None:
    """The option to use, "" where there is none, None for a name that may stay."""
    lower = name.lower()
    if lower in facts.options:
        return lower
    if lower == "mail.debug":
        return "enable-debug"
    found = _PROPERTY.fullmatch(lower)
    if found is None:
        return None
    if found[1].startswith("socketfactory."):
        return _MAPPED.get(found[1]) or facts.security_option
    if found[1] == "class" or found[1].endswith(".class"):
        return ""
    return _MAPPED.get(found[1])


@RULES.rule("E03-other-mechanisms", Level.WARNING)
def other_mechanisms(facts: Facts) -> Messages:
    """The sign-in mode of another type has no effect."""
    type_ = facts.text(facts.type_option)
    own = MECHANISMS.replace("<type>", type_.lower())
    for name in facts.extra:
        if MECHANISMS_KEY.fullmatch(name):
            yield (
                name,
                f"Kept, without effect: the type is {type_}, for which {own} counts.",
            )


@RULES.rule("E04-extra-without-effect", Level.WARNING)
def extra_without_effect(facts: Facts) -> Messages:
    """Other options are kept for export to the old server."""
    for name in facts.extra:
        yield name, NEVER.sentence

"""Rules on folders, and on options that are set but have no effect."""

from __future__ import annotations

from ..core.choices import AfterFetch
from .option_rule import Facts, Level, Messages, rule


@rule("F01-move-needs-folder", Level.REQUIRED)
def move_needs_folder(facts: Facts) -> Messages:
    if _moves(facts) and not facts.text("after-fetch-folder"):
        yield (
            "after-fetch-folder",
            "Enter the folder that stored messages are moved to.",
        )


@rule("F02-move-to-another-folder")
def move_to_another_folder(facts: Facts) -> Messages:
    target = facts.text("after-fetch-folder")
    if (
        _moves(facts)
        and target
        and _folder(target) == _folder(facts.text("folder-path"))
    ):
        yield (
            "after-fetch-folder",
            "Enter another folder than the one that is read, or every message would be"
            " fetched again.",
        )


def _moves(facts: Facts) -> bool:
    return facts.inbound and facts.values["after-fetch"] == AfterFetch.MOVE


def _folder(name: str) -> str:
    """INBOX has no case (RFC 9051 section 5.1); empty means the inbox."""
    name = name or "INBOX"
    return "INBOX" if name.upper() == "INBOX" else name


@rule("F03-deletes", Level.WARNING)
def deletes(facts: Facts) -> Messages:
    if facts.inbound and facts.values["after-fetch"] == AfterFetch.DELETE:
        yield (
            "after-fetch",
            "Messages are deleted on the server once they are stored here; the copy"
            " here is then the only one.",
        )


@rule("F04-no-effect", Level.WARNING)
def no_effect(facts: Facts) -> Messages:
    """Options with a condition that are set while it is not met: kept, and said."""
    for option in facts.options.values():
        value = facts.values[option.name]
        if value != option.default and not option.applies(facts.values):
            yield option.name, f"Kept, without effect now. {option.condition.sentence}"

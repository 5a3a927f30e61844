"""Rules on folders, and on what is done with a message once it is stored."""

from __future__ import annotations

from ...core.choices import AfterFetch, Protocol
from .rule import Facts, Level, Messages, Rules

RULES = Rules()


@RULES.rule("F01-move-needs-folder", Level.REQUIRED)
def move_needs_folder(facts: Facts) -> Messages:
    """Moving needs a folder to move to."""
    if _moves(facts) and not facts.text("after-fetch-folder"):
        yield (
            "after-fetch-folder",
            "Enter the folder that stored messages are moved to.",
        )


@RULES.rule("F02-move-to-another-folder")
def move_to_another_folder(facts: Facts) -> Messages:
    """Messages are not moved to the folder they are read from."""
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
    move = facts.inbound and facts.values["after-fetch"] == AfterFetch.MOVE
    return move and facts.protocol != Protocol.POP3


def _folder(name: str) -> str:
    """INBOX has no case (RFC 9051 section 5.1); empty means the inbox."""
    name = name or "INBOX"
    return "INBOX" if name.upper() == "INBOX" else name


@RULES.rule("F03-deletes", Level.WARNING)
def deletes(facts: Facts) -> Messages:
    """Deleting leaves the stored copy as the only one."""
    if facts.inbound and facts.values["after-fetch"] == AfterFetch.DELETE:
        yield (
            "after-fetch",
            "Messages are deleted on the server once they are stored here; the copy"
            " here is then the only one.",
        )


@RULES.rule("F05-pop3-has-no-folders")
def pop3_has_no_folders(facts: Facts) -> Messages:
    """POP3 has neither folders nor marks (RFC 1939)."""
    if facts.protocol != Protocol.POP3:
        return
    if _folder(facts.text("folder-path")) != "INBOX":
        yield "folder-path", "POP3 has no folders. Leave it empty."
    action = facts.values["after-fetch"]
    if action == AfterFetch.MOVE:
        yield "after-fetch", "POP3 has no folders. Choose leave or delete."
    elif action == AfterFetch.MARK_READ:
        yield "after-fetch", "POP3 has no read mark. Choose leave or delete."

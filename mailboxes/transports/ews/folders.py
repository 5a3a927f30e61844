"""Finds a folder of a mailbox by what an admin typed: a known name or a path.

Exchange names folders by id; display names are in the language of the mailbox. So both
are taken: Exchange's own names (inbox, sentitems, ...), which are alike everywhere, and
paths of display names below the top of the mailbox, or below the inbox.
"""

from __future__ import annotations

import re
from typing import Any

from exchangelib.properties import FolderId
from exchangelib.util import TNS

from . import calls
from .answers import Refusal

TOP = "msgfolderroot"
# What Exchange calls folders of mail (DistinguishedFolderIdNameType).
KNOWN = frozenset(
    {
        "inbox",
        "archive",
        "archiveinbox",
        "archivemsgfolderroot",
        "deleteditems",
        "drafts",
        "junkemail",
        "outbox",
        "recoverableitemsdeletions",
        "sentitems",
    }
)
MISSING = Refusal("ErrorFolderNotFound", "The mailbox has no folder of this name.")
_PARTS = re.compile(r"[/\\]")


def find(account: Any, path: str, login: str) -> Any:
    """The folder as the server describes it, or the refusal.

    path: "" is the inbox. login: whose mailbox it is.
    """
    name = path.strip("/\\ ").casefold()
    if not name or name in KNOWN:
        known = calls.distinguished(name or "inbox", login)
        return calls.Folders(account=account).one(known)
    children = calls.Children(account=account)
    for start in (TOP, "inbox"):
        top = calls.distinguished(start, login)
        found = _walk(children, top, name, name)
        if found is not MISSING:
            return found
        first, *rest = _PARTS.split(name)
        if start == TOP and first == "inbox" and rest:
            # Its display name may be another one: Posteingang, Boîte de réception.
            inbox = calls.distinguished("inbox", login)
            return _walk(children, inbox, "/".join(rest), "/".join(rest))
    return MISSING


def _walk(children: calls.Children, above: FolderId, path: str, whole: str) -> Any:
    """Down from a folder; a name with a slash in it is tried whole first."""
    below = list(children.of(above))
    if below and isinstance(below[0], Refusal):
        return below[0]
    named = {name_of(one).casefold(): one for one in below}
    if path in named:
        return named[path]
    first, *rest = _PARTS.split(path)
    if first not in named or not rest:
        return MISSING
    return _walk(children, FolderId(id=id_of(named[first])), "/".join(rest), whole)


def id_of(folder: Any) -> str:
    """The id of a described folder."""
    return str(folder.find(f"{{{TNS}}}FolderId").get("Id"))


def name_of(folder: Any) -> str:
    return str(folder.findtext(f"{{{TNS}}}DisplayName") or "")

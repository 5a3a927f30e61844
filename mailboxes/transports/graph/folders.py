"""Finds a mail folder of a mailbox at Graph by what an admin calls it.

A name is a path of display names in the mailbox's own language, parted by slashes; or
one of the English names and Graph's well-known names, whatever the language. Source:
learn.microsoft.com, "mailFolder resource type", well-known folder names.
"""

from __future__ import annotations

from typing import Any

from ...core.choices import Stage
from ...core.errors import Code, MailError
from .client import GraphClient, segment

INBOX = "inbox"
TOP = "msgfolderroot"
ASKED = "$select=id,displayName,childFolderCount,totalItemCount"
AT_A_TIME = 100  # folders in one page
DEEPEST = 32  # levels; a name has fewer
# By lower-case name: Graph's well-known ones, and what Outlook calls them in English.
WELL_KNOWN = {
    "inbox": INBOX,
    "archive": "archive",
    "drafts": "drafts",
    "outbox": "outbox",
    "sent items": "sentitems",
    "sentitems": "sentitems",
    "deleted items": "deleteditems",
    "deleteditems": "deleteditems",
    "junk email": "junkemail",
    "junk e-mail": "junkemail",
    "junkemail": "junkemail",
    "conversation history": "conversationhistory",
    "conversationhistory": "conversationhistory",
    "recoverableitemsdeletions": "recoverableitemsdeletions",
}


def find(client: GraphClient, name: str, stage: Stage, missing: Code) -> dict[str, Any]:
    """The folder (id, displayName, totalItemCount) of a name; "" is the inbox.

    missing: code where there is none. Raises MailError.
    """
    path = name.strip().strip("/")
    found = None
    if path.lower() in ("", INBOX):
        found = _known(client, INBOX, stage)
    else:
        found = _below(client, TOP, path, stage, 0) or _by_known(client, path, stage)
    if found is None:
        raise MailError(
            missing, stage, permanent=True, evidence={**client.facts, "folder": name}
        )
    return found


def _by_known(client: GraphClient, path: str, stage: Stage) -> dict[str, Any] | None:
    """A path that begins with a well-known name."""
    first, slash, rest = path.partition("/")
    known = WELL_KNOWN.get(first.strip().lower())
    if known is None:
        return None
    if not slash:
        return _known(client, known, stage)
    return _below(client, known, rest, stage, 0)


def _known(client: GraphClient, name: str, stage: Stage) -> dict[str, Any] | None:
    path = f"{client.root}/mailFolders/{name}?{ASKED}"
    try:
        return client.json("GET", path, stage)
    except MailError as error:
        if error.code not in (Code.GRAPH_ITEM_GONE, Code.FOLDER_MISSING):
            raise
        return None


def _below(
    client: GraphClient, parent: str, path: str, stage: Stage, depth: int
) -> dict[str, Any] | None:
    """The folder of a path below another; a name may have slashes of its own."""
    where = f"{client.root}/mailFolders/{segment(parent)}/childFolders"
    wanted, deeper = path.casefold(), []
    try:
        for one in client.pages(f"{where}?{ASKED}&$top={AT_A_TIME}", stage):
            name = str(one.get("displayName", "")).casefold()
            if name == wanted:
                return one
            if name and wanted.startswith(name + "/") and one.get("childFolderCount"):
                deeper.append((str(one["id"]), wanted[len(name) + 1 :]))
    except MailError as error:
        if error.code not in (Code.GRAPH_ITEM_GONE, Code.FOLDER_MISSING):
            raise
        return None
    if depth < DEEPEST:
        for folder, rest in deeper:
            found = _below(client, folder, rest, stage, depth + 1)
            if found is not None:
                return found
    return None

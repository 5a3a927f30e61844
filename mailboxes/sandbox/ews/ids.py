"""Ids of EWS for folders and items of the store, and the states of a sync.

An item's id names the folder too, so that a moved message has another one, as at
Exchange. Ids are as long as Exchange's. Whoever reads an id that is none of ours gets
ErrorInvalidIdMalformed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from ..mailstore import INBOX, SENT, Entry, Folder, Mailstore
from .xml import Element, Refused, name_of, tag, text_of

DISTINGUISHED = {
    "inbox": INBOX,
    "sentitems": SENT,
    "drafts": "Drafts",
    "deleteditems": "Deleted Items",
    "junkemail": "Junk Email",
    "archive": "Archive",
}
ROOT = "msgfolderroot"
LENGTH = 90  # bytes of an id: 120 characters, as Exchange's ids of folders
FILLER = b"\0"
_BY_NAME = {name: key for key, name in DISTINGUISHED.items()}
_SHOWN = {INBOX: "Inbox"}


def folder_id(folder: int) -> str:
    return _packed("folder", folder)


def root_id(account: str) -> str:
    return _packed("root", account)


def item_id(folder: int, item: int) -> str:
    return _packed("item", folder, item)


def sync_state(folder: Folder, *values: int) -> str:
    """Void once the folder was built anew, as after a move of the mailbox."""
    return _packed("sync", folder.id, folder.uidvalidity, *values)


def change_key(entry: Entry) -> str:
    """Another one when its flags are."""
    return _packed("key", entry.item, abs(hash(entry.flags)) % 10_000)


def of_item(text: str) -> tuple[int, int]:
    """Folder and item of an id. Raises Refused."""
    kind, *values = _unpacked(text)
    if kind != "item" or len(values) != 2:
        raise Refused("ErrorInvalidIdMalformed", "Id is malformed.")
    return int(values[0]), int(values[1])


def of_state(text: str, folder: Folder) -> list[int]:
    """What a sync state of this folder remembers. Raises Refused."""
    try:
        kind, *values = _unpacked(text)
        whose, built, *numbers = (int(value) for value in values)
        if kind != "sync" or (whose, built) != (folder.id, folder.uidvalidity):
            raise ValueError
        if len(numbers) not in (1, 2):
            raise ValueError
    except (Refused, ValueError) as error:
        raise Refused(
            "ErrorInvalidSyncStateData", "Synchronization state data is corrupt."
        ) from error
    return numbers


def shown_name(folder: Folder) -> str:
    """The last part of its path, as clients are told."""
    return _SHOWN.get(folder.name, folder.name.rpartition("/")[2])


def distinguished(folder: Folder) -> str:
    return _BY_NAME.get(folder.name, "")


def parent_of(folder: Folder, folders: Sequence[Folder], account: str) -> str:
    """The id of the folder above; the sandbox's separator is a slash."""
    above = folder.name.rpartition("/")[0]
    found = next((one for one in folders if one.name == above), None)
    return folder_id(found.id) if found else root_id(account)


def find_folder(store: Mailstore, account: str, element: Element) -> Folder | None:
    """The folder that a FolderId or DistinguishedFolderId names; None is the root.

    Raises Refused: another mailbox, or no such folder.
    """
    text = element.get("Id", "")
    if name_of(element) == "DistinguishedFolderId":
        whose = next(
            (one for one in element.iter() if name_of(one) == "EmailAddress"), None
        )
        if whose is not None and text_of(whose).lower() != account:
            raise Refused(
                "ErrorAccessDenied",
                "Access is denied. Check credentials and try again.",
            )
        if text in (ROOT, "root"):
            return None
        found = store.folder(account, DISTINGUISHED.get(text, ""))
        if found is None:
            raise _no_folder()
        return found
    kind, *values = _unpacked(text)
    if kind == "root" and values == [account]:
        return None
    for folder in store.folders(account):
        if kind == "folder" and values == [str(folder.id)]:
            return folder
    raise _no_folder()


def owner_of(store: Mailstore, asked: Element) -> str:
    """Whose mailbox a request is about, "" where it does not say.

    By the mailbox beside the name of a folder, else by the first id in it.
    """
    for element in asked.iter():
        kind = name_of(element)
        if kind == "DistinguishedFolderId":
            for inside in element.iter():
                if name_of(inside) == "EmailAddress":
                    return text_of(inside).lower()
        if kind in ("FolderId", "ItemId", "ParentItemId"):
            try:
                of, *values = _unpacked(element.get("Id", ""))
            except Refused:
                return ""
            if of == "root":
                return values[0]
            return store.owner(int(values[0])) if of in ("folder", "item") else ""
    return ""


def folder_element(folder: int) -> str:
    return tag("t:FolderId", Id=folder_id(folder), ChangeKey=_packed("key", folder))


def _no_folder() -> Refused:
    return Refused(
        "ErrorFolderNotFound", "The specified folder could not be found in the store."
    )


def _packed(*values: object) -> str:
    text = "|".join(map(str, values)).encode()
    return base64.b64encode(text.rjust(LENGTH, FILLER)).decode()


def _unpacked(text: str) -> list[str]:
    try:
        packed = base64.b64decode(text, validate=True)
        return packed.lstrip(FILLER).decode().split("|")
    except (binascii.Error, ValueError) as error:
        raise Refused("ErrorInvalidIdMalformed", "Id is malformed.") from error

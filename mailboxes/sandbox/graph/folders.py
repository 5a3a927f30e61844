"""Mail folders of the fake Graph: well-known names, children, as JSON.

The store names a folder by its whole path, Graph by what its parent holds. Messages:
graph/messages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..http import Answer
from ..mailstore import INBOX, SENT, Folder, Mailstore
from . import ids as graph_ids
from .call import Call
from .errors import Refused

WELL_KNOWN = {
    "inbox": INBOX,
    "archive": "Archive",
    "deleteditems": "Deleted Items",
    "drafts": "Drafts",
    "junkemail": "Junk Email",
    "sentitems": SENT,
}
TOP = "msgfolderroot"
USUAL_PAGE, MOST = 10, 1000  # folders


@dataclass
class Folders:
    """displayed: names in the language of a mailbox, by address and English name."""

    store: Mailstore
    displayed: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, call: Call, text: str) -> Folder:
        """The folder of an id or a well-known name. Raises Refused."""
        account = call.account.address
        name = WELL_KNOWN.get(text.lower())
        if name is not None:
            place = self.store.folder(account, name)
        else:
            number = graph_ids.folder(text)
            found = (one for one in self.store.folders(account) if one.id == number)
            place = next(found, None)
            if number is None:
                raise Refused(400, "ErrorInvalidIdMalformed", "Id is malformed.")
        if place is None:
            raise Refused(
                404,
                "ErrorItemNotFound",
                "The specified object was not found in the store., Default folder"
                f" {text} not found.",
            )
        return place

    def answer(self, call: Call) -> Answer:
        """GET mailFolders, mailFolders/X or mailFolders/X/childFolders."""
        match call.path:
            case ("mailFolders",):
                return Answer(200, self._children(call, ""))
            case ("mailFolders", name) if name.lower() == TOP:
                return Answer(200, {"id": "root", "displayName": "Top"})
            case ("mailFolders", name, "childFolders") if name.lower() == TOP:
                return Answer(200, self._children(call, ""))
            case ("mailFolders", name, "childFolders"):
                return Answer(200, self._children(call, self.of(call, name).name))
        return Answer(200, self._described(call, self.of(call, call.path[1])))

    def _children(self, call: Call, parent: str) -> dict[str, Any]:
        places = self.store.folders(call.account.address)
        found = [one for one in places if _parent(one.name) == parent]
        skip = call.number("$skip", 0, 1 << 30)
        most = call.number("$top", USUAL_PAGE, MOST)
        page = found[skip : skip + most]
        told: dict[str, Any] = {"value": [self._described(call, one) for one in page]}
        if skip + most < len(found):
            told["@odata.nextLink"] = f"{call.link}?$top={most}&$skip={skip + most}"
        return told

    def _described(self, call: Call, place: Folder) -> dict[str, Any]:
        account = call.account.address
        entries = self.store.entries(place.id)
        children = [
            one
            for one in self.store.folders(account)
            if _parent(one.name) == place.name
        ]
        shown = place.name.rpartition("/")[2]
        shown = "Inbox" if place.name == INBOX else shown
        told = {
            "displayName": self.displayed.get((account, place.name), shown),
            "parentFolderId": "root",
            "childFolderCount": len(children),
            "unreadItemCount": sum("\\Seen" not in one.flags for one in entries),
            "totalItemCount": len(entries),
            "isHidden": False,
        }
        if call.selected:
            told = {name: told[name] for name in call.selected if name in told}
        return {"id": graph_ids.of_folder(place), **told}


def _parent(name: str) -> str:
    return name.rpartition("/")[0]

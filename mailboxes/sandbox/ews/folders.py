"""GetFolder and FindFolder of the sandbox's EWS."""

from __future__ import annotations

from ..mailstore import Folder, Mailstore
from .ids import (
    distinguished,
    find_folder,
    folder_element,
    parent_of,
    root_id,
    shown_name,
)
from .xml import Element, Refused, failure, m, plain, success, tag


class Folders:
    """Folders of one mailbox. account: its address in lower case."""

    def __init__(self, store: Mailstore, account: str) -> None:
        self._store = store
        self._account = account

    def get(self, asked: Element) -> list[str]:
        """GetFolder: one response message for each id."""
        found = []
        for element in asked.find(m("FolderIds")) or ():
            try:
                folder = find_folder(self._store, self._account, element)
            except Refused as refused:
                found.append(failure("GetFolder", refused))
                continue
            shown = self._shown(folder) if folder else self._root()
            found.append(success("GetFolder", tag("m:Folders", shown)))
        return found

    def find(self, asked: Element) -> list[str]:
        """FindFolder: what is under the parents, one level or all."""
        deep = asked.get("Traversal") == "Deep"
        view = asked.find(m("IndexedPageFolderView"))
        found = []
        for element in asked.find(m("ParentFolderIds")) or ():
            try:
                above = find_folder(self._store, self._account, element)
            except Refused as refused:
                found.append(failure("FindFolder", refused))
                continue
            under = self._under(above, deep)
            paging = view.attrib if view is not None else {}
            start = int(paging.get("Offset", "0"))
            most = int(paging.get("MaxEntriesReturned", "1000"))
            page = under[start : start + most]
            last = start + len(page) >= len(under)
            shown = "".join(self._shown(folder) for folder in page)
            found.append(
                success(
                    "FindFolder",
                    tag(
                        "m:RootFolder",
                        tag("t:Folders", shown),
                        IndexedPagingOffset=str(start + len(page)),
                        TotalItemsInView=str(len(under)),
                        IncludesLastItemInRange=str(last).lower(),
                    ),
                )
            )
        return found

    def _under(self, above: Folder | None, deep: bool) -> list[Folder]:
        start = f"{above.name}/" if above else ""
        return [
            folder
            for folder in self._store.folders(self._account)
            if folder.name.startswith(start)
            and (deep or "/" not in folder.name[len(start) :])
        ]

    def _shown(self, folder: Folder) -> str:
        every = self._store.folders(self._account)
        children = self._under(folder, False)
        entries = self._store.entries(folder.id)
        unread = sum("\\Seen" not in entry.flags for entry in entries)
        kind = distinguished(folder)
        return tag(
            "t:Folder",
            folder_element(folder.id)
            + tag("t:ParentFolderId", Id=parent_of(folder, every, self._account))
            + plain("t:FolderClass", "IPF.Note")
            + plain("t:DisplayName", shown_name(folder))
            + plain("t:TotalCount", len(entries))
            + plain("t:ChildFolderCount", len(children))
            + (plain("t:DistinguishedFolderId", kind) if kind else "")
            + plain("t:UnreadCount", unread),
        )

    def _root(self) -> str:
        return tag(
            "t:Folder",
            tag("t:FolderId", Id=root_id(self._account), ChangeKey="AQAAAA==")
            + plain("t:DisplayName", "Top of Information Store")
            + plain("t:TotalCount", 0)
            + plain("t:ChildFolderCount", len(self._under(None, False)))
            + plain("t:DistinguishedFolderId", "msgfolderroot")
            + plain("t:UnreadCount", 0),
        )

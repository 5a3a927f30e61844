"""Reading and settling of the sandbox's EWS: FindItem, GetItem, SyncFolderItems,
UpdateItem, MoveItem, DeleteItem.

Sending: ews/send. A message that is gone or has moved is ErrorItemNotFound.
"""

from __future__ import annotations

from ..mailstore import Change, Entry, Folder, Mailstore
from .ids import find_folder, item_id, of_item, of_state, sync_state
from .shapes import Shape, item_element
from .xml import Element, Refused, failure, m, name_of, plain, success, t, tag

MOST_CHANGES = 512  # of one SyncFolderItems
MOST_FOUND = 1000  # of one FindItem
DELETED = "Deleted Items"


class Items:
    """Items of one mailbox. account: its address in lower case."""

    def __init__(self, store: Mailstore, account: str) -> None:
        self._store = store
        self._account = account

    # reading

    def get(self, asked: Element) -> list[str]:
        """GetItem: one response message for each id."""
        shape, found = Shape(asked), []
        for element in asked.find(m("ItemIds")) or ():
            try:
                folder, entry = self._entry(element)
            except Refused as refused:
                found.append(failure("GetItem", refused, tag("m:Items")))
                continue
            shown = shape.written(self._store, folder.id, entry)
            found.append(success("GetItem", tag("m:Items", shown)))
        return found

    def find(self, asked: Element) -> list[str]:
        """FindItem: newest first, by pages; equality with a Message-ID at most."""
        shape = Shape(asked)
        view = asked.find(m("IndexedPageItemView"))
        start = int(view.get("Offset", "0")) if view is not None else 0
        most = MOST_FOUND
        if view is not None:
            most = min(most, int(view.get("MaxEntriesReturned", str(MOST_FOUND))))
        found = []
        for element in asked.find(m("ParentFolderIds")) or ():
            try:
                folder = self._folder(element)
                entries = self._matching(folder, asked)
            except Refused as refused:
                found.append(failure("FindItem", refused))
                continue
            page = entries[start : start + most]
            last = start + len(page) >= len(entries)
            shown = "".join(
                shape.written(self._store, folder.id, entry) for entry in page
            )
            found.append(
                success(
                    "FindItem",
                    tag(
                        "m:RootFolder",
                        tag("t:Items", shown),
                        IndexedPagingOffset=str(start + len(page)),
                        TotalItemsInView=str(len(entries)),
                        IncludesLastItemInRange=str(last).lower(),
                    ),
                )
            )
        return found

    def _matching(self, folder: Folder, asked: Element) -> list[Entry]:
        entries = self._store.entries(folder.id)
        entries.reverse()
        restriction = asked.find(m("Restriction"))
        if restriction is None:
            return entries
        test = restriction.find(t("IsEqualTo"))
        field = test.find(t("FieldURI")) if test is not None else None
        value = next(restriction.iter(t("Constant")), None)
        name = field.get("FieldURI") if field is not None else ""
        if name != "message:InternetMessageId" or value is None:
            raise Refused("ErrorUnsupportedQueryFilter", "Unsupported query filter.")
        return [one for one in entries if one.message_id == value.get("Value")]

    def sync(self, asked: Element) -> list[str]:
        """SyncFolderItems: all there is, by number, then what the log says."""
        inside = asked.find(m("SyncFolderId"))
        state = asked.findtext(m("SyncState"), "").strip()
        most = int(asked.findtext(m("MaxChangesReturned"), "100"))
        try:
            if not 0 < most <= MOST_CHANGES:
                raise Refused(
                    "ErrorInvalidSyncStateData"
                    if most <= 0
                    else "ErrorInvalidArgument",
                    f"MaxChangesReturned has to be 1 to {MOST_CHANGES}.",
                )
            if inside is None or not len(inside):
                raise Refused("ErrorMissingArgument", "SyncFolderId is missing.")
            folder = self._folder(inside[0])
            known = of_state(state, folder) if state else [self._store.last_change(), 0]
        except Refused as refused:
            rest = plain("m:SyncState", "") + plain("m:IncludesLastItemInRange", True)
            return [failure("SyncFolderItems", refused, rest + tag("m:Changes"))]
        shape = Shape(asked)
        if len(known) == 2:
            changes, state, last = self._first(folder, shape, *known, most)
        else:
            changes, state, last = self._later(folder, shape, known[0], most)
        return [
            success(
                "SyncFolderItems",
                plain("m:SyncState", state)
                + plain("m:IncludesLastItemInRange", last)
                + tag("m:Changes", "".join(changes)),
            )
        ]

    def _first(
        self, folder: Folder, shape: Shape, seq: int, after: int, most: int
    ) -> tuple[list[str], str, bool]:
        """A page of the first listing; the log from `seq` on comes after it."""
        left = sorted(
            (one for one in self._store.entries(folder.id) if one.item > after),
            key=lambda one: one.item,
        )
        page = left[:most]
        shown = [
            tag("t:Create", shape.written(self._store, folder.id, one)) for one in page
        ]
        if len(left) <= most:
            return shown, sync_state(folder, seq), True
        return shown, sync_state(folder, seq, page[-1].item), False

    def _later(
        self, folder: Folder, shape: Shape, seq: int, most: int
    ) -> tuple[list[str], str, bool]:
        """What the log says after `seq`, each item once."""
        kinds: dict[int, set[str]] = {}
        log = self._store.log(folder.id, seq)
        taken: list[Change] = []
        for line in log:
            if line.item not in kinds and len(kinds) == most:
                break
            kinds.setdefault(line.item, set()).add(line.kind)
            taken.append(line)
        there = {one.item: one for one in self._store.entries(folder.id)}
        shown = [
            one
            for item, what in kinds.items()
            if (one := self._change(folder, shape, item, there.get(item), what))
        ]
        last = len(taken) == len(log)
        seq = self._store.last_change() if last else taken[-1].seq
        return shown, sync_state(folder, seq), last

    def _change(
        self,
        folder: Folder,
        shape: Shape,
        item: int,
        entry: Entry | None,
        kinds: set[str],
    ) -> str:
        if entry is None:
            if "came" in kinds:  # and has left: nobody was told of it
                return ""
            gone = tag("t:ItemId", Id=item_id(folder.id, item), ChangeKey="AQAAAA==")
            return tag("t:Delete", gone)
        if "came" in kinds:
            return tag("t:Create", shape.written(self._store, folder.id, entry))
        read = plain("t:IsRead", "\\Seen" in entry.flags)
        return tag("t:ReadFlagChange", item_element(folder.id, entry) + read)

    # settling

    def update(self, asked: Element) -> list[str]:
        """UpdateItem: IsRead, nothing else."""
        found = []
        for change in asked.iter(t("ItemChange")):
            try:
                folder, entry = self._entry(change[0])
                for fact in change.iter(t("SetItemField")):
                    self._set(folder, entry, fact)
            except Refused as refused:
                found.append(failure("UpdateItem", refused, tag("m:Items")))
                continue
            again = self._entry(change[0])[1]
            shown = tag("t:Message", item_element(folder.id, again))
            conflicts = tag("m:ConflictResults", plain("t:Count", 0))
            found.append(success("UpdateItem", tag("m:Items", shown) + conflicts))
        return found

    def _set(self, folder: Folder, entry: Entry, fact: Element) -> None:
        field, value = fact.find(t("FieldURI")), next(fact.iter(t("IsRead")), None)
        if field is None or field.get("FieldURI") != "message:IsRead" or value is None:
            raise Refused("ErrorInvalidPropertySet", "Set action is invalid.")
        flags = [one for one in entry.flags.split() if one != "\\Seen"]
        if value.text in ("true", "1"):
            flags.append("\\Seen")
        self._store.set_flags(folder.id, entry.uid, " ".join(flags))

    def move(self, asked: Element) -> list[str]:
        """MoveItem: into one folder; each item gets another id there."""
        target = self._target(asked)
        found = []
        for element in asked.find(m("ItemIds")) or ():
            try:
                folder, entry = self._entry(element)
                if isinstance(target, Refused):
                    raise target
            except Refused as refused:
                found.append(failure("MoveItem", refused, tag("m:Items")))
                continue
            self._store.copy(folder.id, [entry.uid], target.id, move=True)
            shown = tag("t:Message", item_element(target.id, entry))
            found.append(success("MoveItem", tag("m:Items", shown)))
        return found

    def _target(self, asked: Element) -> Folder | Refused:
        inside = asked.find(m("ToFolderId"))
        try:
            if inside is None or not len(inside):
                raise Refused("ErrorMissingArgument", "ToFolderId is missing.")
            return self._folder(inside[0])
        except Refused as refused:
            if refused.code == "ErrorFolderNotFound":
                return Refused(
                    "ErrorToFolderNotFound", "The destination folder was not found."
                )
            return refused

    def delete(self, asked: Element) -> list[str]:
        """DeleteItem: for good, or to Deleted Items."""
        hard = asked.get("DeleteType") != "MoveToDeletedItems"
        bin = self._store.folder(self._account, DELETED)
        found = []
        for element in asked.find(m("ItemIds")) or ():
            try:
                folder, entry = self._entry(element)
            except Refused as refused:
                found.append(failure("DeleteItem", refused))
                continue
            if hard or bin is None or folder.id == bin.id:
                self._store.remove(folder.id, [entry.uid])
            else:
                self._store.copy(folder.id, [entry.uid], bin.id, move=True)
            found.append(success("DeleteItem"))
        return found

    # looking up

    def _folder(self, element: Element) -> Folder:
        found = find_folder(self._store, self._account, element)
        if found is None:
            raise Refused("ErrorInvalidOperation", "The root folder has no items.")
        return found

    def _entry(self, element: Element) -> tuple[Folder, Entry]:
        if name_of(element) != "ItemId":
            raise Refused("ErrorInvalidIdMalformed", "Id is malformed.")
        folder, item = of_item(element.get("Id", ""))
        found = self._store.by_item(self._account, item)
        if found is None or found[0].id != folder:
            raise Refused(
                "ErrorItemNotFound",
                "The specified object was not found in the store.",
            )
        return found

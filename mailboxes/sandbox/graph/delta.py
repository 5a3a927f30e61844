"""Delta queries of the fake Graph: a folder page by page, then what has changed.

Source: learn.microsoft.com, "message: delta". Options are baked into the links; a link
of a folder that is gone, or one that a fault makes void, gets 410.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..http import Answer
from ..mailstore import Change, Folder, Mailstore
from . import ids as graph_ids
from .call import Call
from .errors import Refused, bad_request
from .messages import SEEN, Messages

USUAL_PAGE, MOST = 10, 1000  # messages in one page
KEPT = ("$select", "$expand")  # options that a link carries on


@dataclass
class Delta:
    store: Mailstore
    messages: Messages

    def answer(self, call: Call, place: Folder) -> Answer:
        """GET mailFolders/X/messages/delta. Raises Refused."""
        if "$search" in call.query or "$skip" in call.query:
            raise bad_request("The query parameter is not supported in a delta query.")
        going_on = call.query.get("$skiptoken")
        since = call.query.get("$deltatoken")
        if going_on is None and since is None:
            begun = {"f": place.id, "u": 0, "s": self.store.last_change()}
            told = begun | {name: call.query.get(name, "") for name in KEPT}
        else:
            told = graph_ids.read_token(going_on or since or "") or {}
        if told.get("f") != place.id:
            raise lost()
        call.query = {name: str(told.get(name, "")) for name in KEPT}
        size = min(call.page_size or USUAL_PAGE, MOST)
        headers = {}
        if call.page_size:
            headers["Preference-Applied"] = f"odata.maxpagesize={size}"
        page = self._listed if since is None else self._changed
        return Answer(200, page(call, place, told, size), headers)

    def _listed(
        self, call: Call, place: Folder, told: dict[str, Any], size: int
    ) -> dict[str, Any]:
        found = self.store.entries(place.id, first=int(told["u"]) + 1)
        items = [self.messages.described(call, place, one) for one in found[:size]]
        if len(found) > size:
            link = _link(call, "$skiptoken", told | {"u": found[size - 1].uid})
            return {"@odata.nextLink": link, "value": items}
        return {"@odata.deltaLink": _link(call, "$deltatoken", told), "value": items}

    def _changed(
        self, call: Call, place: Folder, told: dict[str, Any], size: int
    ) -> dict[str, Any]:
        newest: dict[int, list[Change]] = {}
        for change in self.store.log(place.id, int(told["s"])):
            newest.setdefault(change.item, []).append(change)
        last = max((c[-1].seq for c in newest.values()), default=int(told["s"]))
        # In the order in which each was touched last, so that a page may end anywhere.
        ordered = sorted(newest.values(), key=lambda changes: changes[-1].seq)
        page = ordered[:size]
        items = [self._one(call, place, changes) for changes in page]
        if len(ordered) > size:
            after = told | {"s": page[-1][-1].seq}
            # Graph goes on by $skiptoken here too; ours tells the two apart by name.
            return {
                "@odata.nextLink": _link(call, "$deltatoken", after),
                "value": items,
            }
        link = _link(call, "$deltatoken", told | {"s": last})
        return {"@odata.deltaLink": link, "value": items}

    def _one(self, call: Call, place: Folder, changes: list[Change]) -> dict[str, Any]:
        """All of what has come, little of what has changed, the id of what has left."""
        item = changes[-1].item
        found = self.store.by_item(place.account, item)
        if found is None or found[0].id != place.id:
            return {"id": graph_ids.of_item(item), "@removed": {"reason": "deleted"}}
        entry = found[1]
        if any(change.kind == "came" for change in changes):
            return self.messages.described(call, place, entry)
        return {
            "@odata.type": "#microsoft.graph.message",
            "id": graph_ids.of_message(place, entry, immutable=call.immutable),
            "isRead": SEEN in entry.flags,
        }


def lost() -> Refused:
    """The state is void."""
    return Refused(
        410,
        "SyncStateNotFound",
        "The sync state generation is not found; value=''. Resync is required.",
    )


def _link(call: Call, name: str, told: dict[str, Any]) -> str:
    return f"{call.link}?{name}={graph_ids.token(told)}"

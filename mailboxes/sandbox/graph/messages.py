"""Messages of the fake Graph: lists, one as JSON or MIME, read marks, moves, deletes.

Changes of a folder: graph/delta. Sending and drafts: graph/send. Filters are those that
clients of mail use: receivedDateTime, isRead, internetMessageId.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import Any

from .. import effects
from ..faults import Faults
from ..http import Answer
from ..mailstore import Entry, Folder, Mailstore
from . import errors as graph_errors, ids as graph_ids
from .call import Call
from .folders import Folders

SEEN, DRAFT = "\\Seen", "\\Draft"
DELETED = "Deleted Items"
USUAL_PAGE, MOST = 10, 1000  # messages
HEAD = 64 * 1024  # bytes of a message in which its header is looked for
_FILTER = re.compile(r"(\w+)\s+(eq|ge|gt|le|lt)\s+('[^']*'|\S+)")
_ONLY_ASKED = ("internetMessageHeaders", "body")


@dataclass
class Messages:
    store: Mailstore
    folders: Folders
    faults: Faults

    def find(self, call: Call, text: str) -> tuple[Folder, Entry]:
        """Where a message is now. Raises Refused."""
        known = graph_ids.message(text)
        account = call.account.address
        if known is None:
            raise graph_errors.malformed()
        if isinstance(known, int):
            found = self.store.by_item(account, known)
            if found is None:
                raise graph_errors.gone()
            return found
        for place in self.store.folders(account):
            if place.id == known[0]:
                for entry in self.store.entries(place.id, known[1], known[1]):
                    return place, entry
        raise graph_errors.gone()

    def list(self, call: Call, place: Folder | None) -> Answer:
        """GET messages, of one folder or of all; newest first."""
        account = call.account.address
        places = [place] if place else self.store.folders(account)
        found = [(one, e) for one in places for e in self.store.entries(one.id)]
        found.sort(key=lambda pair: (pair[1].arrived, pair[1].item), reverse=True)
        if call.query.get("$orderby", "").strip().lower() == "receiveddatetime asc":
            found.reverse()
        for name, operator, value in _FILTER.findall(call.query.get("$filter", "")):
            found = [pair for pair in found if _fits(pair[1], name, operator, value)]
        skip = call.number("$skip", 0, 1 << 30)
        most = call.number("$top", USUAL_PAGE, MOST)
        page = found[skip : skip + most]
        told: dict[str, Any] = {"value": [self.described(call, *one) for one in page]}
        if call.query.get("$count", "").lower() == "true":
            told["@odata.count"] = len(found)
        if skip + most < len(found):
            kept = "".join(
                f"&{name}={value}"
                for name, value in call.query.items()
                if name in ("$select", "$filter", "$orderby", "$expand")
            )
            going_on = f"$top={most}&$skip={skip + most}{kept}".replace(" ", "%20")
            told["@odata.nextLink"] = f"{call.link}?{going_on}"
        return Answer(200, told)

    def get(self, call: Call, place: Folder, entry: Entry) -> Answer:
        return Answer(200, self.described(call, place, entry))

    def value(self, call: Call, entry: Entry) -> Answer:
        """GET $value: the MIME. A fault cuts it in the middle."""
        [content] = self.store.bodies([entry.body])
        if content is None:
            raise graph_errors.gone()
        cut = None
        at = effects.place("graph", "content")
        if self.faults.at(at, call.account.address):
            cut = len(content) // 2
        return Answer(200, content, {"Content-Type": "text/plain"}, cut)

    def patch(self, call: Call, place: Folder, entry: Entry) -> Answer:
        """PATCH: only what may be changed of a message that was received."""
        told = call.json()
        if set(told) - {"isRead", "categories", "flag", "importance"}:
            raise graph_errors.denied()
        if "isRead" in told:
            flags = [one for one in entry.flags.split() if one != SEEN]
            flags += [SEEN] if told["isRead"] is True else []
            self.store.set_flags(place.id, entry.uid, " ".join(flags))
        return Answer(200, self.described(call, *self._again(call, entry)))

    def move(self, call: Call, place: Folder, entry: Entry) -> Answer:
        target = self.folders.of(call, str(call.json().get("destinationId", "")))
        if target.id != place.id:
            self.store.copy(place.id, [entry.uid], target.id, move=True)
        return Answer(201, self.described(call, *self._again(call, entry)))

    def delete(self, call: Call, place: Folder, entry: Entry) -> Answer:
        """DELETE: to Deleted Items, and from there for good."""
        target = self.store.folder(call.account.address, DELETED)
        if target is None or target.id == place.id:
            self.store.remove(place.id, [entry.uid])
        else:
            self.store.copy(place.id, [entry.uid], target.id, move=True)
        return Answer(204, None)

    def remove(self, place: Folder, entry: Entry) -> Answer:
        """POST permanentDelete."""
        self.store.remove(place.id, [entry.uid])
        return Answer(204, None)

    def described(self, call: Call, place: Folder, entry: Entry) -> dict[str, Any]:
        """A message as JSON, with what was selected."""
        selected = call.selected
        told: dict[str, Any] = {
            "receivedDateTime": moment(entry.arrived),
            "internetMessageId": entry.message_id,
            "parentFolderId": graph_ids.of_folder(place),
            "isRead": SEEN in entry.flags,
            "isDraft": DRAFT in entry.flags,
        }
        if not selected or set(selected) - set(told):
            told |= self._header(entry)
        if selected:
            told = {name: told[name] for name in selected if name in told}
        else:
            told = {k: v for k, v in told.items() if k not in _ONLY_ASKED}
        if call.sized:
            told["singleValueExtendedProperties"] = [
                {"id": "Integer 0xe08", "value": str(entry.size)}
            ]
        return {
            "@odata.etag": f'W/"{entry.item}.{place.id}.{len(entry.flags)}"',
            "id": graph_ids.of_message(place, entry, immutable=call.immutable),
            **told,
        }

    def _header(self, entry: Entry) -> dict[str, Any]:
        [content] = self.store.bodies([entry.body])
        header = header_of(content or b"")
        return {
            "subject": str(header.get("Subject", "")),
            "sentDateTime": moment(entry.arrived),
            "from": next(iter(people(header, "From")), None),
            "toRecipients": people(header, "To"),
            "ccRecipients": people(header, "Cc"),
            "hasAttachments": "multipart/mixed" in str(header.get("Content-Type", "")),
            "body": {"contentType": "text", "content": ""},
            "internetMessageHeaders": [
                {"name": name, "value": str(value)} for name, value in header.items()
            ],
        }

    def _again(self, call: Call, entry: Entry) -> tuple[Folder, Entry]:
        found = self.store.by_item(call.account.address, entry.item)
        if found is None:
            raise graph_errors.gone()
        return found


def moment(seconds: float) -> str:
    """A time as Graph writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def header_of(content: bytes) -> Message:
    return BytesHeaderParser().parsebytes(content[:HEAD])


def people(header: Message, name: str) -> list[dict[str, Any]]:
    """Addresses of a header field as recipients."""
    found = getaddresses([str(one) for one in header.get_all(name, [])])
    return [{"emailAddress": {"name": n, "address": a}} for n, a in found if a]


def _fits(entry: Entry, name: str, operator: str, value: str) -> bool:
    text = value.strip("'")
    match name:
        case "internetMessageId":
            return entry.message_id == text
        case "isRead":
            return (SEEN in entry.flags) == (text == "true")
        case "isDraft":
            return (DRAFT in entry.flags) == (text == "true")
        case "receivedDateTime":
            try:
                bound = datetime.fromisoformat(text).timestamp()
            except ValueError:
                raise graph_errors.bad_request("Invalid filter clause") from None
            return {
                "ge": entry.arrived >= bound,
                "gt": entry.arrived > bound,
                "le": entry.arrived <= bound,
                "lt": entry.arrived < bound,
                "eq": entry.arrived == bound,
            }[operator]
    raise graph_errors.bad_request(f"The property '{name}' does not support filters.")

"""A message of the store as an EWS item, with the properties that were asked for."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime

from ..mailstore import Entry, Mailstore
from .ids import change_key, folder_element, item_id
from .xml import Element, m, plain, t, tag, text_of

STORE_OVERHEAD = 4096  # bytes
# Properties of the shapes beside the id; item:MimeContent is always asked for by name.
DEFAULT = frozenset(
    {"item:Subject", "item:DateTimeReceived", "item:Size", "message:IsRead",
     "item:DateTimeSent", "message:From", "message:InternetMessageId",
     "item:HasAttachments"}
)  # fmt: skip
ALL = DEFAULT | {"item:ParentFolderId", "item:ItemClass", "item:InternetMessageHeaders"}


class Shape:
    """Which properties a request wants."""

    def __init__(self, asked: Element, name: str = "ItemShape") -> None:
        shape = asked.find(m(name))
        base = text_of(shape.find(t("BaseShape"))) if shape is not None else ""
        wanted = {"Default": set(DEFAULT), "AllProperties": set(ALL)}.get(base, set())
        if shape is not None:
            if text_of(shape.find(t("IncludeMimeContent"))) == "true":
                wanted.add("item:MimeContent")
            wanted |= {one.get("FieldURI", "") for one in shape.iter(t("FieldURI"))}
        self.wanted = frozenset(wanted)

    def written(self, store: Mailstore, folder: int, entry: Entry) -> str:
        """The item; properties stand in the order of the schema."""
        raw = b""
        if self.wanted - {"item:Size", "item:DateTimeReceived", "item:ParentFolderId"}:
            raw = store.bodies([entry.body])[0] or b""
        header = BytesHeaderParser().parsebytes(raw[: 256 * 1024]) if raw else Message()
        parts = []
        if "item:MimeContent" in self.wanted:
            content = base64.b64encode(raw).decode()
            parts.append(tag("t:MimeContent", content, CharacterSet="UTF-8"))
        parts.append(item_element(folder, entry))
        for name, write in _PROPERTIES.items():
            if name in self.wanted:
                parts.append(write(folder, entry, header))
        return tag("t:Message", "".join(parts))


def item_element(folder: int, entry: Entry) -> str:
    return tag("t:ItemId", Id=item_id(folder, entry.item), ChangeKey=change_key(entry))


def _headers(header: Message) -> str:
    return "".join(
        tag("t:InternetMessageHeader", plain("x", value)[3:-4] or " ", HeaderName=name)
        for name, value in header.items()
    )


def _addresses(name: str, header: Message) -> str:
    found = getaddresses([str(header.get(name, ""))])
    return "".join(
        tag(
            "t:Mailbox",
            plain("t:Name", words or address)
            + plain("t:EmailAddress", address)
            + plain("t:RoutingType", "SMTP"),
        )
        for words, address in found
        if address
    )


def _sent(header: Message, entry: Entry) -> str:
    try:
        return moment(parsedate_to_datetime(str(header.get("Date", ""))).timestamp())
    except (ValueError, TypeError, OverflowError):
        return moment(entry.arrived)


def moment(seconds: float) -> str:
    """A time as EWS writes it (xs:dateTime, UTC)."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def decoded(text: str) -> str:
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, UnicodeError, ValueError):
        return text


Write = Callable[[int, Entry, Message], str]
# In the order in which the schema has them (MS-OXWSMSG).
_PROPERTIES: dict[str, Write] = {
    "item:ParentFolderId": lambda folder, e, h: folder_element(folder).replace(
        "t:FolderId", "t:ParentFolderId"
    ),
    "item:ItemClass": lambda f, e, h: plain("t:ItemClass", "IPM.Note"),
    "item:Subject": lambda f, e, h: plain(
        "t:Subject", decoded(str(h.get("Subject", "")))
    ),
    "item:DateTimeReceived": lambda f, e, h: plain(
        "t:DateTimeReceived", moment(e.arrived)
    ),
    # Of the properties in the store, not of the MIME.
    "item:Size": lambda f, e, h: plain("t:Size", e.size + STORE_OVERHEAD),
    "item:InternetMessageHeaders": lambda f, e, h: tag(
        "t:InternetMessageHeaders", _headers(h)
    ),
    "item:DateTimeSent": lambda f, e, h: plain("t:DateTimeSent", _sent(h, e)),
    "item:HasAttachments": lambda f, e, h: plain(
        "t:HasAttachments", h.get_content_type() == "multipart/mixed"
    ),
    "message:From": lambda f, e, h: tag("t:From", _addresses("From", h)),
    "message:InternetMessageId": lambda f, e, h: plain(
        "t:InternetMessageId", e.message_id
    ),
    "message:IsRead": lambda f, e, h: plain("t:IsRead", "\\Seen" in e.flags),
}

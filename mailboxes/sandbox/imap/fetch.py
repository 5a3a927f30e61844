"""FETCH: which items are asked for, and each message's answer in big buffers.

RFC 3501 section 6.4.5. Items: UID, FLAGS, RFC822.SIZE, INTERNALDATE, ENVELOPE, and
BODY[], BODY[HEADER], BODY[HEADER.FIELDS (...)], BODY[TEXT] with .PEEK and <a.b>.
BODYSTRUCTURE and single parts are not served. Sessions: imap/session.
"""

from __future__ import annotations

import email.parser
import email.policy
import email.utils
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from ..mailstore import Entry, Mailstore
from .parse import Malformed, internal_date, text

BUFFER = 512 * 1024
AT_ONCE = 200  # bodies read from the store together
_BODY = re.compile(r"BODY(\.PEEK)?\[([^\]]*)\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)
_OLD = {
    "RFC822": "BODY[]",
    "RFC822.HEADER": "BODY.PEEK[HEADER]",
    "RFC822.TEXT": "BODY[TEXT]",
}
_MACROS = {
    "FAST": ["FLAGS", "INTERNALDATE", "RFC822.SIZE"],
    "ALL": ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"],
}
_PLAIN = ("UID", "FLAGS", "RFC822.SIZE", "INTERNALDATE", "ENVELOPE")


@dataclass(frozen=True)
class Item:
    """One item. name: as answered; section: of a BODY item, upper case."""

    name: str
    section: str | None = None
    start: int = 0
    length: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What a FETCH asks for. marks_seen: one BODY item came without .PEEK."""

    items: tuple[Item, ...]
    marks_seen: bool

    @property
    def needs_body(self) -> bool:
        return any(i.section is not None or i.name == "ENVELOPE" for i in self.items)


def wanted(token: object, *, by_uid: bool) -> Wanted:
    """Read the items. Raises Malformed for one that we do not serve."""
    names = [text(one) for one in token] if isinstance(token, list) else [text(token)]
    if len(names) == 1:
        names = _MACROS.get(names[0].upper(), names)
    items, seen = [], False
    for name in names:
        if name.upper() in _PLAIN:
            items.append(Item(name.upper()))
            continue
        found = _BODY.fullmatch(_OLD.get(name.upper(), name))
        if not found:
            raise Malformed(name)
        section = found[2].upper()
        if section not in ("", "HEADER", "TEXT") and not section.startswith(
            "HEADER.FIELDS"
        ):
            raise Malformed(name)
        seen = seen or not found[1]
        label = name.upper() if name.upper() in _OLD else f"BODY[{section}]"
        start = int(found[3] or 0)
        if found[3] is not None:
            label += f"<{start}>"
        items.append(
            Item(label, section, start, int(found[4]) if found[4] is not None else None)
        )
    if by_uid and not any(item.name == "UID" for item in items):
        items.insert(0, Item("UID"))
    return Wanted(tuple(items), seen)


async def answers(
    store: Mailstore, entries: list[tuple[int, Entry]], asked: Wanted
) -> AsyncIterator[bytes]:
    """The untagged answers for (sequence number, entry), joined to big buffers."""
    parts: list[bytes] = []
    size = 0
    for group in _groups(entries, asked.needs_body):
        bodies: list[bytes | None] = (
            store.bodies([entry.body for _, entry in group])
            if asked.needs_body
            else [b""] * len(group)
        )
        for (number, entry), body in zip(group, bodies, strict=True):
            if body is None:  # another client expunged it while we were sending
                continue
            one = render(number, entry, body, asked)
            parts.append(one)
            size += len(one)
            if size >= BUFFER:
                yield b"".join(parts)
                parts, size = [], 0
    if parts:
        yield b"".join(parts)


def _groups(
    entries: list[tuple[int, Entry]], needs_body: bool
) -> list[list[tuple[int, Entry]]]:
    """Runs of entries whose bodies are read together: few, and not too large."""
    groups: list[list[tuple[int, Entry]]] = []
    size = 0
    for pair in entries:
        size += pair[1].size if needs_body else 0
        if not groups or len(groups[-1]) >= AT_ONCE or size > 4 * BUFFER:
            groups.append([])
            size = pair[1].size if needs_body else 0
        groups[-1].append(pair)
    return groups


def render(number: int, entry: Entry, body: bytes, asked: Wanted) -> bytes:
    """`* n FETCH (...)` of one message."""
    out = []
    for item in asked.items:
        if item.section is None:
            out.append(f"{item.name} {_plain(item.name, entry, body)}".encode())
            continue
        data = _section(item.section, body)
        if item.length is not None:
            data = data[item.start : item.start + item.length]
        out.append(b"%s {%d}\r\n%s" % (item.name.encode(), len(data), data))
    return b"* %d FETCH (%s)\r\n" % (number, b" ".join(out))


def _plain(name: str, entry: Entry, body: bytes) -> str:
    if name == "UID":
        return str(entry.uid)
    if name == "FLAGS":
        return f"({entry.flags})"
    if name == "RFC822.SIZE":
        return str(entry.size)
    if name == "INTERNALDATE":
        return f'"{internal_date(entry.arrived)}"'
    return _envelope(body)


def _section(section: str, body: bytes) -> bytes:
    if section == "":
        return body
    end = body.find(b"\r\n\r\n")
    end = len(body) if end < 0 else end + 4
    if section == "TEXT":
        return body[end:]
    header = body[:end]
    if section == "HEADER":
        return header
    names = set(re.findall(r"[^\s()]+", section.partition("(")[2].lower()))
    without = section.startswith("HEADER.FIELDS.NOT")
    lines = re.split(rb"\r\n(?![ \t])", header.rstrip(b"\r\n"))
    kept = [
        line + b"\r\n"
        for line in lines
        if (line.partition(b":")[0].decode("latin-1").lower() in names) != without
    ]
    return b"".join(kept) + b"\r\n"


def _envelope(body: bytes) -> str:
    """RFC 3501 section 7.4.2, from the raw header fields."""
    header = _section("HEADER", body)
    found = email.parser.BytesParser(policy=email.policy.compat32).parsebytes(
        header, headersonly=True
    )

    def quoted(value: str | None) -> str:
        if value is None:
            return "NIL"
        flat = re.sub(r"[\r\n]+\s*", " ", value).encode("ascii", "replace").decode()
        return '"' + flat.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def people(name: str, other: str | None = None) -> str:
        raw = found.get_all(name) or (found.get_all(other) if other else None)
        pairs = email.utils.getaddresses([str(one) for one in raw or []])
        boxes = ""
        for person, address in pairs:
            local, _, domain = address.rpartition("@")
            boxes += f"({quoted(person or None)} NIL {quoted(local)} {quoted(domain)})"
        return f"({boxes})" if boxes else "NIL"

    def field(name: str) -> str:
        value = found.get(name)
        return quoted(None if value is None else str(value))

    parts = [
        field("Date"),
        field("Subject"),
        people("From"),
        people("Sender", "From"),
        people("Reply-To", "From"),
        people("To"),
        people("Cc"),
        people("Bcc"),
        field("In-Reply-To"),
        field("Message-ID"),
    ]
    return "(" + " ".join(parts) + ")"

"""Cuts large attachments out of the bytes of a message, without taking it apart whole.

A parser of all of it would hold a message of 60 MB eight times over. Only the parts of
the outermost multipart are looked at (RFC 2046 section 5.1.1); where that is not
enough, graph/mime goes deeper.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from ..addressees import head_of

HEAD_ENDS = re.compile(rb"\r?\n\r?\n")
LONGEST_HEAD = 64 * 1024  # bytes of a part in which its header is looked for
EMPTY = b"Content-Type: text/plain; charset=us-ascii\r\n\r\n"


@dataclass
class Attachment:
    """A part that was taken out of a message; decoded each time it is asked for."""

    name: str
    kind: str
    encoded: bytes | memoryview = field(repr=False)
    encoding: str = ""
    inline: bool = False
    content_id: str = ""

    @property
    def content(self) -> bytes:
        """Its bytes; as they are where they are not in the encoding they claim."""
        try:
            if self.encoding == "base64":
                return binascii.a2b_base64(self.encoded)
            if self.encoding == "quoted-printable":
                return quopri.decodestring(bytes(self.encoded))
        except binascii.Error:
            pass
        return bytes(self.encoded)


@dataclass(frozen=True)
class _Part:
    """Where a part is: its delimiter, its own beginning and its end."""

    delimiter: int
    start: int
    end: int
    header: Message

    @property
    def size(self) -> int:
        return self.end - self.start


def cut(message: bytes, limit: int) -> tuple[bytes, list[Attachment]]:
    """The message without its largest attachments, and these, largest first.

    Ends as soon as `limit` bytes are not exceeded; may end above it.
    """
    end = end_of_header(message)
    header = head_of(message[:end])
    boundary = header.get_boundary()
    if header.get_content_maintype() != "multipart" or not boundary:
        return message, []
    parts = list(_parts(message, end, boundary.encode("ascii", "replace")))
    left, out = len(message), set[int]()
    taken: list[Attachment] = []
    for place in sorted(range(len(parts)), key=lambda n: -parts[n].size):
        if left <= limit:
            break
        if is_attachment(parts[place].header):
            out.add(place)
            taken.append(_taken(message, parts[place]))
            left -= parts[place].end - parts[place].delimiter
    return _without(message, parts, out), taken


def is_attachment(header: Message) -> bool:
    """Not the text itself, and not more parts."""
    if header.get_content_maintype() == "multipart":
        return False
    named = bool(header.get_filename())
    said = header.get_content_disposition() == "attachment"
    return named or said or header.get_content_maintype() != "text"


def about(header: Message) -> dict[str, object]:
    """name, kind, inline and content_id of an attachment."""
    kind = header.get_content_type()
    usual = "message.eml" if kind == "message/rfc822" else "attachment"
    disposition = header.get_content_disposition()
    cid = str(header.get("Content-ID", "")).strip().strip("<>")
    return {
        "name": header.get_filename() or usual,
        "kind": kind,
        "inline": disposition == "inline" or (disposition is None and bool(cid)),
        "content_id": cid,
    }


def end_of_header(message: bytes) -> int:
    """Where the empty line after the header begins."""
    if message[:1] in (b"\r", b"\n"):
        return 0
    found = HEAD_ENDS.search(message)
    if found is None:
        return len(message)
    return found.start() + found[0].index(b"\n") + 1


def _parts(message: bytes, begin: int, boundary: bytes) -> Iterator[_Part]:
    line = re.compile(
        rb"(?:\A|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r?\n|\Z)"
    )
    found = line.search(message, max(begin - 2, 0))
    while found is not None and found[1] is None:
        # The line end of this delimiter may begin the next one: an empty part.
        following = line.search(message, found.end() - 2)
        end = following.start() if following else len(message)
        start = min(found.end(), max(end, found.start()))
        head = message[start : min(end, start + LONGEST_HEAD)]
        yield _Part(found.start(), start, end, head_of(head[: end_of_header(head)]))
        found = following


def _taken(message: bytes, part: _Part) -> Attachment:
    head = message[part.start : min(part.end, part.start + LONGEST_HEAD)]
    empty = HEAD_ENDS.search(head, max(end_of_header(head) - 2, 0))
    body = part.start + (empty.end() if empty else len(head))
    encoding = str(part.header.get("Content-Transfer-Encoding", "")).strip().lower()
    return Attachment(
        encoded=memoryview(message)[body : part.end],
        encoding=encoding,
        **about(part.header),  # type: ignore[arg-type]
    )


def _without(message: bytes, parts: list[_Part], out: set[int]) -> bytes:
    """The message without those parts; never without any at all."""
    if not out:
        return message
    view, pieces, at = memoryview(message), list[bytes | memoryview](), 0
    for place in sorted(out):
        part = parts[place]
        last_left = len(out) == len(parts) and place == max(out)
        pieces.append(view[at : part.start if last_left else part.delimiter])
        if last_left:
            pieces.append(EMPTY)
        at = part.end
    return b"".join([*pieces, view[at:]])

"""The content of an outbound message: header, text, file names and bytes for its page,
and whether another one says the same.

Who may read it is the views' question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...models import OutboundChunk, OutboundMessage
from .. import erasing, mime
from ..mime import headers
from . import rows as outbox_rows

TEXT_LIMIT = 500_000  # characters
_BOUNDARY = re.compile(rb'boundary="([^"\r\n]+)"')


@dataclass(frozen=True)
class OutboundView:
    """files: pairs of name and size in bytes."""

    headers: list[tuple[str, str]]
    text: str
    files: list[tuple[str, int]]


def view(row: OutboundMessage) -> OutboundView:
    """Take a message apart for the page; HTML is not shown."""
    raw = outbox_rows.content(row.pk)
    texts: list[str] = []
    files: list[tuple[str, int]] = []
    for part in mime.parts(mime.parse(raw).message):
        if not part.attached and part.content_type == "text/plain":
            texts.append(part.text())
        elif part.attached:
            files.append((part.name or part.content_type, len(part.data())))
    try:
        head = headers.pairs(headers.split(raw)[0])
    except ValueError:
        head = []
    return OutboundView(head, "\n".join(texts)[:TEXT_LIMIT], files)


def is_kept(row: OutboundMessage) -> bool:
    """False where the content was erased, or is older than it is kept."""
    return OutboundChunk.objects.filter(message=row).exists()


def is_erased(row: OutboundMessage) -> bool:
    """Its content went with the mail of one of its recipients (services/erasing)."""
    return any(one["address"] == erasing.ERASED for one in row.recipients)


def raw(row: OutboundMessage) -> Iterator[bytes]:
    """The final bytes, chunk by chunk."""
    chunks = OutboundChunk.objects.filter(message=row).order_by("number")
    for data in chunks.values_list("data", flat=True).iterator(chunk_size=4):
        yield bytes(data)


def says_the_same(row: OutboundMessage, raw: bytes) -> bool:
    """Whether `raw`, made by outbox/compose, says what was stored of such a message.

    Its date and the line between its parts are new each time it is made, so they do
    not count. False where the stored content was erased.
    """
    return _said(outbox_rows.content(row.pk)) == _said(raw)


def _said(raw: bytes) -> tuple[bytes, bytes]:
    try:
        head, body = headers.split(raw)
    except ValueError:
        return b"", raw
    head = headers.without(head, "date")
    if found := _BOUNDARY.search(head):
        head, body = (part.replace(found[1], b"between") for part in (head, body))
    return head, body

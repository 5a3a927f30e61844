"""The content of an outbound message for its page: header, text, file names, bytes.

Who may read it is the views' question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..models import OutboundChunk, OutboundMessage
from . import headers, mime, outbox_rows

TEXT_LIMIT = 500_000  # characters


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


def raw(row: OutboundMessage) -> Iterator[bytes]:
    """The final bytes, chunk by chunk."""
    chunks = OutboundChunk.objects.filter(message=row).order_by("number")
    for data in chunks.values_list("data", flat=True).iterator(chunk_size=4):
        yield bytes(data)

"""The safe view of a received message: text, cleaned HTML, attachments, raw bytes.

Who may read it is the views' question. Nothing here loads anything from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from ..core.choices import ParseState
from ..models import Message, MessageChunk
from . import cleaning, mime, parse, signatures
from .mime import text as mime_text

HTML_LIMIT = 1_000_000  # characters
NESTING_LIMIT = 512  # cleaning is quadratic on nesting (dependencies.md 0)
TEXT_LIMIT = 500_000
HEADERS_SHOWN = 60
_TAG = re.compile(r"<[^>]*>?")
# Void, or closed by the parser itself when the next one opens: they do not nest.
_FLAT = frozenset(
    (
        "area", "base", "br", "col", "dd", "dt", "hr", "img", "input", "li", "link",
        "meta", "option", "p", "td", "th", "tr",
    )
)  # fmt: skip
WARNINGS = {
    "program": _("This is a program: %s."),
    "not-what-it-says": _("The name says otherwise, but this is a %s."),
    "risky": _("Files of the kind .%s can do harm when opened."),
}


@dataclass(frozen=True)
class Attachment:
    """One file in a message. `warning`: a sentence, "" for none. size: bytes."""

    index: int
    name: str
    type: str
    size: int
    warning: str


@dataclass(frozen=True)
class MessageView:
    """What a person sees. html: cleaned, None when there is none or it is too much."""

    headers: list[tuple[str, str]]
    text: str
    html: str | None
    attachments: list[Attachment]


def view(message: Message) -> MessageView:
    """Take a message apart for the page."""
    found = _opened(message)
    texts: list[str] = []
    html: str | None = None
    files: list[Attachment] = []
    for index, part in enumerate(mime.parts(found)):
        if not part.attached and part.content_type == "text/plain":
            texts.append(part.text())
        elif not part.attached and part.content_type == "text/html":
            source = part.text()
            html = clean_html(source) if html is None else html
            if html is None and not texts:
                texts.append(_stripped(source))
        else:
            files.append(_attachment(index, part))
    return MessageView(
        headers=_headers(found),
        text="\n".join(texts)[:TEXT_LIMIT],
        html=html,
        attachments=files,
    )


def _opened(message: Message) -> Any:
    """The message taken apart; its header and plain text where that was not done.

    What a cycle was killed over would keep the page waiting too.
    """
    unread = message.parse_state == ParseState.PENDING
    if unread or message.reason == parse.INTERRUPTED or message.size > mime.PARSE_LIMIT:
        return mime.plain(parse.raw(message, parse.HEAD))
    return mime.parse(parse.raw(message)).message


def _headers(message: Any) -> list[tuple[str, str]]:
    try:
        items = list(message.raw_items())
    except mime_text.FAILURES:
        return []
    return [
        (mime_text.clean(str(k)), mime_text.words(v)) for k, v in items[:HEADERS_SHOWN]
    ]


def _attachment(index: int, part: mime.Part) -> Attachment:
    data = part.data()
    name = part.name or _("part %d") % (index + 1)
    found = signatures.mismatch(name, data)
    warning = WARNINGS[found[0]] % found[1] if found else ""
    return Attachment(index, name, part.content_type, len(data), warning)


def attachment(message: Message, index: int) -> tuple[str, bytes] | None:
    """(name, bytes) of one part, None when there is no such part."""
    for number, part in enumerate(mime.parts(_opened(message))):
        if number == index:
            return part.name or f"part-{index + 1}", part.data()
    return None


def disposition(name: str) -> str:
    """A Content-Disposition that saves under `name` (RFC 6266)."""
    safe = re.sub(r"[^A-Za-z0-9._ -]", "_", name)[:100] or "attachment"
    return f"attachment; filename=\"{safe}\"; filename*=UTF-8''{quote(name[:200])}"


def raw(message: Message) -> Iterator[bytes]:
    """The bytes as received, chunk by chunk."""
    chunks = MessageChunk.objects.filter(message=message).order_by("number")
    for data in chunks.values_list("data", flat=True).iterator(chunk_size=2):
        yield bytes(data)


def clean_html(source: str) -> str | None:
    """HTML without anything active or remote; None when it is too much (cleaning)."""
    if len(source) > HTML_LIMIT or nesting(source) > NESTING_LIMIT:
        return None
    return cleaning.clean(source)


def nesting(source: str) -> int:
    """How deep elements lie in each other where each is closed, in one pass.

    A hint that saves work: what lies deeper than this says is stopped in cleaning.
    """
    depth = deepest = 0
    for match in re.finditer(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)", source):
        if match[2].lower() in _FLAT:
            continue
        depth = max(depth - 1, 0) if match[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _stripped(source: str) -> str:
    return _TAG.sub(" ", source[:TEXT_LIMIT])

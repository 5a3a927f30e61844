"""The second step after storing: fills the readable columns of a message.

Repeatable, and it cannot fail: what cannot be read goes to quarantine with a reason
(DESIGN D7). Reading itself: services/mime. Showing: services/content.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from ..core.choices import ParseState
from ..models import Message, MessageChunk
from . import mime

TOO_LARGE = "too-large"
HEAD = 1 << 20  # bytes that hold the header
BATCH = 200  # messages; only what is read of them is held


def parse_pending(pop_client: int) -> int:
    """Read all messages of a client that are stored and not yet read.

    Returns how many went to quarantine.
    """
    quarantined = 0
    while True:
        waiting = list(
            Message.objects.filter(
                pop_client_id=pop_client, parse_state=ParseState.PENDING
            ).order_by("pk")[:BATCH]
        )
        if waiting:
            quarantined += _write([(one.pk, _read(one)) for one in waiting])
        if len(waiting) < BATCH:
            return quarantined


def _read(message: Message) -> dict[str, Any]:
    """The columns of a message; `reason` is "" unless it goes to quarantine."""
    large = message.size > mime.PARSE_LIMIT
    read = raw(message, HEAD if large else None)
    found = mime.parse(read, only_header=large)
    reason = found.defect if message.complete else message.reason or TOO_LARGE
    return {
        "parse_state": ParseState.QUARANTINED if reason else ParseState.PARSED,
        "reason": reason,
        "subject": found.subject,
        "sender": found.sender,
        "recipients": found.recipients,
        "message_id": found.message_id or message.message_id,
        "in_reply_to": found.in_reply_to,
        "dated_at": found.dated_at,
        "attachments": found.attachments,
    }


def _write(read: Sequence[tuple[int, dict[str, Any]]]) -> int:
    """Write what was read; returns how many went to quarantine.

    In one transaction: one for each message would wait for the disk each time, which
    took longer than fetching them.
    """
    quarantined = 0
    with transaction.atomic():
        for pk, columns in read:
            changed = Message.objects.filter(
                pk=pk, parse_state=ParseState.PENDING
            ).update(**columns)
            quarantined += bool(changed and columns["reason"])
    return quarantined


def raw(message: Message, limit: int | None = None) -> bytes:
    """The bytes as received, at most about `limit` of them."""
    found = bytearray()
    chunks = MessageChunk.objects.filter(message=message).order_by("number")
    for data in chunks.values_list("data", flat=True).iterator(chunk_size=4):
        found += data
        if limit is not None and len(found) >= limit:
            break
    return bytes(found)

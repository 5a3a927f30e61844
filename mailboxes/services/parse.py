"""The second step after storing: fills the readable columns of a message.

Repeatable, and it cannot fail: what cannot be read goes to quarantine with a reason
(DESIGN D7), also what killed the process that read it: see `_read_left`. Reading
itself: services/mime. Showing: services/content.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from ..core.choices import ParseState
from ..models import Message, MessageChunk
from . import mime
from .plans import unindexed

TOO_LARGE = "too-large"
INTERRUPTED = "interrupted"
HEAD = 1 << 20  # bytes that hold the header
BATCH = 200  # messages; only what is read of them is held
TOGETHER = 1 << 20  # bytes of bodies that are asked for in one query
# Columns that this step writes, those of `_read`.
WRITTEN = frozenset(
    {
        "parse_state",
        "reason",
        "subject",
        "sender",
        "recipients",
        "message_id",
        "in_reply_to",
        "dated_at",
        "attachments",
    }
)


def parse_pending(
    pop_client: int, *, cycle: int | None = None, until: float = math.inf
) -> int:
    """Read all messages of a client that are stored and not yet read.

    cycle: the one that runs; what others have left is read with care. None: all are
        read alike.
    until: time.monotonic() from which no further message is begun.
    Returns how many went to quarantine.
    """
    quarantined = 0
    while time.monotonic() < until:
        waiting = list(_waiting(pop_client)[:BATCH])
        ours = [one for one in waiting if cycle is None or one.cycle_id == cycle]
        for left in waiting:
            if left not in ours and time.monotonic() < until:
                quarantined += _read_left(left)
        if ours:
            found = takewhile(lambda _: time.monotonic() < until, _bodies(ours))
            quarantined += _write([(one.pk, _read(one, data)) for one, data in found])
        if len(waiting) < BATCH:
            break
    return quarantined


def _waiting(pop_client: int) -> QuerySet[Message]:
    """Messages of a client that are not read yet, oldest first."""
    return (
        Message.objects.alias(owner=unindexed("pop_client_id"))
        .filter(owner=pop_client, parse_state=ParseState.PENDING)
        .only("size", "complete", "reason", "message_id", "cycle_id")
        .order_by("pk")
    )


def read_again(message: int) -> bool:
    """Let the next cycle read a message that was set aside; False if it cannot.

    Of one that is not whole there is nothing more to read. `_read_left` reads it, with
    the care that it may need.
    """
    aside = Message.objects.filter(
        pk=message, parse_state=ParseState.QUARANTINED, complete=True
    )
    return bool(aside.update(parse_state=ParseState.PENDING))


def _read_left(message: Message) -> bool:
    """Read what an earlier cycle left, perhaps because reading it killed its process.

    Should it kill this one too, the message is in quarantine already, opened by its
    header alone (services/content), and no cycle reads it again. True if it stays
    there.
    """
    waiting = Message.objects.filter(pk=message.pk, parse_state=ParseState.PENDING)
    aside = {"parse_state": ParseState.QUARANTINED, "reason": INTERRUPTED}
    if not waiting.update(**aside):
        return False
    marked = Message.objects.filter(pk=message.pk, **aside)
    header = _read(message, raw(message, HEAD), only_header=True)
    if not marked.update(**(header | aside)):
        return False
    large = message.size > mime.PARSE_LIMIT
    read = _read(message, raw(message, HEAD if large else None))
    return bool(marked.update(**read) and read["reason"])


def _bodies(messages: Sequence[Message]) -> Iterator[tuple[Message, bytes]]:
    """Each message, in any order, with its bytes (of a huge one its header).

    Small ones are asked for together: a query for each took longer than reading them.
    """
    together: list[Message] = []
    held = 0
    for message in messages:
        if message.size > TOGETHER:
            large = message.size > mime.PARSE_LIMIT
            yield message, raw(message, HEAD if large else None)
            continue
        if held + message.size > TOGETHER:
            yield from _together(together)
            together, held = [], 0
        together.append(message)
        held += message.size
    yield from _together(together)


def _together(messages: Sequence[Message]) -> Iterator[tuple[Message, bytes]]:
    found: dict[int, bytes] = {}
    chunks = MessageChunk.objects.filter(message__in=messages)
    for pk, data in chunks.order_by("message_id", "number").values_list(
        "message_id", "data"
    ):
        found[pk] = found.get(pk, b"") + bytes(data)
    for message in messages:
        yield message, found.get(message.pk, b"")


def _read(
    message: Message, read: bytes, *, only_header: bool = False
) -> dict[str, Any]:
    """The columns of a message; `reason` is "" unless it goes to quarantine."""
    only_header = only_header or message.size > mime.PARSE_LIMIT
    found = mime.parse(read, only_header=only_header)
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

    In one transaction, and by executemany: one for each message would wait for the
    disk each time, and making the statements anew took longer than fetching them.
    """
    with transaction.atomic():
        _update([one for one in read if not one[1]["reason"]])
        return _update([one for one in read if one[1]["reason"]])


def _update(read: Sequence[tuple[int, dict[str, Any]]]) -> int:
    """Update what still waits to be read; returns how many rows that were."""
    if not read:
        return 0
    quote = connection.ops.quote_name
    fields = [field for field in Message._meta.local_fields if field.name in WRITTEN]
    columns = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    statement = (
        f"UPDATE {quote(Message._meta.db_table)} SET {columns}"
        f" WHERE {quote('id')} = %s AND {quote('parse_state')} = %s"
    )
    rows = [
        [field.get_db_prep_save(values[field.name], connection) for field in fields]
        + [pk, ParseState.PENDING.value]
        for pk, values in read
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
        return int(cursor.rowcount)


def raw(message: Message, limit: int | None = None) -> bytes:
    """The bytes as received, at most about `limit` of them."""
    found = bytearray()
    chunks = MessageChunk.objects.filter(message=message).order_by("number")
    for data in chunks.values_list("data", flat=True).iterator(chunk_size=4):
        found += data
        if limit is not None and len(found) >= limit:
            break
    return bytes(found)

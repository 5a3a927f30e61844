"""Writes one window of a fetch: messages, bytes, locations and cursor, all or nothing.

DESIGN D7. The lease is guarded and the cursor compared in the same transaction, so a
process that hung past its lease writes nothing. Nothing here talks to a server.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import connection, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Cast
from django.utils import timezone

from ...core.choices import AfterFetch, SettleState
from ...core.errors import LeaseLost
from ...models import Cycle, Fetcher, Listing, Location, Message, MessageChunk, Source
from .. import mime, parse
from ..worker import leases

HELD = 4 << 20  # bytes given to the database at a time
# Header lines by which a server that keeps a maildrop in a file remembers what it knows
# of a message; it may change them (mbox of Dovecot, UW and qpopper).
SERVERS_OWN = (b"status:", b"x-status:", b"x-keywords:", b"x-uid", b"x-imap")


@dataclass
class Arrival:
    """One message of a window. `matched`: it is stored already, under this pk.

    reason: why it is not complete, "" when it is over maximum-msg-size (see parse).
    """

    id: int
    arrived: datetime | None
    chunks: Sequence[bytes] = ()
    complete: bool = True
    matched: int | None = None
    message_id: str = ""
    listed_size: int = 0
    reason: str = ""

    @cached_property
    def digest(self) -> str:
        whole = hashlib.sha256()
        for chunk in self.chunks:
            whole.update(chunk)
        return whole.hexdigest()

    @cached_property
    def dated_at(self) -> datetime | None:
        """What its header says (Date)."""
        head = self.chunks[0] if self.chunks else b""
        return mime.parse(head, only_header=True).dated_at

    @property
    def size(self) -> int:
        """Bytes as received; of a header alone, what the server said of the whole."""
        stored = sum(len(chunk) for chunk in self.chunks)
        return stored if self.complete else max(self.listed_size, stored)


@dataclass(frozen=True)
class Settling:
    """What is to be done on the server with each stored message."""

    action: AfterFetch
    target: str


@dataclass(frozen=True)
class Written:
    """What a window brought. bytes: of new messages."""

    stored: int
    matched: int
    bytes: int


def write_window(
    fetcher: Fetcher,
    cycle: Cycle,
    source: Source,
    arrivals: Sequence[Arrival],
    cursor: int,
    settling: Settling,
) -> Written:
    """Commit a window and move the cursor of `source` to `cursor`.

    Raises LeaseLost when the fetcher or the cursor is somebody else's now.
    """
    with transaction.atomic():
        written = _write(fetcher, cycle, source, arrivals, cursor, settling)
    source.cursor = str(cursor)
    return written


def _write(
    fetcher: Fetcher,
    cycle: Cycle,
    source: Source,
    arrivals: Sequence[Arrival],
    cursor: int,
    settling: Settling,
) -> Written:
    known = set(
        Location.objects.filter(
            source=source, server_id__in=[str(a.id) for a in arrivals]
        ).values_list("server_id", flat=True)
    )
    fresh = [a for a in arrivals if str(a.id) not in known]
    again = _come_back(source, fresh, settling)
    fresh = [a for a in fresh if a.id not in again]
    new = [a for a in fresh if a.matched is None]
    pks = _messages(fetcher, cycle, new)
    _chunks(new, pks)
    by_id = dict(zip((a.id for a in new), pks, strict=True))
    _locations(source, fresh, by_id, settling)
    size = sum(sum(len(c) for c in a.chunks) for a in new)
    matched = len(fresh) - len(new) + len(again)
    moved = Source.objects.filter(pk=source.pk, cursor=source.cursor).update(
        cursor=str(cursor)
    )
    if not moved:
        raise LeaseLost
    Cycle.objects.filter(pk=cycle.pk).update(
        stored=F("stored") + len(new),
        matched=F("matched") + matched,
        bytes=F("bytes") + size,
    )
    leases.guard(fetcher, messages=F("messages") + len(new))
    return Written(stored=len(new), matched=matched, bytes=size)


def _messages(fetcher: Fetcher, cycle: Cycle, new: Sequence[Arrival]) -> list[int]:
    now = timezone.now()
    rows = Message.objects.bulk_create(
        [
            Message(
                pop_client_id=fetcher.pop_client_id,
                cycle=cycle,
                size=one.size,
                digest=one.digest,
                complete=one.complete,
                arrived_at=one.arrived,
                stored_at=now,
                message_id=one.message_id,
                reason=one.reason,
            )
            for one in new
        ]
    )
    return [row.pk for row in rows]


def _chunks(new: Sequence[Arrival], pks: Sequence[int]) -> None:
    """Bodies by executemany: model instances cost a third of the fetch speed."""
    table = connection.ops.quote_name(MessageChunk._meta.db_table)
    insert = f"INSERT INTO {table} (message_id, number, data) VALUES (%s, %s, %s)"
    rows: list[tuple[int, int, bytes]] = []
    held = 0
    with connection.cursor() as cursor:
        for one, pk in zip(new, pks, strict=True):
            for number, chunk in enumerate(one.chunks):
                rows.append((pk, number, chunk))
                held += len(chunk)
                if held >= HELD:
                    cursor.executemany(insert, rows)
                    rows, held = [], 0
        if rows:
            cursor.executemany(insert, rows)


def _locations(
    source: Source,
    fresh: Sequence[Arrival],
    by_id: dict[int, int],
    settling: Settling,
) -> None:
    waiting = _waiting(source, [a.matched for a in fresh if a.matched is not None])
    rows = []
    for one in fresh:
        pk = by_id.get(one.id) or one.matched or 0
        wanted: Settling | None = settling
        if one.matched is not None:
            wanted = waiting.get(pk)  # what is left is left, whatever options say now
        elif settling.action is AfterFetch.LEAVE or not one.complete:
            wanted = None  # what was not fetched whole stays untouched on the server
        rows.append(
            Location(
                source=source,
                message_id=pk,
                server_id=str(one.id),
                **_wanted(wanted),
            )
        )
    Location.objects.bulk_create(rows)


def _come_back(
    source: Source, fresh: Sequence[Arrival], settling: Settling
) -> set[int]:
    """Arrivals that are stored from this Source already and had left it meanwhile.

    We had deleted them, and the id may be another message's by now (services/numbering/
    listings), so its number is new; or they are back under another id, as after a
    server was moved and was empty at first. Byte for byte the same, whole or header and
    size, they are not stored twice; what was deleted is settled once more.
    """
    if source.listed_at is None:
        return set()  # ids are numbers, and never given again
    by_bytes = defaultdict[tuple[str, bool, int], list[Arrival]](list)
    for one in fresh:
        if one.matched is None and (one.complete or any(one.chunks)):
            size = 0 if one.complete else one.size
            by_bytes[one.digest, one.complete, size].append(one)
    digests = {digest for digest, _complete, _size in by_bytes}
    stored = Message.objects.filter(digest__in=digests).values_list("pk", flat=True)
    deleted = Q(
        settle_action=AfterFetch.DELETE,
        settle__in=(SettleState.DONE, SettleState.GONE),
    )
    left = Location.objects.filter(
        ~Exists(_listing().filter(gone=False)),
        source=source,
        message__in=list(stored),
    ).annotate(deleted=Case(When(deleted, then=True), default=False))
    once_more = None if settling.action is AfterFetch.LEAVE else settling
    found = set()
    said = left.order_by("pk").values_list(
        "pk", "message__digest", "message__complete", "message__size", "deleted"
    )
    for pk, digest, complete, size, again in said:
        same = by_bytes[digest, complete, 0 if complete else size]
        if same:
            one = same.pop(0)
            changes = {"settled_at": None, **_wanted(once_more)} if again else {}
            Location.objects.filter(pk=pk).update(server_id=str(one.id), **changes)
            found.add(one.id)
    return found | _written_into(
        source, [a for a in fresh if a.id not in found], settling
    )


def _written_into(
    source: Source, fresh: Sequence[Arrival], settling: Settling
) -> set[int]:
    """Arrivals that were to be deleted, and into which the server has written.

    One that keeps a maildrop in a file may add lines of its own to a header (Status,
    X-UIDL) as a session ends without QUIT. By its size it then seems another message,
    and has a new number. A cycle that ends before that number settles the number of
    before, as gone. Another copy of one mail has the Message-ID and date, too.
    """
    by_name = defaultdict[str, list[Arrival]](list)
    for one in fresh:
        if one.matched is None and one.complete and one.message_id:
            by_name[one.message_id].append(one)
    named = Message.objects.filter(
        pop_client=source.pop_client_id, message_id__in=list(by_name)
    ).exclude(dated_at=None)
    stored = {one.pk: one for one in named.only("message_id", "dated_at")}
    waiting = Location.objects.filter(
        ~Exists(_listing()),
        source=source,
        message__in=list(stored),
        settle__in=(SettleState.PENDING, SettleState.GONE),
        settle_action=AfterFetch.DELETE,
    )
    once_more = None if settling.action is AfterFetch.LEAVE else settling
    again = {"settled_at": None, **_wanted(once_more)}
    found = set()
    places = waiting.order_by("pk").values_list("pk", "message_id", "settle")
    for pk, message, settle in places:
        before = stored[message]
        same = _written_now(before, by_name[before.message_id])
        if same is not None:
            by_name[before.message_id].remove(same)
            changes = again if settle == SettleState.GONE else {}
            Location.objects.filter(pk=pk).update(server_id=str(same.id), **changes)
            found.add(same.id)
    return found


def _written_now(message: Message, named: Sequence[Arrival]) -> Arrival | None:
    """Which of these is that message with nothing but header lines added."""
    dated = [one for one in named if one.dated_at == message.dated_at]
    if not dated:
        return None
    raw = parse.raw(message)
    return next((one for one in dated if _adds_to(raw, b"".join(one.chunks))), None)


def _adds_to(before: bytes, now: bytes) -> bool:
    """All lines of the header are there in their order, and the rest is the same."""
    old, new = mime.header_of(before), mime.header_of(now)
    if before[len(old) :] != now[len(new) :]:
        return False
    lines = iter(new.splitlines())
    return all(
        line in lines  # goes on after the line before
        for line in old.splitlines()
        if not line.lower().startswith(SERVERS_OWN)
    )


def _listing() -> QuerySet[Listing]:
    """The row of the id of a Location, in a query of these."""
    return Listing.objects.filter(
        source=OuterRef("source"),
        number=Cast(OuterRef("server_id"), Listing._meta.get_field("number")),
    )


def _wanted(settling: Settling | None) -> dict[str, str]:
    """Columns of a Location with which that is to be done; None for nothing."""
    return {
        "settle": SettleState.PENDING if settling else SettleState.NOT_NEEDED,
        "settle_action": settling.action if settling else "",
        "settle_target": settling.target if settling else "",
    }


def _waiting(source: Source, matched: Sequence[int]) -> dict[int, Settling]:
    """What is still to be done with messages that are found again, by message.

    In another numbering of the same folder: there it can never be done any more.
    """
    if not matched:
        return {}
    rows = Location.objects.filter(
        message_id__in=matched,
        settle=SettleState.PENDING,
        source__in=Source.objects.filter(
            pop_client_id=source.pop_client_id, folder=source.folder
        ).exclude(pk=source.pk),
    )
    found = {
        message: Settling(AfterFetch(action), target)
        for message, action, target in rows.order_by("pk").values_list(
            "message_id", "settle_action", "settle_target"
        )
    }
    rows.update(settle=SettleState.GONE, settled_at=timezone.now())
    return found


def skip_to(source: Source, fetcher: Fetcher, cursor: int) -> None:
    """Move the cursor over messages that are not wanted. Raises LeaseLost."""
    with transaction.atomic():
        moved = Source.objects.filter(pk=source.pk, cursor=source.cursor).update(
            cursor=str(cursor)
        )
        if not moved:
            raise LeaseLost
        leases.guard(fetcher)
    source.cursor = str(cursor)

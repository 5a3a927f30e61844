"""Tells whether an IMAP server gave the id of a message that we have to another one.

It was restored from a backup, or counts from 1 again in an emptied folder, without a
new validity and so against RFC 9051 section 2.3.1.1: new mail lies hidden below the
cursor, and has ids of messages that are still to be deleted. Two signs: the next id is
not above the cursor, and another time of arrival (which the RFC has stay as it is,
2.3.3) of a message that came from here. Ids of ours are never given twice: `next_id` is
None then, and `arrivals` empty.

What follows is sources.give_up. A false alarm costs one reading of the headers of all
that is in the folder; they are matched, so nothing is stored twice, and what was
matched is compared no more, so nothing is read anew for the same message again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from django.db.models import Exists, OuterRef, QuerySet

from ...core.choices import AfterFetch, SettleState
from ...models import Location, Source
from ...transports.base import Folder, InboundTransport, Limits, Listed
from ..numbering import Renumbered

SETTLED = (SettleState.DONE, SettleState.GONE)
REMOVING = (AfterFetch.DELETE, AfterFetch.MOVE)


def list_new(
    source: Source,
    folder: Folder,
    transport: InboundTransport,
    limits: Limits,
    fresh: bool,
) -> list[Listed]:
    """What the folder has above the cursor of `source`, within `limits`.

    fresh: over a connection that may be the first one to a restored server. On a kept
    one, in a folder to which nothing came, the last message is looked at only if it is
    not expected there: that would be one more wait in each idle cycle. Raises
    Renumbered.
    """
    cursor = int(source.cursor)
    if _next_is_known(folder, cursor, transport):
        raise Renumbered
    arrived = None
    if folder.next_id is not None:
        last = _own(source, [cursor])
        if not fresh and folder.next_id == cursor + 1:
            last = last.filter(settle__in=SETTLED, settle_action__in=REMOVING)
        arrived = last.values_list("message__arrived_at", flat=True).first()
    if arrived is None:
        return transport.list_new(cursor, limits)
    most = limits.most
    more = replace(limits, most=None if most is None else most + 1)
    listed = transport.list_new(cursor - 1, more)
    if listed and listed[0].id == cursor:
        if listed[0].arrived not in (None, arrived):
            raise Renumbered
        return listed[1:]
    return listed[:most]


def _next_is_known(folder: Folder, cursor: int, transport: InboundTransport) -> bool:
    """The next id was given before. A server that tells it wrongly has more above."""
    if folder.next_id is None or folder.guessed or folder.next_id > cursor:
        return False
    return not transport.list_new(folder.next_id - 1, Limits(1))


def strangers(
    transport: InboundTransport, source: Source, ids: Collection[int], cycle: int
) -> bool:
    """Under one of `ids` there is another message than the one that we have.

    What came in by this `cycle` (its pk) was compared by its listing. Raises MailError.
    """
    earlier = _own(source, ids).exclude(message__cycle=cycle)
    stored = {
        int(server_id): arrived
        for server_id, arrived in earlier.values_list(
            "server_id", "message__arrived_at"
        )
    }
    if not stored:
        return False
    there = transport.arrivals(stored)
    return any(stored[number] != arrived for number, arrived in there.items())


def _own(source: Source, ids: Collection[int]) -> QuerySet[Location]:
    """Of `ids`, messages whose time of arrival is what this numbering told of them.

    Of one that was matched it is that of another server, or of another protocol.
    """
    before = Location.objects.filter(message=OuterRef("message"), pk__lt=OuterRef("pk"))
    return Location.objects.filter(
        ~Exists(before),
        source=source,
        server_id__in=[str(number) for number in ids],
        message__arrived_at__isnull=False,
    )

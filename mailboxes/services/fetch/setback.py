"""Tells whether an IMAP server gave the id of a message that we have to another one.

It was restored from a backup, or counts from 1 again in an emptied folder, without a
new validity and so against RFC 9051 section 2.3.1.1: new mail lies hidden below the
cursor, and has ids of messages that are still to be deleted. Two signs: the next id is
not above the cursor, and another message under the id of one that came from here. That
is looked for by the time of arrival, which the RFC has stay as it is (2.3.3); where it
is another one, the header tells, for there are servers whose times change. Ids of ours
are never given twice: `next_id` is None then, and `arrivals` empty.

What follows is sources.give_up. A false alarm is left where a next id was wrong for two
connections, or a header cannot be had or is written anew by the server. It costs a new
Source with a row for each message, the headers of all that is in the folder, and the
bodies of those that a header does not match: without Message-ID, or where the server
tells another size than was stored. New mail comes after them. Nothing is stored twice,
and what was matched is compared no more; what is stored after it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from ...core.choices import AfterFetch, SettleState
from ...core.errors import MailError
from ...models import Location, Message, Source
from ...transports.base import Folder, InboundTransport, Limits, Listed
from ...transports.settling import OF_ALL
from .. import mime, parse
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
    Renumbered, MailError.
    """
    cursor = int(source.cursor)
    if _next_is_known(folder, cursor, transport):
        raise Renumbered
    ours = None
    if folder.next_id is not None:
        last = _own(source, [cursor])
        if not fresh and folder.next_id == cursor + 1:
            last = last.filter(settle__in=SETTLED, settle_action__in=REMOVING)
        ours = last.select_related("message").first()
    if ours is None:
        return transport.list_new(cursor, limits)
    most = limits.most
    more = replace(limits, most=None if most is None else most + 1)
    listed = transport.list_new(cursor - 1, more)
    if listed and listed[0].id == cursor:
        if _last_is_another(transport, ours.message, listed[0]):
            raise Renumbered
        return listed[1:]
    return listed[:most]


def _next_is_known(folder: Folder, cursor: int, transport: InboundTransport) -> bool:
    """The next id was given before. A server that tells it wrongly has more above."""
    if folder.next_id is None or folder.guessed or folder.next_id > cursor:
        return False
    return not transport.list_new(folder.next_id - 1, Limits(1))


def _last_is_another(
    transport: InboundTransport, stored: Message, listed: Listed
) -> bool:
    """One whose header is refused is taken for another: else no mail came any more."""
    if listed.arrived is None:
        return False
    try:
        return _others(transport, {listed.id: stored}, {listed.id: listed.arrived})
    except MailError as error:
        if error.code in OF_ALL:
            raise
        return True


def strangers(
    transport: InboundTransport, source: Source, ids: Collection[int], cycle: int
) -> bool:
    """Under one of `ids` there is another message than the one that we have.

    What came in by this `cycle` (its pk) was compared by its listing. Raises MailError.
    """
    earlier = _own(source, ids).exclude(message__cycle=cycle)
    stored = {
        int(one.server_id): one.message for one in earlier.select_related("message")
    }
    if not stored:
        return False
    return _others(transport, stored, transport.arrivals(stored))


def _others(
    transport: InboundTransport,
    stored: Mapping[int, Message],
    there: Mapping[int, datetime],
) -> bool:
    """Of what arrived at other times than `stored` did, one is another message.

    there: the server's times. They are kept for those that are the same message, so
    that these are compared by header once for each change. Raises MailError.
    """
    doubted = {
        number: stored[number]
        for number, arrived in there.items()
        if stored[number].arrived_at != arrived
    }
    if not doubted:
        return False
    same, other = set[int](), set[int]()
    wanted = [Listed(number, 0, None) for number in sorted(doubted)]
    for got in transport.headers(wanted):
        alike = _is_header_of(doubted[got.id], b"".join(got.chunks))
        (same if alike else other).add(got.id)
    silent = doubted.keys() - same - other
    if silent:
        other |= transport.present(silent)  # the rest left meanwhile
    with transaction.atomic():
        for number in same:
            # Where another time is there by now, that one is as good.
            row = Message.objects.filter(
                pk=doubted[number].pk, arrived_at=doubted[number].arrived_at
            )
            row.update(arrived_at=there[number])
    return bool(other)


def _is_header_of(message: Message, header: bytes) -> bool:
    """By Message-ID and Date; without both, or unread as yet, by the whole header."""
    if message.message_id and message.dated_at:
        found = mime.parse(header, only_header=True)
        said = (found.message_id, found.dated_at)
        return said == (message.message_id, message.dated_at)
    kept = mime.header_of(parse.raw(message, parse.HEAD)[: parse.HEAD])
    return bool(kept) and kept == mime.header_of(header[: parse.HEAD])


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

"""Does the after-fetch action on the server, after the commit, and writes that down.

May be repeated: a location that is PENDING is settled again by the next cycle (DESIGN
D7). What is done then is what the options of that cycle say, not those under which the
message was stored: a wrong folder is mended by the option, and `leave` stops deleting.

A message that the server refuses keeps no other: it waits behind those that were not
tried (`Location.settled_at` of one that is PENDING is when it was tried last). Where a
server only says that one of many was refused, they are tried again by halves, one half
a cycle, until that one stands alone.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from ...core.choices import AfterFetch, SettleState
from ...core.errors import MailError
from ...models import Fetcher, Location, Source
from ...transports.base import InboundTransport
from ...transports.settling import OF_ALL, PartlySettled
from .. import tokens
from ..options.snapshots import Snapshot
from .setback import strangers
from .store import Settling

# Calls in a row of which nothing came: then it is hardly because of single messages.
IN_VAIN = 2


@dataclass
class Settlement:
    """What came of it.

    done: messages. failure: why not all. late: nothing but the time was missing.
    set_back: an id is another message's now, and nothing more may be done by ids.
    """

    done: int = 0
    failure: MailError | None = None
    late: bool = False
    set_back: bool = False


def settle_pending(
    transport: InboundTransport,
    source: Source,
    settling: Settling,
    cycle: int,
    limit: int = 2000,
) -> Settlement:
    """Settle what is stored and pending in `source`; the folder is open.

    settling: what is done with it. cycle: pk of the one that is running; what came in
    by earlier ones is looked at first (setback). limit: messages that are tried.
    Whatever was done is written, however it ended; a MailError is told, not raised.
    """
    result = Settlement()
    pending = Location.objects.filter(source=source, settle=SettleState.PENDING)
    if settling.action is AfterFetch.LEAVE:
        pending.update(
            settle=SettleState.NOT_NEEDED, settle_action="", settle_target=""
        )
        return result
    wanted = {"settle_action": settling.action, "settle_target": settling.target}
    pending.exclude(**wanted).update(**wanted, settled_at=None)
    queue = _Queue(pending, transport.settles_at_once)
    tried = in_vain = 0
    while tried < limit and in_vain < IN_VAIN:
        ids = queue.next()
        if not ids:
            break
        tried += len(ids)
        try:
            result.set_back = strangers(transport, source, ids, cycle)
        except MailError as error:
            done, over = 0, _failed(transport, error, ids, result)
        else:
            if result.set_back:
                break
            done, over = _settle(transport, settling, ids, result)
        result.done += done
        in_vain = 0 if done else in_vain + 1
        if over:
            break
    return result


def forget_token(error: MailError, fetcher: Fetcher, snapshot: Snapshot) -> bool:
    """Drop the token where a newer one may hold the permission that was missing.

    The mail itself comes at each cycle, once a minute perhaps, and a permission may be
    missing for good: so it is done at the first, second, fourth, eighth ... failure in
    a row, and where a person has asked for the cycle.
    """
    number = fetcher.failures + 1
    doubled = number & (number - 1) == 0
    if error.code not in tokens.OUTDATED or not (doubled or fetcher.asked_at):
        return False
    tokens.forget(snapshot)
    return True


def _settle(
    transport: InboundTransport,
    settling: Settling,
    ids: dict[int, int],
    result: Settlement,
) -> tuple[int, bool]:
    """One call: how many were done, and whether to go on would be of no use."""
    try:
        gone = transport.settle(sorted(ids), settling.action, settling.target)
    except PartlySettled as error:
        left = error.refused | error.later
        _write({one: pk for one, pk in ids.items() if one not in left}, error.gone)
        back = error.refused if error.late or error.code in OF_ALL else left
        _put_back([pk for one, pk in ids.items() if one in back])
        result.late = result.late or error.late
        if not error.late:
            result.failure = result.failure or error
        return len(ids) - len(left), bool(error.later)
    except MailError as error:
        return 0, _failed(transport, error, ids, result)
    _write(ids, gone)
    return len(ids), False


def _failed(
    transport: InboundTransport,
    error: MailError,
    ids: dict[int, int],
    result: Settlement,
) -> bool:
    """Nothing was done for `ids`; whether to go on would be of no use."""
    result.failure = result.failure or error
    if error.code in OF_ALL:
        return True
    _put_back(list(ids.values()))
    return not transport.alive()


class _Queue:
    """Which messages come next: those never tried, then those tried longest ago."""

    def __init__(self, pending: QuerySet[Location], at_once: int) -> None:
        self._pending = pending
        self._at_once = at_once
        self._began: datetime = timezone.now()
        self._again = False

    def next(self) -> dict[int, int]:
        """Rows by the id on the server; empty when there is nothing more to try."""
        fresh = self._pending.filter(settled_at=None).order_by("pk")
        found = self._rows(fresh, self._at_once)
        if found:
            return found
        refused = self._pending.filter(settled_at__lt=self._began)
        most = self._at_once
        if not self._again:
            most = min(most, (refused.count() + 1) // 2)
        self._again = True
        return self._rows(refused.order_by("settled_at", "pk"), most)

    def _rows(self, rows: QuerySet[Location], most: int) -> dict[int, int]:
        some = rows.values_list("pk", "server_id")[:most]
        return {int(server_id): pk for pk, server_id in some}


def _write(ids: dict[int, int], gone: Collection[Hashable]) -> None:
    now = timezone.now()
    for state, pks in (
        (SettleState.GONE, [ids[i] for i in ids if i in gone]),
        (SettleState.DONE, [ids[i] for i in ids if i not in gone]),
    ):
        Location.objects.filter(pk__in=pks, settle=SettleState.PENDING).update(
            settle=state, settled_at=now
        )


def _put_back(pks: list[int]) -> None:
    Location.objects.filter(pk__in=pks, settle=SettleState.PENDING).update(
        settled_at=timezone.now()
    )

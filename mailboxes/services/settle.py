"""Does the after-fetch action on the server, after the commit, and writes that down.

May be repeated: a location that is PENDING is settled again by the next cycle, and the
server is then asked once more for the same (DESIGN D7).
"""

from __future__ import annotations

from django.utils import timezone

from ..core.choices import AfterFetch, SettleState
from ..models import Cycle, Location, Source
from ..transports.base import InboundTransport


def settle_pending(
    transport: InboundTransport, source: Source, cycle: Cycle, limit: int = 2000
) -> int:
    """Settle what is stored and pending in `source`; the folder is open.

    Returns how many were settled now. Raises MailError.
    """
    done, at_once = 0, transport.settles_at_once
    while done < limit:
        rows = list(
            Location.objects.filter(source=source, settle=SettleState.PENDING)
            .order_by("pk")
            .values_list("pk", "server_id", "settle_action", "settle_target")[:at_once]
        )
        if not rows:
            return done
        _pk, _id, action, target = rows[0]
        # Messages stored under different options are settled as their options said.
        alike = [row for row in rows if row[2:] == (action, target)]
        ids = {int(server_id): pk for pk, server_id, *_rest in alike}
        gone = transport.settle(sorted(ids), AfterFetch(action), target)
        _write(ids, gone)
        done += len(ids)
    return done


def _write(ids: dict[int, int], gone: set[int]) -> None:
    now = timezone.now()
    for state, pks in (
        (SettleState.GONE, [ids[i] for i in ids if i in gone]),
        (SettleState.DONE, [ids[i] for i in ids if i not in gone]),
    ):
        Location.objects.filter(pk__in=pks, settle=SettleState.PENDING).update(
            settle=state, settled_at=now
        )

"""Does the after-fetch action on the server, after the commit, and writes that down.

May be repeated: a location that is PENDING is settled again by the next cycle (DESIGN
D7). What is done then is what the options of that cycle say, not those under which the
message was stored: a wrong folder is mended by the option, and `leave` stops deleting.
"""

from __future__ import annotations

from django.utils import timezone

from ..core.choices import AfterFetch, SettleState
from ..models import Location, Source
from ..transports.base import InboundTransport
from .store import Settling


def settle_pending(
    transport: InboundTransport, source: Source, settling: Settling, limit: int = 2000
) -> int:
    """Settle what is stored and pending in `source`; the folder is open.

    settling: what is done with it. Returns how many were settled now. Raises MailError.
    """
    pending = Location.objects.filter(source=source, settle=SettleState.PENDING)
    if settling.action is AfterFetch.LEAVE:
        pending.update(
            settle=SettleState.NOT_NEEDED, settle_action="", settle_target=""
        )
        return 0
    wanted = {"settle_action": settling.action, "settle_target": settling.target}
    pending.exclude(**wanted).update(**wanted)
    done, at_once = 0, transport.settles_at_once
    while done < limit:
        rows = pending.order_by("pk").values_list("pk", "server_id")[:at_once]
        ids = {int(server_id): pk for pk, server_id in rows}
        if not ids:
            return done
        gone = transport.settle(sorted(ids), settling.action, settling.target)
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

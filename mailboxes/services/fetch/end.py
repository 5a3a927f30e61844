"""Gives the fetcher back at the end of a cycle, whatever was done to it meanwhile.

A person may have asked for a cycle or saved another password while one ran: neither is
undone by what the old one met. What a failure leads to is services/retry. And what the
end of a cycle is that had none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, DateTimeField, Value, When
from django.utils import timezone

from ...core.choices import Outcome, RunState
from ...core.errors import Code
from ...models import Cycle, Fetcher, PopClient, Revision
from .. import refusals
from ..options import snapshots
from ..options.changes import diff
from ..options.snapshots import Snapshot
from ..plans import unindexed
from ..worker import leases, turns


def release(
    fetcher: Fetcher,
    client: PopClient,
    snapshot: Snapshot,
    due: datetime,
    changes: dict[str, Any],
) -> bool:
    """Write how a cycle with `snapshot` ended; False when the fetcher was lost.

    changes: columns as services/retry decides them. due: start of the next cycle,
    unless somebody has asked for one since this one began.
    """
    now, before = timezone.now(), fetcher.state
    if changes["state"] == RunState.ACTIVE:
        held = leases.release(fetcher, next_due=_unless_asked(due, now), **changes)
        if held:
            turns.note(client, fetcher, changes)
        return held
    with transaction.atomic():
        if _signs_in_anew(client, snapshot):
            # The refusal was of what is no longer saved: one trial at once (D9).
            changes |= {
                "state": RunState.FAILING,
                "not_before": None,
                "failures": 0,
                "sign_in_failures": 0,
            }
            due = now
        if changes["state"] == RunState.FAILING and changes["not_before"]:
            changes["not_before"] = _unless_asked(changes["not_before"], None)
        held = leases.release(fetcher, next_due=_unless_asked(due, now), **changes)
    if held:
        turns.note(client, fetcher, changes)
    if held and changes["state"] == RunState.STOPPED:
        revision = Revision.objects.select_related("pop_client__mailbox_row").get(
            pk=snapshot.revision_id
        )
        refusals.note_stop(client, revision, before, changes)
    return held


def close_lost(fetcher: Fetcher, now: datetime) -> int:
    """End cycles of earlier holders that never did: their process died or hung.

    Returns how many.
    """
    running = Cycle.objects.alias(client=unindexed("pop_client_id"))
    return running.filter(
        client=fetcher.pop_client_id, outcome=Outcome.RUNNING, fence__lt=fetcher.fence
    ).update(outcome=Outcome.LOST, ended_at=now, code=Code.LEASE_LOST)


def _unless_asked(value: datetime, asked: datetime | None) -> Case:
    """`asked` where Fetch now came after the start, which clears it; else `value`."""
    field = DateTimeField(null=True)
    return Case(
        When(asked_at__isnull=False, then=Value(asked, output_field=field)),
        default=Value(value, output_field=field),
    )


def _signs_in_anew(client: PopClient, snapshot: Snapshot) -> bool:
    """A sign-in option was saved since; its row is held till the end of the write.

    So a save comes either before and is seen here, or after and sees what is written.
    """
    PopClient.objects.select_for_update().get(pk=client.pk)
    newest = snapshots.take(client)
    if newest.login != snapshot.login:
        return True
    if newest.number == snapshot.number:
        return False
    names = {option.name for option in client.options().values() if option.sign_in}
    revisions = Revision.objects.select_related("pop_client__mailbox_row")
    old = revisions.get(pk=snapshot.revision_id)
    new = revisions.get(pk=newest.revision_id)
    return any(change.option in names for change in diff(old, new))

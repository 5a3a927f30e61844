"""Makes the new option sets of a plan, many rows at once.

They come out as revisions.save_pop_client and save_smtp_client make them one by one; a
test holds both equal.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from ...models import AuditEvent, Fetcher, Mailbox, PopClient, Revision, Sender
from .. import audit
from ..options.changes import Side
from ..revisions.rows import changes_of, columns
from .clients import Planned
from .known import AT_ONCE
from .saving import NOTE, Saving


def make(saving: Saving, new: list[Planned]) -> None:
    """Save new option sets of one kind; smtp-clients come before pop-clients."""
    if not new:
        return
    model: Any = new[0].model
    values = saving.values(new)
    beside: list[dict[str, Any]] = [{} for _ in new]
    if model is PopClient:
        beside = [{"mailbox_row": row} for row in _mailboxes(saving, new)]
    clients = model.objects.bulk_create(
        [
            model(
                section=one.section.name,
                revision=1,
                extra=one.cleaned.extra,
                **columns(model, own),
                **rows,
            )
            for one, own, rows in zip(new, values, beside, strict=True)
        ],
        batch_size=AT_ONCE,
    )
    revisions = Revision.objects.bulk_create(
        [
            saving.revision(client, 1, own, client.extra)
            for client, own in zip(clients, values, strict=True)
        ],
        batch_size=AT_ONCE,
    )
    _record(saving, clients, revisions)
    _run(saving, clients, revisions)


def _mailboxes(saving: Saving, new: list[Planned]) -> list[Mailbox]:
    """New rows, and those of mailboxes that only sent until now."""
    alone = Mailbox.objects.filter(pop_client=None)
    there = {row.address.lower(): row for row in alone}
    rows = []
    for one in new:
        assert one.fields is not None
        address = one.fields.address
        row = there.get(address.lower()) or Mailbox(address=address)
        row.alias, row.tags = one.fields.alias, one.fields.tags
        row.smtp_client = saving.smtp_client(one)
        row.archived_at = None
        if row.pk:
            row.save()
        rows.append(row)
    fresh = [row for row in rows if not row.pk]
    Mailbox.objects.bulk_create(fresh, batch_size=AT_ONCE)
    return rows


def _record(saving: Saving, clients: list[Any], revisions: list[Revision]) -> None:
    model = type(clients[0])
    events = []
    for client, revision in zip(clients, revisions, strict=True):
        side = Side(revision.values, revision.pinned, revision.extra)
        changes = [change.as_json() for change in changes_of(model, None, side)]
        events.append(
            audit.event(
                saving.user,
                "option-set.created",
                client,
                revision=1,
                changes=changes,
                note=NOTE,
            )
        )
    AuditEvent.objects.bulk_create(events, batch_size=AT_ONCE)


def _run(saving: Saving, clients: list[Any], revisions: list[Revision]) -> None:
    """Each gets the row that runs it; an smtp-client is in effect at once."""
    now = timezone.now()
    if isinstance(clients[0], PopClient):
        Fetcher.objects.bulk_create(
            [Fetcher(pop_client=client, next_due=now) for client in clients],
            batch_size=AT_ONCE,
        )
        return
    saving.smtp |= {client.section.lower(): client for client in clients}
    Sender.objects.bulk_create(
        [
            Sender(
                smtp_client=client,
                revision=revision,
                generation=1,
                enabled=client.enable_client,
                in_effect_since=now,
            )
            for client, revision in zip(clients, revisions, strict=True)
        ],
        batch_size=AT_ONCE,
    )

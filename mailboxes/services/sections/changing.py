"""Changes the option sets of a plan that are there already, many rows at once.

They come out as a save of each one's form would leave them; a test holds both equal.
Somebody else's save in between is refused by the update of each row.
"""

from __future__ import annotations

from dataclasses import replace

from ...core.errors import StaleEdit
from ...models import AuditEvent, PopClient, Revision
from .. import audit
from ..mailbox_fields import change_fields
from ..options.changes import Change, Side
from ..revisions.rows import changes_of, columns, signs_in_anew, try_at_once
from .clients import Planned
from .known import AT_ONCE, newest_revisions
from .saving import NOTE, Client, Saving


def change(saving: Saving, planned: list[Planned]) -> None:
    """Save option sets of one kind that are there. Raises StaleEdit."""
    if not planned:
        return
    # A changed proxy or registration has moved its sections on, in this transaction.
    newest = {r.client.section: r for r in newest_revisions([planned[0].kind])}
    revisions: list[Revision] = []
    events: list[AuditEvent] = []
    anew: list[int] = []
    for one, values in zip(planned, saving.values(planned), strict=True):
        before = newest[one.name]
        client = before.client
        beside = _beside(saving, one, client)
        revision = saving.revision(
            client, before.number + 1, values, dict(one.cleaned.extra)
        )
        side = Side(values, revision.pinned, revision.extra)
        changes = changes_of(one.model, before, side)
        if changes:
            _move_on(client, before, revision)
            revisions.append(revision)
        if changes or beside:
            events.append(
                audit.event(
                    saving.user,
                    "option-set.saved",
                    client,
                    revision=revision.number if changes else before.number,
                    changes=[change.as_json() for change in beside + changes],
                    note=NOTE if changes else "",
                )
            )
        if isinstance(client, PopClient) and signs_in_anew(client, beside + changes):
            anew.append(client.pk)
    Revision.objects.bulk_create(revisions, batch_size=AT_ONCE)
    AuditEvent.objects.bulk_create(events, batch_size=AT_ONCE)
    for at in range(0, len(anew), AT_ONCE):
        try_at_once(anew[at : at + AT_ONCE])


def _beside(saving: Saving, one: Planned, client: Client) -> list[Change]:
    if one.fields is None:
        return []
    assert isinstance(client, PopClient)
    fields = replace(one.fields, smtp_client=saving.smtp_client(one))
    return change_fields(client, client.section, fields)


def _move_on(client: Client, before: Revision, revision: Revision) -> None:
    """The conditional update of the row; only columns that differ are written."""
    wanted = columns(type(client), revision.values) | {"extra": revision.extra}
    differ = {n: v for n, v in wanted.items() if getattr(client, n) != v}
    moved = (
        type(client)
        ._default_manager.filter(pk=client.pk, revision=before.number)
        .update(revision=revision.number, **differ)
    )
    if not moved:
        raise StaleEdit(before.number, revision.number)
    for name, value in differ.items():
        setattr(client, name, value)

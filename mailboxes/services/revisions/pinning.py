"""Lets every section that names a changed row pin it anew: a revision each (D3).

For app registrations, secrets by name and proxies, in the transaction that saves them.
It comes out as a save of each section with unchanged values would leave it, but by few
queries, however many sections there are: nobody else can write meanwhile on SQLite.
What is pinned: services/options/pins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Exists, F, OuterRef

from ...core.errors import StaleEdit
from ...core.options import Target
from ...models import AuditEvent, PopClient, Revision, SmtpClient
from .. import audit
from ..option_rules import options_by_name
from ..options import pins, snapshots
from ..options.changes import Side
from ..uses import OPTION, Client, Shared
from .rows import changes_of, try_at_once

T = TypeVar("T")
AT_ONCE = 500  # rows in one query


def pin_in_sections(
    row: Shared, note: str, user: AbstractBaseUser | None
) -> list[Client]:
    """A new revision in each section for which something changed; those sections.

    row: as it is saved now. note: of the revisions. Those in the archive are among
    them. Rules are not asked: the person changes `row`, not these option sets.
    Raises StaleEdit.
    """
    moved: list[Client] = []
    moved += _pin_in(PopClient, row, note, user)
    moved += _pin_in(SmtpClient, row, note, user)
    trying = [client.pk for client in moved if isinstance(client, PopClient)]
    for some in _portions(trying):
        try_at_once(some)
    return moved


class _Rows(pins.Lookup):
    """The rows that these own values name, asked for at once."""

    def __init__(self, model: type[Client], sides: Iterable[Mapping[str, Any]]) -> None:
        super().__init__()
        self._by_id: dict[tuple[Target, int], Any] = {}
        named = list(sides)
        for name, option in options_by_name(model.kind).items():
            if option.target not in pins.ROWS:
                continue
            ids = sorted({values[name] for values in named if values[name]})
            for some in _portions(ids):
                rows = pins.ROWS[option.target]._default_manager.filter(pk__in=some)
                self._by_id |= {(option.target, found.pk): found for found in rows}

    def find(self, target: Target, named: object) -> Any | None:
        return self._by_id.get((target, int(str(named))))


def _pin_in(
    model: type[Client], row: Shared, note: str, user: AbstractBaseUser | None
) -> list[Client]:
    newest = _newest(model, row)
    owns = {revision.pk: snapshots.of(revision).own for revision in newest}
    lookup, options = _Rows(model, owns.values()), options_by_name(model.kind)
    before: list[Revision] = []
    revisions: list[Revision] = []
    events: list[AuditEvent] = []
    for old in newest:
        client, own = old.client, owns[old.pk]
        pinned = pins.pin(options, own, lookup)
        changes = changes_of(model, old, Side(own, pinned, old.extra))
        if not changes:
            continue
        client.revision = old.number + 1
        before.append(old)
        revisions.append(
            Revision(
                **{_owner(model): client},
                number=client.revision,
                values=own,
                pinned=pinned,
                extra=old.extra,
                note=note[:200],
                author_id=user.pk if user is not None else None,
            )
        )
        events.append(
            audit.event(
                user,
                "option-set.saved",
                client,
                revision=client.revision,
                changes=[change.as_json() for change in changes],
                note=note,
            )
        )
    _move_on(model, before)
    Revision.objects.bulk_create(revisions, batch_size=AT_ONCE)
    AuditEvent.objects.bulk_create(events, batch_size=AT_ONCE)
    return [revision.client for revision in revisions]


def _newest(model: type[Client], row: Shared) -> list[Revision]:
    """The newest revision of each section that names `row`; those are held till the end
    of the transaction, so that no save comes between."""
    sections = model._default_manager.filter(**{OPTION[type(row)]: row})
    held = sections.order_by("pk").select_for_update().values_list("pk", flat=True)
    owner = _owner(model)
    related = f"{owner}__mailbox_row" if model is PopClient else owner
    return [
        revision
        for some in _portions(list(held))
        for revision in Revision.objects.filter(
            **{f"{owner}__in": some}, number=F(f"{owner}__revision")
        )
        .select_related(related)
        .order_by(f"{owner}__section")
    ]


def _move_on(model: type[Client], before: list[Revision]) -> None:
    """One on from these revisions, where they still are the newest."""
    still = Revision.objects.filter(
        **{_owner(model): OuterRef("pk")}, number=OuterRef("revision")
    )
    for some in _portions(before):
        moved = model._default_manager.filter(
            Exists(still.filter(pk__in=[revision.pk for revision in some])),
            pk__in=[revision.client.pk for revision in some],
        ).update(revision=F("revision") + 1)
        if moved != len(some):
            raise StaleEdit(some[0].number, snapshots.saved_number(some[0].client))


def _owner(model: type[Client]) -> str:
    return "pop_client" if model is PopClient else "smtp_client"


def _portions(rows: list[T]) -> Iterable[list[T]]:
    for at in range(0, len(rows), AT_ONCE):
        yield rows[at : at + AT_ONCE]

"""Saves a plan in one transaction, or nothing of it.

Refuses when anything that the plan was made from has moved since. Option sets are
written by making and changing, what they name by the services of those things.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from ...core.errors import StaleEdit
from ...core.options import Target
from ...models import KeptSection
from .. import audit, registrations
from ..options.pins import ROWS
from . import shared
from .changing import change
from .kinds import MODELS, Kind
from .known import NameLookup
from .making import make
from .parts import Entry
from .plan import Plan
from .saving import Saving

STALE = "I21-stale"
MOVED = "Saved by somebody else meanwhile. Check the file again."


def write(plan: Plan, user: AbstractBaseUser | None, **details: object) -> list[Entry]:
    """Save everything; or nothing, and say why in entries.

    details: for the audit event.
    """
    try:
        with transaction.atomic():
            moved = _moved(plan)
            if moved:
                return moved
            _write(plan, user)
            audit.record(
                user,
                "options.imported",
                None,
                sections=plan.report.sections,
                new=plan.report.new,
                changed=plan.report.changed,
                **details,
            )
    except IntegrityError:
        message = "Somebody has just made a mailbox or section of this name."
        return [Entry(0, "", "", "X05-taken", message)]
    except StaleEdit:
        return [Entry(0, "", "", STALE, MOVED)]
    return []


def _moved(plan: Plan) -> list[Entry]:
    """Compare what is saved now with what was read; holds the rows where it can."""
    entries = []
    now: dict[str, tuple[str, int]] = {}
    for kind, model in MODELS.items():
        live = model.objects.select_for_update().filter(archived_at=None)
        rows = live.values_list("section", "revision")
        now |= {section.lower(): (kind.value, number) for section, number in rows}
    for one in plan.clients:
        had = (one.kind.value, one.existing.revision.number) if one.existing else None
        if now.get(one.section.name.lower()) != had:
            entries.append(Entry(one.section.line, one.name, "", STALE, MOVED))
    for row in plan.shared:
        fresh = ROWS[row.target].objects.select_for_update().filter(name=row.name)
        if _facts(fresh.first()) != _facts(row.row):
            at = row.section
            entries.append(Entry(at.line, at.name, "", STALE, MOVED))
    return entries


def _facts(row: Any) -> dict[str, object] | None:
    fields = row._meta.concrete_fields if row is not None else ()
    return {f.attname: getattr(row, f.attname) for f in fields} or None


def _write(plan: Plan, user: AbstractBaseUser | None) -> None:
    saving = Saving(user)
    for one in plan.shared:
        saving.rows[one.stand_in.pk] = shared.save(one, user)
    _make_registrations(plan, saving)
    saving.lookup = NameLookup()
    for kind in (Kind.SMTP, Kind.POP):
        alike = [client for client in plan.clients if client.kind is kind]
        make(saving, [client for client in alike if client.existing is None])
        change(saving, [client for client in alike if client.changes])
    _keep(plan)


def _make_registrations(plan: Plan, saving: Saving) -> None:
    """What the report proposes; the stand-ins know the secret of their group."""
    for proposal in plan.report.registrations:
        if not (proposal.made and proposal.new):
            continue
        stand_in = plan.known.lookup.find(Target.REGISTRATION, proposal.name)
        assert stand_in is not None
        saving.rows[stand_in.pk] = registrations.save(
            name=proposal.name,
            tenant_authority=proposal.tenant_authority,
            directory_id=proposal.directory_id,
            client_id=proposal.client_id,
            secret=plan.known.plain(stand_in.secret_id) or "",
            user=saving.user,
        ).registration


def _keep(plan: Plan) -> None:
    """Sections without a meaning here, and what is left over of others."""
    for name, options in plan.kept.items():
        row = plan.known.kept.get(name.lower())
        if row is None:
            if options is not None:
                KeptSection.objects.create(name=name, options=options)
        elif options is None:
            row.delete()
        elif row.options != options:
            KeptSection.objects.filter(pk=row.pk).update(options=options)

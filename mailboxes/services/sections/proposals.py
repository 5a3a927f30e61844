"""Equal values of OAuth 2.0 in several new sections: one app registration for all.

A rotated secret is then one edit instead of one in each section. Proposed always, made
only when asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...core.options import Target
from ...models import AppRegistration
from ..options import pins
from ..options.pins import INHERITED
from .clients import Planned
from .inheritance import PASSWORD, REGISTRATION
from .known import Known
from .report import Proposal, Report

FEWEST = 2
Key = tuple[str, str, str]


class Group:
    """Sections with equal authority, directory and application, and equal secret."""

    def __init__(self, key: Key, secret: str, planned: list[Planned]) -> None:
        self.authority, self.directory, self.client = key
        self.secret = secret
        self.planned = planned


def propose(
    planned: Iterable[Planned], known: Known, report: Report, make: bool
) -> None:
    """Fill `report.registrations`; make: let the sections inherit, as if they said it.

    The registrations that are made are those with `new`; writing saves them.
    """
    names = {row.name for row in _registrations(known)}
    for group in _groups(planned):
        row = next((r for r in _registrations(known) if _equal(r, group, known)), None)
        name = row.name if row else _free_name(group, names)
        names.add(name)
        proposal = Proposal(
            name,
            group.authority,
            group.directory,
            group.client,
            tuple(one.name for one in group.planned),
            new=row is None,
        )
        if make:
            _inherit(group, row or _stand_in(name, group, known), known)
            proposal = replace(proposal, made=True)
        report.registrations.append(proposal)


def secret_of(planned: Planned) -> str:
    """The secret of the application, "" where the sign-in takes none."""
    if not pins.password_is_app_secret(planned.cleaned.values):
        return ""
    return planned.cleaned.secrets.get(PASSWORD, "")


def _groups(planned: Iterable[Planned]) -> list[Group]:
    by_ids: dict[Key, list[Planned]] = {}
    for one in planned:
        values = one.cleaned.values
        if one.existing or values[REGISTRATION] or not pins.uses_token(values):
            continue
        key = tuple(str(values[name]) for name in INHERITED)
        if all(key[::2]) and not one.cleaned.problems:
            by_ids.setdefault(key, []).append(one)  # type: ignore[arg-type]
    groups = []
    for key, alike in by_ids.items():
        by_secret: dict[str, list[Planned]] = {}
        for one in alike:
            by_secret.setdefault(secret_of(one), []).append(one)
        # Sections that sign in without the secret go with those that have it.
        if len(by_secret) == 2 and "" in by_secret:
            without = by_secret.pop("")
            (secret,) = by_secret
            by_secret[secret] = [o for o in alike if o in without + by_secret[secret]]
        groups += [
            Group(key, secret, some)
            for secret, some in by_secret.items()
            if len(some) >= FEWEST
        ]
    return groups


def _registrations(known: Known) -> list[AppRegistration]:
    return known.lookup.rows(Target.REGISTRATION)


def _equal(row: AppRegistration, group: Group, known: Known) -> bool:
    same = (row.tenant_authority, row.directory_id, row.client_id) == (
        group.authority,
        group.directory,
        group.client,
    )
    secret = known.plain(row.secret_id)
    return same and (not group.secret or secret == group.secret)


def _free_name(group: Group, names: set[str]) -> str:
    stem = f"app-{group.client.partition('-')[0]}"[:36]
    name, number = stem, 1
    while name in names:
        number += 1
        name = f"{stem}-{number}"
    return name


def _stand_in(name: str, group: Group, known: Known) -> AppRegistration:
    row = AppRegistration(
        pk=known.new_id(),
        name=name,
        tenant_authority=group.authority,
        directory_id=group.directory,
        client_id=group.client,
        secret_id=known.new_id(group.secret) if group.secret else None,
    )
    known.lookup.add(Target.REGISTRATION, row)
    return row


def _inherit(group: Group, row: AppRegistration, known: Known) -> None:
    """Clean the sections again, with the registration in place of their own values."""
    for one in group.planned:
        for name in INHERITED:
            one.raw.pop(name, None)
        if pins.password_is_app_secret(one.cleaned.values):
            one.raw[PASSWORD] = None
        one.raw[REGISTRATION] = row.name
        one.ask_rules(known.lookup)

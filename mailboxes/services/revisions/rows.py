"""What a save writes into rows, and what it finds to have changed.

Shared by the save of one option set (revisions) and that of a file (sections/writing),
so that both write the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.utils import timezone

from ...core.choices import RunState
from ...core.options import Kind
from ...models import Fetcher, OptionSet, PopClient, Revision, SecretValue
from ..option_rules import defaults
from ..options import pins
from ..options.changes import Change, Side, compare

BY_ROW = (Kind.SECRET, Kind.REFERENCE)
WAITING = (RunState.STOPPED, RunState.FAILING, RunState.THROTTLED)


def columns(model: type[OptionSet], values: Mapping[str, object]) -> dict[str, Any]:
    """Columns of a client with these own values, by option name."""
    return {
        f"{name}_id" if option.kind in BY_ROW else name: values[option.name]
        for name, option in model.options().items()
    }


def purpose(values: Mapping[str, object]) -> SecretValue.Purpose:
    """What the option `password` holds under these values."""
    app = pins.password_is_app_secret(values)
    purposes = SecretValue.Purpose
    return purposes.CLIENT_SECRET if app else purposes.PASSWORD


def changes_of(
    model: type[OptionSet], newest: Revision | None, new: Side
) -> list[Change]:
    """What a save of `new` changes; `newest` None compares with the defaults."""
    old = Side.of(newest) if newest else Side(defaults(model.kind))
    changes = compare(model, old, new)
    if newest is not None and old.own != new.own and not changes:
        # Only what is inherited at the moment differs: kept for when it is not.
        changes = compare(model, Side(old.own), Side(new.own))
    return changes


def signs_in_anew(client: PopClient, changes: Collection[Change]) -> bool:
    """One of the changes may let a stopped client sign in again (DESIGN D9)."""
    names = {option.name for option in client.options().values() if option.sign_in}
    if not client.mailbox:
        names.add("address")  # it is the log-in name
    return any(change.option in names for change in changes)


def try_at_once(client_pks: Collection[int]) -> int:
    """One trial cycle now for clients that are stopped or wait; how many (D9)."""
    return Fetcher.objects.filter(pop_client__in=client_pks, state__in=WAITING).update(
        state=RunState.ACTIVE,
        failures=0,
        sign_in_failures=0,
        not_before=None,
        next_due=timezone.now(),
    )

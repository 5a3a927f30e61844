"""Whether a row is still as it was when a person opened it, for rows without revisions.

Two people who edit one app registration, secret or proxy never overwrite each other in
silence. Option sets have revisions for that (services/revisions).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from ...core.errors import OptionError, Problem
from ...models import AppRegistration, NamedSecret, Proxy

Row = AppRegistration | NamedSecret | Proxy
STALE = (
    "Somebody else has saved this since you opened it. What is saved now stands at each"
    " field; save again to replace it."
)


def fingerprint(row: Row | None, fields: Iterable[str]) -> str:
    """Of the values of these columns (a secret by its id); "" for a new row."""
    if row is None:
        return ""
    text = repr([(name, str(getattr(row, name))) for name in fields])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def stale_problem() -> Problem:
    return Problem("", "V01-stale", STALE)


def refuse_stale(row: Row | None, fields: Iterable[str], seen: str) -> None:
    """Hold the row, and raise OptionError when it is not as it was seen.

    Inside the transaction of the caller. seen: "" asks nothing.
    """
    if row is None or not seen:
        return
    model: Any = type(row)
    held = model.objects.select_for_update().filter(pk=row.pk).first()
    if held is None or fingerprint(held, fields) != seen:
        raise OptionError([stale_problem()])

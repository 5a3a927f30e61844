"""Leases with fencing on rows of our own, the same on SQLite and PostgreSQL.

A claim is a conditional update whose row count is looked at; it raises the fence. A
holder that hung past its lease finds another fence and can write nothing. The time is
the database's, so that hosts need not agree on theirs.
"""

from __future__ import annotations

import os
import secrets
import socket
from datetime import timedelta
from typing import TypeVar

from django.db.models import Expression, Q, QuerySet
from django.db.models.functions import Now

from ...core.errors import LeaseLost
from ...models.runners import Leased

LEASE = timedelta(seconds=30)
_process = (os.getpid(), secrets.token_hex(3))

L = TypeVar("L", bound=Leased)


def owner() -> str:
    """Names this process, also after a fork: host:pid:random."""
    global _process
    if _process[0] != os.getpid():
        _process = (os.getpid(), secrets.token_hex(3))
    return f"{socket.gethostname()}:{_process[0]}:{_process[1]}"


def free() -> Q:
    """Rows that nobody holds now."""
    return Q(lease_until=None) | over()


def over() -> Q:
    """Rows whose holder has let its lease run out."""
    return Q(lease_until__lte=Now())


def until(lease: timedelta = LEASE) -> Expression:
    """The value of `lease_until` for a lease that begins now."""
    return Now() + lease


def claim(rows: QuerySet[L], pk: int, lease: timedelta = LEASE) -> L | None:
    """Take row `pk` of `rows` if it is free and still among them.

    Returns the row as it is after the claim, or None when somebody was first.

    `rows` may be joined to others, and then Django moves its conditions to a subselect.
    An update of PostgreSQL that has waited for another one looks again at the
    conditions on the row itself and not at a subselect: so what decides a race, free
    and the fence, stands on the row, and the fence says whose claim it was.
    """
    plain = rows.model._default_manager
    fence = rows.filter(free(), pk=pk).values_list("fence", flat=True).first()
    if fence is None:
        return None
    taken = plain.filter(
        free(), pk=pk, fence=fence, pk__in=rows.order_by().values("pk")
    ).update(lease_owner=owner(), lease_until=until(lease), fence=fence + 1)
    # None after all when the lease has run out again meanwhile: it is another's now.
    return plain.filter(pk=pk, fence=fence + 1).first() if taken else None


def _mine(row: L) -> QuerySet[L]:
    manager = type(row)._default_manager
    return manager.filter(pk=row.pk, fence=row.fence, lease_owner=row.lease_owner)


def renew(row: Leased, lease: timedelta = LEASE) -> bool:
    """Hold on; False when somebody else holds the row now."""
    return bool(_mine(row).update(lease_until=until(lease)))


def guard(row: Leased, **changes: object) -> None:
    """Write `changes` on the row and hold on to it, inside the caller's transaction.

    Raises LeaseLost when somebody else holds it now; the caller rolls back.
    """
    changes.setdefault("lease_until", until())
    if not _mine(row).update(**changes):
        raise LeaseLost


def release(row: Leased, **changes: object) -> bool:
    """Give the row back, with the last changes; False when it was lost meanwhile."""
    return bool(_mine(row).update(lease_owner="", lease_until=None, **changes))

"""Which installation this is, and the hold that stops all mail (DESIGN D13).

The id lies in the database and in the data folder. Where they differ, one of them was
copied or restored, and fetching or sending could repeat or lose mail: everything is
held until a person releases it.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection
from django.utils import timezone

from ..core.errors import Held
from ..models import Batch, Instance, Worker

ROW = 1  # primary key of the one row
FILE = "instance-id"
OTHER_COPY = (
    "The database and the data folder belong to different installations: one of them"
    " was copied or restored."
)
JOINS = timedelta(seconds=60)


def current() -> Instance:
    """The one row; made when the database is new."""
    return Instance.objects.get_or_create(pk=ROW)[0]


def identify() -> Instance:
    """Compare the two ids at a start; hold where they differ.

    A new database takes the id of the data folder. A data folder without an id joins a
    database that another host works on at the moment (PostgreSQL); otherwise the
    database alone was copied.
    """
    known = _read()
    row, new = Instance.objects.get_or_create(
        pk=ROW, defaults={"instance_id": known or uuid.uuid4()}
    )
    if known is None and (new or _joins()):
        _write(row.instance_id)
    elif known != row.instance_id:
        hold(OTHER_COPY)
        row.refresh_from_db()
    return row


def is_held() -> bool:
    """Nothing may be fetched, settled or sent."""
    return Instance.objects.filter(held=True).exists()


def require_free() -> None:
    """Raises Held when the instance is held."""
    if is_held():
        raise Held


def hold(reason: str, user: AbstractBaseUser | None = None) -> bool:
    """Hold everything; running batches end at their next window.

    Returns False when it was held already (the first reason stays).
    """
    current()
    changed = Instance.objects.filter(pk=ROW, held=False).update(
        held=True,
        held_reason=reason[:200],
        held_at=timezone.now(),
        held_by_id=user.pk if user is not None else None,
    )
    Batch.objects.filter(ended_at=None, stop=False).update(stop=True)
    return bool(changed)


def release(user: AbstractBaseUser | None = None) -> bool:
    """Let work go on; the data folder takes the id of the database.

    Returns False when nothing was held.
    """
    row = current()
    if _read() != row.instance_id:
        _write(row.instance_id)
    changed = Instance.objects.filter(pk=ROW, held=True).update(
        held=False,
        held_reason="",
        held_at=timezone.now(),
        held_by_id=user.pk if user is not None else None,
    )
    return bool(changed)


def _joins() -> bool:
    return (
        connection.vendor != "sqlite"
        and Worker.objects.filter(
            stopped_at=None, beat_at__gte=timezone.now() - JOINS
        ).exists()
    )


def _read() -> uuid.UUID | None:
    """The id in the data folder; a file that holds no id counts as another one's."""
    try:
        text = (settings.MAILADMIN_DATA / FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        return uuid.UUID(int=0)
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def _write(instance_id: uuid.UUID) -> None:
    settings.MAILADMIN_DATA.mkdir(parents=True, exist_ok=True)
    (settings.MAILADMIN_DATA / FILE).write_text(f"{instance_id}\n", encoding="ascii")

"""Which installation this is, and the hold that stops all mail (DESIGN D13).

The id lies in the database and in the data folder. Where they differ, one of them was
copied or restored; where the database has gone back (services/instance/epoch), a backup
of it was. Fetching or sending could then repeat or lose mail: everything is held until
a person releases it.
"""

from __future__ import annotations

import logging
import time
import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction
from django.utils import timezone

from ...core.errors import Held
from ...models import Batch, Instance, Worker
from .. import audit
from . import epoch

logger = logging.getLogger(__name__)

ROW = 1  # primary key of the one row
FILE = "instance-id"
OTHER_COPY = (
    "The database and the data folder belong to different installations: one of them"
    " was copied or restored."
)
RESTORED = (
    "The database is older than its data folder: a backup was restored. What was sent"
    " or fetched since then would be sent or fetched again."
)
BACKUP = (
    "This database is a backup of %s (UTC). What was sent or fetched since then would"
    " be sent or fetched again."
)
JOINS = timedelta(seconds=60)
MOVE_ON_EVERY = 30.0  # seconds


def current() -> Instance:
    """The one row; made when the database is new."""
    return Instance.objects.get_or_create(pk=ROW)[0]


def identify() -> Instance:
    """Compare database and data folder at a start; hold where they do not fit.

    A new database takes the id of the data folder. A data folder without an id joins a
    database that another host works on at the moment (PostgreSQL); otherwise the
    database alone was copied.

    Of a new installation the folder is written first: killed then, the next start finds
    a new database again.
    """
    known = _read()
    if known is None and not Instance.objects.filter(pk=ROW).exists():
        known = uuid.uuid4()
        _write(known)
    row, _new = Instance.objects.get_or_create(
        pk=ROW,
        defaults={"instance_id": known or uuid.uuid4(), "epoch": epoch.seen()},
    )
    if known is None and _joins():
        epoch.write()
        _write(row.instance_id)
    elif known != row.instance_id:
        hold(OTHER_COPY)
        row.refresh_from_db()
    elif epoch.behind():
        hold(RESTORED)
        row.refresh_from_db()
    return row


class Watch:
    """Moves the epoch on while a worker runs; sees a database that has gone back."""

    def __init__(self) -> None:
        self._next = 0.0  # monotonic

    def look(self) -> None:
        """Called at the start and every second. Raises DatabaseError."""
        now = time.monotonic()
        back = epoch.behind()
        if not back and now >= self._next:
            self._next = now + MOVE_ON_EVERY
            back = not _move_on()
        if back and not is_held():
            logger.error(RESTORED)
            hold(RESTORED)

    def end(self) -> None:
        """At the end, so that no backup of while it ran is as new as what it leaves.

        Raises DatabaseError.
        """
        _move_on()


def _move_on() -> bool:
    try:
        return epoch.move_on()
    except OSError as error:
        logger.error("the data folder cannot be written: %s", error)
        return True


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
    row = current()
    with transaction.atomic():
        changed = Instance.objects.filter(pk=ROW, held=False).update(
            held=True,
            held_reason=reason[:200],
            held_at=timezone.now(),
            held_by_id=user.pk if user is not None else None,
        )
        if changed:
            audit.record(user, "instance.held", row, reason=reason[:200])
        Batch.objects.filter(ended_at=None, stop=False).update(stop=True)
    return bool(changed)


def release(user: AbstractBaseUser | None = None) -> bool:
    """Let work go on; the data folder takes id and epoch of the database.

    Returns False when nothing was held.
    """
    row = current()
    if _read() != row.instance_id:
        _write(row.instance_id)
    epoch.align()
    with transaction.atomic():
        held = _held()
        changed = Instance.objects.filter(pk=ROW, held=True).update(
            held=False,
            held_reason="",
            held_at=timezone.now(),
            held_by_id=user.pk if user is not None else None,
        )
        if changed:
            assert held is not None  # its row is ours
            audit.record(
                user,
                "instance.released",
                held,
                reason=held.held_reason,
                held_at=held.held_at.isoformat() if held.held_at else None,
                held_by=held.held_by.get_username() if held.held_by else audit.COMMAND,
            )
    return bool(changed)


def _held() -> Instance | None:
    """The row while it is held; nobody else changes it till the transaction ends."""
    rows = Instance.objects.select_for_update(of=("self",)).select_related("held_by")
    return rows.filter(pk=ROW, held=True).first()


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
    epoch.replace_file(settings.MAILADMIN_DATA / FILE, f"{instance_id}\n")

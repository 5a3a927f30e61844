"""How far this installation has come, so that a restored database is noticed (D13).

A number stands in the database and in the data folder. Each start of the worker service
moves it on in both, and so does its end; while it runs it does so every half minute. It
only grows. The database is written first. So a data folder never knows a higher number
than its database has, unless the database has gone back: a backup of it was restored.
What follows from that is services/instance.

What may happen, and why none of it looks like a restored backup:

- Killed at any moment, also between the two writes: the folder knows less, never more.
  Its file is replaced as a whole. Lost or unreadable, it knows nothing.
- A stop and a start, or a worker that comes back (`--resume`): both only move it on.
- Several hosts with one PostgreSQL, each with a folder of its own: any of them moves
  the database on, by one statement; a folder learns the number afterwards. One that was
  down for long knows less.
- A fresh folder that joins knows nothing, a new database takes what its folder knows.
- A clock that is wrong or is set back: the time only makes the steps larger, and the
  next number is always higher than the last.

What it cannot notice: a backup of the half minute before a crash, database and data
folder restored together from one backup (hold before the first start, `manage.py
hold`), and a host that was down since before the backup was made and is the first to
start. Backups that `manage.py backup` makes are held from the first
(services/instance/backup).
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db.models import BigIntegerField, F, Value
from django.db.models.functions import Greatest

from ...models import Instance

FILE = "instance-epoch"
# A release steps over what folders of other hosts may have seen of the database since.
AHEAD = 86_400


def seen() -> int:
    """The number in the data folder; 0 where there is none that can be read."""
    try:
        return int((settings.MAILADMIN_DATA / FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def behind() -> bool:
    """The database has gone back behind what the data folder has seen."""
    known = seen()  # first: the database may be moved on at any time
    return known > _current()


def move_on() -> bool:
    """Take the next number, in the database and then in the data folder.

    Returns False, with nothing changed, where the database has gone back.
    Raises OSError when the folder cannot be written; that does no harm.
    """
    known = seen()
    rows = Instance.objects.filter(epoch__gte=known)
    if not rows.update(epoch=Greatest(F("epoch") + 1, _now())):
        return not behind()
    write(max(known, _current()))
    return True


def align() -> None:
    """From now on the database counts, however far behind it is. Raises OSError."""
    known = seen()
    step = AHEAD if known > _current() else 0
    Instance.objects.update(
        epoch=Greatest(F("epoch") + 1, Value(known + 1), _now()) + step
    )
    write(_current())


def write(number: int | None = None) -> None:
    """Put a number (the database's, if None) into the data folder. Raises OSError."""
    text = f"{_current() if number is None else number}\n"
    replace_file(settings.MAILADMIN_DATA / FILE, text)


def replace_file(path: Path, text: str) -> None:
    """Write a small file as a whole: whoever is killed leaves the old one or the new.

    Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with new.open("w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _current() -> int:
    return Instance.objects.values_list("epoch", flat=True).first() or 0


def _now() -> Value:
    """Seconds since 1970: an order that holds across databases and hosts."""
    return Value(int(time.time()), output_field=BigIntegerField())

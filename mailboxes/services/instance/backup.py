"""A copy of the SQLite database as it is at one moment, while all goes on.

Copying the file itself would leave out what lies in its log of writes. The copy is held
from the first (services/instance): whoever starts with it is asked before mail is sent
or fetched a second time. What else belongs to a backup, and how one is restored:
docs/operations.md.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from django.db import connection
from django.utils import timezone

from ...models import Instance
from .. import instance


class CannotBackUp(Exception):
    """One sentence: why not."""


def back_up(file: Path) -> int:
    """Write the copy, for this user alone. Returns its bytes. Raises CannotBackUp.

    A file that is there is left alone. The name stands for a whole copy, held as it is
    to be: until then another is used, so that one that was killed is taken for none.
    """
    if connection.vendor != "sqlite":
        raise CannotBackUp("The database is PostgreSQL: make its backup with pg_dump.")
    if file.exists():
        raise CannotBackUp(f"{file} is there already; name a new file.")
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        size = _copy(part)
        if file.exists():
            raise CannotBackUp(f"{file} is there by now; name a new file.")
        part.rename(file)
    except sqlite3.Error as error:
        raise CannotBackUp(f"{file} cannot be written: {error}.") from error
    except OSError as error:
        raise CannotBackUp(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        for left in (part, Path(f"{part}-journal"), Path(f"{part}-wal")):
            with suppress(OSError):
                left.unlink(missing_ok=True)
    return size


def _copy(file: Path) -> int:
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        # All pages in one step: one moment, whatever is written meanwhile.
        connection.connection.backup(copy, pages=-1)
        now = timezone.now()
        reason = instance.BACKUP % f"{now:%-d %b %Y, %H:%M}"
        copy.execute(
            f"UPDATE {Instance._meta.db_table}"
            " SET held = 1, held_reason = ?, held_at = ?, held_by_id = NULL"
            " WHERE NOT held",
            (reason, f"{now:%Y-%m-%d %H:%M:%S.%f}"),
        )
        copy.commit()
        # The copy has no log of writes beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
    with file.open("rb+") as written:
        os.fsync(written.fileno())
    return file.stat().st_size

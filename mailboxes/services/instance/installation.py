"""What this installation runs on: versions, the database, the space that is left.

Reads; changes nothing. Whether it works: services/status.
"""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

import django
from django.conf import settings
from django.db import DatabaseError, connection

LITTLE = 1 << 30  # bytes: mail of a few days, and what SQLite needs to tidy up


@dataclass(frozen=True)
class Installation:
    """Sizes are bytes; None where they cannot be asked for."""

    python: str
    django: str
    database: str
    database_size: int | None
    free: int | None

    @property
    def is_short_of_space(self) -> bool:
        return self.free is not None and self.free < LITTLE


def look() -> Installation:
    """The installation as this process sees it."""
    sqlite = connection.vendor == "sqlite"
    return Installation(
        python=platform.python_version(),
        django=django.get_version(),
        database=f"{connection.display_name} {_version()}".strip(),
        database_size=_size_of_files() if sqlite else _size_of_server(),
        free=_free(settings.MAILADMIN_DATA),
    )


def _version() -> str:
    try:
        return ".".join(str(part) for part in connection.get_database_version())
    except DatabaseError:
        return ""


def _size_of_files() -> int | None:
    """Of SQLite: the database and its log, which can be the larger one."""
    name = str(connection.settings_dict["NAME"])
    files = [Path(name), Path(f"{name}-wal")]
    try:
        return sum(one.stat().st_size for one in files if one.exists()) or None
    except OSError:
        return None


def _size_of_server() -> int | None:
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None

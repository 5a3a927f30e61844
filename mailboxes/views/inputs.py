"""What comes with a request outside of a form: trimmed, bounded, storable."""

from __future__ import annotations

from django.http import QueryDict

LIMIT = 200
LARGEST_KEY = (1 << 63) - 1  # SQLite and PostgreSQL store nothing larger


def text(values: QueryDict, name: str, limit: int = LIMIT) -> str:
    """One value without surrounding space; PostgreSQL cannot take NUL characters."""
    return values.get(name, "").replace("\x00", "").strip()[:limit]


def key(typed: str) -> int:
    """The primary key that a text names; 0, which no row has, where it names none."""
    number = int(typed) if typed.isascii() and typed.isdigit() else 0
    return number if number <= LARGEST_KEY else 0

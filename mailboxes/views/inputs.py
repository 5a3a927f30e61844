"""Text that comes with a request outside of a form: trimmed, bounded, storable."""

from __future__ import annotations

from django.http import QueryDict

LIMIT = 200


def text(values: QueryDict, name: str, limit: int = LIMIT) -> str:
    """One value without surrounding space; PostgreSQL cannot take NUL characters."""
    return values.get(name, "").replace("\x00", "").strip()[:limit]

"""What an audit event says beside who, when and what: its details, as short texts.

Shown by the history of a row in the admin. Writing events: services/audit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django import template

from mailboxes.models import AuditEvent

register = template.Library()
NOTHING = "–"


class Detail(NamedTuple):
    """One fact. old: "" where it is no change."""

    name: str
    old: str
    new: str


@register.filter
def details(event: AuditEvent) -> list[Detail]:
    """Its changes first, option by option, then everything else that is not empty."""
    return [*_changes(event.details), *_others(event.details)]


def _changes(found: dict[str, Any]) -> Iterator[Detail]:
    for change in found.get("changes", ()):
        yield Detail(
            str(change["option"]),
            str(change["old"] or NOTHING),
            str(change["new"] or NOTHING),
        )


def _others(found: dict[str, Any]) -> Iterator[Detail]:
    for name, value in found.items():
        if name == "changes" or value in ("", [], {}, None):
            continue
        if isinstance(value, dict) and value.keys() == {"old", "new"}:
            yield Detail(name, _text(value["old"]), _text(value["new"]))
        else:
            yield Detail(name, "", _text(value))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or NOTHING
    return str(value)

"""Ids and links of the fake Graph: of folders, of messages in both kinds, of deltas.

An immutable id goes with a message from folder to folder, the usual one does not; both
are case-sensitive (learn.microsoft.com, "Get immutable identifiers for Outlook
resources"). What they stand for: mailstore.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from ..mailstore import Entry, Folder

# As long as a real one, so that nobody counts on short ids.
_HEAD = "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A3d5a1c9e7b424f0d9a16c0ffee00a001AAAAAA"


def of_folder(folder: Folder) -> str:
    """The id of a folder; it never changes."""
    return _made(f"f{folder.id}")


def of_message(folder: Folder, entry: Entry, *, immutable: bool) -> str:
    """The id of a message, of the kind that was asked for."""
    return of_item(entry.item) if immutable else _made(f"m{folder.id}.{entry.uid}")


def of_item(item: int) -> str:
    """The immutable id of a message, also of one that is gone."""
    return _made(f"i{item}")


def folder(text: str) -> int | None:
    """The folder's number in the store; None for no id of a folder."""
    kind, value = _read(text)
    return int(value) if kind == "f" and value.isdigit() else None


def message(text: str) -> int | tuple[int, int] | None:
    """An item number, or folder and UID of a usual id; None for neither."""
    kind, value = _read(text)
    if kind == "i" and value.isdigit():
        return int(value)
    place, _, uid = value.partition(".")
    if kind == "m" and place.isdigit() and uid.isdigit():
        return int(place), int(uid)
    return None


def token(told: dict[str, Any]) -> str:
    """What a link has to carry, as one word."""
    raw = json.dumps(told, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read_token(text: str) -> dict[str, Any] | None:
    """What `token` was given; None for anything else."""
    try:
        told = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _made(value: str) -> str:
    return _HEAD + base64.urlsafe_b64encode(value.encode()).rstrip(b"=").decode()


def _read(text: str) -> tuple[str, str]:
    if not text.startswith(_HEAD):
        return "", ""
    rest = text.removeprefix(_HEAD)
    try:
        value = base64.urlsafe_b64decode(rest + "=" * (-len(rest) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return "", ""
    return value[:1], value[1:]

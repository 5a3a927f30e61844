"""The header of a message, written from what EWS tells of it without its body."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from exchangelib.util import TNS

FIELDS = ("headers", "subject", "author", "message_id", "datetime_sent")
_BREAKS = re.compile(r"[\r\n]+")


def written(item: Any) -> bytes:
    """Header lines and the empty line after them, CRLF at every end.

    A message that never left Exchange has no internet headers: then there are those
    that its properties give.
    """
    found = item.find(f"{{{TNS}}}InternetMessageHeaders")
    lines = []
    for one in found if found is not None else ():
        lines.append(_line(one.get("HeaderName"), one.text))
    if not lines:
        lines = [_line(name, value) for name, value in _of_properties(item) if value]
    return b"".join(lines) + b"\r\n"


def _of_properties(item: Any) -> list[tuple[str, str | None]]:
    sender = item.find(f"{{{TNS}}}From/{{{TNS}}}Mailbox")
    address = sender.findtext(f"{{{TNS}}}EmailAddress") if sender is not None else None
    return [
        ("From", address),
        ("Subject", item.findtext(f"{{{TNS}}}Subject")),
        ("Date", _date(item.findtext(f"{{{TNS}}}DateTimeSent"))),
        ("Message-ID", item.findtext(f"{{{TNS}}}InternetMessageId")),
    ]


def _date(text: str | None) -> str | None:
    try:
        return format_datetime(datetime.fromisoformat(text or ""))
    except ValueError:
        return None


def _line(name: str | None, value: str | None) -> bytes:
    """One field; it was unfolded by Exchange, and a break would end the header."""
    text = _BREAKS.sub(" ", value or "").strip()
    return f"{name}: {text}\r\n".encode("utf-8", "replace")

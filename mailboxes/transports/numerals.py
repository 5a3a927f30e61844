"""Numbers and waits as servers tell them in text; whatever stands there, none raises.

What int() and str.isdigit() take for digits is more than a protocol means ("²", "٣"),
and a number may have more digits than a column or a float holds.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 3600.0  # seconds; a server that asks for more is asked again then
MOST_DIGITS = 18  # fewer than a signed number of 64 bits has


def number(text: str) -> int | None:
    """The number that ASCII digits are, None for anything else and for over 18."""
    if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS:
        return int(text)
    return None


def wait(seconds: float) -> float | None:
    """Seconds to wait, 0 to an hour; None for what is no number."""
    return None if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_WAIT)


def milliseconds(text: str | None) -> float | None:
    """Seconds to wait, 0 to an hour, of so many milliseconds; None for no number."""
    try:
        return wait(float(text or "") / 1000)
    except ValueError:
        return None


def retry_after(value: str) -> float | None:
    """Seconds of a Retry-After header, which may be a date; at most an hour.

    value: "" without one. RFC 9110 section 10.2.3.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return wait(float(text[:MOST_DIGITS]))
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return wait((moment - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None

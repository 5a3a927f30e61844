"""A listing: which messages are asked for, and what the server says of each.

The keys of SEARCH, and size and time of arrival out of FETCH answers. In what commands
they are asked for: transport.py; what the answers are made of: stream.py. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone

from ..base import Limits, Listed
from .stream import Answer

PORTION = 10_000  # ids in the first SEARCH of several
GROWTH = 8  # of the next one: there may be few messages among many ids
ITEMS = b"(UID RFC822.SIZE INTERNALDATE)"

_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,18})(?!\d)", re.IGNORECASE)
_DATE = re.compile(
    rb'INTERNALDATE "( ?\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) '
    rb'([+-])(\d\d)(\d\d)"',
    re.IGNORECASE,
)
_MONTHS = b"jan feb mar apr may jun jul aug sep oct nov dec".split()


def portions(
    after: int, next_id: int, limits: Limits
) -> Iterator[tuple[int, int | None]]:
    """Ids to be asked for one after the other: above the first, up to the second.

    None stands for all that follow. One portion is enough where all is wanted, or the
    server leaves out what is too old.
    """
    size = PORTION
    if limits.most is not None and not _bounded(after, limits):
        while after + size < next_id:
            yield after, after + size
            after, size = after + size, size * GROWTH
    yield after, None


def _bounded(after: int, limits: Limits) -> bool:
    return limits.since is not None and after < limits.baseline


def criteria(after: int, limits: Limits, end: int | None = None) -> list[bytes]:
    """SEARCH keys (RFC 9051 section 6.4.4) of ids above `after`, up to `end`.

    SINCE looks at the day of arrival in whatever zone the server keeps it, so it asks
    from a day earlier on; the exact moment is the caller's to compare.
    """
    keys = [b"UID", b"%d:%b" % (after + 1, b"*" if end is None else b"%d" % end)]
    if limits.since is None or not _bounded(after, limits):
        return keys
    day = limits.since.astimezone(UTC) - timedelta(days=1)
    since = b"%d-%s-%04d" % (day.day, _MONTHS[day.month - 1].title(), day.year)
    return [*keys, b"OR", b"SINCE", since, b"UID", b"%d:*" % (limits.baseline + 1)]


class Details:
    """Of the messages `wanted`; kept for each whatever the server says or leaves out.

    One that was named by SEARCH and then passed over in silence is there all the same,
    or it is not: fetching it tells. Left out here, it would be lost, for the cursor
    goes past it.
    """

    def __init__(self, wanted: Iterable[int]) -> None:
        self._sizes: dict[int, int | None] = dict.fromkeys(sorted(wanted))
        self._times: dict[int, datetime] = {}

    def take(self, answer: Answer) -> None:
        """One answer; size and time of a message may come in two."""
        if answer.uid not in self._sizes:
            return
        if size := _SIZE.search(answer.text):
            self._sizes[answer.uid] = int(size[1])
        if moment := arrived(answer.text):
            self._times[answer.uid] = moment

    def unsized(self) -> list[int]:
        """Those whose size is not known, ascending."""
        return [number for number, size in self._sizes.items() if size is None]

    def listed(self) -> list[Listed]:
        """All, ascending; a size that is not known is 0, an unknown time None."""
        return [
            Listed(number, size or 0, self._times.get(number))
            for number, size in self._sizes.items()
        ]


def arrived(text: bytes) -> datetime | None:
    """INTERNALDATE (RFC 9051 section 9, date-time) in UTC, None if unreadable."""
    match = _DATE.search(text)
    if match is None or match[2].lower() not in _MONTHS:
        return None
    day, month = int(match[1]), _MONTHS.index(match[2].lower()) + 1
    year, hour, minute, second = (int(match[i]) for i in (3, 4, 5, 6))
    offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
    try:
        zone = timezone(-offset if match[7] == b"-" else offset)
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None

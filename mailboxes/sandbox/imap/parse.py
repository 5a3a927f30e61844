"""IMAP command lines taken apart: atoms, strings, lists, literals, number sets.

RFC 3501 section 9. What commands mean: imap/server and imap/session.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from ..wire import Gone, Wire

DEEPEST = 30  # parentheses in each other
MAX_LITERAL = 64 * 1024 * 1024
_LITERAL = re.compile(rb"\{(\d{1,10})(\+?)\}$")
_NUMBER = re.compile(r"[0-9]{1,10}|\*")
_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\]|\\.)*)"
    |(?P<literal>\x00\d+\x00)|(?P<atom>[^\s()"\[]*\[[^\]]*\](?:<[\d.]+>)?|[^\s()"]+))""",
    re.VERBOSE,
)
_MONTHS = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)


class Malformed(Exception):
    """The command cannot be read. tag: its tag where one was seen."""

    tag = "*"


async def read_command(wire: Wire) -> list[object]:
    """The next command as tokens: str, bytes for a literal, list for parentheses.

    Asks for synchronising literals. Raises Malformed, Gone.
    """
    line = b""
    literals: list[bytes] = []
    while True:
        part = await wire.line()
        found = _LITERAL.search(part)
        if not found:
            line += part
            break
        size = int(found.group(1))
        if size > MAX_LITERAL:
            raise Gone("literal too large")
        if not found.group(2):
            await wire.stream(b"+ Ready for additional command text.\r\n")
        line += part[: found.start()] + b"\x00%d\x00" % len(literals)
        literals.append(await wire.exactly(size))
    text = line.decode("utf-8", "replace")
    try:
        return tokenize(text, literals)
    except Malformed as error:
        error.tag = (text.split() or ["*"])[0]
        raise


def tokenize(line: str, literals: Sequence[bytes] = ()) -> list[object]:
    """Tokens of one logical line. Raises Malformed."""
    stack: list[list[object]] = [[]]
    at, line = 0, line.rstrip()
    while at < len(line):
        found = _TOKEN.match(line, at)
        if not found:
            raise Malformed(line[at : at + 20])
        at = found.end()
        if found["open"]:
            if len(stack) > DEEPEST:
                raise Malformed("(((")
            stack.append([])
        elif found["close"]:
            if len(stack) < 2:
                raise Malformed(")")
            inner = stack.pop()
            stack[-1].append(inner)
        elif found["quoted"] is not None:
            stack[-1].append(re.sub(r"\\(.)", r"\1", found["quoted"]))
        elif found["literal"]:
            stack[-1].append(literals[int(found["literal"].strip("\x00"))])
        else:
            stack[-1].append(found["atom"])
    if len(stack) != 1:
        raise Malformed("(")
    return stack[0]


def text(token: object) -> str:
    """A token as text. Raises Malformed for a list."""
    if isinstance(token, bytes):
        return token.decode("utf-8", "replace")
    if isinstance(token, str):
        return token
    raise Malformed("unexpected list")


def uids_in(numbers: str, uids: Sequence[int], *, by_uid: bool) -> list[int]:
    """The UIDs that a set such as 1:3,7,9:* names, in order, each once.

    by_uid: the numbers are UIDs; else places in the list, from 1. Raises Malformed.
    """
    chosen: set[int] = set()
    last = (uids[-1] if by_uid else len(uids)) if uids else 0
    for part in numbers.split(","):
        ends = part.split(":")
        if not 1 <= len(ends) <= 2 or not all(_NUMBER.fullmatch(end) for end in ends):
            raise Malformed(numbers[:40])
        values = [last if end == "*" else int(end) for end in ends]
        low, high = min(values), max(values)
        if by_uid:
            begin, end = bisect.bisect_left(uids, low), bisect.bisect_right(uids, high)
        else:
            begin, end = max(low - 1, 0), high
        chosen.update(uids[begin:end])
    return sorted(chosen)


def is_set(token: str) -> bool:
    """Whether it looks like a number set."""
    return bool(re.fullmatch(r"[\d:*,]+", token))


def ranges(numbers: Sequence[int]) -> str:
    """1,2,3,7 as 1:3,7."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in parts)


def search_date(token: str) -> int:
    """1-Feb-2026 as seconds since 1970, UTC. Raises Malformed."""
    try:
        day, month, year = token.split("-")
        moment = datetime(
            int(year), _MONTHS.index(month.lower()) + 1, int(day), tzinfo=UTC
        )
    except ValueError as error:
        raise Malformed(token) from error
    return int(moment.timestamp())


def append_date(token: str) -> float:
    """A date-time such as "24-Nov-2026 10:00:00 +0000". Raises Malformed."""
    try:
        return datetime.strptime(token.strip(), "%d-%b-%Y %H:%M:%S %z").timestamp()
    except ValueError as error:
        raise Malformed(token) from error


def internal_date(seconds: int) -> str:
    """How INTERNALDATE is written."""
    moment = datetime.fromtimestamp(seconds, UTC)
    month = _MONTHS[moment.month - 1].capitalize()
    return f"{moment.day:02d}-{month}-{moment:%Y %H:%M:%S} +0000"

"""The maildrop of one POP3 session: what is in it, and commands about its messages.

It cannot change while the session lasts (RFC 1939 section 3). Raises what client.py
raises, and `NoIds`; what a refusal means is the transport's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .. import numerals
from ..spool import Room
from .body import spooled
from .client import Answer, Client

DEPTH = 16  # commands sent ahead where the server offers PIPELINING
LONGEST_KEY = 512  # characters; RFC 1939 section 7 allows 70


class NoIds(Exception):
    """UIDL was refused: nobody can tell an old message from a new one."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        super().__init__(str(answer))


@dataclass(frozen=True)
class Place:
    """Where a message is. number: in this session; size: 0 where LIST did not say."""

    number: int
    size: int


@dataclass
class Got:
    """An answer to a command about one message, with its body if it has one."""

    key: str
    answer: Answer
    chunks: Sequence[bytes]
    whole: bool = True


class Maildrop:
    """`dirty`: answers are still to come, so that nothing else may be asked.

    offered: what CAPA listed, None where the server does not know CAPA.
    """

    def __init__(self, client: Client, offered: Mapping[str, str] | None) -> None:
        self._client = client
        # RFC 2449 section 6.6
        self._ahead = DEPTH if "PIPELINING" in (offered or {}) else 1
        self._places: dict[str, Place] | None = None
        self._waiting: deque[tuple[str, Place]] = deque()

    @property
    def dirty(self) -> bool:
        return bool(self._waiting)

    def places(self) -> dict[str, Place]:
        """All messages by id, in the server's order; asked for once."""
        if self._places is None:
            self._places = self._listed()
        return self._places

    def _listed(self) -> dict[str, Place]:
        ahead = self._ahead > 1
        self._client.send(*((b"UIDL", b"LIST") if ahead else (b"UIDL",)))
        answer = self._client.answer()
        if not answer.ok:
            raise NoIds(answer)
        keys = _numbered(self._client.lines())
        if not ahead:
            self._client.send(b"LIST")
        sizes = _numbered(self._client.lines()) if self._client.answer().ok else {}
        found: dict[str, Place] = {}
        for number, text in keys.items():
            size = sizes.get(number, "").split(" ")[0]
            key = _unused(text, found)
            found[key] = Place(number, numerals.number(size) or 0)
        return found

    def ask_each(
        self, keys: Iterable[str], command: bytes, largest: int | None = None
    ) -> Iterator[Got]:
        """Answers to `command` for each of `keys` that is there, in their order.

        Sent ahead where that is offered; left early, the session is `dirty`. `keys` are
        taken as their commands are sent.
        largest: see base.InboundTransport.stream.
        """
        there, client = self.places(), self._client
        todo = ((key, there[key]) for key in keys if key in there)
        verb = command.split()[0]
        room = Room()  # LIST may have told sizes that are too small
        while True:
            fresh = []
            while len(self._waiting) < self._ahead:
                one = next(todo, None)
                if one is None:
                    break
                self._waiting.append(one)
                fresh.append(command % one[1].number)
            if fresh:
                client.send(*fresh)
            if not self._waiting:
                return
            key, place = self._waiting[0]
            got = Got(key, client.answer(), [])
            if got.answer.ok and verb in (b"RETR", b"TOP"):
                size = place.size if verb == b"RETR" else 0
                got.chunks, got.whole = spooled(client.body(size), largest, room)
            self._waiting.popleft()
            yield got


def header(chunks: Sequence[bytes]) -> list[bytes]:
    """The header alone, with its empty line, of what begins with one."""
    text = b"".join(chunks)
    ends = [
        place + len(end)
        for end in (b"\r\n\r\n", b"\n\n")
        if (place := text.find(end)) >= 0
    ]
    found = text[: min(ends)] if ends else text
    return [found] if found else []


def _numbered(lines: Iterable[bytes]) -> dict[int, str]:
    """Lines of UIDL or LIST: what stands behind each message's number.

    Raises ValueError for a line without: such a message has no id.
    """
    found: dict[int, str] = {}
    for line in lines:
        number, _, rest = line.strip().partition(b" ")
        text = rest.strip().decode("ascii", "backslashreplace")
        if not number.isdigit() or not text or len(text) > LONGEST_KEY:
            raise ValueError(f"unexpected line {line[:80]!r} in a listing")
        found[int(number)] = text
    return found


def _unused(text: str, found: Mapping[str, Place]) -> str:
    """An id of its own for each copy: a server may give equal messages the same
    (RFC 1939 section 7). No UIDL has a space in it.
    """
    key, copy = text, 1
    while key in found:
        copy += 1
        key = f"{text[: LONGEST_KEY - 8]} {copy}"
    return key

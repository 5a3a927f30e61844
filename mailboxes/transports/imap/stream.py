"""Pipelined, streamed UID FETCH on an open IMAP connection (feasibility.md part B).

Commands are sent ahead of their answers; literals go from the socket's buffer
straight into chunks, and those of a large message to the disk (../spool.py). Knows
lines and literals of RFC 9051 sections 4 and 7.5, no library; the connection is the
caller's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..base import CHUNK_SIZE, Listed
from ..spool import Room, Spool

DEPTH = 4  # commands sent ahead
BATCH_COUNT = 50  # messages in one command
BATCH_BYTES = 4_000_000  # the same, except for a single larger message
LONGEST_LINE = 16_000_000  # bytes of one line; a SEARCH answer of two million ids

_LITERAL = re.compile(rb"~?\{(\d+)\+?\} *\r?\n\Z")
_STATUS = re.compile(rb"\* (OK|NO|BAD|PREAUTH)[ \r\n]", re.IGNORECASE)
_BODY = re.compile(rb"BODY\[[A-Z]*\](?:<\d+>)? *\Z", re.IGNORECASE)
_QUOTED_BODY = re.compile(
    rb'(BODY\[[A-Z]*\]) (?:"((?:[^"\\\r\n]|\\.)*)"|(NIL))', re.IGNORECASE
)
_UID = re.compile(rb"[( ]UID (\d+)", re.IGNORECASE)
_FETCH = re.compile(rb"\* \d+ FETCH \(", re.IGNORECASE)


class Reader(Protocol):
    """The buffered reading end of the connection."""

    def readline(self, size: int = ..., /) -> bytes: ...

    def read(self, size: int = ..., /) -> bytes: ...


class Refused(Exception):
    """A command was answered with NO, BAD, or the server said BYE."""

    def __init__(self, status: str, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(f"{status} {text}")


Spares = Callable[[Refused], bool]


@dataclass
class Answer:
    """One FETCH answer: its text without literals, its body if it has one.

    whole: False when the body was larger than allowed and only its beginning is kept.
    """

    text: bytes
    body: Sequence[bytes] | None
    whole: bool = True

    @property
    def uid(self) -> int:
        """The UID, 0 when the answer has none (an unasked-for change of flags)."""
        match = _UID.search(self.text)
        return int(match[1]) if match else 0


class Pipeline:
    """Runs UID FETCH commands on a connection. `dirty`: answers are still to come."""

    def __init__(
        self,
        reader: Reader,
        send: Callable[[bytes], None],
        new_tag: Callable[[], bytes],
    ) -> None:
        self._reader = reader
        self._send = send
        self._new_tag = new_tag
        self._waiting: set[bytes] = set()
        self._room = Room()  # the sizes that the server told may be too small
        self._refusal: Refused | None = None
        self._largest: int | None = None
        self._spares: Spares | None = None

    @property
    def dirty(self) -> bool:
        return bool(self._waiting)

    def run(
        self,
        commands: Iterable[bytes],
        largest: int | None = None,
        spares: Spares | None = None,
    ) -> Iterator[Answer]:
        """FETCH answers of all commands, as they come.

        largest: bytes of a body that are kept, see base.InboundTransport.stream.
        spares: says of a NO that the commands that are left are sent all the same.
        Raises Refused, EOFError when the line fell, OSError of the socket, ValueError
        when the bytes are not IMAP. A NO is raised after the answers of what was sent
        (of several the first, or one that is not spared), and the line can be used
        again. Left early, or on another error, the line is `dirty`.
        """
        todo = iter(commands)
        self._largest, self._spares = largest, spares
        self._fill(todo)
        while self._waiting:
            line = self._line()
            if not line.strip():
                continue  # no answer, but some servers put one between two
            if line.startswith(b"* "):
                answer = self._untagged(line)
                if answer:
                    yield answer
            else:
                self._tagged(line)
                if self._spared(self._refusal):
                    self._fill(todo)
        if self._refusal is not None:
            raise self._refusal

    def _fill(self, todo: Iterator[bytes]) -> None:
        while len(self._waiting) < DEPTH:
            command = next(todo, None)
            if command is None:
                return
            tag = self._new_tag()
            self._waiting.add(tag)
            self._send(tag + b" " + command + b"\r\n")

    def _tagged(self, line: bytes) -> None:
        tag, _, rest = line.partition(b" ")
        status, _, text = rest.strip().partition(b" ")
        if tag not in self._waiting:
            raise ValueError(f"unexpected answer {line[:80]!r}")
        self._waiting.remove(tag)  # in any order (RFC 9051 section 5.5)
        self._room = Room()
        gone = b"[EXPUNGEISSUED]" in text.upper()  # RFC 5530: some are gone meanwhile
        if status.upper() == b"OK" or gone:
            return
        refusal = Refused(status.decode("ascii", "replace"), _text(text))
        if status.upper() != b"NO":
            raise refusal
        first = self._refusal is None
        if first or (self._spared(self._refusal) and not self._spared(refusal)):
            self._refusal = refusal

    def _spared(self, refusal: Refused | None) -> bool:
        return refusal is None or (self._spares is not None and self._spares(refusal))

    def _untagged(self, line: bytes) -> Answer | None:
        if line[:5].upper() == b"* BYE":
            raise Refused("BYE", _text(line[5:].strip()))
        if _STATUS.match(line):
            return None  # words for people, in which no literal begins
        answer = self._pieces(line)
        if not _FETCH.match(answer.text):
            return None
        return _unquoted(answer)

    def _pieces(self, line: bytes) -> Answer:
        """The whole answer that begins with `line`: text, and the body's literal."""
        texts, body, whole = [], None, True
        while match := _LITERAL.search(line):
            head, size = line[: match.start()], int(match[1])
            texts.append(head)
            is_body = _BODY.search(head) is not None
            fits = self._largest is None or size <= self._largest
            # Of what is too large the first chunk, which holds the header.
            chunks = self._literal(size, keep=is_body * (size if fits else 1))
            if is_body:
                body, whole = chunks, fits
            line = self._line()
        texts.append(line)
        return Answer(b"".join(texts), body, whole)

    def _literal(self, size: int, *, keep: int) -> Spool:
        """Read `size` bytes; those of the chunks that begin within the first `keep`."""
        chunks, begun = Spool(self._room), 0
        while begun < size:
            chunk = self._reader.read(min(size - begun, CHUNK_SIZE))
            if not chunk:
                raise EOFError("connection closed within a message")
            if begun < keep:
                chunks.append(chunk)
            begun += len(chunk)
        return chunks

    def _line(self) -> bytes:
        line = self._reader.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            if len(line) >= LONGEST_LINE:
                raise ValueError("line too long")
            raise EOFError("connection closed by the server")
        return line


def _unquoted(answer: Answer) -> Answer:
    """Takes a body that came as a quoted string or NIL out of the text.

    Short bodies may come so (RFC 9051 section 4.3); left in, they could look like
    items of the answer.
    """
    match = _QUOTED_BODY.search(answer.text)
    if match is None:
        return answer
    text = answer.text[: match.start()] + answer.text[match.end() :]
    if match[3] is not None:
        return Answer(text, None)
    body = re.sub(rb"\\(.)", rb"\1", match[2])
    return Answer(text, [body] if body else [])


def _text(line: bytes) -> str:
    return line.decode("utf-8", "backslashreplace")


def batches(
    wanted: Sequence[Listed], count: int = BATCH_COUNT, size: int = BATCH_BYTES
) -> Iterator[list[int]]:
    """Ids of `wanted` in groups of at most `count` messages and `size` bytes."""
    group: list[int] = []
    total = 0
    for item in wanted:
        if group and (len(group) >= count or total + item.size > size):
            yield group
            group, total = [], 0
        group.append(item.id)
        total += item.size
    if group:
        yield group


def uid_set(ids: Iterable[int]) -> bytes:
    """A sequence-set of exactly these ids (RFC 9051 section 9), runs written `a:b`."""
    runs: list[list[int]] = []
    for number in sorted(set(ids)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return b",".join(
        b"%d" % first if first == last else b"%d:%d" % (first, last)
        for first, last in runs
    )

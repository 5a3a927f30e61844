"""A POP3 connection on our own line: commands out, answers in, each wait in time.

Not poplib: it holds a message line by line, refuses lines over 2 KB, cannot send
commands ahead, and has no end of time for a whole exchange. What an answer means is
answers.py, what to ask is the transport's.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from socket import socket

from ..net import Line
from .body import CRLF, LF, Inbox

LONGEST_LINE = 65536  # bytes of an answer's first line; RFC 2449 section 4 has 512
LARGEST_LIST = 64_000_000  # bytes of a listing: some million messages
RECEIVE = 256 * 1024  # bytes asked of the socket at once


@dataclass(frozen=True)
class Answer:
    """The first line of an answer. status: "+OK", "-ERR", or "+" in a sign-in."""

    status: str
    text: str

    @property
    def ok(self) -> bool:
        return self.status == "+OK"

    def __str__(self) -> str:
        return f"{self.status} {self.text}".rstrip()


class Client:
    """One connection; call `greet` first.

    patience: seconds for each wait. until: see keyed.KeyedInbound.
    Raises OSError, EOFError, and ValueError for what is no POP3.
    """

    def __init__(
        self, line: Line, until: Callable[[], float | None] = lambda: None
    ) -> None:
        self._line = line
        self._until = until
        self._socket: socket | None = None
        self._inbox = Inbox(self._receive)
        self.patience = line.policy.read_timeout

    def greet(self) -> Answer:
        """Open the line and read the greeting."""
        self._socket = self._line.open()
        first = self._inbox.line(LONGEST_LINE)
        self._inbox.newline = CRLF if first.endswith(CRLF) else LF
        return _answer(first)

    def start_tls(self) -> None:
        """Go on under TLS (RFC 2595 section 4)."""
        assert self._socket is not None
        if not self._inbox.empty:
            # Put in by somebody on the way: it would pass for an answer under TLS.
            raise ValueError("the server spoke before the encryption began")
        self._socket = self._line.encrypt(self._socket)

    def ask(self, command: bytes) -> Answer:
        self.send(command)
        return self.answer()

    def send(self, *commands: bytes) -> None:
        """Send commands without waiting for their answers."""
        assert self._socket is not None
        self._hurry()
        self._socket.sendall(b"".join(command + CRLF for command in commands))

    def answer(self) -> Answer:
        return _answer(self._inbox.line(LONGEST_LINE))

    def body(self, size: int = 0) -> Iterator[bytes]:
        """What follows the answer to RETR or TOP, in pieces; size: see Inbox.body."""
        return self._inbox.body(size)

    def lines(self) -> list[bytes]:
        """What follows the answer to CAPA, LIST or UIDL."""
        parts, size = [], 0
        for piece in self.body():
            parts.append(piece)
            size += len(piece)
            if size > LARGEST_LIST:
                raise ValueError(f"a listing of more than {LARGEST_LIST} bytes")
        return b"".join(parts).splitlines()

    def capabilities(self) -> dict[str, str] | None:
        """What CAPA lists (RFC 2449), by upper-case name; None where it is unknown."""
        if not self.ask(b"CAPA").ok:
            return None
        offered = {}
        for line in self.lines():
            name, _, rest = line.decode("ascii", "replace").partition(" ")
            offered[name.upper()] = rest.strip()
        return offered

    def authenticate(
        self, mechanism: str, response: bytes, farewell: bytes = b""
    ) -> tuple[Answer, str]:
        """AUTH (RFC 5034) in two steps; the answer, and the reason given before it.

        Two steps, because Exchange Online knows no other form and because the line of
        AUTH may have 255 bytes only. A server that will not begin so gets it on one
        line: it has not seen the credential yet. `farewell` answers a challenge that
        holds the reason of a refusal, so that the server ends the exchange.
        """
        line = base64.b64encode(response)
        answer = self.ask(b"AUTH " + mechanism.encode())
        if answer.status == "+":
            answer = self.ask(line)
        elif not answer.ok and "[" not in answer.text:
            answer = self.ask(b"AUTH " + mechanism.encode() + b" " + line)
        reason = ""
        if answer.status == "+":
            reason = _decoded(answer.text)
            answer = self.ask(farewell)
        if answer.status == "+":
            raise ValueError("the server asks for more than the mechanism has")
        return answer, reason

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _receive(self) -> bytes:
        assert self._socket is not None
        self._hurry()
        data = self._socket.recv(RECEIVE)
        if not data:
            raise EOFError("connection closed by the server")
        return data

    def _hurry(self) -> None:
        """Bounds the next wait of the socket. Raises TimeoutError: no time is left."""
        end = self._until()
        left = self.patience if end is None else end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this connection is over")
        assert self._socket is not None
        self._socket.settimeout(min(left, self.patience))


def _answer(line: bytes) -> Answer:
    text = line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
    status, _, rest = text.partition(" ")
    if status.upper() in ("+OK", "-ERR", "+"):
        return Answer(status.upper(), rest)
    raise ValueError(f"unexpected answer {text[:80]!r}")


def _decoded(challenge: str) -> str:
    try:
        return base64.b64decode(challenge, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return challenge

"""smtplib's client on our own line: greeting, EHLO, STARTTLS, AUTH as we need them.

smtplib refuses letters beyond ASCII in passwords, raises SMTPServerDisconnected for a
timeout and knows no end of time for a whole exchange; all mended here. What an answer
means is the transport's.
"""

from __future__ import annotations

import base64
import binascii
import io
import smtplib
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket

from ..base import Reply
from ..net import Line


class Client(smtplib.SMTP):
    """One connection; call `greet`, `hello`, perhaps `start_tls`, then `auth_*`.

    patience: seconds for each wait. until: see base.OutboundTransport.
    """

    def __init__(
        self, line: Line, until: Callable[[], float | None] = lambda: None
    ) -> None:
        self._line = line
        self._until = until
        self.patience = line.policy.read_timeout
        self.challenge = ""
        super().__init__(
            local_hostname=line.policy.local_hostname, timeout=line.policy.read_timeout
        )

    def _get_socket(self, host: str, port: int, timeout: float | None) -> socket:
        return self._line.open()

    def hurry(self) -> None:
        """Bounds the next wait of the socket. Raises TimeoutError: no time is left."""
        end = self._until()
        left = self.patience if end is None else end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this connection is over")
        if self.sock is not None:
            self.sock.settimeout(min(left, self.patience))

    @contextmanager
    def hasty(self, seconds: float) -> Iterator[None]:
        """Waits so long at most within."""
        usual, self.patience = self.patience, min(self.patience, seconds)
        try:
            yield
        finally:
            self.patience = usual

    def send(self, s: str | bytes) -> None:  # type: ignore[override]
        """As smtplib's, in time. Nothing is sent when no time is left."""
        self.hurry()
        super().send(s)

    def put(self, data: bytes) -> None:
        """As `send`, but a line that falls stays open: what came on it can be read."""
        self.hurry()
        assert self.sock is not None
        self.sock.sendall(data)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            # No circle of references: a connection that is dropped ends at once.
            self.file = io.BufferedReader(_Timed(self.sock, weakref.proxy(self)))
        return super().getreply()

    def greet(self) -> Reply:
        """Opens the line and reads the greeting."""
        end = self._line.endpoint
        return reply(self.connect(end.host, end.port))

    def hello(self) -> Reply:
        """EHLO, and HELO where that is not known (RFC 5321 section 3.2)."""
        answer = reply(self.ehlo())
        if answer.code in (500, 502):
            answer = reply(self.helo())
        return answer

    def start_tls(self) -> Reply:
        """STARTTLS (RFC 3207). What was learned in clear is forgotten."""
        answer = reply(self.docmd("STARTTLS"))
        if answer.code == 220:
            assert self.sock is not None
            self.sock = self._line.encrypt(self.sock)
            self.file = None
            self.helo_resp = self.ehlo_resp = None
            self.esmtp_features = {}
            self.does_esmtp = False
        return answer

    def authenticate(
        self, mechanism: str, answers: list[bytes], farewell: bytes = b""
    ) -> Reply:
        """AUTH in two steps (RFC 4954), each challenge met by the next of `answers`.

        Two steps, because servers cut AUTH lines that hold a real token. A challenge
        beyond them is the provider's reason for refusing: kept in `challenge` and
        answered by `farewell`, so that the server ends the exchange.
        """
        self.challenge = ""
        answer = reply(self.docmd("AUTH", mechanism))
        for number in range(len(answers) + 2):
            if answer.code != 334:
                break
            if number < len(answers):
                line = base64.b64encode(answers[number]).decode("ascii")
            else:
                self.challenge = _decoded(answer.text)
                line = base64.b64encode(farewell).decode("ascii")
            answer = reply(self.docmd(line))
        return answer

    def pipelined(self, commands: list[str]) -> list[Reply]:
        """Answers to commands sent in one piece (RFC 2920).

        After a 421 the server says no more (RFC 5321 section 3.8): it is the answer to
        all that follows, too. So is a refusal of the first one after which it leaves.
        """
        text = "".join(command + "\r\n" for command in commands)
        self.send(text)
        replies: list[Reply] = []
        for _ in commands:
            try:
                replies.append(reply(self.getreply()))
            except smtplib.SMTPServerDisconnected:
                if not replies or replies[0].code < 400:
                    raise
                break
            if replies[-1].code == 421:
                break
        return replies + [replies[-1]] * (len(commands) - len(replies))


class _Timed(io.RawIOBase):
    """The reading end of a socket; before each wait the client says how long it is."""

    def __init__(self, sock: socket, client: Client) -> None:
        self._sock, self._client = sock, client

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._client.hurry()
        return self._sock.recv_into(buffer)


def reply(answer: tuple[int, bytes]) -> Reply:
    """smtplib's answer as ours, with lines joined by a space."""
    code, text = answer
    return Reply(code, text.decode("utf-8", "backslashreplace").replace("\n", " "))


def disconnected(error: smtplib.SMTPServerDisconnected) -> OSError:
    """What really ended the line: smtplib leaves it in __context__."""
    cause = error.__context__
    if isinstance(cause, OSError) and not isinstance(cause, smtplib.SMTPException):
        return cause
    return ConnectionError(str(error))


def _decoded(challenge: str) -> str:
    try:
        return base64.b64decode(challenge, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return challenge

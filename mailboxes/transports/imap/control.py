"""The control connection of IMAP: imaplib's client opened by our own `Line`.

imapclient and imaplib make their own sockets; here they take ours, so that names,
proxy, TLS, timeouts and failures are those of net.py, before and after STARTTLS.
"""

from __future__ import annotations

import io
import re
import ssl
from collections.abc import Iterator
from socket import socket
from typing import Any

from imapclient import IMAPClient, SocketTimeout, exceptions
from imapclient.imap4 import IMAP4WithTimeout

from ...core.choices import Security, Stage
from ...core.errors import Code, MailError
from ..bearer import Bearer
from ..net import Line
from ..timed import Timed, Until
from .stream import LONGEST_LINE

_QUOTABLE = re.compile(r"[\x20-\x7e]*\Z")
# A SEARCH answer, perhaps with the MODSEQ of RFC 7162 section 3.1.5.
_NUMBERS = re.compile(rb"([\d ]*)(?:\(MODSEQ \d+\) *)?\Z", re.IGNORECASE)
_NUMBER = re.compile(rb"\d+")
WHO = b'"name" "mailadmin" "version" "1"'  # for the log of a server


class Control(IMAP4WithTimeout):
    """imaplib's IMAP4 on a socket of `line`, read till the moment `until` at most."""

    def __init__(self, line: Line, until: Until) -> None:
        self._line, self._until = line, until
        self.said_no = ""  # with what the last command was refused
        super().__init__(line.endpoint.host, line.endpoint.port, None)

    def _create_socket(self, timeout: float | None = None) -> socket:
        return self._line.open()

    @property
    def file(self) -> io.BufferedReader[Timed]:
        return self._file

    @file.setter
    def file(self, made: io.BufferedReader[Any]) -> None:
        """imaplib makes one of each new socket: at the start and after STARTTLS."""
        patience = self._line.policy.read_timeout
        raw = Timed(made.detach(), self.sock, patience, self._until)
        self._file = io.BufferedReader(raw)

    def readline(self) -> bytes:
        """imaplib refuses lines over 1 MB: a SEARCH answer of some 125,000 ids."""
        line = bytes(self.file.readline(LONGEST_LINE))
        if len(line) >= LONGEST_LINE:
            raise self.error(f"got more than {LONGEST_LINE} bytes")
        return line

    def _command_complete(self, name: str, tag: bytes) -> tuple[str, list[Any]]:
        self.said_no = ""
        status, answer = super()._command_complete(name, tag)
        if status == "NO":
            self.said_no = f"NO {bytes(answer[-1]).decode('utf-8', 'replace')}"
        return status, answer

    def log_in(self, user: bytes, password: bytes) -> None:
        """LOGIN with both as literals, which carry any byte but NUL (RFC 9051, 4.3).

        Quoted, a letter beyond ASCII is no string of the protocol, and a line break
        would begin another command. Raises imapclient's errors.
        """
        parts = _Parts(user + b" {%d}" % len(password), password)
        self.literal = parts.next
        status, answer = self._simple_command("LOGIN", b"{%d}" % len(user))
        if status != "OK":
            raise exceptions.LoginError(answer[-1].decode("utf-8", "replace"))
        self.state = "AUTH"


class _Parts:
    """What goes out, piece by piece, each time the server says `+`."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = list(parts)

    def next(self, _continuation: bytes) -> bytes:
        return self._parts.pop(0) if self._parts else b""


class Client(IMAPClient):
    """imapclient on a line of ours; opens it. Raises MailError and its own errors."""

    def __init__(self, line: Line, until: Until = lambda: None) -> None:
        self._line, self._until = line, until
        self._introduced = False
        times = SocketTimeout(line.policy.connect_timeout, line.policy.read_timeout)
        end = line.endpoint
        super().__init__(
            end.host, end.port, ssl=end.security is Security.TLS, timeout=times
        )
        # imapclient would log every line received, mail content too, at DEBUG.
        self._imap.debug = 0

    def _create_IMAP4(self) -> Control:
        return Control(self._line, self._until)

    def encrypt(self, stand_in: StartTls) -> str | None:
        """STARTTLS; the server's words where it refuses, None when TLS is there.

        imaplib forgets the words of a NO. Raises MailError and imapclient's errors.
        """
        try:
            self.starttls(stand_in)
        except exceptions.IMAPClientAbortError:
            raise
        except exceptions.IMAPClientError as refusal:
            if self._imap._tls_established:  # and something else went wrong
                raise
            return self._imap.said_no or str(refusal)
        return None

    def introduce(self) -> None:
        """Tell who we are (ID, RFC 2971), once, where the server offers to be told.

        NetEase opens no folder for a client that has not. The answer is read with that
        of the SELECT or EXAMINE which has to follow: it costs no wait, and whatever it
        is, nothing hangs on it.
        """
        offered = self._cached_capabilities or map(as_bytes, self._imap.capabilities)
        if not self._introduced and b"ID" in offered:
            self._imap.send(self._imap._new_tag() + b" ID (%s)\r\n" % WHO)
        self._introduced = True

    def find(self, *criteria: bytes) -> Iterator[int]:
        """UIDs of the messages that meet all `criteria` (RFC 9051 section 6.4.4).

        Not imapclient's `search`: that takes one line of answer only, where RFC 3501
        allows several, and holds a million ids five times. Raises its errors, and
        ValueError where the answer is none.
        """
        # What came with a SEARCH that was then refused is no answer to this one.
        self._imap.untagged_responses.pop("SEARCH", None)
        lines = self._raw_command_untagged(b"SEARCH", list(criteria))
        found = []
        for line in filter(None, lines):
            match = _NUMBERS.match(line) if isinstance(line, bytes) else None
            if match is None:
                raise ValueError(f"unexpected answer to SEARCH: {line[:80]!r}")
            found.append(match[1])
        return (int(m[0]) for line in found for m in _NUMBER.finditer(line))

    @property
    def said_bye(self) -> str:
        """The text of the last BYE, "" if there was none."""
        lines = self._imap.untagged_responses.get("BYE") or [b""]
        return bytes(lines[-1]).decode("utf-8", "replace")


class StartTls:
    """Stands in for an SSLContext where imaplib's starttls() asks for one."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def wrap_socket(self, sock: socket, server_hostname: str) -> ssl.SSLSocket:
        return self._line.encrypt(sock)


class TokenSignIn:
    """A bearer mechanism as imaplib calls it, always in two steps.

    The first, empty challenge gets the token; a second one is the provider's reason
    for refusing, kept in `challenge`.
    """

    def __init__(self, bearer: Bearer) -> None:
        self._bearer = bearer
        self._answer: bytes | None = bearer.answer
        self.challenge = ""

    def __call__(self, challenge: bytes) -> bytes:
        if self._answer is not None:
            answer, self._answer = self._answer, None
            return answer
        self.challenge = challenge.decode("utf-8", "replace")
        return self._bearer.farewell


def log_in(client: Client, user: str, password: str) -> None:
    """LOGIN, quoted where that can carry both, else as literals. Neither holds a NUL.

    Raises imapclient's errors.
    """
    if _QUOTABLE.match(user) and _QUOTABLE.match(password):
        client.login(_quoted(user), password)  # imaplib quotes the password only
    else:
        client._imap.log_in(as_bytes(user), as_bytes(password))


def as_bytes(text: str) -> bytes:
    """UTF-8; never raises, for its error would quote what may be a password."""
    return text.encode("utf-8", "surrogatepass")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def require_plain_start(state: str, welcome: str, line: Line) -> None:
    """Refuses a server that says we are signed in already (PREAUTH).

    A man in the middle can say so to keep us from STARTTLS (RFC 9051 section 7.1.4).
    """
    if state != "NONAUTH":
        raise MailError(
            Code.GREETING_UNEXPECTED,
            Stage.GREETING,
            permanent=True,
            evidence={**line.evidence, "answer": welcome},
        )

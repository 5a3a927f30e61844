"""HTTPS to one mail server on lines of our own; maps what goes wrong to MailError.

requests speaks HTTP; names, TCP, proxy and TLS are those of net.Line, so they are
timed, told and mapped as for the other protocols, and the environment's proxy and CA
variables are never read. Every wait for the server ends at `until`. What a status or a
body means is the protocol's (graph_errors); tokens and redirects are not handled here.
"""

from __future__ import annotations

import io
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected
from typing import Any

import requests
import urllib3.exceptions as u3
from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool, PoolManager, Retry
from urllib3.connection import HTTPSConnection

from ..core.choices import Stage
from ..core.errors import Code, MailError
from . import net
from .base import Endpoint, NetworkPolicy

# At DEBUG it writes down every path, which may be a permission in itself.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

PIECE = 1 << 18  # bytes given to a socket at a time
LONGEST_WAIT = 3600.0  # seconds; a server that asks for more is asked again then

# All that a request or the reading of an answer may raise beside MailError.
KNOWN: tuple[type[Exception], ...] = (
    requests.exceptions.RequestException,
    u3.HTTPError,
    HTTPException,
    OSError,
)
# What an exception means once the line stands; the first that is among the causes.
MEANING: tuple[tuple[type[BaseException], Code], ...] = (
    (TimeoutError, Code.READ_TIMEOUT),
    (u3.ReadTimeoutError, Code.READ_TIMEOUT),
    (requests.exceptions.Timeout, Code.READ_TIMEOUT),
    (RemoteDisconnected, Code.CONNECTION_LOST),
    (IncompleteRead, Code.CONNECTION_LOST),
    (u3.IncompleteRead, Code.CONNECTION_LOST),
    (BadStatusLine, Code.PROTOCOL_ERROR),
    (u3.DecodeError, Code.PROTOCOL_ERROR),
    (requests.exceptions.ContentDecodingError, Code.PROTOCOL_ERROR),
    (requests.exceptions.InvalidURL, Code.PROTOCOL_ERROR),
    (requests.exceptions.InvalidHeader, Code.PROTOCOL_ERROR),
    (OSError, Code.CONNECTION_LOST),
    (u3.ProtocolError, Code.CONNECTION_LOST),
    (HTTPException, Code.PROTOCOL_ERROR),
)

Until = Callable[[], float | None]
LineMaker = Callable[[], net.Line]


class _Reading(io.RawIOBase):
    """The reading end of a socket: each wait as long as allowed, all till a moment."""

    def __init__(self, raw: Any, held: _Socket) -> None:
        self._raw, self._held = raw, held

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        self._held.limit()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Socket:
    """A socket whose every wait ends at `until`, however often bytes move.

    Stands in for the socket in http.client; what it does not know is the socket's.
    """

    def __init__(self, sock: socket.socket, patience: float, until: Until) -> None:
        self._sock, self._patience, self._until = sock, patience, until

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def settimeout(self, seconds: float | None) -> None:
        """Leave the policy's patience: urllib3 sets one of its own at each request."""

    def limit(self) -> None:
        """Set how long the next wait may be. Raises TimeoutError when time is over."""
        end = self._until()
        left = self._patience if end is None else end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this connection is over")
        self._sock.settimeout(min(left, self._patience))

    def sendall(self, data: Any) -> None:
        view = memoryview(data).cast("B")
        for start in range(0, len(view), PIECE):
            self.limit()
            self._sock.sendall(view[start : start + PIECE])

    def makefile(self, mode: str = "rb", *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self._sock.makefile("rb", buffering=0), self))


class _Connection(HTTPSConnection):
    """One connection on a line of ours; `made` is set by the pool's class."""

    made: Http

    def connect(self) -> None:
        line = self.made.next_line()
        sock = line.open()
        self.sock = _Socket(sock, line.policy.read_timeout, lambda: self.made.until)
        self.is_verified = True  # by tls.wrap, without exception

    def request(self, *args: Any, **kwargs: Any) -> None:
        super().request(*args, **kwargs)
        self.made.handed_over = True


class _Adapter(HTTPAdapter):
    def __init__(self, made: Http, most: int) -> None:
        self._made = made
        super().__init__(
            pool_connections=1, pool_maxsize=most, max_retries=Retry(0, read=False)
        )

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        made_of = type("Connection", (_Connection,), {"made": self._made})
        pool = type("Pool", (HTTPSConnectionPool,), {"ConnectionCls": made_of})
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"https": pool}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to set: the line that a connection gets is encrypted and checked."""


class Http:
    """Requests to one server over at most `most` connections that are kept open.

    facts: what is known of the line; every MailError carries it in its evidence.
    until: time.monotonic() after which every wait ends in READ_TIMEOUT, None for none.
    handed_over: the whole of the last request was given to the network. For callers
        that make one request at a time.
    """

    def __init__(
        self, endpoint: Endpoint, policy: NetworkPolicy, *, most: int = 1
    ) -> None:
        self.endpoint = endpoint
        self.until: float | None = None
        self.handed_over = False
        self.opened = 0  # connections so far
        self.facts: dict[str, object] = {"host": endpoint.host, "port": endpoint.port}
        self._policy = policy
        self._first: net.Line | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.mount("https://", _Adapter(self, most))

    def begin_with(self, line: net.Line) -> None:
        """Open the next connection by this line, which is timed and tells progress."""
        self._first, self.facts = line, line.evidence

    def next_line(self) -> net.Line:
        """The line for a connection to open."""
        self.opened += 1
        line, self._first = self._first, None
        return line or net.Line(self.endpoint, self.way(), {})

    def way(self) -> NetworkPolicy:
        """The policy, with no more patience than is left till `until`."""
        if self.until is None:
            return self._policy
        left = max(self.until - time.monotonic(), 0.05)
        patience = min(self._policy.connect_timeout, left)
        return replace(self._policy, connect_timeout=patience)

    def ask(
        self,
        method: str,
        path: str,
        stage: Stage,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> requests.Response:
        """One request; the answer's head, its body still to be read.

        path: with its query, as it goes out. Redirects are not followed. Raises
        MailError where there is no answer.
        """
        host = (
            f"[{self.endpoint.host}]"
            if ":" in self.endpoint.host
            else (self.endpoint.host)
        )
        url = f"https://{host}:{self.endpoint.port}{path}"
        self.handed_over = False
        prepared = requests.Request(method, url, dict(headers), data=body).prepare()
        prepared.url = url  # as the server gave it, not written anew
        try:
            return self._session.send(
                prepared, stream=True, allow_redirects=False, timeout=None
            )
        except MailError as error:
            error.evidence = {**self.facts, **error.evidence}
            raise
        except KNOWN as error:
            raise failed(error, stage, self.facts) from error

    def read(self, answer: requests.Response, stage: Stage) -> bytes:
        """The whole body; the connection is free again then. Raises MailError."""
        return b"".join(self.pieces(answer, stage))

    def pieces(
        self, answer: requests.Response, stage: Stage, size: int = PIECE
    ) -> Iterator[bytes]:
        """The body in pieces of at most `size` bytes. Raises MailError."""
        try:
            while piece := answer.raw.read(size, decode_content=True):
                yield piece
            answer.raw.release_conn()
        except KNOWN as error:
            answer.close()
            raise failed(error, stage, self.facts) from error

    def close(self) -> None:
        self._session.close()


def failed(error: Exception, stage: Stage, facts: Mapping[str, object]) -> MailError:
    """The MailError of one of `KNOWN`: there is no answer, or half of one."""
    causes = list(causes_of(error))
    for cause in causes:
        if isinstance(cause, MailError):
            return cause
    for kind, code in MEANING:
        found = [cause for cause in causes if isinstance(cause, kind)]
        if found:
            # The innermost: those around it quote addresses, which may be permissions.
            words = _words(found[-1])
            return MailError(code, stage, evidence={**facts, "answer": words})
    words = type(error).__name__
    return MailError(Code.PROTOCOL_ERROR, stage, evidence={**facts, "answer": words})


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header (RFC 9110 section 10.2.3), None without one."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    left = (moment - datetime.now(UTC)).total_seconds()
    return min(max(left, 0.0), LONGEST_WAIT)


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it wraps, nearest first."""
    waiting: list[object] = [error]
    seen: list[BaseException] = []
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or one in seen:
            continue
        seen.append(one)
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None)]
        waiting += list(one.args)


def _words(error: BaseException) -> str:
    if isinstance(error, ssl.SSLError | OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__

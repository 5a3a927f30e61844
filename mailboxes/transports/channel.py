"""One HTTP/1.1 connection to one server, over our own line (RFC 9112).

Opened as every other connection (net.Line: names, proxy, TLS, their failures and
times), kept between requests, bounded by `until` at every wait. Bodies go out and come
in by pieces, so that a large message is never held twice. It knows whether the last
byte of a request was given to the network (DESIGN D8). No redirects, no cookies; an
answer may be gzip where it was asked for. Several at a time: channels. What a status
means is the transport's.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Protocol, Self

from ..core.choices import Security, Stage
from ..core.errors import Code, MailError
from . import net
from .base import Endpoint, NetworkPolicy

PIECE = 1 << 18  # bytes given to the socket or read from it at a time
WHOLE = 32 << 20  # bytes of an answer that is read in one
# All that may come out of a call of http.client; anything else is a bug of ours.
KNOWN: tuple[type[Exception], ...] = (
    http.client.HTTPException,
    OSError,
    EOFError,
    ValueError,
    zlib.error,
)
GZIP = 31  # zlib's word for a gzip stream


class Upload(Protocol):
    """A body by pieces. `size`: its bytes, all that `pieces` yields."""

    size: int

    def pieces(self) -> Iterator[bytes]: ...


class Whole:
    """A body that is in memory."""

    def __init__(self, content: bytes) -> None:
        self.size = len(content)
        self._content = memoryview(content)

    def pieces(self) -> Iterator[bytes]:
        for start in range(0, self.size, PIECE):
            yield bytes(self._content[start : start + PIECE])


class Answer:
    """Status and headers of an answer, and its body, which has to be read to the end.

    headers: names in lower case; of several with one name all values, by commas.
    ended: called once the line is free again, or gone.
    """

    ended: Callable[[], None] | None = None

    def __init__(
        self, channel: Channel, raw: http.client.HTTPResponse, cut: bool
    ) -> None:
        self._channel = channel
        self._raw = raw
        self._cut = cut  # the request did not go out whole
        self._over = False
        self.status = raw.status
        self.reason = raw.reason
        found: dict[str, str] = {}
        for name, value in raw.getheaders():
            key = name.lower()
            found[key] = f"{found[key]}, {value}" if key in found else value
        self.headers: Mapping[str, str] = found

    def pieces(self, stage: Stage) -> Iterator[bytes]:
        """The body as it comes. Raises MailError; left early, the line is closed."""
        whole = False
        try:
            with self._channel.border(stage):
                coded = self.headers.get("content-encoding", "").strip().lower()
                yield from _inflated(self._read()) if coded == "gzip" else self._read()
            whole = True
        finally:
            self._end(whole)

    def _read(self) -> Iterator[bytes]:
        if self._raw.length is None and not self._raw.chunked:
            self._channel.strict()
        while piece := self._raw.read1(PIECE):
            yield piece
        if self._raw.length:
            raise EOFError("the answer was cut short")

    def close(self) -> None:
        """Leave what was not read; the line is closed then."""
        self._end(False)

    def _end(self, whole: bool) -> None:
        if self._over:  # the channel may be somebody else's by now
            return
        self._over = True
        if not whole or self._raw.will_close or self._cut:
            self._channel.drop()
        else:
            self._raw.close()  # read1 does not at the end of a counted body
        if self.ended is not None:
            self.ended()

    def whole(self, stage: Stage, most: int = WHOLE) -> bytes:
        """The whole body; of a longer one the line is closed, PROTOCOL_ERROR."""
        content = bytearray()
        for piece in self.pieces(stage):
            content += piece
            if len(content) > most:
                raise self._channel.failed(
                    Code.PROTOCOL_ERROR, stage, f"an answer of more than {most} bytes"
                )
        return bytes(content)


class Channel:
    """Requests one after the other to one endpoint, over one line at a time.

    until: see base.Transport. facts: of the line that stands, or of the last one.
    handed_over: the last byte of the last request was given to the network.
    opened: lines so far.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        policy: NetworkPolicy,
        until: Callable[[], float | None] = lambda: None,
    ) -> None:
        self.endpoint = endpoint
        self.policy = policy
        self.handed_over = False
        self.opened = 0
        self._until = until
        self._http: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self.facts: dict[str, object] = {"host": endpoint.host, "port": endpoint.port}

    def open(self, line: net.Line | None = None) -> None:
        """A new line; `line` if the caller wants to hear of it. Raises MailError."""
        self.drop()
        line = line or net.Line(self.endpoint, self.way(), {})
        self.facts = line.evidence
        with self.border(Stage.TCP):
            self._left()  # before anything is asked of the network
        self.opened += 1
        self._socket = line.open()
        self._wire = _Bounded(self._socket, self.hurry)
        self._http = http.client.HTTPConnection(self.endpoint.host, self.endpoint.port)
        self._http.sock = self._wire

    def way(self) -> NetworkPolicy:
        """The policy, with no more patience for a new line than is left."""
        return self.policy.till(self._until()).hurried()

    @property
    def peer(self) -> socket.socket | None:
        """The socket of the line that stands; for what binds a sign-in to it."""
        return self._socket

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Upload | None,
        stage: Stage,
    ) -> Answer:
        """Send one request, read status and headers. Opens a line where none stands.

        Raises MailError; the line is closed then.
        """
        self.handed_over = False
        if self._http is None or self.stale():
            self.open()
        assert self._http is not None
        with self.border(stage):
            try:
                return self._exchange(self._http, method, path, headers, body)
            except BaseException:
                self.drop()
                raise

    def _exchange(
        self,
        line: http.client.HTTPConnection,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Upload | None,
    ) -> Answer:
        line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        line.putheader("Host", self._host())
        for name, value in headers.items():
            line.putheader(name, value.encode("utf-8"))
        size = body.size if body else 0
        if method != "GET":
            line.putheader("Content-Length", str(size))
        if not size:
            self.handed_over = True  # with the headers
        line.endheaders()
        sent = 0
        cut = False
        for piece in body.pieces() if body else ():
            # A server that speaks before the end has refused the request, and closes.
            cut = self._wire.heard()
            if cut:
                break
            if sent + len(piece) >= size:
                self.hurry()  # from here on, no time left would read as unconfirmed
                self.handed_over = True
            try:
                line.send(piece)
            except OSError:
                # Refused at its beginning, perhaps: then the answer came before the
                # line fell (IIS and many gateways do so with what is too large).
                if not self._wire.answered():
                    raise
                cut = True
                break
            sent += len(piece)
        return Answer(self, line.getresponse(), cut)

    def strict(self) -> None:
        """From here on the end of the line counts only as TLS tells of it.

        For a body that the end of the line ends: cut off, it would be taken for whole
        (RFC 9112 section 9.8).
        """
        if isinstance(self._socket, ssl.SSLSocket):
            self._socket.suppress_ragged_eofs = False  # type: ignore[attr-defined]

    def stale(self) -> bool:
        """The server has closed the line meanwhile, or said what nobody asked for."""
        try:
            return self._wire.heard()
        except (OSError, ValueError):
            return True

    def _host(self) -> str:
        host, port = self.endpoint.host, self.endpoint.port
        host = f"[{host}]" if ":" in host else host
        usual = 80 if self.endpoint.security is Security.NONE else 443
        return host if port == usual else f"{host}:{port}"

    def drop(self) -> None:
        """Close the line, if there is one. Never raises."""
        line, self._socket, self._http = self._socket, None, None
        if line is not None:
            with suppress(OSError):
                line.close()

    # time and failures

    def hurry(self) -> None:
        """Bounds the next wait of the socket. Raises TimeoutError: no time is left."""
        if self._socket is not None:
            self._socket.settimeout(self._left())

    def _left(self) -> float:
        end, most = self._until(), self.policy.read_timeout
        left = most if end is None else min(end - time.monotonic(), most)
        if left <= 0:
            raise TimeoutError("the time for this connection is over")
        return left

    @contextmanager
    def border(self, stage: Stage) -> Iterator[None]:
        """Lets nothing but MailError out."""
        try:
            yield
        except KNOWN as error:
            raise self.mapped(error, stage) from error

    def mapped(self, error: Exception, stage: Stage) -> MailError:
        """The MailError of one of `KNOWN`."""
        if isinstance(error, http.client.RemoteDisconnected | EOFError | OSError):
            return net.lost(error, stage, self.facts)
        if isinstance(error, http.client.IncompleteRead):
            return net.lost(EOFError("the answer was cut short"), stage, self.facts)
        return self.failed(Code.PROTOCOL_ERROR, stage, type(error).__name__)

    def failed(self, code: Code, stage: Stage, answer: str) -> MailError:
        return MailError(code, stage, evidence={**self.facts, "answer": answer})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What is in a gzip stream, in pieces of bounded size.

    Microsoft's servers say gzip of answers without a body, too.
    """
    stream, empty = zlib.decompressobj(GZIP), True
    for piece in pieces:
        empty = False
        while piece:
            yield stream.decompress(piece, PIECE)
            piece = stream.unconsumed_tail
    if empty:
        return
    yield stream.flush()
    if not stream.eof:
        raise EOFError("the answer was cut short")


class _Bounded:
    """A socket as http.client uses one; before each wait it asks how long it may be."""

    def __init__(self, sock: socket.socket, hurry: Callable[[], None]) -> None:
        self.socket = sock
        self.hurry = hurry
        self.early: bytes | None = None  # what `heard` has read; b"" is the end

    def heard(self) -> bool:
        """The server has said something, or has closed.

        A readable socket tells nothing: under TLS it may be a session ticket.
        """
        if self.early is None and net.readable(self.socket):
            self.socket.settimeout(0)
            with suppress(BlockingIOError, ssl.SSLWantReadError):
                self.early = self.socket.recv(1)
        return self.early is not None

    def answered(self) -> bool:
        """The server has said something, though the line may have fallen since."""
        try:
            return self.heard() and self.early != b""
        except OSError:
            return False

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self), PIECE)

    def sendall(self, data: bytes) -> None:
        self.hurry()
        self.socket.sendall(data)

    def close(self) -> None:
        """The channel closes the socket: the answer may still be read."""


class _Reader(io.RawIOBase):
    """The reading end; closing it leaves the socket to the next answer."""

    def __init__(self, wire: _Bounded) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        early, self._wire.early = self._wire.early, None
        if early is not None:
            buffer[: len(early)] = early
            return len(early)
        self._wire.hurry()
        return self._wire.socket.recv_into(buffer)

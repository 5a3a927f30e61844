"""The HTTP CONNECT proxy that maps the providers' real names to our listeners.

RFC 9110 section 9.3.6. Nothing leaves the loopback: a name that world.ROUTES does not
know gets 502, as from a proxy that cannot resolve it. A client that logs in as a
mailbox says whose line it is (lines). What is behind: box.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from . import effects
from .effects import Effect
from .fault_names import ASK_LOGIN, GREET
from .faults import Faults
from .lines import Lines
from .tls_faults import ALERTS, GOOD
from .world import PROXY_LOGIN, ROUTES, Account

HEAD_SECONDS = 30
CHUNK = 256 * 1024
IN_CLEAR = ("imap", "pop3", "smtp")  # listeners that begin without TLS
_CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_ASK = 'Proxy-Authenticate: Basic realm="sandbox"\r\n'

# The port of a listener; with a kind of certificate (tls_faults.KINDS), "" = the good.
Listener = Callable[[str, str], Awaitable[int]]


class _Refused(Exception):
    """The bytes that the client gets in place of a tunnel; none = it is cut."""


class Proxy:
    """Serves one client connection after the other."""

    def __init__(
        self,
        listener: Listener,
        accounts: Mapping[str, Account],
        faults: Faults,
        lines: Lines,
    ) -> None:
        self._listener = listener
        self._accounts = accounts
        self._faults = faults
        self._lines = lines

    async def handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Read CONNECT, then pass bytes both ways."""
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        lines = head.decode("latin-1").split("\r\n")
        login = _login(lines)
        who = self._named(login)
        with self._lines.held(writer, who):
            try:
                await self._serve(lines[0], login, who, reader, writer)
            except _Refused as refused:
                if not refused.args[0]:
                    writer.transport.abort()
                    return
                writer.write(refused.args[0])
                await writer.drain()

    async def _serve(
        self,
        line: str,
        login: tuple[str, str] | None,
        who: str | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        method, _, rest = line.partition(" ")
        route = ROUTES.get(_target(rest.partition(" ")[0]) or ("", 0), "")
        target = effects.AUTHORITY if route == "entra" else effects.MAIL
        fault = self._faults.at(effects.PROXY, who, target=target)
        if fault:
            await _show(fault, login, reader, writer)
            route = fault.route or route
        if method != "CONNECT":
            raise _Refused(_answer(501))
        if _target(rest.partition(" ")[0]) is None:
            raise _Refused(_answer(400))
        if not route:
            raise _Refused(_answer(502))
        kind = GOOD
        if route not in IN_CLEAR:
            shown = self._faults.at(effects.TLS, who, target=target)
            kind = shown.kind if shown else GOOD
        if kind in ALERTS:
            writer.write(_CONNECTED)
            await writer.drain()
            await reader.read(CHUNK)  # the ClientHello
            raise _Refused(ALERTS[kind])
        inner_reader, inner = await self._lines.connect(
            await self._listener(route, kind), who, CHUNK
        )
        try:
            with self._lines.held(inner, who):
                greeting = b""
                if fault and fault.say == GREET and route in IN_CLEAR:
                    greeting = await inner_reader.readuntil(b"\r\n")
                writer.write(_CONNECTED + greeting)
                await asyncio.gather(_pass(reader, inner), _pass(inner_reader, writer))
        finally:
            self._lines.forget(inner)
            inner.close()

    def _named(self, login: tuple[str, str] | None) -> str | None:
        """The mailbox that a client logs in as."""
        if login and login[1] == PROXY_LOGIN[1] and login[0].lower() in self._accounts:
            self._faults.told(login[0])
            return login[0].lower()
        return None


async def _show(
    fault: Effect,
    login: tuple[str, str] | None,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """What a fault does before there is a tunnel. Raises _Refused where it ends."""
    if fault.say == GREET:
        return
    if fault.say == ASK_LOGIN:
        if login != PROXY_LOGIN:
            raise _Refused(_answer(407, _ASK))
        return
    if fault.status:
        raise _Refused(_answer(fault.status, _ASK if fault.status == 407 else ""))
    if fault.say:
        writer.write(fault.say.encode("latin-1"))
        await writer.drain()
    if fault.end:
        # What the client says next is heard before the line ends, or for good.
        heard = await reader.read(CHUNK) if fault.say else b""
        while heard and fault.end == effects.SILENT:
            heard = await reader.read(CHUNK)
        if fault.end == effects.SILENT and not fault.say:
            await reader.read(-1)
        raise _Refused(b"")


def _target(text: str) -> tuple[str, int] | None:
    """Host and port asked for, None where they are none."""
    host, _, number = text.rpartition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        return None
    return host.lower().rstrip("."), int(number)


def _login(lines: list[str]) -> tuple[str, str] | None:
    """User name and password of the Proxy-Authorization line."""
    for line in lines[1:]:
        name, _, value = line.partition(":")
        scheme, _, given = value.strip().partition(" ")
        if name.strip().lower() == "proxy-authorization" and scheme.lower() == "basic":
            try:
                text = base64.b64decode(given, validate=True).decode("utf-8", "replace")
            except binascii.Error:
                return None
            user, _, password = text.partition(":")
            return user, password
    return None


def _answer(status: int, headers: str = "") -> bytes:
    words = f"{status} {HTTPStatus(status).phrase}"
    body = f"{words}\n"
    return (
        f"HTTP/1.1 {words}\r\n{headers}Content-Type: text/plain\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    ).encode()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one side ends; then tell the other, which may still be sending."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except (ConnectionError, OSError):
        writer.transport.abort()

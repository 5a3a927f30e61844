"""What is behind both proxies: the providers' real names, mapped to our listeners.

Nothing leaves the loopback: a name that world.ROUTES does not know is refused, as by a
proxy that cannot resolve it. A client that logs in as a mailbox says whose line it is
(lines). How the proxies are spoken to: proxy (HTTP), socks (SOCKS5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from . import effects
from .effects import Effect
from .fault_names import GREET
from .faults import Faults
from .lines import Lines
from .tls_faults import ALERTS, GOOD
from .world import PROXY_LOGIN, ROUTES, Account

HEAD_SECONDS = 30
CHUNK = 256 * 1024
LINES = ("imap", "pop3", "smtp")  # listeners that greet in clear

# The port of a listener; with a kind of certificate (tls_faults.KINDS), "" = the good.
Listener = Callable[[str, str], Awaitable[int]]
Login = tuple[str, str]


class Refused(Exception):
    """The bytes that the client gets in place of a tunnel; none = it is cut."""


class Tunnels:
    """Finds out whose line it is and what is meant, and passes bytes both ways."""

    def __init__(
        self,
        listener: Listener,
        accounts: Mapping[str, Account],
        faults: Faults,
        lines: Lines,
    ) -> None:
        self._listener = listener
        self._accounts = accounts
        self.faults = faults
        self.lines = lines

    def named(self, login: Login | None) -> str | None:
        """The mailbox that a client logs in as."""
        if login and login[1] == PROXY_LOGIN[1] and login[0].lower() in self._accounts:
            self.faults.told(login[0])
            return login[0].lower()
        return None

    async def serve(
        self,
        route: str,
        who: str | None,
        fault: Effect | None,
        connected: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Be the tunnel to a listener until one side ends. Raises Refused.

        connected: what the proxy says first.
        """
        kind = GOOD
        if route not in LINES:
            target = target_of(route)
            shown = self.faults.at(effects.TLS, who, target=target)
            kind = shown.kind if shown else GOOD
        if kind in ALERTS:
            writer.write(connected)
            await writer.drain()
            await reader.read(CHUNK)  # the ClientHello
            raise Refused(ALERTS[kind])
        inner_reader, inner = await self.lines.connect(
            await self._listener(route, kind), who, CHUNK
        )
        try:
            with self.lines.held(inner, who):
                greeting = b""
                if fault and fault.say == GREET and route in LINES:
                    greeting = await inner_reader.readuntil(b"\r\n")
                writer.write(connected + greeting)
                await asyncio.gather(_pass(reader, inner), _pass(inner_reader, writer))
        finally:
            self.lines.forget(inner)
            inner.close()


def route_of(host: str, port: int) -> str:
    """The listener that stands for a real name, "" where there is none."""
    return ROUTES.get((host.lower().rstrip("."), port), "")


def target_of(route: str) -> str:
    """Whose line it is to: the sign-in host's or the mail server's."""
    return effects.AUTHORITY if route == "entra" else effects.MAIL


async def end_of(
    fault: Effect, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Say what a fault says and end the line as it does. Raises Refused then."""
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
        raise Refused(b"")


async def refuse(refused: Refused, writer: asyncio.StreamWriter) -> None:
    """Send what a refused client gets, or cut its line."""
    if not refused.args[0]:
        writer.transport.abort()
        return
    writer.write(refused.args[0])
    await writer.drain()


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

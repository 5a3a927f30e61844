"""One client connection of a line protocol: lines in, buffers out, TLS on the way.

imap/server, pop3/server and smtp_server are Services of it. Knows no protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ClassVar, Protocol

from . import effects
from .effects import Effect
from .faults import Faults
from .lines import Lines
from .tls_faults import ALERTS, GOOD, Contexts
from .world import MAX_MESSAGE_BYTES

LIMIT = 2 * MAX_MESSAGE_BYTES  # bytes in one line or one dot-ended message
IDLE_SECONDS = 1800


class Gone(Exception):
    """The connection is over: the client left, or a fault cut it."""


class Wire:
    """Reads and writes; every failure of the connection is Gone."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        faults: Faults,
        lines: Lines,
        service: str,
        *,
        encrypted: bool,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._faults = faults
        self._lines = lines
        self._service = service
        self.encrypted = encrypted
        self.who = lines.of(writer)
        self.user: str | None = None

    def belongs_to(self, user: str) -> None:
        """Somebody signs in, or tries to."""
        self.user = user or None
        if user:
            self._lines.named(self._writer, user)

    def fault(self, name: str, *, at: str = "") -> Effect | None:
        """The effect that is on at a place of this protocol for whose line this is.

        at: a whole place, where it is none of this protocol.
        """
        return self._faults.at(
            at or effects.place(self._service, name),
            self.user,
            self.who,
            target=effects.MAIL,
        )

    async def show(self, effect: Effect, tag: str = "") -> None:
        """Say what the effect says and end as it does. Raises Gone where it ends.

        tag: put before a line that is the answer to a command of IMAP.
        """
        if effect.end == effects.DROP:
            raise self.drop()
        if effect.say:
            answers = tag and not effect.say.startswith("*")
            await self.send(f"{tag + ' ' if answers else ''}{effect.say}\r\n".encode())
        if effect.end == effects.SILENT:
            await self._leave()
        if effect.end:
            raise Gone

    async def _leave(self) -> None:
        """Read and say nothing until the client has gone."""
        while True:
            try:
                if not await self._reader.read(64 * 1024):
                    return
            except OSError:
                return

    async def line(self) -> bytes:
        """The next line without its end."""
        return (await self.until(b"\n")).rstrip(b"\r\n")

    async def until(self, end: bytes) -> bytes:
        """Bytes up to and with `end`."""
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                return await self._reader.readuntil(end)
        except (
            OSError,
            TimeoutError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        ) as error:
            raise Gone from error

    async def exactly(self, count: int) -> bytes:
        """So many bytes."""
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                return await self._reader.readexactly(count)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise Gone from error

    async def send(self, data: bytes) -> None:
        """Write, and wait while the client is slow to read."""
        delay = self._faults.delay(self.user, self.who)
        if delay:
            await asyncio.sleep(delay)
        await self.stream(data)

    async def stream(self, data: bytes) -> None:
        """As send, but never late: for the parts of a long answer."""
        if self._writer.is_closing():
            raise Gone
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise Gone from error

    async def start_tls(self, contexts: Contexts) -> None:
        """Go on under TLS; a fault may show another certificate, or none."""
        fault = self.fault("", at=effects.TLS)
        kind = fault.kind if fault else GOOD
        if kind in ALERTS:
            await self._reader.read(64 * 1024)  # the ClientHello
            await self.stream(ALERTS[kind])
            raise Gone
        try:
            await self._writer.start_tls(contexts.get(kind))
        except OSError as error:  # ssl.SSLError is one
            raise Gone from error
        self.encrypted = True

    def drop(self) -> Gone:
        """Cut the connection; raise what this returns."""
        self._writer.transport.abort()
        return Gone("cut by a fault")


class Service(Protocol):
    """A server of a line protocol. name: of its protocol, as effects have it."""

    name: ClassVar[str]
    faults: Faults
    lines: Lines

    async def serve(self, wire: Wire) -> None:
        """One client until it leaves. Raises Gone."""


def clients_of(
    service: Service, *, encrypted: bool
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """What serves a client that has connected. encrypted: TLS is up already."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(
            reader,
            writer,
            service.faults,
            service.lines,
            service.name,
            encrypted=encrypted,
        )
        try:
            await service.serve(wire)
        except Gone:
            writer.transport.abort()

    return serve

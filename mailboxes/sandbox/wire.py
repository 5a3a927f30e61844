"""One client connection of a line protocol: lines in, buffers out, TLS on the way.

Shared by imap_server and smtp_server. Knows no protocol.
"""

from __future__ import annotations

import asyncio
import ssl

from .faults import Faults
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
        *,
        encrypted: bool,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._faults = faults
        self.encrypted = encrypted
        self.user: str | None = None

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
        delay = self._faults.delay(self.user)
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

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Go on under TLS."""
        try:
            await self._writer.start_tls(context)
        except OSError as error:  # ssl.SSLError is one
            raise Gone from error
        self.encrypted = True

    def drop(self) -> Gone:
        """Cut the connection; raise what this returns."""
        self._writer.transport.abort()
        return Gone("cut by a fault")

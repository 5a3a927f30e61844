"""Whose line a connection is, before anybody signs in on it.

A client that comes through our proxy with the log-in name of a mailbox says so: faults
of that mailbox then hit its names, its TLS and its greeting, and nobody else's. The
proxy notes the port that it connects from; a server asks with the port that it sees.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

HOST = "127.0.0.1"


class Lines:
    """Names by source port, and all that is open. The sandbox's loop owns it."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._open: dict[asyncio.StreamWriter, str] = {}

    async def connect(
        self, port: int, who: str | None, limit: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to one of our listeners in the name of `who`. Raises OSError."""
        # asyncio sends at once (TCP_NODELAY) only on what says that it is TCP.
        line = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            line.setblocking(False)
            line.bind((HOST, 0))
            if who:  # before the other side can ask
                self._names[line.getsockname()[1]] = who
            await asyncio.get_running_loop().sock_connect(line, (HOST, port))
            return await asyncio.open_connection(sock=line, limit=limit)
        except BaseException:
            line.close()
            raise

    def of(self, writer: asyncio.StreamWriter) -> str | None:
        """Whose line this is on the side of a server, None if nobody has said."""
        peer = writer.get_extra_info("peername")
        return self._names.get(peer[1]) if peer else None

    def forget(self, writer: asyncio.StreamWriter) -> None:
        """The line that `connect` has made is over; its port may serve another."""
        own = writer.get_extra_info("sockname")
        if own:
            self._names.pop(own[1], None)

    @contextlib.contextmanager
    def held(self, writer: asyncio.StreamWriter, who: str | None) -> Iterator[None]:
        """Count a line as open, so that it can be cut."""
        self._open[writer] = (who or "").lower()
        try:
            yield
        finally:
            self._open.pop(writer, None)

    def named(self, writer: asyncio.StreamWriter, who: str) -> None:
        """Somebody has signed in on it."""
        if writer in self._open:
            self._open[writer] = who.lower()

    def cut(self, who: str | None = None) -> int:
        """End the open lines of one name, None = of all; returns how many."""
        mine = [
            writer
            for writer, name in self._open.items()
            if not writer.is_closing() and who in (None, name)
        ]
        for writer in mine:
            writer.transport.abort()
        return len(mine)

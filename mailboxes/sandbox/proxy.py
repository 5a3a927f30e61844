"""The HTTP CONNECT proxy that maps the providers' real names to our listeners.

RFC 9110 section 9.3.6. Nothing leaves the loopback: a name that world.ROUTES does not
know gets 502, as from a proxy that cannot resolve it. What is behind: server.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable

from .faults import Faults
from .world import PROXY_LOGIN, ROUTES

HEAD_SECONDS = 30
CHUNK = 256 * 1024
_CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Proxy:
    """Serves one client connection after the other; ports: listener name to port."""

    def __init__(
        self, ports: dict[str, int], faults: Faults, track: Callable[..., None]
    ) -> None:
        self._ports = ports
        self._faults = faults
        self._track = track

    async def handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Read CONNECT, then pass bytes both ways."""
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        port, refusal = self._judge(head.decode("latin-1"))
        if port is None:
            writer.write(refusal)
            await writer.drain()
            return
        inner_reader, inner = await asyncio.open_connection(
            "127.0.0.1", port, limit=CHUNK
        )
        self._track(inner)
        greeting = b""
        if port in (self._ports["imap"], self._ports["smtp"]) and self._faults.hit(
            "greeting-with-connect"
        ):
            greeting = await inner_reader.readuntil(b"\r\n")
        writer.write(_CONNECTED + greeting)
        try:
            await asyncio.gather(_pass(reader, inner), _pass(inner_reader, writer))
        finally:
            inner.close()

    def _judge(self, head: str) -> tuple[int | None, bytes]:
        """The listener's port, or the answer that refuses."""
        lines = head.split("\r\n")
        method, _, rest = lines[0].partition(" ")
        target = rest.partition(" ")[0]
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])
        }
        if self._faults.hit("proxy-login") and not _logged_in(headers):
            return None, _answer(
                "407 Proxy Authentication Required",
                'Proxy-Authenticate: Basic realm="sandbox"\r\n',
            )
        if self._faults.hit("proxy-refuse"):
            return None, _answer("403 Forbidden")
        if method != "CONNECT":
            return None, _answer("501 Not Implemented")
        host, _, number = target.rpartition(":")
        if not (number.isascii() and number.isdigit() and len(number) < 6):
            return None, _answer("400 Bad Request")
        route = ROUTES.get((host.lower().rstrip("."), int(number)))
        if route is None:
            return None, _answer("502 Bad Gateway")
        return self._ports[route], b""


def _logged_in(headers: dict[str, str]) -> bool:
    wanted = base64.b64encode(":".join(PROXY_LOGIN).encode()).decode()
    return headers.get("proxy-authorization", "") == f"Basic {wanted}"


def _answer(status: str, headers: str = "") -> bytes:
    body = f"{status}\n"
    return (
        f"HTTP/1.1 {status}\r\n{headers}Content-Type: text/plain\r\n"
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

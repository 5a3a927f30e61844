"""The HTTP CONNECT proxy (RFC 9110 section 9.3.6). What is behind it: tunnel."""

from __future__ import annotations

import asyncio
import base64
import binascii
from http import HTTPStatus

from . import effects
from .effects import Effect
from .fault_names import ASK_LOGIN, GREET
from .tunnel import (
    HEAD_SECONDS,
    Login,
    Refused,
    Tunnels,
    end_of,
    refuse,
    route_of,
    target_of,
)
from .world import PROXY_LOGIN

_CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_ASK = 'Proxy-Authenticate: Basic realm="sandbox"\r\n'


class Proxy:
    """Serves one client connection after the other."""

    def __init__(self, tunnels: Tunnels) -> None:
        self._tunnels = tunnels

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
        who = self._tunnels.named(login)
        with self._tunnels.lines.held(writer, who):
            try:
                await self._serve(lines[0], login, who, reader, writer)
            except Refused as refused:
                await refuse(refused, writer)

    async def _serve(
        self,
        line: str,
        login: Login | None,
        who: str | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        method, _, rest = line.partition(" ")
        asked = _target(rest.partition(" ")[0])
        route = route_of(*(asked or ("", 0)))
        fault = self._tunnels.faults.at(effects.PROXY, who, target=target_of(route))
        if fault:
            await _show(fault, login, reader, writer)
            route = fault.route or route
        if method != "CONNECT":
            raise Refused(_answer(501))
        if asked is None:
            raise Refused(_answer(400))
        if not route:
            raise Refused(_answer(502))
        await self._tunnels.serve(route, who, fault, _CONNECTED, reader, writer)


async def _show(
    fault: Effect,
    login: Login | None,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """What a fault does before there is a tunnel. Raises Refused where it ends."""
    if fault.say == GREET:
        return
    if fault.say == ASK_LOGIN:
        if login != PROXY_LOGIN:
            raise Refused(_answer(407, _ASK))
        return
    if fault.status:
        raise Refused(_answer(fault.status, _ASK if fault.status == 407 else ""))
    await end_of(fault, reader, writer)


def _target(text: str) -> tuple[str, int] | None:
    """Host and port asked for, None where they are none."""
    host, _, number = text.rpartition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        return None
    return host, int(number)


def _login(lines: list[str]) -> Login | None:
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

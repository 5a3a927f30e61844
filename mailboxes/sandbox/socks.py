"""The SOCKS5 proxy (RFC 1928), with the login of RFC 1929. What is behind it: tunnel.

Nobody has to log in; who does is held to it, other than at the HTTP proxy, where the
login says only whose line it is.
"""

from __future__ import annotations

import asyncio
import ipaddress

from . import effects
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

VERSION, LOGIN_VERSION = 5, 1
NO_LOGIN, LOGIN, NO_METHOD = 0, 2, 255
CONNECT = 1
NAME = 3
ADDRESSES = {1: 4, 4: 16}  # bytes by type: IPv4, IPv6
UNREACHABLE, NO_COMMAND, NO_TYPE = 4, 7, 8  # replies
_BOUND = b"\0\x01\0\0\0\0\0\0"  # an address and a port that nobody reads


class Socks:
    """Serves one client connection after the other."""

    def __init__(self, tunnels: Tunnels) -> None:
        self._tunnels = tunnels

    async def handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Agree on a login, read the request, then pass bytes both ways."""
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                login = await _read_login(reader, writer)
                who = self._tunnels.named(login)
                if login is not None:
                    await self._judge(login, who, writer)
                command, host, port = await _read_request(reader)
            with self._tunnels.lines.held(writer, who):
                await self._serve(command, host, port, who, reader, writer)
        except Refused as refused:
            await refuse(refused, writer)
        except (TimeoutError, asyncio.IncompleteReadError):
            return

    async def _judge(
        self, login: Login, who: str | None, writer: asyncio.StreamWriter
    ) -> None:
        fault = self._tunnels.faults.at(effects.SOCKS_LOGIN, who)
        good = login == PROXY_LOGIN or who is not None
        if fault or not good:
            raise Refused(bytes([LOGIN_VERSION, fault.status if fault else 1]))
        writer.write(bytes([LOGIN_VERSION, 0]))
        await writer.drain()

    async def _serve(
        self,
        command: int,
        host: str,
        port: int,
        who: str | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        route = route_of(host, port)
        fault = self._tunnels.faults.at(effects.SOCKS, who, target=target_of(route))
        if fault:
            if fault.status:
                raise Refused(_reply(fault.status))
            await end_of(fault, reader, writer)
        if command != CONNECT:
            raise Refused(_reply(NO_COMMAND))
        if not route:
            raise Refused(_reply(UNREACHABLE))
        await self._tunnels.serve(route, who, fault, _reply(0), reader, writer)


async def _read_login(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Login | None:
    """Choose a method; user name and password where the client has them."""
    version, count = await reader.readexactly(2)
    if version != VERSION:
        raise Refused(b"")
    methods = await reader.readexactly(count)
    chosen = next((one for one in (LOGIN, NO_LOGIN) if one in methods), NO_METHOD)
    if chosen == NO_METHOD:
        raise Refused(bytes([VERSION, NO_METHOD]))
    writer.write(bytes([VERSION, chosen]))
    await writer.drain()
    if chosen == NO_LOGIN:
        return None
    await reader.readexactly(1)  # the version of the login
    user = await _counted(reader)
    return user, await _counted(reader)


async def _counted(reader: asyncio.StreamReader) -> str:
    """A text behind the byte that tells its length."""
    (size,) = await reader.readexactly(1)
    return (await reader.readexactly(size)).decode("utf-8", "replace")


async def _read_request(reader: asyncio.StreamReader) -> tuple[int, str, int]:
    """Command, host and port. Raises Refused for a type of address that is none."""
    _version, command, _reserved, kind = await reader.readexactly(4)
    if kind == NAME:
        host = await _counted(reader)
    elif kind in ADDRESSES:
        packed = await reader.readexactly(ADDRESSES[kind])
        host = str(ipaddress.ip_address(packed))
    else:
        raise Refused(_reply(NO_TYPE))
    return command, host, int.from_bytes(await reader.readexactly(2), "big")


def _reply(number: int) -> bytes:
    return bytes([VERSION, number]) + _BOUND

"""Connects to the first of several addresses that answers (RFC 8305, Happy Eyeballs).

Attempts begin one after the other, a quarter of a second apart, and run side by side:
an IPv6 that drops everything costs that quarter and no more. No thread, no name lookup
(net).
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence

APART = 0.25  # seconds between the beginnings of two attempts, RFC 8305 section 5

Address = tuple[int, str, int]  # family, address, port


class NoneAnswersError(Exception):
    """No address could be reached: the address that failed last, and its OSError."""


def dial(addresses: Sequence[Address], timeout: float) -> tuple[socket.socket, str]:
    """A connected socket without a timeout, and the address that it leads to.

    timeout: seconds for all attempts together. Raises NoneAnswersError.
    """
    waiting = deque(interleaved(addresses))
    opening: dict[socket.socket, str] = {}
    now = time.monotonic()
    deadline, next_start = now + timeout, now
    address, failure = "", OSError(errno.EHOSTUNREACH, "no address")
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or opening:
                now = time.monotonic()
                if now >= deadline:
                    address = address or next(iter(opening.values()), "")
                    raise NoneAnswersError(address, TimeoutError("timed out"))
                if waiting and (not opening or now >= next_start):
                    next_start = now + APART
                    family, address, port = waiting.popleft()
                    try:
                        # Refused where the kernel has no such family.
                        sock = socket.socket(family, socket.SOCK_STREAM)
                    except OSError as error:
                        failure = error
                        continue
                    opening[sock] = address
                    sock.setblocking(False)
                    try:
                        sock.connect((address, port))
                    except BlockingIOError:
                        selector.register(sock, selectors.EVENT_WRITE)
                        continue
                    except OSError as error:
                        failure = error
                        del opening[sock]
                        sock.close()
                        continue
                    return _taken(sock, opening)
                pause = min(next_start, deadline) if waiting else deadline
                for key, _events in selector.select(pause - now):
                    sock = key.fileobj  # type: ignore[assignment]
                    number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if not number:
                        return _taken(sock, opening)
                    selector.unregister(sock)
                    address = opening.pop(sock)
                    failure = OSError(number, os.strerror(number))
                    sock.close()
            raise NoneAnswersError(address, failure)
        finally:
            for sock in opening:
                sock.close()


def _taken(
    sock: socket.socket, opening: dict[socket.socket, str]
) -> tuple[socket.socket, str]:
    """The winner leaves `opening`, whose rest is closed."""
    address = opening.pop(sock)
    sock.setblocking(True)
    return sock, address


def interleaved(addresses: Sequence[Address]) -> list[Address]:
    """The resolver's order, with the families by turns (RFC 8305 section 4)."""
    by_family: dict[int, deque[Address]] = {}
    for one in addresses:
        by_family.setdefault(one[0], deque()).append(one)
    found: list[Address] = []
    while by_family:
        for family in list(by_family):
            found.append(by_family[family].popleft())
            if not by_family[family]:
                del by_family[family]
    return found

"""The reading end of a socket that a library reads from, bounded by a moment.

For libraries that make a file of the socket they were given (imaplib, http.client).
What talks on a socket itself bounds each wait itself (channel, smtp, pop3).
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from socket import socket

Until = Callable[[], float | None]


class Timed(io.RawIOBase):
    """Each wait as long as allowed, all of them till a moment.

    A server that sends a byte now and then would keep a timeout of single waits from
    ever running out.

    patience: seconds for each wait. until: asked before each; time.monotonic() at which
    the reading ends in TimeoutError, None for no such moment.
    """

    def __init__(
        self, raw: io.RawIOBase, sock: socket, patience: float, until: Until
    ) -> None:
        self._raw, self._sock = raw, sock
        self._patience, self._until = patience, until
        self._shortened = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        end = self._until()
        left = self._patience if end is None else end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this connection is over")
        if left < self._patience or self._shortened:
            self._shortened = left < self._patience
            self._sock.settimeout(min(left, self._patience))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()

"""Reads an answer that has to be whole within a time, however slowly bytes drip.

The timeout of a socket begins anew with every byte; a proxy must not hold us so.
"""

from __future__ import annotations

import socket
import time


class Patience:
    """Reads from `sock` until the seconds of its timeout, counted once, are over."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        seconds = sock.gettimeout()
        self._until = None if seconds is None else time.monotonic() + seconds

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes, b"" at the end. Raises OSError, TimeoutError."""
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._sock.settimeout(left)
        return self._sock.recv(size)

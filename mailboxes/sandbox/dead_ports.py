"""Ports of loopback at which a connection fails: nobody listens, or nobody answers."""

from __future__ import annotations

import contextlib
import socket

from .lines import HOST

WAITING = 4  # connections that fill the queue of a listener which accepts none


class DeadPorts:
    """closed: refuses. full: drops every SYN, as a firewall does (Linux)."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []

    def open(self) -> dict[str, int]:
        """Their ports by name."""
        closed, full = self._bound(), self._bound()
        full.listen(0)
        for _ in range(WAITING):
            client = socket.socket()
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.connect(full.getsockname())
            self._sockets.append(client)
        return {"closed": closed.getsockname()[1], "full": full.getsockname()[1]}

    def close(self) -> None:
        for one in self._sockets:
            one.close()
        self._sockets.clear()

    def _bound(self) -> socket.socket:
        made = socket.socket()
        made.bind((HOST, 0))
        self._sockets.append(made)
        return made

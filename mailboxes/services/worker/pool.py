"""Inbound connections of this process that no cycle uses at the moment.

A kept-open connection makes an idle cycle forty times cheaper (feasibility.md B). One
for each client, dropped when its revision changes, on age, and before its token ends.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from ...transports.base import InboundTransport

IDLE = 300.0  # seconds
TOKEN_MARGIN = 120.0  # seconds of a token's life that a new cycle wants
MOST = 200  # connections kept by one process


@dataclass
class _Kept:
    transport: InboundTransport
    revision: int
    since: float


class Pool:
    """Takes and gives back; thread-safe. Closing happens outside of the lock."""

    def __init__(self) -> None:
        self._kept: dict[int, _Kept] = {}
        self._lock = threading.Lock()

    def take(
        self, client: int, revision: int, until: float | None = None
    ) -> InboundTransport | None:
        """The open connection of a client if it still fits, else None.

        until: how long it may be waited for, see base.InboundTransport.
        """
        with self._lock:
            kept = self._kept.pop(client, None)
        if kept is None:
            return None
        kept.transport.until = until
        ends = kept.transport.credential.expires_at
        fits = (
            kept.revision == revision
            and time.monotonic() - kept.since <= IDLE
            and (ends is None or ends - time.time() > TOKEN_MARGIN)
        )
        if fits and kept.transport.alive():
            return kept.transport
        kept.transport.close()
        return None

    def put(self, client: int, revision: int, transport: InboundTransport) -> None:
        """Keep a connection for the next cycle of the client."""
        now = time.monotonic()
        with self._lock:
            old = [k for c, k in self._kept.items() if now - k.since > IDLE]
            self._kept = {c: k for c, k in self._kept.items() if k not in old}
            if client in self._kept:
                old.append(self._kept.pop(client))
            if len(self._kept) >= MOST:
                oldest = min(self._kept, key=lambda c: self._kept[c].since)
                old.append(self._kept.pop(oldest))
            self._kept[client] = _Kept(transport, revision, now)
        for one in old:
            one.transport.close()

    def close_all(self) -> None:
        with self._lock:
            old, self._kept = list(self._kept.values()), {}
        for one in old:
            one.transport.close()


pool = Pool()

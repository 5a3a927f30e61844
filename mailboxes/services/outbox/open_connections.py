"""Open connections to sending servers that this process keeps from cycle to cycle."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from ...transports.base import OutboundTransport

IDLE = 60.0  # seconds that an unused connection stays open


@dataclass(frozen=True)
class Key:
    """What a connection was made for; a restart makes another one."""

    client: int
    revision: int
    generation: int


@dataclass
class Connections:
    """Open connections of this process that no cycle uses, one for each client."""

    _idle: dict[Key, tuple[OutboundTransport, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: Key) -> OutboundTransport | None:
        """The open connection for `key`; those of the client for others are closed."""
        now = time.monotonic()
        with self._lock:
            mine = [k for k in self._idle if k.client == key.client]
            found = {k: self._idle.pop(k) for k in mine}
        kept, at = found.pop(key, (None, 0.0))
        for other, _since in found.values():
            other.close()
        if kept is not None and now - at > IDLE:
            kept.close()
            return None
        return kept

    def put(self, key: Key, transport: OutboundTransport) -> None:
        """Keep a connection for the next cycle, and close what idled too long."""
        now = time.monotonic()
        with self._lock:
            old = [self._idle.pop(key)[0]] if key in self._idle else []
            for other, (_unused, at) in list(self._idle.items()):
                if now - at > IDLE:
                    old.append(self._idle.pop(other)[0])
            self._idle[key] = (transport, now)
        for one in old:
            one.close()

    def close_all(self) -> None:
        with self._lock:
            old = [transport for transport, _at in self._idle.values()]
            self._idle.clear()
        for one in old:
            one.close()


connections = Connections()

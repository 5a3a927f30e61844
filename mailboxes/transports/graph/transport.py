"""What reading and sending by Microsoft Graph share: opening, closing, the time limit.

What is asked there: graph/inbound, graph/outbound; how: graph/client.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from ...core.choices import Protocol
from ...core.errors import Code
from ..base import SIGN_OF_LIFE, Credential, Endpoint, NetworkPolicy, Transport
from .client import GraphClient


class GraphTransport(Transport):
    """One mailbox at Graph. let_off: codes that opening passes over."""

    protocol: ClassVar[Protocol] = Protocol.GRAPH
    let_off: ClassVar[frozenset[Code] | None] = None

    def __init__(
        self, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
    ) -> None:
        self._client = GraphClient(endpoint, credential, policy)
        super().__init__(self._client.endpoint, credential, policy)
        self.facts = self._client.facts

    def open(self) -> None:
        self.close()
        self.timings = {}
        self._client = GraphClient(self.endpoint, self.credential, self.policy)
        try:
            with self._timely():
                self._client.open(self.timings, self.progress, let_off=self.let_off)
        except BaseException:
            self.close()
            raise
        finally:
            self.facts = self._client.facts

    def alive(self) -> bool:
        with self.hasty(SIGN_OF_LIFE), self._timely():
            return self._client.alive()

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _timely(self) -> Iterator[None]:
        """What happens inside ends at `until`."""
        self._client.channels.until = self.until
        yield

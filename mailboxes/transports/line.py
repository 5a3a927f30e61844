"""What the protocols that talk in lines share: how a connection is opened.

The line itself (proxy, TLS, times) is net; what is said on it is each protocol's own
(imap, pop3, smtp). Protocols over HTTPS open theirs in http and channel.
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager
from dataclasses import replace

from ..core.choices import USUAL_PORTS, Stage
from . import net
from .base import Credential, Endpoint, NetworkPolicy, Transport


class LineTransport(Transport):
    """One connection that greets, may be encrypted by a command, and signs in."""

    def __init__(
        self, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
    ) -> None:
        port = endpoint.port or USUAL_PORTS[self.protocol, endpoint.security]
        super().__init__(replace(endpoint, port=port), credential, policy)
        self._usable = False

    def open(self) -> None:
        self.close()
        self.timings = {}
        way = self.policy.till(self.until)
        line = net.Line(self.endpoint, way, self.timings, self.progress)
        self.facts = line.evidence
        try:
            self._greet(line)
            with line.timed("sign-in"), self._border(Stage.SIGN_IN):
                self._sign_in()
        except BaseException:
            self._drop()
            raise
        self._usable = True

    @abstractmethod
    def _greet(self, line: net.Line) -> None:
        """Connect, read greeting and capabilities, encrypt by a command if asked."""

    @abstractmethod
    def _sign_in(self) -> None:
        """With the credential; the border maps what comes out."""

    @abstractmethod
    def _border(self, stage: Stage) -> AbstractContextManager[None]:
        """Maps what the library raises within to MailError."""

    @abstractmethod
    def _drop(self) -> None:
        """End the connection without a word; never raises."""

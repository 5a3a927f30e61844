"""Requests to one server by several threads: a channel for each that is under way.

Channels are kept and used again; how many requests may be under way is the caller's to
bound. What one channel does, and what it does not: channel.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from ..core.choices import Stage
from ..core.errors import Code, MailError
from . import net
from .base import Endpoint, NetworkPolicy, Progress
from .channel import Answer, Channel, Whole


class Channels:
    """facts: of the line that was opened first; every MailError carries them.

    most: channels that are kept while nothing is asked. until: see base.Transport.
    handed_over: of the last request (channel.Channel); for callers that make one at a
    time.
    """

    def __init__(
        self, endpoint: Endpoint, policy: NetworkPolicy, *, most: int = 1
    ) -> None:
        self.endpoint = endpoint
        self.until: float | None = None
        self.handed_over = False
        self.facts: dict[str, object] = {"host": endpoint.host, "port": endpoint.port}
        self._policy = policy
        self._most = most
        self._free: list[Channel] = []
        self._lock = threading.Lock()

    def begin(self, timings: dict[str, int], progress: Progress | None) -> net.Line:
        """Open the first line, which tells `progress`. Raises MailError."""
        channel = self._take()
        line = net.Line(self.endpoint, channel.way(), timings, progress)
        self.facts = line.evidence
        channel.open(line)
        self._give(channel)
        return line

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        stage: Stage,
    ) -> Answer:
        """One request; its answer has to be read to the end, or closed.

        path: with its query, as it goes out. Reading is tried again on a new line
        where the old one lay idle too long. Raises MailError where there is no answer.
        """
        while True:  # ends: a channel that fell is not kept
            try:
                return self._request(method, path, headers, body, stage)
            except _Idle:
                continue

    def _request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        stage: Stage,
    ) -> Answer:
        channel = self._take()
        before = channel.opened
        upload = None if body is None else Whole(body)
        try:
            answer = channel.request(method, path, headers, upload, stage)
        except MailError as error:
            idle = 0 < before == channel.opened and method == "GET"
            if idle and error.code == Code.CONNECTION_LOST:
                raise _Idle from error
            error.evidence = {**self.facts, **error.evidence}
            raise
        finally:
            self.handed_over = channel.handed_over
        answer.ended = lambda: self._give(channel)
        return answer

    def close(self) -> None:
        """Close what is kept. Never raises."""
        with self._lock:
            free, self._free, self._most = self._free, [], 0
        for channel in free:
            channel.drop()

    def _take(self) -> Channel:
        with self._lock:
            if self._free:
                return self._free.pop()
        return Channel(self.endpoint, self._policy, lambda: self.until)

    def _give(self, channel: Channel) -> None:
        with self._lock:
            if len(self._free) < self._most:
                self._free.append(channel)
                return
        channel.drop()


class _Idle(Exception):
    """A line that was kept fell before anything came back; stays in here."""

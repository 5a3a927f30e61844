"""The HTTP client that a token library is given: passes on, and keeps the last answer.

Knows nothing of tokens; the connection itself is session.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import requests

from ..transports import numerals


class Recorder:
    """The http_client that MSAL is given: our session, and the last answer kept.

    MSAL hands the body on, but not the status and Retry-After that tell a throttled
    endpoint or a filtering proxy from a refusal.

    hosts: the authority's; all that they answer is JSON. What MSAL asks of others is
    the way of a federated account (federation.py).
    host: of the last request, "" before the first.
    """

    def __init__(self, made: requests.Session, hosts: Collection[str]) -> None:
        self._session = made
        self._hosts = hosts
        self.last: requests.Response | None = None
        self.host = ""
        self.requests = 0

    @property
    def federated(self) -> bool:
        """The last request was for a federated account, or its answer led there."""
        if self.host and self.host not in self._hosts:
            return True
        last = self.last
        return last is not None and last.ok and "/userrealm/" in str(last.url)

    def get(self, url: str, **kwargs: Any) -> requests.Response:
        self.host = urlsplit(url).hostname or ""
        return self._keep(self._session.get(url, **kwargs))

    def post(self, url: str, **kwargs: Any) -> requests.Response:
        self.host = urlsplit(url).hostname or ""
        return self._keep(self._session.post(url, **kwargs))

    def close(self) -> None:
        self._session.close()

    def _keep(self, response: requests.Response) -> requests.Response:
        self.requests += 1
        self.last = response
        if self.host in self._hosts and not _is_json(response):
            # MSAL would fail on the body with whatever comes of it.
            raise NotJson(response)
        return response


class NotJson(Exception):
    """An answer that is no JSON object: a proxy's page, or an endpoint in trouble."""

    def __init__(self, response: requests.Response) -> None:
        self.response = response
        super().__init__(response.status_code)


def retry_after(response: requests.Response) -> float | None:
    """Seconds of the Retry-After of an answer, at most an hour."""
    return numerals.retry_after(response.headers.get("Retry-After", ""))


def _is_json(response: requests.Response) -> bool:
    try:
        return isinstance(response.json(), dict)
    except ValueError:
        return False

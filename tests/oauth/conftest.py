"""The way to the sandbox's Entra ID, and a count of what was asked of it."""

from __future__ import annotations

import pytest

from mailboxes.oauth import session
from mailboxes.sandbox.server import Sandbox
from mailboxes.transports.base import NetworkPolicy, Proxy


@pytest.fixture
def policy(sandbox: Sandbox) -> NetworkPolicy:
    return NetworkPolicy(
        connect_timeout=5,
        read_timeout=5,
        proxy=Proxy("127.0.0.1", sandbox.proxy_port),
        ca_pem=sandbox.ca_pem,
    )


@pytest.fixture
def requests_sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that were asked for, in order."""
    sent: list[str] = []
    make = session.make

    def counting(policy: NetworkPolicy):
        made = make(policy)
        request = made.request

        def count(method: str, url: str, **kwargs):
            sent.append(f"{method.upper()} {url.split('?')[0].rsplit('/', 1)[-1]}")
            return request(method, url, **kwargs)

        made.request = count  # type: ignore[method-assign]
        return made

    monkeypatch.setattr(session, "make", counting)
    return sent

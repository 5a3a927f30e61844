"""The session of token libraries leaves the connections of mail alone."""

from __future__ import annotations

import ssl

import pytest
import requests
import trustme

from mailboxes.oauth import session
from mailboxes.transports.net import Line
from tests.servers.scripted import Scripted, Talk
from tests.transports.test_net import encrypted, trusting


def test_request_for_a_token_makes_no_offer_for_mail() -> None:
    """urllib3 offers http/1.1 (ALPN), at which Exim ends the handshake of mail."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    authority.issue_cert("localhost").configure_cert(context)

    def script(talk: Talk) -> None:
        talk.encrypt(context)

    policy = trusting(authority)
    with Scripted(script) as server, session.make(policy) as asks:
        with pytest.raises(requests.ConnectionError):
            asks.get(f"https://localhost:{server.port}/")
        with Line(encrypted(server.port), policy, {}).open() as line:
            assert isinstance(line, ssl.SSLSocket)
            assert line.selected_alpn_protocol() is None

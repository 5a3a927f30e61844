"""The session of token libraries leaves the connections of mail alone."""

from __future__ import annotations

import ssl

import pytest
import requests
import trustme

from mailboxes.oauth import session
from mailboxes.transports.base import NetworkPolicy
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


SECRET = {"client_secret": "canary-of-session"}


def whole(talk: Talk) -> bytes:
    """Reads a request; returns its body."""
    length = 0
    for line in talk.until(b""):
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    return talk.literal(length)


def test_nothing_is_said_without_tls() -> None:
    with Scripted(lambda talk: talk.until(b"")) as server:
        asks = session.make(NetworkPolicy(connect_timeout=5, read_timeout=5))
        with asks, pytest.raises(requests.exceptions.InvalidSchema):
            asks.post(f"http://localhost:{server.port}/token", data=SECRET)
    assert server.heard == []


@pytest.mark.parametrize(
    ("status", "follows"), [(307, False), (308, False), (302, True)]
)
def test_secret_is_not_repeated_to_where_an_answer_leads(
    status: int, follows: bool
) -> None:
    """A filter that opens TLS may answer so to have somebody sign in to it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    said: list[bytes] = []

    def elsewhere(talk: Talk) -> None:
        talk.encrypt(context)
        said.append(whole(talk))
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with Scripted(elsewhere) as other:

        def leads(talk: Talk) -> None:
            talk.encrypt(context)
            whole(talk)
            head = f"HTTP/1.1 {status} Go\r\nLocation: https://localhost:{other.port}/"
            talk.send(f"{head}\r\nContent-Length: 0\r\n\r\n".encode())

        with Scripted(leads) as server, session.make(trusting(authority)) as asks:
            answer = asks.post(f"https://localhost:{server.port}/token", data=SECRET)
    assert (answer.status_code, said) == ((200, [b""]) if follows else (status, []))


def test_filter_that_leads_to_a_page_without_tls_is_not_followed() -> None:
    """Else the address of the authority would be found at fault."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    def leads(talk: Talk) -> None:
        talk.encrypt(context)
        whole(talk)
        head = "HTTP/1.1 302 Found\r\nLocation: http://filter.example/sign-in"
        talk.send(f"{head}\r\nContent-Length: 0\r\n\r\n".encode())

    with Scripted(leads) as server, session.make(trusting(authority)) as asks:
        answer = asks.post(f"https://localhost:{server.port}/token", data=SECRET)
    assert (answer.status_code, answer.text) == (302, "")

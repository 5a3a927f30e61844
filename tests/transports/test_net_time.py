"""Timeouts of each phase of an opening, and that dripping bytes do not lengthen them.

The phases after it: test_imap_time, test_smtp_time. Names and TLS: test_net.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
import requests
import trustme

from mailboxes.core.choices import ProxyKind, Security
from mailboxes.core.errors import Code, MailError
from mailboxes.oauth import refusals, session
from mailboxes.transports import net
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy, Proxy
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.registry import Inbound, Outbound
from mailboxes.transports.smtp import SmtpTransport
from tests.servers.scripted import Scripted, Talk
from tests.transports.test_dial import dropping

LONG, SHORT = 60.0, 0.3
MAIL = Endpoint("mail.test", 993, Security.TLS)


def silent(talk: Talk) -> None:
    """Hears all and answers nothing."""
    talk.literal(1 << 20)


def refused(endpoint: Endpoint, policy: NetworkPolicy) -> tuple[str, str]:
    with pytest.raises(MailError) as caught:
        net.Line(endpoint, policy, {}).open()
    return caught.value.code, caught.value.stage


def test_tcp_ends_by_the_connect_timeout() -> None:
    with dropping("127.0.0.1") as port:
        endpoint = Endpoint("127.0.0.1", port, Security.NONE)
        policy = NetworkPolicy(connect_timeout=SHORT, read_timeout=LONG)
        assert refused(endpoint, policy) == (Code.CONNECT_TIMEOUT, "tcp")


@pytest.mark.parametrize("kind", ProxyKind)
def test_silent_proxy_ends_by_the_connect_timeout(kind: ProxyKind) -> None:
    with Scripted(silent) as server:
        proxy = Proxy("127.0.0.1", server.port, kind=kind)
        policy = NetworkPolicy(SHORT, LONG, proxy=proxy)
        assert refused(MAIL, policy) == (Code.READ_TIMEOUT, "proxy")


@pytest.mark.parametrize(
    ("kind", "drops"),
    [
        (
            ProxyKind.HTTP,
            [bytes([one]) for one in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 99],
        ),
        (
            ProxyKind.SOCKS5,
            [b"\x05", b"\x00", b"\x05", b"\x00\x00\x03", *[b"\xff"] * 99],
        ),
    ],
)
def test_dripping_proxy_ends_by_the_connect_timeout(
    kind: ProxyKind, drops: list[bytes]
) -> None:
    left = threading.Event()

    def drip(talk: Talk) -> None:
        for drop in drops:
            talk.send(drop)
            left.wait(0.1)

    with Scripted(drip) as server:
        proxy = Proxy("127.0.0.1", server.port, kind=kind)
        policy = NetworkPolicy(1.0, LONG, proxy=proxy)
        timings: dict[str, int] = {}
        with pytest.raises(MailError) as caught:
            net.Line(MAIL, policy, timings).open()
        left.set()
    assert (caught.value.code, caught.value.stage) == (Code.READ_TIMEOUT, "proxy")
    assert timings["proxy"] < 5000


@pytest.mark.parametrize("kind", [ImapTransport, SmtpTransport])
def test_greeting_ends_by_the_read_timeout(kind: Inbound | Outbound) -> None:
    with Scripted(silent) as server:
        endpoint = Endpoint("127.0.0.1", server.port, Security.NONE)
        policy = NetworkPolicy(LONG, SHORT)
        with pytest.raises(MailError) as caught:
            kind(endpoint, Credential("a", password="b"), policy).open()
    assert (caught.value.code, caught.value.stage) == (Code.READ_TIMEOUT, "greeting")


AUTHORITY = trustme.CA()


def trusting(policy: NetworkPolicy) -> NetworkPolicy:
    return replace(policy, ca_pem=AUTHORITY.cert_pem.bytes().decode())


def over_tls(script: Callable[[Talk], None]) -> Callable[[Talk], None]:
    """The script of an authority: a token is asked for in no other way."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)

    def encrypted(talk: Talk) -> None:
        talk.encrypt(context)
        script(talk)

    return encrypted


def asked(port: int, policy: NetworkPolicy) -> tuple[str, str]:
    """How a request for a token ends."""
    failed = requests.exceptions.RequestException
    with session.make(trusting(policy)) as made, pytest.raises(failed) as caught:
        made.post(f"https://127.0.0.1:{port}/", data={})
    error = refusals.of_exception(caught.value, {})
    return error.code, error.stage


def test_authority_ends_by_the_read_timeout() -> None:
    with Scripted(over_tls(silent)) as server:
        found = asked(server.port, NetworkPolicy(LONG, SHORT))
    assert found == (Code.READ_TIMEOUT, "token")


def test_authority_ends_by_the_connect_timeout() -> None:
    with dropping("127.0.0.1") as port:
        found = asked(port, NetworkPolicy(SHORT, LONG))
    assert found == (Code.CONNECT_TIMEOUT, "tcp")


def test_opening_ends_at_the_moment_of_the_way() -> None:
    """However long its timeouts: here that of the handshake of TLS."""
    with Scripted(silent) as server:
        endpoint = Endpoint("127.0.0.1", server.port, Security.TLS)
        policy = NetworkPolicy(LONG, LONG).till(time.monotonic() + SHORT)
        assert refused(endpoint, policy) == (Code.READ_TIMEOUT, "tls")


def test_line_that_stands_has_the_timeout_of_its_option_set() -> None:
    with Scripted(silent) as server:
        endpoint = Endpoint("127.0.0.1", server.port, Security.NONE)
        policy = NetworkPolicy(LONG, LONG).till(time.monotonic() + 1)
        with net.Line(endpoint, policy, {}).open() as sock:
            assert sock.gettimeout() == LONG


@pytest.mark.parametrize("kind", [ImapTransport, SmtpTransport])
def test_transport_opens_within_its_moment(kind: Inbound | Outbound) -> None:
    with Scripted(silent) as server:
        endpoint = Endpoint("127.0.0.1", server.port, Security.TLS)
        made = kind(endpoint, Credential("a", password="b"), NetworkPolicy(LONG, LONG))
        made.until = time.monotonic() + SHORT
        with pytest.raises(MailError) as caught:
            made.open()
    assert (caught.value.code, caught.value.stage) == (Code.READ_TIMEOUT, "tls")


def test_authority_that_drips_ends_at_the_moment_of_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "ENOUGH", 0.0)
    left = threading.Event()

    def drip(talk: Talk) -> None:
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
        while not left.wait(0.05):
            talk.send(b"x")

    with Scripted(over_tls(drip)) as server:
        policy = NetworkPolicy(LONG, LONG).till(time.monotonic() + 2 * SHORT)
        found = asked(server.port, policy)
        left.set()
    assert found == (Code.READ_TIMEOUT, "token")


def test_authority_is_not_asked_when_no_time_is_left() -> None:
    """A request that is cut off may have used up the refresh token."""
    with Scripted(silent) as server:
        policy = NetworkPolicy(LONG, LONG).till(time.monotonic() + session.ENOUGH - 1)
        assert asked(server.port, policy) == (Code.READ_TIMEOUT, "token")
    assert server.connections == 0


def test_silent_authority_is_asked_once() -> None:
    """MSAL's question for the configuration is a GET, which urllib3 would repeat."""
    with (
        Scripted(over_tls(silent)) as server,
        session.make(trusting(NetworkPolicy(LONG, SHORT))) as made,
        pytest.raises(requests.exceptions.ReadTimeout),
    ):
        made.get(f"https://127.0.0.1:{server.port}/")
    assert server.connections == 1

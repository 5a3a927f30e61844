"""Names, TCP, proxy and TLS: every way to fail, as an admin would meet it."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import trustme

from mailboxes.core.choices import Security
from mailboxes.core.errors import Code, MailError
from mailboxes.transports import net, tls
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy, Proxy
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.smtp import SmtpTransport
from tests.servers.process import free_port
from tests.servers.scripted import Scripted, Talk


def open_line(endpoint: Endpoint, policy: NetworkPolicy | None = None) -> MailError:
    """The error that opening a line to `endpoint` raises."""
    with pytest.raises(MailError) as caught:
        net.Line(endpoint, policy or NetworkPolicy(connect_timeout=5), {}).open()
    return caught.value


def plain(port: int) -> Endpoint:
    return Endpoint("127.0.0.1", port, Security.NONE)


def encrypted(port: int, host: str = "localhost") -> Endpoint:
    return Endpoint(host, port, Security.TLS)


# names


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (socket.EAI_NONAME, Code.DNS_UNKNOWN),
        (socket.EAI_NODATA, Code.DNS_UNKNOWN),
        (socket.EAI_AGAIN, Code.DNS_TEMPORARY),
        (socket.EAI_FAIL, Code.DNS_TEMPORARY),
        (socket.EAI_MEMORY, Code.DNS_TEMPORARY),
    ],
)
def test_resolver_failures_have_codes(
    monkeypatch: pytest.MonkeyPatch, number: int, code: Code
) -> None:
    def fail(*args: object, **more: object) -> None:
        raise socket.gaierror(number, "as it happens")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    error = open_line(Endpoint("mail.example.org", 993, Security.NONE))
    assert (error.code, error.stage) == (code, "dns")
    assert error.evidence["host"] == "mail.example.org"
    assert error.evidence["answer"] == "as it happens"


@pytest.mark.parametrize("host", ["", "a b", "a\nb", "user@host", "x" * 70 + ".org"])
def test_what_is_no_host_name_is_unknown(host: str) -> None:
    error = open_line(Endpoint(host, 993, Security.NONE))
    assert (error.code, error.stage) == (Code.DNS_UNKNOWN, "dns")


def test_a_silent_resolver_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: answered.wait(20))
    policy = NetworkPolicy(connect_timeout=0.1)
    error = open_line(Endpoint("mail.example.org", 993, Security.NONE), policy)
    answered.set()
    assert (error.code, error.stage) == (Code.DNS_TEMPORARY, "dns")


# TCP


def test_refused_port() -> None:
    port = free_port()
    error = open_line(plain(port))
    assert (error.code, error.stage) == (Code.CONNECT_REFUSED, "tcp")
    assert error.evidence["address"] == "127.0.0.1"
    assert error.evidence["port"] == port


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (TimeoutError("timed out"), Code.CONNECT_TIMEOUT),
        (OSError(errno.ENETUNREACH, "no way"), Code.CONNECT_UNREACHABLE),
        (OSError(errno.EHOSTUNREACH, "no way"), Code.CONNECT_UNREACHABLE),
        (ConnectionResetError(errno.ECONNRESET, "reset"), Code.CONNECTION_LOST),
    ],
)
def test_connect_failures_have_codes(
    monkeypatch: pytest.MonkeyPatch, raised: OSError, code: Code
) -> None:
    def fail(self: socket.socket, address: object) -> None:
        raise raised

    monkeypatch.setattr(socket.socket, "connect", fail)
    error = open_line(plain(993))
    assert (error.code, error.stage) == (code, "tcp")


def test_second_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted(Talk.wait_for_end) as server:
        answers = [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 1, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: answers)
        endpoint = Endpoint("mail.example.org", server.port, Security.NONE)
        line = net.Line(endpoint, NetworkPolicy(), {})
        line.open().close()
        assert line.evidence["address"] == "127.0.0.1"


# proxy

CREDENTIAL = Credential("anna@example.org", password="secret-password")


def through(proxy: Proxy, **changes: object) -> NetworkPolicy:
    return NetworkPolicy(connect_timeout=5, read_timeout=5, proxy=proxy)


def answering(answer: bytes) -> Callable[[Talk], None]:
    def script(talk: Talk) -> None:
        talk.until(b"")
        talk.send(answer)

    return script


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", Code.PROXY_AUTH),
        (b"HTTP/1.0 401 Unauthorized\r\n\r\n", Code.PROXY_AUTH),
        (b"HTTP/1.1 403 Filtered\r\n\r\n", Code.PROXY_DENIED),
        (b"HTTP/1.0 405 No CONNECT\r\n\r\n", Code.PROXY_DENIED),
        (b"HTTP/1.1 502 Bad gateway\r\n\r\n", Code.PROXY_GATEWAY),
        (b"HTTP/1.1 503 Busy\r\n\r\n", Code.PROXY_GATEWAY),
        (b"HTTP/1.1 504\r\n\r\n", Code.PROXY_GATEWAY),
        (b"* OK an IMAP server\r\n", Code.PROXY_NOT_HTTP),
        (b"", Code.CONNECTION_LOST),
    ],
)
def test_proxy_answers_have_codes(answer: bytes, code: Code) -> None:
    with Scripted(answering(answer)) as server:
        proxy = Proxy("127.0.0.1", server.port)
        error = open_line(Endpoint("mail.test", 993, Security.TLS), through(proxy))
    assert (error.code, error.stage) == (code, "proxy")
    assert error.evidence["proxy"] == f"127.0.0.1:{server.port}"
    if answer.startswith(b"HTTP"):
        assert error.evidence["answer"] == answer.strip().decode()


def test_proxy_is_asked_by_name_and_with_login() -> None:
    with Scripted(answering(b"HTTP/1.1 403 no\r\n\r\n")) as server:
        proxy = Proxy("127.0.0.1", server.port, "clerk", "tür")
        open_line(Endpoint("mail.test", 993, Security.TLS), through(proxy))
    assert server.heard == [
        b"CONNECT mail.test:993 HTTP/1.1",
        b"Host: mail.test:993",
        b"Proxy-Authorization: Basic Y2xlcms6dMO8cg==",
        b"",
    ]


def test_proxy_that_is_not_there() -> None:
    port = free_port()
    error = open_line(
        Endpoint("mail.test", 993, Security.TLS), through(Proxy("127.0.0.1", port))
    )
    assert (error.code, error.stage) == (Code.PROXY_UNREACHABLE, "proxy")
    assert error.evidence["reason"] == Code.CONNECT_REFUSED


def test_banner_behind_connect_is_not_lost_imap() -> None:
    """The server's greeting comes in one segment with the proxy's 200."""

    def script(talk: Talk) -> None:
        talk.until(b"")
        talk.send(
            b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n* OK hello\r\n"
        )
        while line := talk.line():
            tag, _, command = line.partition(b" ")
            if command.startswith(b"CAPABILITY"):
                talk.send(b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n")
            talk.send(tag + b" OK done\r\n")

    with Scripted(script) as server:
        transport = ImapTransport(
            Endpoint("mail.test", 143, Security.NONE),
            CREDENTIAL,
            through(Proxy("127.0.0.1", server.port)),
        )
        with pytest.raises(MailError) as caught:
            transport.open()
    assert caught.value.code == Code.LOGIN_DISABLED  # it read the greeting


def test_banner_behind_connect_is_not_lost_smtp() -> None:
    def script(talk: Talk) -> None:
        talk.until(b"")
        talk.send(b"HTTP/1.1 200 OK\r\n\r\n220 hello\r\n")
        talk.expect(b"EHLO")
        talk.send(b"250 mail.test\r\n")
        talk.wait_for_end()

    with Scripted(script) as server:
        transport = SmtpTransport(
            Endpoint("mail.test", 587, Security.STARTTLS),
            CREDENTIAL,
            through(Proxy("127.0.0.1", server.port)),
        )
        with pytest.raises(MailError) as caught:
            transport.open()
    assert caught.value.code == Code.STARTTLS_MISSING


@pytest.mark.server
@pytest.mark.parametrize("family", ["http_proxy", "squid"])
def test_real_proxy_wants_login(
    family: str, request: pytest.FixtureRequest, dovecot
) -> None:
    real = request.getfixturevalue(f"{family}_with_login").proxy
    for login in ((), ("clerk", "wrong"), ("nobody", "let-me-out")):
        wrong = Proxy(real.host, real.port, *login)
        error = open_line(dovecot.endpoint(), through(wrong))
        assert (error.code, error.permanent) == (Code.PROXY_AUTH, True)
    policy = dovecot.policy(proxy=real)
    net.Line(dovecot.endpoint(), policy, {}).open().close()


@pytest.mark.server
def test_real_proxy_forbids_the_port(http_proxy_narrow, dovecot) -> None:
    error = open_line(dovecot.endpoint(), through(http_proxy_narrow.proxy))
    assert error.code == Code.PROXY_DENIED
    assert "403" in str(error.evidence["answer"])


@pytest.mark.server
def test_real_proxy_forbids_the_host(squid) -> None:
    endpoint = Endpoint("127.0.0.2", free_port(), Security.NONE)
    error = open_line(endpoint, through(squid.proxy))
    assert (error.code, error.permanent) == (Code.PROXY_DENIED, True)


@pytest.mark.server
@pytest.mark.parametrize("family", ["http_proxy", "squid"])
def test_real_proxy_cannot_reach_the_server(
    family: str, request: pytest.FixtureRequest
) -> None:
    proxy = request.getfixturevalue(family).proxy
    error = open_line(plain(free_port()), through(proxy))
    assert (error.code, error.permanent) == (Code.PROXY_GATEWAY, False)


def test_proxy_variables_are_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with Scripted(Talk.wait_for_end) as server:
        net.Line(plain(server.port), NetworkPolicy(), {}).open().close()


# TLS


def tls_server(certificate: trustme.LeafCert, **limits: object) -> Scripted:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")  # or else TLS 1.1 cannot be served at all
    certificate.configure_cert(context)
    for name, value in limits.items():
        setattr(context, name, value)

    def script(talk: Talk) -> None:
        talk.encrypt(context)
        talk.wait_for_end()

    return Scripted(script)


def trusting(authority: trustme.CA) -> NetworkPolicy:
    return NetworkPolicy(
        connect_timeout=5, read_timeout=5, ca_pem=authority.cert_pem.bytes().decode()
    )


def test_tls_untrusted(authority: trustme.CA) -> None:
    with tls_server(authority.issue_cert("localhost")) as server:
        error = open_line(encrypted(server.port))
    assert (error.code, error.stage) == (Code.TLS_UNTRUSTED, "tls")
    assert "local issuer" in str(error.evidence["answer"])


@pytest.mark.parametrize("given", ["root", "intermediate", "own"])
def test_tls_trusts_what_of_a_chain_was_given(
    authority: trustme.CA, given: str
) -> None:
    intermediate = authority.create_child_ca()
    certificate = intermediate.issue_cert("localhost")
    trusted = {
        "root": authority.cert_pem,
        "intermediate": intermediate.cert_pem,
        "own": certificate.cert_chain_pems[0],
    }
    policy = NetworkPolicy(ca_pem=trusted[given].bytes().decode())
    with tls_server(certificate) as server:
        net.Line(encrypted(server.port), policy, {}).open().close()


def test_tls_trusts_nothing_beside_what_was_given(authority: trustme.CA) -> None:
    given = authority.create_child_ca().issue_cert("localhost").cert_chain_pems[0]
    policy = NetworkPolicy(ca_pem=given.bytes().decode())
    with tls_server(authority.issue_cert("localhost")) as server:
        error = open_line(encrypted(server.port), policy)
    assert error.code == Code.TLS_UNTRUSTED


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_tls_name_mismatch(authority: trustme.CA, host: str) -> None:
    with tls_server(authority.issue_cert("mail.example.org")) as server:
        error = open_line(encrypted(server.port, host), trusting(authority))
    assert (error.code, error.stage) == (Code.TLS_NAME, "tls")


def test_tls_expired(authority: trustme.CA) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    with tls_server(authority.issue_cert("localhost", not_after=past)) as server:
        error = open_line(encrypted(server.port), trusting(authority))
    assert (error.code, error.stage) == (Code.TLS_EXPIRED, "tls")


def test_tls_wrong_version_number(authority: trustme.CA) -> None:
    with Scripted(lambda talk: talk.send(b"220 hello\r\n")) as server:
        error = open_line(encrypted(server.port), trusting(authority))
    assert (error.code, error.stage) == (Code.TLS_NOT_TLS, "tls")


def test_tls_too_old(authority: trustme.CA) -> None:
    with (
        pytest.warns(DeprecationWarning),
        tls_server(
            authority.issue_cert("localhost"),
            minimum_version=ssl.TLSVersion.TLSv1,
            maximum_version=ssl.TLSVersion.TLSv1_1,
        ) as server,
    ):
        error = open_line(encrypted(server.port), trusting(authority))
    assert (error.code, error.stage) == (Code.TLS_VERSION, "tls")


@pytest.mark.parametrize("leave", [Talk.hang_up, Talk.reset])
def test_tls_dropped_in_the_handshake(
    authority: trustme.CA, leave: Callable[[Talk], None]
) -> None:
    def script(talk: Talk) -> None:
        talk.socket.recv(10)
        leave(talk)

    with Scripted(script) as server:
        error = open_line(encrypted(server.port), trusting(authority))
    assert (error.code, error.stage) == (Code.TLS_HANDSHAKE, "tls")


def test_tls_silence_is_a_timeout(authority: trustme.CA) -> None:
    policy = NetworkPolicy(connect_timeout=0.2)
    with Scripted(Talk.wait_for_end) as server:
        error = open_line(encrypted(server.port), policy)
    assert (error.code, error.stage) == (Code.READ_TIMEOUT, "tls")


def test_tls_tells_version_and_issuer(authority: trustme.CA) -> None:
    with tls_server(authority.issue_cert("localhost")) as server:
        line = net.Line(encrypted(server.port), trusting(authority), {})
        line.open().close()
    assert line.evidence["tls"] == "TLSv1.3"
    assert str(line.evidence["issuer"]).startswith("trustme")


def test_context_is_made_once_and_checks(authority: trustme.CA) -> None:
    pem = authority.cert_pem.bytes().decode()
    context = tls.context(pem)
    assert tls.context(pem) is context
    assert tls.context("") is not context
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("text", ["rubbish", "Größe"])
def test_unreadable_ca_is_a_fault_of_the_fields(text: str) -> None:
    with Scripted(Talk.wait_for_end) as server:
        error = open_line(encrypted(server.port), NetworkPolicy(ca_pem=text))
    assert (error.code, error.stage) == (Code.CONFIG_INCOMPLETE, "fields")


def test_nothing_switches_checking_off() -> None:
    from pathlib import Path

    import mailboxes.transports as package

    for path in Path(package.__path__[0]).rglob("*.py"):
        text = path.read_text()
        for word in ("CERT_NONE", "check_hostname = False", "_create_unverified"):
            assert word not in text, path

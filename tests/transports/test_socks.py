"""SOCKS5: every reply as an admin would meet it, and real SOCKS servers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailboxes.core.choices import ProxyKind, Security
from mailboxes.core.errors import Code, MailError
from mailboxes.oauth import probe
from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import PROXY_LOGIN
from mailboxes.transports import net
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy, Proxy
from mailboxes.transports.imap import ImapTransport
from tests.servers.process import free_port
from tests.servers.scripted import Scripted, Talk

MAIL = Endpoint("mail.test", 993, Security.NONE)
NAMED = b"\x05\x01\x00\x03\x09mail.test\x03\xe1"
BOUND = b"\x00\x01\x7f\x00\x00\x01\x00\x50"


def socks(port: int, *login: str, **changes: object) -> NetworkPolicy:
    proxy = Proxy("127.0.0.1", port, *login, kind=ProxyKind.SOCKS5)
    return NetworkPolicy(connect_timeout=5, read_timeout=5, proxy=proxy, **changes)  # type: ignore[arg-type]


def refused(policy: NetworkPolicy, endpoint: Endpoint = MAIL) -> MailError:
    with pytest.raises(MailError) as caught:
        net.Line(endpoint, policy, {}).open()
    assert caught.value.stage == "proxy"
    return caught.value


def played(*steps: bytes | int) -> Callable[[Talk], None]:
    """Sends bytes, reads so many: the answers of a SOCKS server, one by one."""

    def script(talk: Talk) -> None:
        for step in steps:
            if isinstance(step, int):
                talk.heard.append(talk.literal(step))
            else:
                talk.send(step)

    return script


@pytest.mark.parametrize(
    ("reply", "code", "permanent"),
    [
        (1, Code.PROXY_GATEWAY, False),
        (2, Code.PROXY_DENIED, True),
        (3, Code.PROXY_GATEWAY, False),
        (4, Code.PROXY_GATEWAY, False),
        (5, Code.PROXY_GATEWAY, False),
        (6, Code.PROXY_GATEWAY, False),
        (7, Code.PROXY_DENIED, True),
        (8, Code.PROXY_DENIED, True),
        (99, Code.PROXY_GATEWAY, False),
    ],
)
def test_replies_have_codes(reply: int, code: Code, permanent: bool) -> None:
    with Scripted(played(3, b"\x05\x00", len(NAMED), bytes([5, reply]))) as server:
        error = refused(socks(server.port))
    assert (error.code, error.permanent) == (code, permanent)
    assert str(error.evidence["answer"]).startswith(f"SOCKS5 reply {reply}: ")
    assert error.evidence["proxy"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("login", "steps", "code"),
    [
        ((), (3, b"\x05\xff"), Code.PROXY_AUTH),
        ((), (3, b"\x05\x02"), Code.PROXY_AUTH),
        (("clerk", "pw"), (4, b"\x05\xff"), Code.PROXY_AUTH),
        (("clerk", "pw"), (4, b"\x05\x02", 10, b"\x01\x01"), Code.PROXY_AUTH),
        (("c" * 256, "pw"), (), Code.PROXY_AUTH),
        ((), (3, b"HTTP/1.1 400 Bad Request\r\n"), Code.PROXY_NOT_SOCKS),
        ((), (3, b"SSH-2.0-OpenSSH_9.6\r\n"), Code.PROXY_NOT_SOCKS),
        ((), (3,), Code.CONNECTION_LOST),
        ((), (3, b"\x05\x00", len(NAMED)), Code.CONNECTION_LOST),
        ((), (3, b"\x05\x00", len(NAMED), b"\x05\x00"), Code.CONNECTION_LOST),
    ],
)
def test_failures_before_the_tunnel_have_codes(
    login: tuple[str, ...], steps: tuple[bytes | int, ...], code: Code
) -> None:
    with Scripted(played(*steps)) as server:
        error = refused(socks(server.port, *login))
    assert error.code == code
    assert "pw" not in repr(error.evidence)


def test_silence_is_a_timeout() -> None:
    with Scripted(Talk.wait_for_end) as server:
        proxy = Proxy("127.0.0.1", server.port, kind=ProxyKind.SOCKS5)
        error = refused(NetworkPolicy(connect_timeout=0.2, proxy=proxy))
    assert error.code == Code.READ_TIMEOUT


def test_proxy_that_is_not_there() -> None:
    error = refused(socks(free_port()))
    assert (error.code, error.evidence["reason"]) == (
        Code.PROXY_UNREACHABLE,
        Code.CONNECT_REFUSED,
    )


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("mail.test", b"\x03\x09mail.test"),
        ("tür.test", b"\x03\x0fxn--tr-xka.test"),
        ("192.0.2.7", b"\x01\xc0\x00\x02\x07"),
        ("[2001:db8::7]", b"\x04\x20\x01\x0d\xb8" + bytes(11) + b"\x07"),
    ],
)
def test_names_go_to_the_proxy_as_they_are(host: str, asked: bytes) -> None:
    request = b"\x05\x01\x00" + asked + b"\x03\xe1"
    with Scripted(played(3, b"\x05\x00", len(request), b"\x05\x02")) as server:
        refused(socks(server.port), Endpoint(host, 993, Security.NONE))
    assert server.heard == [b"\x05\x01\x00", request]


def test_login_goes_as_utf8() -> None:
    with Scripted(played(4, b"\x05\x02", 12, b"\x01\x01")) as server:
        refused(socks(server.port, "clerk", "tür"))
    assert server.heard == [b"\x05\x02\x00\x02", b"\x01\x05clerk\x04t\xc3\xbcr"]


@pytest.mark.parametrize(
    "kind", [b"\x01" + bytes(4), b"\x03\x02ab", b"\x04" + bytes(16)]
)
def test_greeting_behind_the_reply_is_not_lost(kind: bytes) -> None:
    """The server's greeting comes in one segment with the proxy's reply."""

    def script(talk: Talk) -> None:
        played(3, b"\x05\x00", len(NAMED))(talk)
        talk.send(b"\x05\x00\x00" + kind + b"\x00\x00* OK hello\r\n")
        while line := talk.line():
            tag, _, command = line.partition(b" ")
            if command.startswith(b"CAPABILITY"):
                talk.send(b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n")
            talk.send(tag + b" OK done\r\n")

    with Scripted(script) as server:
        transport = ImapTransport(
            MAIL, Credential("anna@example.org", password="x"), socks(server.port)
        )
        with pytest.raises(MailError) as caught:
            transport.open()
    assert caught.value.code == Code.LOGIN_DISABLED  # it read the greeting


# the sandbox's


def test_sandbox_leads_mail_and_sign_in_through_socks(sandbox: Sandbox) -> None:
    for login in ((), PROXY_LOGIN):
        policy = socks(sandbox.socks_port, *login, ca_pem=sandbox.ca_pem)
        mail = Endpoint("outlook.office365.com", 993, Security.TLS)
        net.Line(mail, policy, {}).open().close()
        found = probe.discover(
            "https://login.microsoftonline.com", sandbox.tenant_id, policy
        )
        assert found.facts["tenant"] == sandbox.tenant_id


@pytest.mark.parametrize("login", [("sandbox", "wrong"), ("nobody", "proxy-demo")])
def test_sandbox_refuses_a_wrong_login(
    sandbox: Sandbox, login: tuple[str, str]
) -> None:
    policy = socks(sandbox.socks_port, *login)
    assert refused(policy).code == Code.PROXY_AUTH
    with pytest.raises(MailError) as caught:
        probe.discover("https://login.microsoftonline.com", sandbox.tenant_id, policy)
    assert (caught.value.code, caught.value.stage) == (Code.PROXY_AUTH, "proxy")


def test_sandbox_does_not_know_other_names(sandbox: Sandbox) -> None:
    assert refused(socks(sandbox.socks_port)).code == Code.PROXY_GATEWAY


# real servers


@pytest.mark.server
@pytest.mark.parametrize("family", ["microsocks", "dante"])
def test_real_proxy_leads_to_the_server(
    family: str, request: pytest.FixtureRequest, dovecot
) -> None:
    server = request.getfixturevalue(family)
    policy = dovecot.policy(proxy=server.proxy)
    user = dovecot.new_user()
    with ImapTransport(
        dovecot.endpoint(), dovecot.password_of(user), policy
    ) as transport:
        assert transport.select("").messages == 0
        assert transport.facts["proxy"] == f"127.0.0.1:{server.proxy.port}"


@pytest.mark.server
@pytest.mark.parametrize("family", ["microsocks", "dante"])
@pytest.mark.parametrize("login", [(), ("clerk", "wrong")])
def test_real_proxy_refuses_a_wrong_login(
    family: str, login: tuple[str, ...], request: pytest.FixtureRequest, dovecot
) -> None:
    server = request.getfixturevalue(f"{family}_with_login")
    error = refused(socks(server.proxy.port, *login), dovecot.endpoint())
    assert (error.code, error.permanent) == (Code.PROXY_AUTH, True)
    if server.username:
        policy = dovecot.policy(proxy=server.proxy)
        net.Line(dovecot.endpoint(), policy, {}).open().close()


@pytest.mark.server
@pytest.mark.parametrize(
    ("family", "host", "code"),
    [
        ("microsocks", "127.0.0.1", Code.PROXY_GATEWAY),
        ("microsocks", "unknown.invalid", Code.PROXY_GATEWAY),
        ("dante", "127.0.0.1", Code.PROXY_GATEWAY),
        ("dante", "127.0.0.2", Code.PROXY_DENIED),
    ],
)
def test_real_proxy_tells_why_not(
    family: str, host: str, code: Code, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue(family)
    endpoint = Endpoint(host, free_port(), Security.NONE)
    assert refused(socks(server.proxy.port), endpoint).code == code

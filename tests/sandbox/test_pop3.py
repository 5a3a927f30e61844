"""The POP3 server of the sandbox as poplib sees it, by the providers' names."""

from __future__ import annotations

import base64
import poplib
import socket
import ssl
from pathlib import Path

import pytest

from mailboxes.sandbox.server import Sandbox
from tests.sandbox.clients import LEGACY, SUPPORT, connect, letter, tls, xoauth2

HOST = "outlook.office365.com"
ODD = b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n\r\n.\r\nno end of line"


class _Plain(poplib.POP3):
    def __init__(self, box: Sandbox, host: str, port: int) -> None:
        self._line = connect(box, host, port)
        super().__init__(host, port)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._line


class _Tls(_Plain):
    def __init__(self, box: Sandbox, host: str = HOST, port: int = 995) -> None:
        self._context = tls(box)
        super().__init__(box, host, port)

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        return self._context.wrap_socket(self._line, server_hostname=self.host)

    def __repr__(self) -> str:
        return "poplib behind the proxy"


def signed_in(box: Sandbox, address: str) -> poplib.POP3:
    client = _Tls(box)
    token = xoauth2(address, box.token(address))()
    assert client._shortcmd("AUTH XOAUTH2").startswith(b"+ ")  # type: ignore[attr-defined]
    line = base64.b64encode(token.encode()).decode()
    assert client._shortcmd(line).startswith(b"+OK")  # type: ignore[attr-defined]
    return client


@pytest.fixture
def address(sandbox: Sandbox) -> str:
    return sandbox.make("pop3@contoso.example", basic=True).address


@pytest.mark.parametrize(
    ("host", "port"),
    [(HOST, 995), ("pop.gmail.com", 995), ("mail.contoso.example", 995)],
)
def test_capabilities_are_those_of_the_provider(
    sandbox: Sandbox, host: str, port: int
) -> None:
    client = _Tls(sandbox, host, port)
    assert client.capa() == {
        "TOP": [],
        "UIDL": [],
        "SASL": ["PLAIN", "XOAUTH2"],
        "USER": [],
    }


def test_sign_in_comes_after_stls(sandbox: Sandbox) -> None:
    client = _Plain(sandbox, HOST, 110)
    assert client.capa() == {"TOP": [], "UIDL": [], "STLS": []}
    with pytest.raises(poplib.error_proto):
        client.user(LEGACY)
    client.stls(tls(sandbox))
    client.user(LEGACY)
    assert client.pass_(sandbox.account(LEGACY).password).startswith(b"+OK")
    assert client.stat()[0] == 12


def test_messages_come_byte_by_byte(sandbox: Sandbox, address: str) -> None:
    sandbox.deliver(address, letter(1), ODD)
    client = signed_in(sandbox, address)
    assert client.stat() == (2, len(letter(1)) + len(ODD))
    assert [line.split()[1] for line in client.list()[1]] == [
        b"%d" % len(letter(1)),
        b"%d" % len(ODD),
    ]
    got = [b"\r\n".join(client.retr(n)[1]) + b"\r\n" for n in (1, 2)]
    assert got == [letter(1), ODD + b"\r\n"]
    assert client.top(2, 1)[1] == [b"Subject: dots", b"", b"."]


def test_what_is_deleted_leaves_at_quit_only(sandbox: Sandbox, address: str) -> None:
    sandbox.deliver(address, letter(1), letter(2), letter(3))
    client = signed_in(sandbox, address)
    uidls = client.uidl()[1]
    client.dele(1)
    with pytest.raises(poplib.error_proto):
        client.retr(1)
    client.close()
    assert len(sandbox.messages(address)) == 3
    client = signed_in(sandbox, address)
    assert client.uidl()[1] == uidls
    client.dele(1)
    client.rset()
    client.dele(2)
    client.quit()
    left = [one["message_id"] for one in sandbox.messages(address)]
    assert left == ["<letter.1@contoso.example>", "<letter.3@contoso.example>"]
    assert signed_in(sandbox, address).uidl()[1] == [
        uidls[0],
        uidls[2].replace(b"3 ", b"2 ", 1),
    ]


def test_what_imap_takes_away_is_gone_here(sandbox: Sandbox, address: str) -> None:
    one, _two = sandbox.deliver(address, letter(1), letter(2))
    sandbox.remove(address, one)
    assert signed_in(sandbox, address).stat()[0] == 1


def test_token_on_the_line_of_auth_is_a_protocol_error(sandbox: Sandbox) -> None:
    """As at Exchange Online (diagnosis.md row 110)."""
    client = _Tls(sandbox)
    token = xoauth2(SUPPORT, sandbox.token(SUPPORT))()
    line = base64.b64encode(token.encode()).decode()
    with pytest.raises(poplib.error_proto, match="Protocol error"):
        client._shortcmd(f"AUTH XOAUTH2 {line}")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"seconds": -1}, "expired"),
        ({"resource": "https://graph.microsoft.com"}, "audience"),
    ],
)
def test_wrong_token_is_refused_and_counted(
    sandbox: Sandbox, how: dict[str, object], reason: str
) -> None:
    client = _Tls(sandbox)
    token = xoauth2(SUPPORT, sandbox.token(SUPPORT, **how))()  # type: ignore[arg-type]
    client._shortcmd("AUTH XOAUTH2")  # type: ignore[attr-defined]
    with pytest.raises(poplib.error_proto, match="Authentication failure"):
        client._shortcmd(base64.b64encode(token.encode()).decode())  # type: ignore[attr-defined]
    assert sandbox.requests(SUPPORT)["pop3"] == {reason: 1}


def test_password_is_taken_where_it_is_allowed_only(sandbox: Sandbox) -> None:
    client = _Tls(sandbox)
    client.user(SUPPORT)
    with pytest.raises(poplib.error_proto, match="Logon failure"):
        client.pass_(sandbox.account(SUPPORT).password)


def test_list_of_the_sandbox_names_the_server(sandbox: Sandbox, tmp_path: Path) -> None:
    text = (tmp_path / "sandbox" / "sandbox.json").read_text()
    assert '"pop3": {\n        "host": "outlook.office365.com"' in text

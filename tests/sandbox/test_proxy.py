"""The CONNECT proxy: names that it knows, refusals, and its faults."""

from __future__ import annotations

import base64
import contextlib
import socket

import pytest
import requests

from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from tests.sandbox.clients import AUTHORITY, SUPPORT, connect, session, tls

GREETINGS = {
    ("outlook.office365.com", 143): b"* OK The Microsoft Exchange IMAP4 service",
    ("smtp.office365.com", 587): b"220 FR2P281CA0042.outlook.office365.com",
    ("outlook.office365.com", 993): b"* OK The Microsoft Exchange IMAP4 service",
    ("smtp.office365.com", 465): b"220 FR2P281CA0042.outlook.office365.com",
}


@pytest.mark.parametrize("host,port", GREETINGS)
def test_a_real_name_leads_to_its_server(
    sandbox: Sandbox, host: str, port: int
) -> None:
    line = connect(sandbox, host, port)
    if port in (993, 465):
        line = tls(sandbox).wrap_socket(line, server_hostname=host)
    start = GREETINGS[host, port]
    assert line.recv(4096)[: len(start)] == start


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("mail.fabrikam.example", 993),
        ("outlook.office365.com", 22),
        ("example.com", 443),
        ("127.0.0.1", 443),
    ],
)
def test_any_other_name_is_502(sandbox: Sandbox, host: str, port: int) -> None:
    with pytest.raises(ConnectionError, match="502 Bad Gateway"):
        connect(sandbox, host, port)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET http://example.com/ HTTP/1.1", b"501"),
        (b"CONNECT outlook.office365.com HTTP/1.1", b"400"),
        (b"junk", b"501"),
    ],
)
def test_what_is_no_connect_is_refused(
    sandbox: Sandbox, line: bytes, status: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.proxy_port), 10) as client:
        client.sendall(line + b"\r\n\r\n")
        assert client.recv(4096).split()[1] == status


def test_the_proxy_can_ask_for_a_login(sandbox: Sandbox) -> None:
    sandbox.fault("*", "proxy-login")
    with pytest.raises(ConnectionError, match="407 Proxy Authentication Required"):
        connect(sandbox, "outlook.office365.com", 993)
    login = base64.b64encode(":".join(world.PROXY_LOGIN).encode()).decode()
    connect(
        sandbox,
        "outlook.office365.com",
        993,
        f"Proxy-Authorization: Basic {login}\r\n",
    ).close()


def test_the_proxy_can_forbid(sandbox: Sandbox) -> None:
    sandbox.fault("*", "proxy-refuse", times=1)
    with pytest.raises(ConnectionError, match="403 Forbidden"):
        connect(sandbox, "outlook.office365.com", 993)


@pytest.mark.parametrize("port", [143, 587])
def test_the_greeting_can_come_with_the_200(sandbox: Sandbox, port: int) -> None:
    sandbox.fault("*", "greeting-with-connect")
    host = "outlook.office365.com" if port == 143 else "smtp.office365.com"
    with socket.create_connection(("127.0.0.1", sandbox.proxy_port), 10) as client:
        client.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\n\r\n".encode())
        head, _, rest = client.recv(4096).partition(b"\r\n\r\n")
    assert head == b"HTTP/1.1 200 Connection established"
    assert rest[: len(GREETINGS[host, port])] == GREETINGS[host, port]


def test_a_client_without_our_ca_refuses_the_certificate(sandbox: Sandbox) -> None:
    client = session(sandbox)
    client.verify = True
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        client.get(f"{AUTHORITY}/common/userrealm/{SUPPORT}", timeout=10)


def test_dropping_cuts_open_connections(sandbox: Sandbox) -> None:
    line = connect(sandbox, "outlook.office365.com", 143)
    assert line.recv(4096)
    assert sandbox.drop_connections() >= 2
    line.settimeout(10)
    with contextlib.suppress(ConnectionResetError):
        assert line.recv(4096) == b""

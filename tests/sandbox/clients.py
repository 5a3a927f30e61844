"""Foreign clients that reach the sandbox by the providers' real names, by its proxy."""

from __future__ import annotations

import imaplib
import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import Any

import msal
import requests
from imapclient import IMAPClient

from mailboxes.sandbox.server import Sandbox

SUPPORT, ORDERS = "support@contoso.example", "orders@contoso.example"
BILLING, LEGACY = "billing@contoso.example", "legacy@contoso.example"
AUTHORITY = "https://login.microsoftonline.com"
SCOPE = "https://outlook.office.com/.default"
IMAP_HOST, SMTP_HOST = "outlook.office365.com", "smtp.office365.com"
SECONDS = 20


def connect(box: Sandbox, host: str, port: int, headers: str = "") -> socket.socket:
    """A socket behind the proxy; only the proxy's own head is read from it."""
    line = socket.create_connection(("127.0.0.1", box.proxy_port), SECONDS)
    line.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = line.recv(1)
        if not byte:
            raise ConnectionError("the proxy hung up")
        head += byte
    if not head.startswith(b"HTTP/1.1 200"):
        line.close()
        raise ConnectionError(head.split(b"\r\n")[0].decode())
    return line


def tls(box: Sandbox) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(box.ca_file))


class _Tunnelled(imaplib.IMAP4_SSL):
    def __init__(self, box: Sandbox) -> None:
        self._box = box
        super().__init__(IMAP_HOST, 993, ssl_context=tls(box))

    def _create_socket(self, timeout: float | None) -> ssl.SSLSocket:
        line = connect(self._box, IMAP_HOST, 993)
        return tls(self._box).wrap_socket(line, server_hostname=IMAP_HOST)


class _TunnelledPlain(imaplib.IMAP4):
    def __init__(self, box: Sandbox) -> None:
        self._box = box
        super().__init__(IMAP_HOST, 143)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return connect(self._box, IMAP_HOST, 143)


def imap(box: Sandbox) -> imaplib.IMAP4_SSL:
    """stdlib imaplib, implicit TLS."""
    return _Tunnelled(box)


def imap_plain(box: Sandbox) -> imaplib.IMAP4:
    """stdlib imaplib, before STARTTLS."""
    return _TunnelledPlain(box)


class Client(IMAPClient):
    """imapclient behind the proxy."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        super().__init__(IMAP_HOST, timeout=SECONDS)

    def _create_IMAP4(self) -> imaplib.IMAP4_SSL:  # noqa: N802 (theirs)
        return imap(self._box)


def signed_in(box: Sandbox, address: str = SUPPORT) -> Client:
    """imapclient, signed in with a token, INBOX selected."""
    client = Client(box)
    client.oauth2_login(address, box.token(address))
    client.select_folder("INBOX")
    return client


def smtp(box: Sandbox, port: int = 587) -> smtplib.SMTP:
    """stdlib smtplib, under TLS."""

    class Tunnelled(smtplib.SMTP):
        def _get_socket(self, host: str, at: int, timeout: float) -> socket.socket:
            line = connect(box, host, at)
            if at == 465:
                return tls(box).wrap_socket(line, server_hostname=host)
            return line

    client = Tunnelled(SMTP_HOST, port, timeout=SECONDS)
    client.ehlo()
    if port == 587:
        client.starttls(context=tls(box))
        client.ehlo()
    return client


def xoauth2(user: str, token: str) -> Callable[..., Any]:
    """The callback of smtplib.auth and imaplib.authenticate for a token."""
    asked = iter([f"user={user}\x01auth=Bearer {token}\x01\x01"])
    return lambda challenge=None: next(asked, "")


def smtp_signed_in(box: Sandbox, address: str = SUPPORT) -> smtplib.SMTP:
    """smtplib, signed in with a token in the two-step form."""
    client = smtp(box)
    client.auth(
        "XOAUTH2", xoauth2(address, box.token(address)), initial_response_ok=False
    )
    return client


def session(box: Sandbox) -> requests.Session:
    """HTTPS by the real names."""
    made = requests.Session()
    made.trust_env = False
    made.verify = str(box.ca_file)
    made.proxies = {"https": f"http://127.0.0.1:{box.proxy_port}"}
    return made


def app(box: Sandbox, tenant: str | None = None) -> msal.PublicClientApplication:
    """MSAL with the production authority."""
    return msal.PublicClientApplication(
        box.client_id,
        authority=f"{AUTHORITY}/{tenant or box.tenant_id}",
        http_client=session(box),
    )


def letter(number: int = 1, to: str = "anna@customers.example", size: int = 0) -> bytes:
    """A small letter from support."""
    return (
        f"From: {SUPPORT}\r\nTo: {to}\r\nSubject: Letter {number}\r\n"
        f"Message-ID: <letter.{number}@contoso.example>\r\n\r\n"
        f"Hello\r\n.\r\n..two dots\r\n{'x' * size}\r\n"
    ).encode()

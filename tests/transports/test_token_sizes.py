"""Tokens of real sizes: the line limits of servers must not cut them.

Entra's tokens have 1.5 to 4 KB, with many groups or claims up to 6. Dovecot takes
8,192 bytes of base64, which is a token of some 6,100.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailboxes.core.choices import Security
from mailboxes.core.errors import Code, MailError
from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import GRAPH_RESOURCE
from mailboxes.transports.base import (
    Credential,
    Endpoint,
    NetworkPolicy,
    Proxy,
    Transport,
)
from mailboxes.transports.ews import EwsInbound, EwsOutbound
from mailboxes.transports.graph.inbound import GraphInbound
from mailboxes.transports.graph.outbound import GraphOutbound
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.pop3 import Pop3Transport
from mailboxes.transports.smtp import SmtpTransport

KILOBYTE = 1000
EWS = "https://outlook.office365.com/EWS/Exchange.asmx"
GRAPH = "graph.microsoft.com"
OUTLOOK = "https://outlook.office.com"
SUPPORT = "support@contoso.example"
LETTER = b"From: a@example.org\r\nSubject: x\r\n\r\nHello\r\n"


@pytest.mark.server
@pytest.mark.parametrize("size", [1, 2, 4, 6])
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize("family", ["dovecot", "bare_dovecot"])
def test_dovecot_takes_a_token_of_kilobytes(
    family: str, size: int, security: Security, request: pytest.FixtureRequest
) -> None:
    """By XOAUTH2, and by OAUTHBEARER."""
    server = request.getfixturevalue(family)
    credential = server.token_of(server.new_user(), size=size * KILOBYTE)
    assert size <= len(credential.token) / KILOBYTE < size + 0.01
    with ImapTransport(
        server.endpoint(security), credential, server.policy()
    ) as reader:
        assert reader.select("").messages == 0


@pytest.mark.server
@pytest.mark.parametrize("size", [1, 2, 4, 6])
@pytest.mark.parametrize("family", ["postfix", "exim"])
def test_relay_takes_a_token_of_kilobytes(
    family: str, size: int, request: pytest.FixtureRequest, dovecot
) -> None:
    server = request.getfixturevalue(family)
    user = dovecot.new_user()
    credential = dovecot.token_of(user, size=size * KILOBYTE)
    with SmtpTransport(server.endpoint(), credential, dovecot.policy()) as sender:
        assert sender.send(user, [user], LETTER).accepted == (user,)


def eight_kilobytes(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """All tokens of this sandbox have eight to ten kilobytes from now on."""
    sign = box.box.tokens.sign
    pad = {"groups": ["x" * 5900]}
    monkeypatch.setattr(box.box.tokens, "sign", lambda told: sign(told | pad))


ONLINE = "outlook.office365.com"
LARGE: dict[str, tuple[type[Transport], Endpoint, str]] = {
    "IMAP": (ImapTransport, Endpoint(ONLINE, 993, Security.TLS), OUTLOOK),
    "POP3": (Pop3Transport, Endpoint(ONLINE, 995, Security.TLS), OUTLOOK),
    "SMTP": (
        SmtpTransport,
        Endpoint("smtp.office365.com", 587, Security.STARTTLS),
        OUTLOOK,
    ),
    "EWS in": (EwsInbound, Endpoint(EWS, 0, Security.TLS), OUTLOOK),
    "EWS out": (EwsOutbound, Endpoint(EWS, 0, Security.TLS), OUTLOOK),
    "Graph in": (GraphInbound, Endpoint(GRAPH, 0, Security.TLS), GRAPH_RESOURCE),
    "Graph out": (GraphOutbound, Endpoint(GRAPH, 0, Security.TLS), GRAPH_RESOURCE),
}


@pytest.mark.parametrize("name", LARGE)
def test_sandbox_takes_and_refuses_a_token_of_eight_kilobytes(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    kind, where, resource = LARGE[name]
    eight_kilobytes(sandbox, monkeypatch)
    good = Credential(SUPPORT, token=sandbox.token(SUPPORT, resource=resource))
    ended = sandbox.token(SUPPORT, resource=resource, seconds=-60)
    assert 8 <= len(good.token) / KILOBYTE < 10
    proxy = Proxy(sandbox.host, sandbox.proxy_port)
    policy = NetworkPolicy(10, 20, proxy=proxy, ca_pem=sandbox.ca_pem)
    with kind(where, good, policy) as transport:
        assert transport.alive()
    with pytest.raises(MailError) as caught:
        kind(where, replace(good, token=ended), policy).open()
    graph = kind in (GraphInbound, GraphOutbound)
    refused = Code.GRAPH_TOKEN_TIME if graph else Code.TOKEN_NOT_ACCEPTED
    assert caught.value.code == refused

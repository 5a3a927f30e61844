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
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy, Proxy
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.smtp import SmtpTransport

KILOBYTE = 1000
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


def test_sandbox_takes_and_refuses_a_token_of_eight_kilobytes(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = sandbox.box.tokens.sign
    pad = {"groups": ["x" * 5900]}
    monkeypatch.setattr(sandbox.box.tokens, "sign", lambda told: sign(told | pad))
    good = Credential(SUPPORT, token=sandbox.token(SUPPORT))
    assert 8 <= len(good.token) / KILOBYTE < 10
    proxy = Proxy(sandbox.host, sandbox.proxy_port)
    policy = NetworkPolicy(10, 20, proxy=proxy, ca_pem=sandbox.ca_pem)
    imap = Endpoint("outlook.office365.com", 993, Security.TLS)
    smtp = Endpoint("smtp.office365.com", 587, Security.STARTTLS)
    for kind, where in ((ImapTransport, imap), (SmtpTransport, smtp)):
        with kind(where, good, policy) as transport:
            assert transport.alive()
        with pytest.raises(MailError) as caught:
            kind(where, replace(good, login="orders@contoso.example"), policy).open()
        assert caught.value.code == Code.TOKEN_NOT_ACCEPTED

"""Each grant from end to end without anything of our own on the other side.

The token comes from npm `oidc-provider`, and Dovecot (IMAP, POP3) or Postfix (SMTP)
asks that one about it, so that what our grants get opens real mail servers. The
authority's tokens are opaque, as Google's are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from mailboxes.core.choices import Grant
from mailboxes.core.errors import Code, MailError
from mailboxes.oauth import google, microsoft
from mailboxes.oauth.base import Pending, TokenOutcome, TokenRequest
from mailboxes.oauth.pkce import Proof
from mailboxes.transports.base import Credential, NetworkPolicy, Proxy
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.pop3 import Pop3Transport
from mailboxes.transports.smtp import SmtpTransport
from tests.fixtures.matrix import Claim
from tests.foreign import owner
from tests.matrix.cells import GOOGLE, MICROSOFT
from tests.servers.dovecot import Dovecot
from tests.servers.oidc_provider import BACK, OWNED, PERSON, TENANT, Foreign
from tests.servers.postfix import Postfix
from tests.servers.process import wait_for

pytestmark = [pytest.mark.server, pytest.mark.slow]
SIGNED_IN = TokenRequest(
    "https://login.microsoftonline.com",
    TENANT,
    "public",
    "https://outlook.office.com/.default",
    PERSON,
    grant=Grant.AUTHORIZATION_CODE,
)
APPLICATION = dataclasses.replace(
    SIGNED_IN,
    client_id="secret",
    client_secret="foreign-secret",
    username=OWNED,
    grant=Grant.CLIENT_CREDENTIALS,
    scope="https://outlook.office365.com/.default",
)
GMAIL = dataclasses.replace(
    SIGNED_IN, client_id="google", client_secret="foreign-secret", scope=google.SCOPE
)

Got = Callable[[Foreign, NetworkPolicy], TokenOutcome]


def by_secret(foreign: Foreign, policy: NetworkPolicy) -> TokenOutcome:
    return microsoft.acquire(APPLICATION, policy, None)


def by_certificate(foreign: Foreign, policy: NetworkPolicy) -> TokenOutcome:
    asked = dataclasses.replace(
        APPLICATION,
        client_id="certificate",
        client_secret="",
        certificate=foreign.certificate.pem,
    )
    return microsoft.acquire(asked, policy, None)


def by_code(foreign: Foreign, policy: NetworkPolicy) -> TokenOutcome:
    proof = Proof.make()
    code = owner.code_of(foreign, microsoft, SIGNED_IN, proof)
    return microsoft.redeem(SIGNED_IN, policy, code, BACK, proof)


def by_device(foreign: Foreign, policy: NetworkPolicy) -> TokenOutcome:
    asked = dataclasses.replace(SIGNED_IN, grant=Grant.DEVICE_CODE)
    device = microsoft.begin_device(asked, policy)
    owner.agree(foreign, device)
    outcome = microsoft.poll_device(asked, policy, device)
    assert not isinstance(outcome, Pending)
    return outcome


def by_google_code(foreign: Foreign, policy: NetworkPolicy) -> TokenOutcome:
    proof = Proof.make()
    code = owner.code_of(foreign, google, GMAIL, proof)
    outcome = google.redeem(GMAIL, policy, code, BACK, proof)
    assert outcome.account == PERSON
    return outcome


def by_google_refresh(foreign: Foreign, policy: NetworkPolicy) -> TokenOutcome:
    known = by_google_code(foreign, policy).refresh_token
    asked = dataclasses.replace(GMAIL, refresh_token=known)
    return google.acquire(asked, policy, None)


# Words of the matrix, and whose mailbox the token opens.
WAYS: dict[str, tuple[str, str, str, Got]] = {
    "secret": (MICROSOFT, "client_credentials", OWNED, by_secret),
    "certificate": (
        MICROSOFT,
        "client_credentials (certificate)",
        OWNED,
        by_certificate,
    ),
    "code": (MICROSOFT, "authorization_code", PERSON, by_code),
    "device": (MICROSOFT, "device_code", PERSON, by_device),
    "google-code": (GOOGLE, "authorization_code", PERSON, by_google_code),
    "google-refresh": (GOOGLE, "refresh token", PERSON, by_google_refresh),
}


@pytest.fixture
def policy(foreign: Foreign) -> NetworkPolicy:
    """The way to the authority."""
    proxy = Proxy("127.0.0.1", foreign.proxy_port)
    return NetworkPolicy(10, 10, proxy=proxy, ca_pem=foreign.ca_pem)


@pytest.mark.parametrize("way", WAYS)
def test_token_of_a_grant_receives_and_sends(
    foreign: Foreign,
    asking_dovecot: Dovecot,
    asking_postfix: Postfix,
    policy: NetworkPolicy,
    way: str,
    cell: Claim,
) -> None:
    provider, grant, user, got = WAYS[way]
    for protocol, name, server in (
        ("IMAP", "Dovecot", asking_dovecot),
        ("POP3", "Dovecot", asking_dovecot),
        ("SMTP", "Postfix", asking_postfix),
    ):
        versions = f"{foreign.version} + {server.version}"
        cell(protocol, grant, provider, f"oidc-provider + {name}", versions)
    if provider == GOOGLE:
        cell("OAUTH", grant, provider, "oidc-provider", foreign.version)
    credential = Credential(user, token=got(foreign, policy).token.value)
    at = asking_dovecot.policy()
    with ImapTransport(asking_dovecot.endpoint(), credential, at) as reader:
        before = reader.select("").messages
        assert before is not None
        letter = f"From: {user}\r\nSubject: {way}\r\n\r\nHello\r\n".encode()
        with SmtpTransport(asking_postfix.endpoint(), credential, at) as sender:
            assert sender.send(user, [user], letter).accepted == (user,)
        wait_for(lambda: reader.select("").messages == before + 1, "no delivery")
    with Pop3Transport(asking_dovecot.pop3_endpoint(), credential, at) as reader:
        reader.select("")
        (page,) = reader.changes("", None)
        bodies = [b"".join(one.chunks) for one in reader.stream(page.there)]
    assert len(bodies) == before + 1
    assert len([one for one in bodies if f"Subject: {way}\r\n".encode() in one]) == 1


def test_token_opens_nobody_elses_mailbox(
    foreign: Foreign, asking_dovecot: Dovecot, policy: NetworkPolicy
) -> None:
    token = by_secret(foreign, policy).token.value
    other = Credential(PERSON, token=token)
    with pytest.raises(MailError) as caught:
        ImapTransport(asking_dovecot.endpoint(), other, asking_dovecot.policy()).open()
    assert caught.value.code == Code.TOKEN_NOT_ACCEPTED

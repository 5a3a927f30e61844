"""Our grants against an authority that we did not write: npm `oidc-provider`."""

from __future__ import annotations

import dataclasses

import pytest

from mailboxes.core.choices import Grant
from mailboxes.core.errors import MailError
from mailboxes.oauth import microsoft
from mailboxes.oauth.base import Pending, TokenRequest
from mailboxes.oauth.pkce import Proof
from mailboxes.transports.base import NetworkPolicy, Proxy
from tests.fixtures.matrix import Claim
from tests.foreign import owner
from tests.matrix.cells import MICROSOFT
from tests.servers.oidc_provider import BACK, PERSON, TENANT, Foreign

pytestmark = [pytest.mark.server, pytest.mark.slow]
ADDRESS = "support@contoso.example"
OWNER = TokenRequest(
    "https://login.microsoftonline.com",
    TENANT,
    "public",
    "https://outlook.office.com/.default",
    ADDRESS,
    grant=Grant.AUTHORIZATION_CODE,
)
CONFIDENTIAL = dataclasses.replace(
    OWNER, client_id="secret", client_secret="foreign-secret"
)
DEVICE = dataclasses.replace(OWNER, grant=Grant.DEVICE_CODE)
APPLICATION = dataclasses.replace(
    CONFIDENTIAL,
    grant=Grant.CLIENT_CREDENTIALS,
    scope="https://outlook.office365.com/.default",
)


@pytest.fixture
def policy(foreign: Foreign) -> NetworkPolicy:
    return NetworkPolicy(
        connect_timeout=10,
        read_timeout=10,
        proxy=Proxy("127.0.0.1", foreign.proxy_port),
        ca_pem=foreign.ca_pem,
    )


@pytest.mark.parametrize("request_", [OWNER, CONFIDENTIAL], ids=["public", "secret"])
def test_authorization_code_with_pkce_and_rotation(
    foreign: Foreign, policy: NetworkPolicy, request_: TokenRequest, cell: Claim
) -> None:
    cell("OAUTH", "authorization_code", MICROSOFT, "oidc-provider", foreign.version)
    proof = Proof.make()
    code = owner.code_of(foreign, microsoft, request_, proof)
    outcome = microsoft.redeem(request_, policy, code, BACK, proof)
    assert (outcome.account, bool(outcome.token.value)) == (ADDRESS, True)
    seen = [outcome.refresh_token]
    for _ in range(3):
        asked = dataclasses.replace(request_, refresh_token=seen[-1])
        renewed = microsoft.acquire(asked, policy, None, fresh=True)
        kept = microsoft.cached(asked, renewed.cache, 300)
        assert kept is not None and kept.value == renewed.token.value
        seen.append(renewed.refresh_token)
    assert len(set(seen)) == 4
    # Used twice, and the foreign authority ends the whole sign-in.
    for stale in (seen[0], seen[-1]):
        with pytest.raises(MailError) as caught:
            asked = dataclasses.replace(request_, refresh_token=stale)
            microsoft.acquire(asked, policy, None, fresh=True)
        assert (caught.value.code, caught.value.permanent) == (
            "token-invalid-grant",
            True,
        )


def test_code_of_another_link_is_refused(
    foreign: Foreign, policy: NetworkPolicy
) -> None:
    code = owner.code_of(foreign, microsoft, OWNER, Proof.make())
    with pytest.raises(MailError) as caught:
        microsoft.redeem(OWNER, policy, code, BACK, Proof.make())
    assert caught.value.code == "token-invalid-grant"


def test_device_code(foreign: Foreign, policy: NetworkPolicy, cell: Claim) -> None:
    cell("OAUTH", "device_code", MICROSOFT, "oidc-provider", foreign.version)
    device = microsoft.begin_device(DEVICE, policy)
    assert isinstance(microsoft.poll_device(DEVICE, policy, device), Pending)
    owner.agree(foreign, device)
    outcome = microsoft.poll_device(DEVICE, policy, device)
    assert not isinstance(outcome, Pending)
    assert (bool(outcome.refresh_token), outcome.account) == (True, PERSON)


def test_client_credentials_with_secret_and_certificate(
    foreign: Foreign, policy: NetworkPolicy, cell: Claim
) -> None:
    for grant in ("client_credentials", "client_credentials (certificate)"):
        cell("OAUTH", grant, MICROSOFT, "oidc-provider", foreign.version)
    by_secret = microsoft.acquire(APPLICATION, policy, None)
    by_certificate = dataclasses.replace(
        APPLICATION,
        client_id="certificate",
        client_secret="",
        certificate=foreign.certificate.pem,
    )
    other = microsoft.acquire(by_certificate, policy, None)
    assert bool(by_secret.token.value) and bool(other.token.value)
    wrong = dataclasses.replace(APPLICATION, client_secret="wrong")
    with pytest.raises(MailError) as caught:
        microsoft.acquire(wrong, policy, None)
    assert caught.value.code == "token-invalid-client"

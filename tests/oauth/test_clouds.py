"""National clouds: authority, scope, mail hosts belong together (providers.md 1.4)."""

from __future__ import annotations

import dataclasses
from urllib.parse import parse_qs, urlsplit

import pytest

from mailboxes.core.choices import Grant, Security
from mailboxes.core.errors import MailError
from mailboxes.oauth import microsoft
from mailboxes.oauth.base import TokenRequest
from mailboxes.oauth.pkce import Proof
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.transports.base import Credential, Endpoint
from mailboxes.transports.imap import ImapTransport
from tests.fixtures import person

ADDRESS = "support@contoso.example"
BACK = "https://console.example/owner-sign-in/answer/"
APP = world.APPS[world.CONFIDENTIAL_APP_ID]
CLOUDS = {
    "us": ("login.microsoftonline.us", "outlook.office365.us"),
    "china": ("login.partner.microsoftonline.cn", "partner.outlook.cn"),
}
BY_CLOUD = pytest.mark.parametrize("cloud", CLOUDS)


def asking(cloud: str, grant: Grant, **more: str) -> TokenRequest:
    authority, exchange = CLOUDS[cloud]
    return TokenRequest(
        f"https://{authority}",
        world.TENANT_ID,
        APP.client_id,
        f"https://{exchange}/.default",
        ADDRESS,
        grant=grant,
        **more,
    )


@BY_CLOUD
def test_application_gets_a_token_of_its_cloud_and_opens_the_mailbox(
    sandbox: Sandbox, policy, cloud: str
) -> None:
    for proof in (
        {"client_secret": APP.secret or ""},
        {"certificate": sandbox.certificate.pem},
    ):
        request = asking(cloud, Grant.CLIENT_CREDENTIALS, **proof)
        token = microsoft.acquire(request, policy, None).token
        assert token.claims["aud"] == f"https://{CLOUDS[cloud][1]}"
        endpoint = Endpoint(CLOUDS[cloud][1], 993, Security.TLS)
        with ImapTransport(endpoint, Credential(ADDRESS, token.value), policy) as line:
            assert line.alive()


@BY_CLOUD
def test_owner_signs_in_at_the_authority_of_the_cloud(
    sandbox: Sandbox, policy, cloud: str
) -> None:
    request = asking(cloud, Grant.AUTHORIZATION_CODE, client_secret=APP.secret or "")
    proof = Proof.make()
    link = microsoft.link(request, BACK, "s", proof)
    assert urlsplit(link).netloc == CLOUDS[cloud][0]
    sent = person.sent_back(sandbox, ADDRESS, link)
    code = parse_qs(urlsplit(sent).query)["code"][0]
    outcome = microsoft.redeem(request, policy, code, BACK, proof)
    renewing = dataclasses.replace(request, refresh_token=outcome.refresh_token)
    token = microsoft.acquire(renewing, policy, None).token
    assert token.claims["aud"] == f"https://{CLOUDS[cloud][1]}"


@BY_CLOUD
def test_password_and_device_code_stay_in_the_cloud(
    sandbox: Sandbox, policy, cloud: str
) -> None:
    password = sandbox.account(ADDRESS).password
    request = dataclasses.replace(
        asking(cloud, Grant.PASSWORD, password=password),
        client_id=world.PUBLIC_APP_ID,
    )
    token = microsoft.acquire(request, policy, None).token
    assert token.claims["aud"] == f"https://{CLOUDS[cloud][1]}"
    device = microsoft.begin_device(
        dataclasses.replace(request, grant=Grant.DEVICE_CODE), policy
    )
    assert urlsplit(device.verification_uri).netloc == CLOUDS[cloud][0]


@BY_CLOUD
def test_resource_of_another_cloud_is_refused(policy, cloud: str) -> None:
    request = dataclasses.replace(
        asking(cloud, Grant.CLIENT_CREDENTIALS, client_secret=APP.secret or ""),
        scope="https://outlook.office365.com/.default",
    )
    with pytest.raises(MailError) as caught:
        microsoft.acquire(request, policy, None)
    assert caught.value.code == "AADSTS500011"

"""Our grants against an authority that we did not write: npm `oidc-provider`."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from mailboxes.core.choices import Grant
from mailboxes.core.errors import MailError
from mailboxes.oauth import microsoft
from mailboxes.oauth.base import Pending, TokenRequest
from mailboxes.oauth.pkce import Proof
from mailboxes.transports.base import NetworkPolicy, Proxy
from tests.fixtures.matrix import Claim
from tests.fixtures.servers import _started, note_real_server
from tests.matrix.cells import MICROSOFT
from tests.servers import oidc_provider
from tests.servers.oidc_provider import BACK, TENANT, Foreign

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
_INPUT = re.compile(r"<input[^>]*>")
_FIELD = re.compile(r'(name|value)="([^"]*)"')


@pytest.fixture(scope="module")
def foreign(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Foreign]:
    _started(oidc_provider.installed)
    with oidc_provider.running(tmp_path_factory.mktemp("oidc")) as found:
        note_real_server(request.config, f"oidc-provider {found.version}")
        yield found


@pytest.fixture
def policy(foreign: Foreign) -> NetworkPolicy:
    return NetworkPolicy(
        connect_timeout=10,
        read_timeout=10,
        proxy=Proxy("127.0.0.1", foreign.proxy_port),
        ca_pem=foreign.ca_pem,
    )


def browser(foreign: Foreign) -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    made.verify = str(foreign.ca_file)
    made.proxies = {"https": f"http://127.0.0.1:{foreign.proxy_port}"}
    return made


def walk(session: requests.Session, response: requests.Response) -> requests.Response:
    """Follow redirects until they lead to our page, or end."""
    while response.is_redirect:
        target = urljoin(response.url, response.headers["Location"])
        if target.startswith(BACK):
            break
        response = session.get(target, allow_redirects=False, timeout=20)
    return response


def code_of(foreign: Foreign, request: TokenRequest, proof: Proof) -> str:
    with browser(foreign) as session:
        link = microsoft.link(request, BACK, "state", proof)
        last = walk(session, session.get(link, allow_redirects=False, timeout=20))
    assert last.is_redirect, last.text
    told = parse_qs(urlsplit(last.headers["Location"]).query)
    assert told["state"] == ["state"], told
    return told["code"][0]


@pytest.mark.parametrize("request_", [OWNER, CONFIDENTIAL], ids=["public", "secret"])
def test_authorization_code_with_pkce_and_rotation(
    foreign: Foreign, policy: NetworkPolicy, request_: TokenRequest, cell: Claim
) -> None:
    cell("OAUTH", "authorization_code", MICROSOFT, "oidc-provider", foreign.version)
    proof = Proof.make()
    code = code_of(foreign, request_, proof)
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
    code = code_of(foreign, OWNER, Proof.make())
    with pytest.raises(MailError) as caught:
        microsoft.redeem(OWNER, policy, code, BACK, Proof.make())
    assert caught.value.code == "token-invalid-grant"


def fields(page: str) -> dict[str, str]:
    found = {}
    for one in _INPUT.findall(page):
        told = dict(_FIELD.findall(one))
        if "name" in told:
            found[told["name"]] = html.unescape(told.get("value", ""))
    return found


def test_device_code(foreign: Foreign, policy: NetworkPolicy, cell: Claim) -> None:
    cell("OAUTH", "device_code", MICROSOFT, "oidc-provider", foreign.version)
    device = microsoft.begin_device(DEVICE, policy)
    assert isinstance(microsoft.poll_device(DEVICE, policy, device), Pending)
    with browser(foreign) as session:
        page = session.get(device.verification_uri, timeout=20)
        given = fields(page.text) | {"user_code": device.user_code}
        page = session.post(device.verification_uri, data=given, timeout=20)
        given = fields(page.text) | {"confirm": "yes", "user_code": device.user_code}
        answer = session.post(
            device.verification_uri, data=given, timeout=20, allow_redirects=False
        )
        done = walk(session, answer)
    assert done.status_code == 200, done.text
    outcome = microsoft.poll_device(DEVICE, policy, device)
    assert not isinstance(outcome, Pending)
    assert (bool(outcome.refresh_token), outcome.account) == (True, ADDRESS)


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

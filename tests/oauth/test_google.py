"""Google's tokens through our module, against the sandbox's Google."""

from __future__ import annotations

import dataclasses
import json
import logging
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from mailboxes.core import certificates
from mailboxes.core.choices import Grant, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.oauth import google, session
from mailboxes.oauth.base import TokenRequest
from mailboxes.oauth.pkce import Proof
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services.findings import find
from mailboxes.transports.base import NetworkPolicy, Proxy
from tests.fixtures import person
from tests.fixtures.product import free_port
from tests.oauth.wire import Wire

ADDRESS = "support@contoso.example"
BACK = "https://console.example/owner-sign-in/answer/"
PROOF = Proof.make()
OWNER = TokenRequest(
    "google",
    "",
    world.GOOGLE_CLIENT_ID,
    "",
    ADDRESS,
    grant=Grant.AUTHORIZATION_CODE,
    client_secret=world.GOOGLE_SECRET,
)


@pytest.fixture
def owner(sandbox: Sandbox) -> TokenRequest:
    token = sandbox.google_refresh_token(ADDRESS)
    return dataclasses.replace(OWNER, refresh_token=token)


@pytest.fixture
def service(sandbox: Sandbox) -> TokenRequest:
    return dataclasses.replace(
        OWNER,
        grant=Grant.SERVICE_ACCOUNT,
        client_id=world.GOOGLE_ACCOUNT_ID,
        client_secret="",
        service_key=sandbox.service_key,
    )


def finding_of(request: TokenRequest, policy) -> str:
    with pytest.raises(MailError) as caught:
        google.acquire(request, policy, None)
    error = caught.value
    return find(error.code, {**error.evidence, "side": "authority"}).id


def test_answer_without_an_access_token_is_told_without_what_it_holds(
    owner: TokenRequest, policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"refresh_token": "Canary-Bird-1", "id_token": "Canary-Bird-2"}
    monkeypatch.setattr(session, "make", Wire({"/token": (200, answer)}).session)
    with pytest.raises(MailError) as caught:
        google.acquire(owner, policy, None)
    assert caught.value.evidence["answer"] == "No access token in response."
    assert "Canary" not in repr(caught.value.evidence)


@pytest.mark.parametrize("which", ["owner", "service"])
def test_token_is_got_and_cached(
    request: pytest.FixtureRequest, policy, requests_sent, which: str
) -> None:
    asked = request.getfixturevalue(which)
    outcome = google.acquire(asked, policy, None)
    left = outcome.token.expires_at - datetime.now(UTC).timestamp()
    assert outcome.token.value.startswith("ya29.")
    assert (3500 < left < 3700, outcome.refresh_token) == (True, "")
    assert requests_sent == ["POST token"]
    again = google.acquire(asked, policy, outcome.cache)
    assert (again.token.value, again.token.from_cache) == (outcome.token.value, True)
    assert requests_sent == ["POST token"]
    fresh = google.acquire(asked, policy, outcome.cache, fresh=True)
    assert fresh.token.value != outcome.token.value


def test_link_asks_for_offline_access() -> None:
    link = urlsplit(google.link(OWNER, BACK, "s", PROOF))
    asked = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert f"{link.scheme}://{link.netloc}{link.path}" == google.LINK_URL
    assert asked == {
        "client_id": world.GOOGLE_CLIENT_ID,
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "openid email https://mail.google.com/",
        "state": "s",
        "nonce": PROOF.shown_nonce,
        "code_challenge": PROOF.challenge,
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
        "login_hint": ADDRESS,
    }


def code_of(box: Sandbox, link: str) -> str:
    sent = person.sent_back(box, ADDRESS, link)
    return parse_qs(urlsplit(sent).query)["code"][0]


def test_code_becomes_a_refresh_token(sandbox: Sandbox, policy) -> None:
    code = code_of(sandbox, google.link(OWNER, BACK, "s", PROOF))
    outcome = google.redeem(OWNER, policy, code, BACK, PROOF)
    assert outcome.account == ADDRESS
    renewing = dataclasses.replace(OWNER, refresh_token=outcome.refresh_token)
    assert google.acquire(renewing, policy, None).token.value.startswith("ya29.")
    with pytest.raises(MailError) as caught:
        google.redeem(OWNER, policy, code, BACK, PROOF)
    error = caught.value
    assert find(error.code, error.evidence).id == "google-code-used"


def test_sign_in_without_offline_access_is_found(sandbox: Sandbox, policy) -> None:
    link = google.link(OWNER, BACK, "s", PROOF).replace("offline", "online")
    code = code_of(sandbox, link)
    with pytest.raises(MailError) as caught:
        google.redeem(OWNER, policy, code, BACK, PROOF)
    error = caught.value
    assert find(error.code, error.evidence).id == "google-no-refresh-token"


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"client_id": "1-x.apps.googleusercontent.com"}, "google-client-unknown"),
        ({"client_secret": "GOCSPX-wrong"}, "google-wrong-secret"),
        ({"refresh_token": "1//nonsense"}, "google-code-used"),
    ],
)
def test_refusal_of_an_owners_token_is_found(
    sandbox: Sandbox, policy, owner, change, finding
) -> None:
    assert finding_of(dataclasses.replace(owner, **change), policy) == finding


def test_revoked_sign_in_is_found(sandbox: Sandbox, policy, owner) -> None:
    account = sandbox.account(ADDRESS)
    changed = dataclasses.replace(account, password="Changed-1")
    sandbox.box.accounts[ADDRESS] = changed
    assert finding_of(owner, policy) == "google-refresh-token-ended"


def test_refusal_of_a_service_account_is_found(
    sandbox: Sandbox, policy, service
) -> None:
    nobody = dataclasses.replace(service, username="nobody@contoso.example")
    assert finding_of(nobody, policy) == "google-user-unknown"
    sandbox.delegate("https://www.googleapis.com/auth/calendar")
    assert finding_of(service, policy) == "google-delegation-missing"


def test_key_of_another_account_is_found(policy, service) -> None:
    other = certificates.make("another").pem.partition("-----BEGIN CERTIFICATE")[0]
    key = json.loads(service.service_key) | {"private_key": other}
    foreign = dataclasses.replace(service, service_key=json.dumps(key))
    assert finding_of(foreign, policy) == "google-wrong-key"


@pytest.mark.parametrize("key", ["", "{}", "nonsense", '{"private_key": "x"}'])
def test_text_that_is_no_key_is_a_fault_of_the_field(policy, service, key) -> None:
    with pytest.raises(MailError) as caught:
        google.acquire(dataclasses.replace(service, service_key=key), policy, None)
    error = caught.value
    assert (error.code, error.stage, error.evidence["option"]) == (
        Code.CONFIG_INCOMPLETE,
        Stage.FIELDS,
        "secret",
    )


def test_token_address_in_the_key_file_is_not_followed(
    policy, service, requests_sent
) -> None:
    key = json.loads(service.service_key) | {"token_uri": "https://evil.example/token"}
    asked = dataclasses.replace(service, service_key=json.dumps(key))
    assert google.acquire(asked, policy, None).token.value.startswith("ya29.")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("entra-unavailable", "token-unavailable"),
        ("entra-throttled", "token-throttled"),
        ("entra-html", "token-not-json"),
        ("entra-drop", "connection-lost"),
    ],
)
def test_fault_on_the_way_is_told_at_once(
    sandbox: Sandbox, policy, owner, requests_sent, fault: str, code: str
) -> None:
    sandbox.fault("*", fault)
    with pytest.raises(MailError) as caught:
        google.acquire(owner, policy, None)
    assert (caught.value.code, len(requests_sent)) == (code, 1)


def test_secrets_are_nowhere_to_be_read(
    policy, owner, service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    first = google.acquire(owner, policy, None)
    second = google.acquire(service, policy, None)
    told = caplog.text + repr(owner) + repr(service) + repr(first) + repr(second)
    key = json.loads(service.service_key)["private_key"].split("\n")[1]
    for secret in (owner.refresh_token, world.GOOGLE_SECRET, key, first.token.value):
        assert secret not in told


def test_google_tells_what_a_token_is_for(owner: TokenRequest, policy) -> None:
    told = google.about(google.acquire(owner, policy, None).token.value, policy)
    assert (told["aud"], told["email"]) == (world.GOOGLE_CLIENT_ID, ADDRESS)
    assert google.SCOPE in str(told["scope"]).split()


def test_token_of_a_service_account_names_nobody(service: TokenRequest, policy) -> None:
    told = google.about(google.acquire(service, policy, None).token.value, policy)
    assert (told["aud"], told["scope"]) == (world.GOOGLE_ACCOUNT_ID, google.SCOPE)
    assert "email" not in told


def test_what_is_no_token_of_googles_is_told_so(policy) -> None:
    assert google.about("ya29.nonsense", policy) == {
        "error": "invalid_token",
        "error_description": "Invalid Value",
    }


def test_nothing_is_known_where_google_is_not_reached() -> None:
    nowhere = NetworkPolicy(1, 1, proxy=Proxy("127.0.0.1", free_port()))
    assert google.about("ya29.x", nowhere) == {}

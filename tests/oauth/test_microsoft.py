"""The password grant against the sandbox's Entra ID, through its proxy and CA."""

from __future__ import annotations

import base64
import dataclasses
import logging
import os

import pytest

from mailboxes.core.choices import Grant, Stage
from mailboxes.core.errors import MailError
from mailboxes.oauth import microsoft, session
from mailboxes.oauth.base import TokenRequest
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.transports.base import NetworkPolicy, Proxy
from tests.fixtures.product import free_port
from tests.oauth.wire import AUTHORITY, TENANT, Wire

ADDRESS = "support@contoso.example"
NOBODYS = "00000000-1111-2222-3333-444455556666"
SCOPE = "https://outlook.office.com/.default"


@pytest.fixture
def request_(sandbox: Sandbox) -> TokenRequest:
    return TokenRequest(
        "https://login.microsoftonline.com",
        world.TENANT_ID,
        world.PUBLIC_APP_ID,
        SCOPE,
        ADDRESS,
        sandbox.account(ADDRESS).password,
    )


def test_password_grant_gives_a_token_with_claims(policy, request_) -> None:
    outcome = microsoft.acquire(request_, policy, None)
    assert outcome.token.from_cache is False
    assert outcome.token.claims["upn"] == ADDRESS
    assert outcome.token.claims["aud"] == "https://outlook.office.com"
    assert outcome.cache is not None


def test_cached_token_costs_no_request(policy, request_, requests_sent) -> None:
    first = microsoft.acquire(request_, policy, None)
    assert len(requests_sent) == 4
    again = microsoft.acquire(request_, policy, first.cache)
    assert len(requests_sent) == 4
    assert (again.token.value, again.token.from_cache, again.cache) == (
        first.token.value,
        True,
        None,
    )


@pytest.mark.parametrize(
    "asked",
    [
        "https://outlook.office.com/imap.accessasuser.all",
        "https://outlook.office.com/IMAP.AccessAsUser.All"
        " https://outlook.office.com/SMTP.Send",
    ],
    ids=["in another case", "more than was granted"],
)
@pytest.mark.parametrize("grant", [Grant.PASSWORD, Grant.AUTHORIZATION_CODE])
def test_token_is_found_again_whatever_the_authority_calls_its_scope(
    monkeypatch: pytest.MonkeyPatch, asked: str, grant: Grant
) -> None:
    told = "https://outlook.office.com/IMAP.AccessAsUser.All"
    who = base64.urlsafe_b64encode(b'{"uid": "u", "utid": "t"}').decode()
    answer = {"access_token": "first", "expires_in": 3600, "scope": told}
    answer |= {"client_info": who}
    monkeypatch.setattr(session, "make", Wire({"/token": (200, answer)}).session)
    request = TokenRequest(
        AUTHORITY, TENANT, NOBODYS, asked, ADDRESS, "p", grant, refresh_token="r"
    )
    cache = microsoft.acquire(request, NetworkPolicy(), None).cache
    found = microsoft.cached(request, cache, 300)
    assert found is not None and found.value == "first"
    graph = dataclasses.replace(request, scope="https://graph.microsoft.com/.default")
    assert microsoft.cached(graph, cache, 300) is None
    # The next one takes its place, and does not lie beside it.
    answer["access_token"] = "second"
    newer = microsoft.acquire(request, NetworkPolicy(), cache, margin=100_000).cache
    found = microsoft.cached(request, newer, 300)
    assert found is not None and found.value == "second"
    assert "first" not in str(newer)


def test_token_with_too_little_life_is_renewed_without_the_password(
    policy, request_, requests_sent
) -> None:
    first = microsoft.acquire(request_, policy, None)
    requests_sent.clear()
    no_password = dataclasses.replace(request_, password="")
    renewed = microsoft.acquire(no_password, policy, first.cache, margin=100_000)
    assert renewed.token.value != first.token.value
    assert renewed.token.from_cache is False
    assert renewed.cache not in (None, first.cache)
    assert requests_sent == ["GET openid-configuration", "POST token"]


def test_fresh_asks_with_the_password_whatever_is_cached(
    policy, request_, requests_sent
) -> None:
    first = microsoft.acquire(request_, policy, None)
    wrong = dataclasses.replace(request_, password="wrong")
    assert microsoft.acquire(wrong, policy, first.cache).token.from_cache is True
    with pytest.raises(MailError) as caught:
        microsoft.acquire(wrong, policy, first.cache, fresh=True)
    assert caught.value.code == "AADSTS50126"


@pytest.mark.parametrize(
    ("change", "code", "stage"),
    [
        ({"password": "wrong"}, "AADSTS50126", Stage.TOKEN),
        ({"username": "nobody@contoso.example"}, "AADSTS50034", Stage.TOKEN),
        ({"client_id": NOBODYS}, "AADSTS700016", Stage.TOKEN),
        ({"client_id": world.CONFIDENTIAL_APP_ID}, "AADSTS7000218", Stage.TOKEN),
        ({"client_id": world.UNCONSENTED_APP_ID}, "AADSTS65001", Stage.TOKEN),
        ({"directory_id": NOBODYS}, "AADSTS90002", Stage.TENANT),
        ({"scope": "https://nowhere.example/.default"}, "AADSTS500011", Stage.TOKEN),
    ],
)  # fmt: skip
def test_wrong_value_is_refused_with_microsofts_code(
    policy, request_, change, code, stage
) -> None:
    with pytest.raises(MailError) as caught:
        microsoft.acquire(dataclasses.replace(request_, **change), policy, None)
    error = caught.value
    assert (error.code, error.stage, error.permanent) == (code, stage, True)
    assert str(error.evidence["answer"]).startswith(f"{code}: ")
    assert "Trace ID" not in str(error.evidence["answer"])
    assert len(str(error.evidence["trace_id"])) == 36


@pytest.mark.parametrize(
    "code",
    [
        "AADSTS50053", "AADSTS50055", "AADSTS50057", "AADSTS50076", "AADSTS50079",
        "AADSTS53003", "AADSTS50105", "AADSTS65001", "AADSTS7000218", "AADSTS7000215",
        "AADSTS7000222", "AADSTS90002", "AADSTS70011", "AADSTS50059",
    ],
)  # fmt: skip
def test_refusal_stops_and_keeps_its_code(sandbox, policy, request_, code) -> None:
    sandbox.fault(ADDRESS, code)
    with pytest.raises(MailError) as caught:
        microsoft.acquire(request_, policy, None)
    assert (caught.value.code, caught.value.permanent) == (code, True)


def test_service_in_trouble_keeps_its_code_and_its_pause(
    sandbox, policy, request_
) -> None:
    sandbox.fault(ADDRESS, "AADSTS90033")  # 503 with JSON, for which MSAL raises
    with pytest.raises(MailError) as caught:
        microsoft.acquire(request_, policy, None)
    error = caught.value
    assert (error.code, error.permanent, error.retry_after) == (
        "AADSTS90033",
        False,
        7.0,
    )


def test_nothing_is_cached_after_a_refusal(sandbox, policy, request_) -> None:
    first = microsoft.acquire(request_, policy, None)
    sandbox.fault(ADDRESS, "AADSTS50055")
    with pytest.raises(MailError):
        microsoft.acquire(request_, policy, first.cache, margin=100_000)
    assert microsoft.acquire(request_, policy, first.cache).token.from_cache is True


def test_proxy_that_is_not_there(sandbox, request_) -> None:
    policy = NetworkPolicy(2, 2, Proxy("127.0.0.1", free_port()), sandbox.ca_pem)
    with pytest.raises(MailError) as caught:
        microsoft.acquire(request_, policy, None)
    assert (caught.value.code, caught.value.stage) == (
        "proxy-unreachable",
        Stage.PROXY,
    )
    assert caught.value.permanent is False


def test_proxy_that_knows_no_such_host(policy, request_) -> None:
    elsewhere = dataclasses.replace(request_, authority="https://login.nowhere.example")
    with pytest.raises(MailError) as caught:
        microsoft.acquire(elsewhere, policy, None)
    assert (caught.value.code, caught.value.stage) == ("proxy-gateway", Stage.PROXY)


def test_certificate_of_an_unknown_authority(policy, request_) -> None:
    with pytest.raises(MailError) as caught:
        microsoft.acquire(request_, dataclasses.replace(policy, ca_pem=""), None)
    assert (caught.value.code, caught.value.stage) == ("tls-untrusted", Stage.TLS)


def test_environment_of_the_process_changes_nothing(
    policy, request_, monkeypatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file")
    monkeypatch.setenv("CURL_CA_BUNDLE", "/no/such/file")
    assert microsoft.acquire(request_, policy, None).token.from_cache is False


def test_secrets_are_nowhere_to_be_read(
    policy, request_, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outcome = microsoft.acquire(request_, policy, None)
    canary = dataclasses.replace(request_, password="Canary-Bird-99")
    with pytest.raises(MailError) as caught:
        microsoft.acquire(canary, policy, None)
    shown = " ".join(
        [
            caplog.text,
            repr(request_),
            repr(outcome),
            repr(caught.value),
            str(caught.value),
            repr(caught.value.evidence),
        ]
    )
    assert request_.password not in shown
    assert "Canary-Bird-99" not in shown
    assert outcome.token.value not in shown


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "a.e30.c", "a.W10.c"])
def test_claims_of_a_token_that_is_no_jwt_are_empty(token: str) -> None:
    assert microsoft.claims(token) == {}

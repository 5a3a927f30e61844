"""The client credentials grant against the sandbox's Entra ID, as in production."""

from __future__ import annotations

import dataclasses
import json
import logging

import pytest

from mailboxes.core.choices import Grant, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.oauth import microsoft
from mailboxes.oauth.base import TokenRequest
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox

ADDRESS = "support@contoso.example"
NOBODYS = "00000000-1111-2222-3333-444455556666"
OUTLOOK = "https://outlook.office365.com/.default"
GRAPH = "https://graph.microsoft.com/.default"
APP = world.APPS[world.CONFIDENTIAL_APP_ID]
UNCONSENTED = world.APPS[world.UNCONSENTED_APP_ID]


@pytest.fixture
def request_(sandbox: Sandbox) -> TokenRequest:
    return TokenRequest(
        "https://login.microsoftonline.com",
        world.TENANT_ID,
        APP.client_id,
        OUTLOOK,
        ADDRESS,
        grant=Grant.CLIENT_CREDENTIALS,
        client_secret=APP.secret or "",
    )


def refused(request: TokenRequest, policy, **how) -> MailError:
    with pytest.raises(MailError) as caught:
        microsoft.acquire(request, policy, None, **how)
    return caught.value


@pytest.mark.parametrize(
    ("scope", "roles"),
    [
        (OUTLOOK, world.MAIL_ROLES),
        ("https://outlook.office.com/.default", world.MAIL_ROLES),
        (GRAPH, world.GRAPH_ROLES),
    ],
)
def test_secret_gives_a_token_with_roles(
    policy, request_, requests_sent, scope: str, roles: tuple[str, ...]
) -> None:
    asked = dataclasses.replace(request_, scope=scope)
    outcome = microsoft.acquire(asked, policy, None)
    shown = dict(outcome.token.claims)
    assert shown.pop("exp") - shown.pop("nbf") >= 3600
    assert shown == {
        "aud": scope.removesuffix("/.default"),
        "roles": list(roles),
        "appid": APP.client_id,
        "tid": world.TENANT_ID,
        "idtyp": "app",
        "oid": APP.principal_id,
    }
    assert outcome.token.from_cache is False
    assert outcome.cache is not None
    assert requests_sent == ["GET openid-configuration", "POST token"]


def test_application_without_consent_gets_a_token_without_roles(
    policy, request_
) -> None:
    asked = dataclasses.replace(
        request_,
        client_id=UNCONSENTED.client_id,
        client_secret=UNCONSENTED.secret or "",
    )
    claims = microsoft.acquire(asked, policy, None).token.claims
    assert (claims["idtyp"], claims.get("roles")) == ("app", None)


def test_mailbox_is_not_sent_so_that_any_name_gets_the_token(
    sandbox, policy, request_
) -> None:
    asked = dataclasses.replace(request_, username="nobody@contoso.example")
    microsoft.acquire(asked, policy, None)
    assert sandbox.requests(APP.client_id) == {"token": {"ok": 1}}
    assert sandbox.requests(ADDRESS) == {}


def test_cached_token_costs_no_request(policy, request_, requests_sent) -> None:
    first = microsoft.acquire(request_, policy, None)
    requests_sent.clear()
    again = microsoft.acquire(request_, policy, first.cache)
    assert requests_sent == []
    assert (again.token.value, again.token.from_cache, again.cache) == (
        first.token.value,
        True,
        None,
    )


def test_token_with_less_life_than_the_margin_is_asked_for_anew(
    policy, request_, requests_sent
) -> None:
    """MSAL itself would give the cached one, which has more than five minutes left."""
    first = microsoft.acquire(request_, policy, None)
    requests_sent.clear()
    renewed = microsoft.acquire(request_, policy, first.cache, margin=100_000)
    assert requests_sent == ["GET openid-configuration", "POST token"]
    assert renewed.token.value != first.token.value
    assert renewed.token.from_cache is False
    kept = microsoft.acquire(request_, policy, renewed.cache)
    assert (kept.token.value, kept.token.from_cache) == (renewed.token.value, True)


def test_fresh_asks_with_the_secret_whatever_is_cached(policy, request_) -> None:
    first = microsoft.acquire(request_, policy, None)
    wrong = dataclasses.replace(request_, client_secret="wrong")
    assert microsoft.acquire(wrong, policy, first.cache).token.from_cache is True
    with pytest.raises(MailError) as caught:
        microsoft.acquire(wrong, policy, first.cache, fresh=True)
    assert caught.value.code == "AADSTS7000215"
    fresh = microsoft.acquire(request_, policy, first.cache, fresh=True)
    assert fresh.token.value != first.token.value


def test_token_for_another_resource_stays_in_the_cache(
    policy, request_, requests_sent
) -> None:
    graph = dataclasses.replace(request_, scope=GRAPH)
    first = microsoft.acquire(request_, policy, None)
    both = microsoft.acquire(graph, policy, first.cache)
    requests_sent.clear()
    tokens = [microsoft.acquire(one, policy, both.cache) for one in (request_, graph)]
    assert requests_sent == []
    assert [one.token.claims["aud"] for one in tokens] == [
        "https://outlook.office365.com",
        "https://graph.microsoft.com",
    ]


def test_token_of_the_other_grant_is_not_taken_from_the_cache(
    sandbox, policy, request_, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One login has one cache, also after an admin changed the grant."""
    both_ways = dataclasses.replace(APP, public=True)
    monkeypatch.setitem(world.APPS, APP.client_id, both_ways)
    of_user = dataclasses.replace(
        request_,
        grant=Grant.PASSWORD,
        password=sandbox.account(ADDRESS).password,
        client_secret="",
    )
    first = microsoft.acquire(of_user, policy, None)
    second = microsoft.acquire(request_, policy, first.cache)
    third = microsoft.acquire(of_user, policy, second.cache)
    assert [one.token.claims["idtyp"] for one in (first, second, third)] == [
        "user",
        "app",
        "user",
    ]
    assert (second.token.from_cache, third.token.from_cache) == (False, True)


@pytest.mark.parametrize(
    ("change", "code", "stage"),
    [
        ({"client_secret": "wrong"}, "AADSTS7000215", Stage.TOKEN),
        ({"client_secret": APP.expired_secret}, "AADSTS7000222", Stage.TOKEN),
        ({"client_secret": ""}, "AADSTS7000216", Stage.TOKEN),
        ({"client_id": world.PUBLIC_APP_ID}, "AADSTS700025", Stage.TOKEN),
        ({"client_id": NOBODYS}, "AADSTS700016", Stage.TOKEN),
        ({"directory_id": NOBODYS}, "AADSTS90002", Stage.TENANT),
        ({"directory_id": "common"}, "AADSTS50059", Stage.TENANT),
        ({"directory_id": "organizations"}, "AADSTS50059", Stage.TENANT),
        ({"directory_id": "consumers"}, "AADSTS9001023", Stage.TOKEN),
        ({"scope": "https://outlook.office.com/IMAP.AccessAsUser.All"},
         "AADSTS1002012", Stage.TOKEN),
        ({"scope": f"{OUTLOOK} offline_access"}, "AADSTS1002012", Stage.TOKEN),
        ({"scope": f"{OUTLOOK} {GRAPH}"}, "AADSTS28000", Stage.TOKEN),
        ({"scope": "https://nowhere.example/.default"}, "AADSTS500011", Stage.TOKEN),
        ({"scope": ""}, "AADSTS900144", Stage.TOKEN),
    ],
)  # fmt: skip
def test_wrong_value_is_refused_with_microsofts_code(
    policy, request_, requests_sent, change, code, stage
) -> None:
    error = refused(dataclasses.replace(request_, **change), policy)
    assert (error.code, error.stage, error.permanent) == (code, stage, True)
    assert str(error.evidence["answer"]).startswith(f"{code}: ")
    assert (error.evidence["user"], error.evidence["host"]) == (
        ADDRESS,
        "login.microsoftonline.com",
    )
    assert len(str(error.evidence["trace_id"])) == 36
    assert "GET instance" not in requests_sent
    assert requests_sent.count("POST token") <= 1


@pytest.mark.parametrize(
    ("fault", "code", "stage", "wait"),
    [
        ("entra-throttled", "token-throttled", Stage.TOKEN, 7.0),
        ("entra-unavailable", "token-unavailable", Stage.TOKEN, None),
        ("entra-html", "token-not-json", Stage.PROXY, None),
        ("AADSTS90033", "AADSTS90033", Stage.TOKEN, 7.0),
        ("AADSTS7000222", "AADSTS7000222", Stage.TOKEN, None),
    ],
)
def test_fault_of_the_application_hits_its_own_tokens(
    sandbox, policy, request_, fault, code, stage, wait
) -> None:
    sandbox.fault(APP.client_id, fault)
    error = refused(request_, policy)
    assert (error.code, error.stage, error.retry_after) == (code, stage, wait)


def test_nothing_is_cached_after_a_refusal(sandbox, policy, request_) -> None:
    first = microsoft.acquire(request_, policy, None)
    sandbox.fault(APP.client_id, "AADSTS7000222")
    with pytest.raises(MailError):
        microsoft.acquire(request_, policy, first.cache, margin=100_000)
    assert microsoft.acquire(request_, policy, first.cache).token.from_cache is True


def test_region_in_the_environment_changes_nothing(
    policy, request_, requests_sent, monkeypatch
) -> None:
    monkeypatch.setenv("MSAL_FORCE_REGION", "westeurope")
    monkeypatch.setenv("REGION_NAME", "westeurope")
    microsoft.acquire(request_, policy, None)
    assert requests_sent == ["GET openid-configuration", "POST token"]


@pytest.mark.parametrize("grant", [Grant.SERVICE_ACCOUNT])
def test_grant_that_is_not_spoken_is_a_fault_of_the_option(
    policy, request_, requests_sent, grant: Grant
) -> None:
    error = refused(dataclasses.replace(request_, grant=grant), policy)
    assert (error.code, error.stage, error.permanent) == (
        Code.CONFIG_INCOMPLETE,
        Stage.FIELDS,
        True,
    )
    assert error.evidence == {"option": "grant-type", "answer": str(grant)}
    assert requests_sent == []


def test_secrets_are_nowhere_to_be_read(
    policy, request_, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outcome = microsoft.acquire(request_, policy, None)
    canary = dataclasses.replace(request_, client_secret="Canary~Bird~99")
    error = refused(canary, policy)
    shown = " ".join(
        [
            caplog.text,
            repr(request_),
            repr(outcome),
            repr(error),
            str(error),
            repr(error.evidence),
        ]
    )
    assert APP.secret and APP.secret not in shown
    assert "Canary~Bird~99" not in shown
    assert outcome.token.value not in shown
    assert APP.secret not in json.dumps(outcome.cache)

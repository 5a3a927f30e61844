"""The fake Entra ID as MSAL and a plain HTTP client see it."""

from __future__ import annotations

import re
import time
import uuid

import jwt
import pytest
import requests

from mailboxes.sandbox import world
from mailboxes.sandbox.entra.errors import ERRORS
from mailboxes.sandbox.server import Sandbox
from tests.sandbox.clients import (
    AUTHORITY,
    ORDERS,
    SCOPE,
    SUPPORT,
    app,
    session,
    signed_in,
    smtp_signed_in,
)

DESCRIPTION = re.compile(
    r"AADSTS(\d+): .+ Trace ID: [0-9a-f-]{36} Correlation ID: ([0-9a-f-]{36}) "
    r"Timestamp: \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"
)


def ask(
    box: Sandbox, tenant: str = world.TENANT_ID, **changes: str
) -> requests.Response:
    """The token endpoint, with a request that is right but for the changes."""
    account = (
        box.account(changes.get("username", SUPPORT).lower())
        if (changes.get("username", SUPPORT).lower() in world.accounts())
        else box.account(SUPPORT)
    )
    form = {
        "grant_type": "password",
        "client_id": box.client_id,
        "username": account.address,
        "password": account.password,
        "scope": f"{SCOPE} openid profile offline_access",
    } | changes
    form = {name: value for name, value in form.items() if value != "(none)"}
    return session(box).post(
        f"{AUTHORITY}/{tenant}/oauth2/v2.0/token", data=form, timeout=20
    )


def test_msal_gets_a_token_with_the_production_authority(sandbox: Sandbox) -> None:
    account = sandbox.account(SUPPORT)
    found = app(sandbox).acquire_token_by_username_password(
        account.address, account.password, [SCOPE]
    )
    claims = jwt.decode(found["access_token"], options={"verify_signature": False})
    assert {
        name: claims[name] for name in ("aud", "appid", "scp", "tid", "upn", "ver")
    } == {
        "aud": "https://outlook.office.com",
        "appid": world.PUBLIC_APP_ID,
        "scp": "EWS.AccessAsUser.All IMAP.AccessAsUser.All POP.AccessAsUser.All "
        "SMTP.Send",
        "tid": world.TENANT_ID,
        "upn": SUPPORT,
        "ver": "1.0",
    }
    assert len(found["access_token"]) >= 1800
    assert 3600 <= found["expires_in"] <= 4500
    assert claims["exp"] - time.time() == pytest.approx(found["expires_in"], abs=10)


def test_msal_renews_with_the_refresh_token(sandbox: Sandbox) -> None:
    client, account = app(sandbox), sandbox.account(SUPPORT)
    first = client.acquire_token_by_username_password(
        account.address, account.password, [SCOPE]
    )
    (known,) = client.get_accounts(account.address)
    cached = client.acquire_token_silent([SCOPE], account=known)
    renewed = client.acquire_token_silent([SCOPE], account=known, force_refresh=True)
    assert cached["access_token"] == first["access_token"]
    assert renewed["access_token"] != first["access_token"]


def test_msal_returns_the_refusal_of_a_wrong_password(sandbox: Sandbox) -> None:
    found = app(sandbox).acquire_token_by_username_password(SUPPORT, "no", [SCOPE])
    assert (found["error"], found["error_codes"]) == ("invalid_grant", [50126])
    assert DESCRIPTION.fullmatch(found["error_description"])[1] == "50126"


def test_token_life_can_be_made_short(sandbox: Sandbox) -> None:
    sandbox.set_token_seconds(7)
    assert ask(sandbox).json()["expires_in"] == 7


CONFIDENTIAL = {"client_id": world.CONFIDENTIAL_APP_ID}
NATURAL = [
    (50126, {"password": "wrong"}),
    (50034, {"username": "nobody@contoso.example"}),
    (50053, {"username": "locked@contoso.example"}),
    (50055, {"username": "expired@contoso.example"}),
    (50057, {"username": "disabled@contoso.example"}),
    (50076, {"username": "mfa@contoso.example"}),
    (50079, {"username": "enrol@contoso.example"}),
    (53003, {"username": "policy@contoso.example"}),
    (50105, {"username": "unassigned@contoso.example"}),
    (65001, {"client_id": world.UNCONSENTED_APP_ID}),
    (700016, {"client_id": "00000000-0000-0000-0000-000000000001"}),
    (7000218, CONFIDENTIAL),
    (7000215, CONFIDENTIAL | {"client_secret": "wrong"}),
    (7000222, CONFIDENTIAL | {"client_secret": "sandbox~Expired~Value~0000"}),
    (700025, {"client_secret": "surplus"}),
    (90002, {"tenant": "00000000-0000-0000-0000-000000000002"}),
    (90002, {"tenant": "fabrikam.example"}),
    (900023, {"tenant": "no tenant"}),
    (50059, {"tenant": ""}),
    (9001023, {"tenant": "common"}),
    (500011, {"scope": "https://outlook.ofice.com/.default"}),
    (70011, {"scope": "https://outlook.office.com/.default,openid"}),
    (70011, {"scope": "nonsense"}),
    (28000, {"scope": f"{SCOPE} https://graph.microsoft.com/.default"}),
    (900144, {"scope": "(none)"}),
    (900144, {"username": "(none)"}),
    (70003, {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}),
    (70000, {"grant_type": "refresh_token", "refresh_token": "1.Ajunk"}),
]


@pytest.mark.parametrize(("number", "changes"), NATURAL)
def test_entra_refuses_by_itself(
    shared_sandbox: Sandbox, number: int, changes: dict[str, str]
) -> None:
    answer = ask(shared_sandbox, **changes)
    body = answer.json()
    assert body["error_codes"] == [number]
    assert (answer.status_code, body["error"]) == ERRORS[number][:2]


@pytest.mark.table(5)
@pytest.mark.parametrize("number", ERRORS)
def test_entra_refuses_by_name_in_the_real_shape(
    shared_sandbox: Sandbox, number: int
) -> None:
    shared_sandbox.fault(SUPPORT, str(number), times=1)
    correlation = str(uuid.uuid4())
    answer = session(shared_sandbox).post(
        f"{AUTHORITY}/{world.TENANT_ID}/oauth2/v2.0/token",
        data={
            "grant_type": "password",
            "client_id": shared_sandbox.client_id,
            "username": SUPPORT,
            "password": shared_sandbox.account(SUPPORT).password,
            "scope": SCOPE,
        },
        headers={"client-request-id": correlation},
        timeout=20,
    )
    body = answer.json()
    entry = ERRORS[number]
    assert (answer.status_code, body["error"]) == (entry.status, entry.error)
    assert body["error_codes"] == [number]
    assert body.get("suberror") == entry.suberror
    found = DESCRIPTION.fullmatch(body["error_description"])
    assert (found[1], found[2]) == (str(number), correlation)
    assert body["correlation_id"] == correlation
    assert body["error_uri"] == f"{AUTHORITY}/error?code={number}"
    assert set(body) - {"suberror"} == {
        "error",
        "error_description",
        "error_codes",
        "timestamp",
        "trace_id",
        "correlation_id",
        "error_uri",
    }
    assert ask(shared_sandbox).status_code == 200


@pytest.mark.parametrize(
    ("fault", "status", "kind", "retry"),
    [
        ("entra-throttled", 429, "application/json; charset=utf-8", "7"),
        ("entra-unavailable", 503, "text/html; charset=utf-8", None),
        ("entra-html", 200, "text/html; charset=utf-8", None),
    ],
)
def test_entra_is_in_trouble(
    sandbox: Sandbox, fault: str, status: int, kind: str, retry: str | None
) -> None:
    sandbox.fault("*", fault)
    answer = ask(sandbox)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == kind
    assert answer.headers.get("Retry-After") == retry
    sandbox.fault("*", None)
    assert ask(sandbox).status_code == 200


def test_entra_can_hang_up(sandbox: Sandbox) -> None:
    sandbox.fault("*", "entra-drop")
    with pytest.raises(requests.ConnectionError):
        ask(sandbox)


def test_entra_can_be_slow(sandbox: Sandbox) -> None:
    sandbox.fault("*", "slow", seconds=0.5)
    began = time.monotonic()
    assert ask(sandbox).status_code == 200
    assert time.monotonic() - began >= 0.5


def test_discovery_names_the_tenant_and_refuses_an_unknown_one(
    sandbox: Sandbox,
) -> None:
    path = "v2.0/.well-known/openid-configuration"
    good = session(sandbox).get(f"{AUTHORITY}/contoso.example/{path}", timeout=20)
    assert good.json()["issuer"] == f"{AUTHORITY}/{world.TENANT_ID}/v2.0"
    unknown = str(uuid.UUID(int=7))
    bad = session(sandbox).get(f"{AUTHORITY}/{unknown}/{path}", timeout=20)
    assert (bad.status_code, bad.json()["error_codes"]) == (400, [90002])
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        app(sandbox, unknown)


def test_a_changed_password_revokes_the_refresh_token(sandbox: Sandbox) -> None:
    account = sandbox.account(SUPPORT)
    changed = world.Account(
        account.address, account.name, "another", account.object_id, ""
    )
    token = sandbox.box.tokens.refresh(changed, world.APPS[sandbox.client_id])
    answer = ask(sandbox, grant_type="refresh_token", refresh_token=token)
    assert answer.json()["error_codes"] == [50173]


def test_a_fault_by_name_comes_before_the_password(sandbox: Sandbox) -> None:
    sandbox.fault(SUPPORT, "AADSTS50053", times=1)
    assert ask(sandbox, password="wrong").json()["error_codes"] == [50053]


def test_requests_are_counted_by_outcome(sandbox: Sandbox) -> None:
    ask(sandbox)
    ask(sandbox, password="wrong")
    ask(sandbox, password="wrong")
    signed_in(sandbox).logout()
    smtp_signed_in(sandbox).quit()
    assert sandbox.requests(SUPPORT) == {
        "token": {"ok": 1, "AADSTS50126": 2},
        "imap": {"ok": 1},
        "smtp": {"ok": 1},
    }
    assert sandbox.requests(ORDERS) == {}

"""Tokens of an application itself, as MSAL, plain HTTP and mail clients see them."""

from __future__ import annotations

import dataclasses
import imaplib
import smtplib

import jwt
import msal
import pytest
import requests

from mailboxes.sandbox import world
from mailboxes.sandbox.entra.errors import ERRORS
from mailboxes.sandbox.server import Sandbox
from tests.sandbox.clients import AUTHORITY, SUPPORT, imap, session, smtp, xoauth2

APP = world.APPS[world.CONFIDENTIAL_APP_ID]
SCOPE = "https://outlook.office365.com/.default"
GRAPH = "https://graph.microsoft.com/.default"
FULL = "https://outlook.office.com/full_access_as_app"


def ask(
    box: Sandbox, tenant: str = world.TENANT_ID, **changes: str
) -> requests.Response:
    """The token endpoint, with a request that is right but for the changes."""
    form = {
        "grant_type": "client_credentials",
        "client_id": APP.client_id,
        "client_secret": APP.secret or "",
        "scope": SCOPE,
    } | changes
    form = {name: value for name, value in form.items() if value != "(none)"}
    return session(box).post(
        f"{AUTHORITY}/{tenant}/oauth2/v2.0/token", data=form, timeout=20
    )


def claims(token: str) -> dict[str, object]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def imap_in(box: Sandbox, address: str, token: str) -> imaplib.IMAP4_SSL:
    """imaplib, signed in."""
    client = imap(box)
    client.authenticate("XOAUTH2", xoauth2(address, token))
    return client


def smtp_in(box: Sandbox, address: str, token: str) -> int:
    """The code with which smtplib was let in."""
    answer = xoauth2(address, token)
    return smtp(box).auth("XOAUTH2", answer, initial_response_ok=False)[0]


def test_msal_gets_a_token_of_the_application(sandbox: Sandbox) -> None:
    client = msal.ConfidentialClientApplication(
        APP.client_id,
        client_credential=APP.secret,
        authority=f"{AUTHORITY}/{sandbox.tenant_id}",
        http_client=session(sandbox),
    )
    found = client.acquire_token_for_client([SCOPE])
    held = claims(found["access_token"])
    assert {
        name: held[name]
        for name in ("aud", "appid", "appidacr", "idtyp", "oid", "roles", "tid")
    } == {
        "aud": "https://outlook.office365.com",
        "appid": APP.client_id,
        "appidacr": "1",
        "idtyp": "app",
        "oid": APP.principal_id,
        "roles": [
            "IMAP.AccessAsApp",
            "POP.AccessAsApp",
            "SMTP.SendAsApp",
            "full_access_as_app",
        ],
        "tid": world.TENANT_ID,
    }
    assert {"scp", "upn", "unique_name", "name"} & set(held) == set()


def test_the_answer_has_no_refresh_token_and_no_scope(sandbox: Sandbox) -> None:
    answer = ask(sandbox, scope=GRAPH).json()
    held = claims(answer.pop("access_token"))
    assert held["roles"] == ["Mail.ReadWrite", "Mail.Send"]
    assert answer == {
        "token_type": "Bearer",
        "expires_in": 3737,
        "ext_expires_in": 3737,
    }


def test_without_consent_there_is_a_token_without_roles(sandbox: Sandbox) -> None:
    app = world.APPS[world.UNCONSENTED_APP_ID]
    answer = ask(sandbox, client_id=app.client_id, client_secret=app.secret or "")
    assert answer.status_code == 200
    assert "roles" not in claims(answer.json()["access_token"])


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (7000216, {"client_secret": "(none)"}),
        (7000215, {"client_secret": "wrong"}),
        (7000222, {"client_secret": APP.expired_secret}),
        (700025, {"client_id": world.PUBLIC_APP_ID}),
        (7000216, {"client_id": world.PUBLIC_APP_ID, "client_secret": "(none)"}),
        (700016, {"client_id": "00000000-0000-0000-0000-000000000001"}),
        (900144, {"client_id": "(none)"}),
        (900144, {"scope": "(none)"}),
        (1002012, {"scope": FULL}),
        (1002012, {"scope": f"{SCOPE} openid"}),
        (1002012, {"scope": f"{SCOPE},openid"}),
        (1002012, {"scope": "nonsense"}),
        (28000, {"scope": f"{SCOPE} {GRAPH}"}),
        (500011, {"scope": "https://outlook.ofice.com/.default"}),
        (50059, {"tenant": "common"}),
        (50059, {"tenant": "organizations"}),
        (9001023, {"tenant": "consumers"}),
        (90002, {"tenant": "fabrikam.example"}),
        (900023, {"tenant": "no tenant"}),
    ],
)
def test_entra_refuses_by_itself(
    shared_sandbox: Sandbox, number: int, changes: dict[str, str]
) -> None:
    answer = ask(shared_sandbox, **changes)
    body = answer.json()
    assert body["error_codes"] == [number]
    assert (answer.status_code, body["error"]) == ERRORS[number][:2]


def test_the_words_name_the_wrong_scope(sandbox: Sandbox) -> None:
    words = ask(sandbox, scope=FULL).json()["error_description"]
    assert words.startswith(
        f"AADSTS1002012: The provided value for scope {FULL} is not valid."
    )


@pytest.mark.table(5)
@pytest.mark.parametrize("number", ERRORS)
def test_entra_refuses_by_name(shared_sandbox: Sandbox, number: int) -> None:
    shared_sandbox.fault(APP.client_id, str(number), times=1)
    assert ask(shared_sandbox, client_secret="wrong").json()["error_codes"] == [number]
    assert ask(shared_sandbox).status_code == 200


def test_faults_of_a_mailbox_leave_the_application_alone(sandbox: Sandbox) -> None:
    sandbox.fault(SUPPORT, "AADSTS50053")
    assert ask(sandbox).status_code == 200
    sandbox.fault("*", "AADSTS90033")
    assert ask(sandbox).json()["error_codes"] == [90033]


def test_requests_are_counted_by_client_id(sandbox: Sandbox) -> None:
    ask(sandbox)
    ask(sandbox, client_secret="wrong")
    expected = {"token": {"ok": 1, "AADSTS7000215": 1}}
    assert sandbox.requests(APP.client_id) == expected
    control = f"http://127.0.0.1:{sandbox.control_port}/requests/{APP.client_id}"
    assert requests.get(control, proxies={"http": ""}, timeout=20).json() == expected


def test_an_app_may_be_public_and_have_a_secret(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        world.APPS, APP.client_id, dataclasses.replace(APP, public=True)
    )
    form = {
        "grant_type": "password",
        "username": SUPPORT,
        "password": sandbox.account(SUPPORT).password,
    }
    assert ask(sandbox, client_secret="(none)", **form).status_code == 200
    assert ask(sandbox, **form).status_code == 200
    wrong = ask(sandbox, client_secret="wrong", **form)
    assert wrong.json()["error_codes"] == [7000215]


def test_mail_servers_take_the_token_where_the_application_may(
    sandbox: Sandbox,
) -> None:
    imap_in(sandbox, SUPPORT, sandbox.app_token())
    assert smtp_in(sandbox, SUPPORT, sandbox.app_token()) == 235


IMAP_ONLY = dataclasses.replace(APP, mail_roles=("IMAP.AccessAsApp",))


@pytest.mark.parametrize(
    ("address", "how", "reason"),
    [
        (SUPPORT, {"seconds": -1}, "expired"),
        (SUPPORT, {"resource": "https://graph.microsoft.com"}, "audience"),
        (SUPPORT, {"client_id": world.UNCONSENTED_APP_ID}, "roles"),
        ("nobody@contoso.example", {}, "no mailbox"),
        ("noaccess@contoso.example", {}, "application"),
        ("locked@contoso.example", {}, "application"),
    ],
)
def test_mail_servers_refuse_as_any_token(
    sandbox: Sandbox, address: str, how: dict[str, object], reason: str
) -> None:
    token = sandbox.app_token(**how)  # type: ignore[arg-type]
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATE failed."):
        imap_in(sandbox, address, token)
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        smtp_in(sandbox, address, token)
    assert (refused.value.smtp_code, refused.value.smtp_error) == (
        535,
        b"5.7.3 Authentication unsuccessful",
    )
    assert sandbox.requests(address) == {"imap": {reason: 1}, "smtp": {reason: 1}}


def test_each_protocol_wants_its_own_role(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(world.APPS, APP.client_id, IMAP_ONLY)
    token = sandbox.app_token()
    imap_in(sandbox, SUPPORT, token)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        smtp_in(sandbox, SUPPORT, token)
    assert sandbox.requests(SUPPORT) == {"imap": {"ok": 1}, "smtp": {"roles": 1}}


def test_a_scenario_of_a_mail_server_shows_itself_to_applications_too(
    sandbox: Sandbox,
) -> None:
    client = imap_in(sandbox, "norights@contoso.example", sandbox.app_token())
    with pytest.raises(imaplib.IMAP4.error, match="authenticated but not connected"):
        client.select("INBOX")

"""The sign-in pages of the sandbox, with MSAL as a client that is not ours."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import msal
import pytest

from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from tests.fixtures import person
from tests.sandbox.clients import AUTHORITY, SUPPORT, imap, session, xoauth2

SCOPES = ["https://outlook.office.com/IMAP.AccessAsUser.All"]
BACK = "https://console.example/sign-in/answer/"
GATEWAY = world.APPS[world.CONFIDENTIAL_APP_ID]


def public(box: Sandbox, client_id: str = world.PUBLIC_APP_ID):
    return msal.PublicClientApplication(
        client_id,
        authority=f"{AUTHORITY}/{box.tenant_id}",
        http_client=session(box),
    )


def confidential(box: Sandbox):
    return msal.ConfidentialClientApplication(
        GATEWAY.client_id,
        client_credential=GATEWAY.secret,
        authority=f"{AUTHORITY}/{box.tenant_id}",
        http_client=session(box),
    )


def begun(app, **more: str) -> dict[str, object]:
    return app.initiate_auth_code_flow(SCOPES, redirect_uri=BACK, **more)


def came_back(box: Sandbox, flow, **how: bool) -> dict[str, str]:
    location = person.sent_back(box, SUPPORT, str(flow["auth_uri"]), **how)
    assert location.startswith(BACK)
    return dict(parse_qsl(urlsplit(location).query))


@pytest.mark.parametrize("make", [public, confidential])
def test_code_with_pkce_signs_in_and_opens_the_mailbox(sandbox: Sandbox, make) -> None:
    app = make(sandbox)
    flow = begun(app)
    found = app.acquire_token_by_auth_code_flow(flow, came_back(sandbox, flow))
    assert found["id_token_claims"]["preferred_username"] == SUPPORT
    client = imap(sandbox)
    client.authenticate("XOAUTH2", xoauth2(SUPPORT, found["access_token"]))
    client.logout()
    (account,) = app.get_accounts()
    renewed = app.acquire_token_silent(SCOPES, account, force_refresh=True)
    assert renewed["access_token"] != found["access_token"]


def test_code_is_good_once(sandbox: Sandbox) -> None:
    app = public(sandbox)
    flow = begun(app)
    answer = came_back(sandbox, flow)
    app.acquire_token_by_auth_code_flow(dict(flow), answer)
    again = app.acquire_token_by_auth_code_flow(dict(flow), answer)
    assert again["error_codes"] == [54005]


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"code_verifier": "x" * 43}, 501481),
        ({"redirect_uri": BACK + "other/"}, 500112),
    ],
)
def test_code_belongs_to_its_link(sandbox: Sandbox, change, number: int) -> None:
    app = public(sandbox)
    flow = begun(app)
    answer = came_back(sandbox, flow)
    found = app.acquire_token_by_auth_code_flow({**flow, **change}, answer)
    assert found["error_codes"] == [number]


def test_person_who_cancels_is_sent_back_with_the_reason(sandbox: Sandbox) -> None:
    flow = begun(public(sandbox))
    answer = came_back(sandbox, flow, accept=False)
    assert (answer["error"], answer["state"]) == ("access_denied", flow["state"])
    assert answer["error_description"].startswith("AADSTS65004")


def test_wrong_password_stays_on_the_page(sandbox: Sandbox) -> None:
    flow = begun(public(sandbox))
    shown = person.answer(sandbox, SUPPORT, str(flow["auth_uri"]), password="wrong")
    assert (shown.status_code, "account or password is incorrect" in shown.text) == (
        200,
        True,
    )


def test_who_agrees_gives_the_application_its_permissions(sandbox: Sandbox) -> None:
    """The application without an administrator's consent, for one's own mailbox."""
    app = public(sandbox, world.UNCONSENTED_APP_ID)
    flow = begun(app)
    found = app.acquire_token_by_auth_code_flow(flow, came_back(sandbox, flow))
    assert "IMAP.AccessAsUser.All" in found["scope"]


def test_device_code_waits_for_the_person(sandbox: Sandbox) -> None:
    sandbox.device_interval(1)
    app = public(sandbox)
    flow = app.initiate_device_flow(SCOPES)
    waiting = app.acquire_token_by_device_flow({**flow, "expires_at": 0})
    assert waiting["error"] == "authorization_pending"
    page = person.answer(
        sandbox, SUPPORT, flow["verification_uri"], otc=flow["user_code"]
    )
    assert "You have signed in" in page.text
    found = app.acquire_token_by_device_flow({**flow, "expires_at": 0})
    assert found["id_token_claims"]["preferred_username"] == SUPPORT
    again = app.acquire_token_by_device_flow({**flow, "expires_at": 0})
    assert again["error"] == "bad_verification_code"


def test_declined_device_is_told(sandbox: Sandbox) -> None:
    app = public(sandbox)
    flow = app.initiate_device_flow(SCOPES)
    person.answer(
        sandbox,
        SUPPORT,
        flow["verification_uri"],
        accept=False,
        otc=flow["user_code"],
    )
    found = app.acquire_token_by_device_flow({**flow, "expires_at": 0})
    assert found["error"] == "authorization_declined"


def test_device_code_is_for_public_clients(sandbox: Sandbox) -> None:
    flow = public(sandbox, GATEWAY.client_id).initiate_device_flow(SCOPES)
    assert flow["error_codes"] == [7000218]

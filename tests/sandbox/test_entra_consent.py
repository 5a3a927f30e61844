"""The admin consent page: where its buttons lead, and what the application may then."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from tests.sandbox.clients import AUTHORITY, session
from tests.sandbox.test_entra_application import ask, claims

APP = world.APPS[world.UNCONSENTED_APP_ID]
PAGE = f"{AUTHORITY}/{world.TENANT_ID}/v2.0/adminconsent"
QUERY = {
    "client_id": APP.client_id,
    "scope": "https://outlook.office365.com/.default",
    "redirect_uri": "http://127.0.0.1:8000/consent/?kept=1",
    "state": "<b>&'\"",
}


def page(box: Sandbox, **changes: str) -> requests.Response:
    return session(box).get(PAGE, params=QUERY | changes, timeout=20)


def pressed(box: Sandbox, answer: str, **changes: str) -> requests.Response:
    form = QUERY | changes | {"answer": answer}
    return session(box).post(PAGE, data=form, timeout=20, allow_redirects=False)


def roles(box: Sandbox) -> object:
    answer = ask(box, client_id=APP.client_id, client_secret=APP.secret or "")
    return claims(answer.json()["access_token"]).get("roles")


def test_the_page_names_the_application_and_escapes_what_it_was_given(
    sandbox: Sandbox,
) -> None:
    shown = page(sandbox)
    assert shown.status_code == 200
    assert "Contoso without consent" in shown.text and "Accept" in shown.text
    assert "<b>&" not in shown.text and "&lt;b&gt;" in shown.text


def test_accept_sends_back_as_entra_does_and_gives_the_permissions(
    sandbox: Sandbox,
) -> None:
    assert roles(sandbox) is None
    sent = pressed(sandbox, "accept")
    assert sent.status_code == 302
    target = urlsplit(sent.headers["Location"])
    assert (target.netloc, target.path) == ("127.0.0.1:8000", "/consent/")
    assert dict(parse_qsl(target.query)) == {
        "kept": "1",
        "admin_consent": "True",
        "tenant": world.TENANT_ID,
        "state": QUERY["state"],
        "scope": QUERY["scope"],
    }
    assert roles(sandbox) == list(world.MAIL_ROLES)


def test_cancel_sends_back_a_refusal_and_changes_nothing(sandbox: Sandbox) -> None:
    query = dict(
        parse_qsl(urlsplit(pressed(sandbox, "cancel").headers["Location"]).query)
    )
    assert (query["error"], query["state"]) == ("access_denied", QUERY["state"])
    assert query["error_description"].startswith("AADSTS65004")
    assert roles(sandbox) is None


def test_consent_lasts_as_long_as_the_sandbox_runs(sandbox: Sandbox, tmp_path) -> None:
    pressed(sandbox, "accept")
    with Sandbox(tmp_path / "another") as other:
        assert roles(other) is None


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"client_id": "00000000-0000-0000-0000-000000000001"}, 700016),
        ({"client_id": ""}, 900144),
        ({"scope": ""}, 900144),
        ({"redirect_uri": ""}, 900144),
        ({"redirect_uri": "javascript:alert(1)"}, 50011),
        ({"redirect_uri": "http://x.example/\r\nSet-Cookie: a=b"}, 50011),
    ],
)
def test_a_mistake_is_shown_there_and_sends_nobody_back(
    sandbox: Sandbox, changes: dict[str, str], number: int
) -> None:
    for answer in (page(sandbox, **changes), pressed(sandbox, "accept", **changes)):
        assert answer.status_code == 400
        assert f"AADSTS{number}" in answer.text and "Location" not in answer.headers
    assert roles(sandbox) is None


def test_an_unknown_tenant_is_refused(sandbox: Sandbox) -> None:
    wrong = PAGE.replace(world.TENANT_ID, "11111111-2222-3333-4444-555555555555")
    answer = session(sandbox).get(wrong, params=QUERY, timeout=20)
    assert (answer.status_code, "AADSTS90002" in answer.text) == (400, True)

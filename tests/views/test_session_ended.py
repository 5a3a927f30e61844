"""Pages that were left open until their session had ended: polls and forms."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pytest
from django.test import Client

from mailboxes.views import session_ended
from tests import factories

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
CANARY = "canary-5f3a"


def poll(path: str) -> Any:
    return Client().get(path, headers={"HX-Request": "true"})


@pytest.mark.parametrize(
    "path", ["/?region=1", "/outbox/?region=1", "/system/?region=1"]
)
def test_poll_gets_a_sentence_and_no_page_to_put_into_its_region(path: str) -> None:
    answer = poll(path)
    assert (answer.status_code, answer["Content-Type"], answer.content.decode()) == (
        401,
        "text/plain; charset=utf-8",
        "Your session has ended: reload this page to sign in again.",
    )


def test_sign_of_life_of_a_step_gets_no_page_either() -> None:
    answer = Client().post("/connect/1/mode/here/", headers={"HX-Request": "true"})
    assert answer.status_code == 401


def send(path: str, fields: dict[str, Any], stood: str = "") -> Any:
    return Client().post(path, fields, headers={"Referer": SITE + (stood or path)})


def hidden(page: Any) -> dict[str, str]:
    """Hidden fields of a page by name."""
    found = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.content.decode()
    )
    return {name: html.unescape(value) for name, value in found}


def sign_in(late: Any, password: str = "x") -> Any:
    """Sign in by the page that was given in place of the form's answer."""
    fields = hidden(late) | {"username": "anna", "password": password}
    return Client().post("/sign-in/", fields)


@pytest.fixture
def anna(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    factories.superuser("anna")


def test_form_that_was_sent_too_late_is_kept_until_its_sender_is_back(
    anna: None,
) -> None:
    typed = {"to": "a@b.example", "text": 'Two\r\nlines, <b> & "quotes"'}
    late = send("/outbox/compose/?from=3", typed)
    assert late.status_code == 403
    assert "nothing of what you sent was done" in late.content.decode()
    page = sign_in(late)
    assert (page.status_code, page.wsgi_request.user.get_username()) == (200, "anna")
    assert {n: v for n, v in hidden(page).items() if n in typed} == typed
    shown = page.content.decode()
    assert 'action="/outbox/compose/?from=3"' in shown
    assert 'href="/outbox/compose/?from=3"' in shown


def test_button_of_a_page_leads_back_to_it(anna: None) -> None:
    """Its own address takes a POST alone."""
    page = sign_in(send("/mailboxes/2/fetch/", {}, "/mailboxes/2/")).content.decode()
    assert 'action="/mailboxes/2/fetch/"' in page and 'href="/mailboxes/2/"' in page


def test_wrong_password_loses_nothing(anna: None) -> None:
    late = send("/outbox/compose/", {"text": "Hello"})
    wrong = sign_in(late, "wrong")
    assert hidden(wrong) | {"csrfmiddlewaretoken": ""} == hidden(late) | {
        "csrfmiddlewaretoken": ""
    }
    assert hidden(sign_in(wrong))["text"] == "Hello"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/option-sets/pop/1/edit/", {"alias": "a", "password": CANARY}),
        ("/registrations/1/secret/", {"secret": CANARY}),
        ("/registrations/1/certificate/", {"certificate": CANARY}),
        ("/secrets/new/", {"name": "a", "password": CANARY}),
        ("/proxies/new/", {"name": "a", "password": CANARY}),
        ("/connect/1/secret/", {"secret": CANARY}),
        ("/option-sets/import/", {"text": CANARY}),
        ("/option-sets/import/", {"sealed": CANARY}),
        ("/password/", {"old_password": CANARY, "new_password1": CANARY}),
        ("/option-sets/pop/1/edit/", {"extra": f"a = b\nmail.password = {CANARY}"}),
        ("/outbox/compose/", {"attachments": io.BytesIO(b"a file")}),
    ],
)
def test_secrets_and_files_are_not_kept(
    path: str, fields: dict[str, Any], anna: None
) -> None:
    late = send(path, fields)
    assert (late.status_code, hidden(late)["kept"]) == (403, "")
    assert CANARY not in late.content.decode()
    assert "enter it again" in late.content.decode()
    assert sign_in(late)["Location"] == path


def test_what_was_kept_too_long_or_made_elsewhere_is_dropped(
    anna: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = send("/outbox/compose/", {"text": "Hello"})
    assert session_ended.opened(hidden(late)["kept"] + "x") is None
    monkeypatch.setattr(session_ended, "GOOD_FOR", -1)
    assert sign_in(late)["Location"] == "/outbox/compose/"


@pytest.mark.parametrize("referer", ["", "https://elsewhere.example/a", "/a", "x://"])
def test_form_of_no_page_of_ours_leads_to_its_own_address(referer: str) -> None:
    answer = Client().post("/outbox/compose/", headers={"Referer": referer})
    assert answer["Location"] == "/sign-in/?next=/outbox/compose/"


def test_page_that_was_only_looked_at_says_nothing_of_an_end() -> None:
    answer = Client().get("/outbox/", headers={"Referer": f"{SITE}/"})
    assert answer["Location"] == "/sign-in/?next=/outbox/"
    page = Client().get(answer["Location"]).content.decode()
    assert "nothing of what you sent was done" not in page


def test_sign_out_is_no_ended_session() -> None:
    anna = Client()
    anna.force_login(factories.superuser("anna"))
    answer = anna.post("/sign-out/", headers={"Referer": f"{SITE}/"})
    assert answer["Location"] == "/sign-in/"

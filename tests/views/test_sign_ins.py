"""Pages of sign-ins: for people here, and public ones for the owner."""

from __future__ import annotations

import pytest
from django.test import Client

from mailboxes.models import SignIn
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import sign_ins
from mailboxes.services.sign_ins import work as sign_in_work
from tests import factories
from tests.fixtures import person
from tests.services.sign_ins.test_sign_ins import ADDRESS, pop, proxy

__all__ = ["proxy"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(factories.superuser("anna"))
    return client


def test_owner_in_another_browser_signs_in_without_an_account(
    browser: Client, sandbox: Sandbox, proxy
) -> None:
    client = pop(proxy)
    page = browser.get(f"/option-sets/pop/{client.pk}/").content.decode()
    assert "has not signed in yet" in page
    started = browser.post(f"/option-sets/pop/{client.pk}/sign-in/", follow=True)
    row = SignIn.objects.get()
    public = f"/owner-sign-in/{sign_ins.token_of(row)}/"
    assert f"http://testserver{public}" in started.content.decode()

    owner = Client()
    shown = owner.get(public)
    link = shown.context["address"]
    assert (shown.status_code, ADDRESS in shown.content.decode()) == (200, True)
    assert "anna" not in shown.content.decode()
    back = person.sent_back(sandbox, ADDRESS, link)
    answered = owner.get(back)
    assert (answered.status_code, answered["Location"]) == (302, public)
    assert answered["Referrer-Policy"] == "no-referrer"
    waiting = owner.get(public).content.decode()
    assert 'http-equiv="refresh"' in waiting and "being finished" in waiting

    assert sign_in_work.carry_out(row.pk) is True
    done = owner.get(public).content.decode()
    assert "You have signed in." in done and "refresh" not in done
    seen = browser.get(f"/sign-ins/{row.pk}/").content.decode()
    assert "has signed in" in seen
    again = owner.get(back)
    assert again.status_code == 400


def test_answer_that_is_nobodys_says_so(db) -> None:
    page = Client().get("/owner-sign-in/answer/?state=x&code=y")
    assert (page.status_code, "not good any more" in page.content.decode()) == (
        400,
        True,
    )
    assert Client().get("/owner-sign-in/nonsense/").status_code == 404


def test_called_off_sign_in_is_gone_for_the_owner(browser: Client, proxy) -> None:
    client = pop(proxy)
    browser.post(f"/option-sets/pop/{client.pk}/sign-in/")
    row = SignIn.objects.get()
    browser.post(f"/sign-ins/{row.pk}/cancel/")
    assert Client().get(f"/owner-sign-in/{sign_ins.token_of(row)}/").status_code == 404


def test_device_code_stands_on_the_page(
    browser: Client, sandbox: Sandbox, proxy
) -> None:
    client = pop(proxy, **{"grant-type": "device_code"})
    browser.post(f"/option-sets/pop/{client.pk}/sign-in/")
    row = SignIn.objects.get()
    assert "Asks for a code" in browser.get(f"/sign-ins/{row.pk}/").content.decode()
    sign_in_work.carry_out(row.pk)
    row.refresh_from_db()
    region = browser.get(f"/sign-ins/{row.pk}/?region=1").content.decode()
    assert row.user_code in region and row.verification_uri in region


def test_viewer_starts_no_sign_in(proxy) -> None:
    client = pop(proxy)
    viewer = Client()
    viewer.force_login(factories.user("vera"))
    assert viewer.post(f"/option-sets/pop/{client.pk}/sign-in/").status_code == 403


def test_owners_page_is_loaded_anew_when_something_has_become_of_it(
    browser: Client, proxy
) -> None:
    client = pop(proxy, **{"grant-type": "device_code"})
    browser.post(f"/option-sets/pop/{client.pk}/sign-in/")
    row = SignIn.objects.get()
    public = f"/owner-sign-in/{sign_ins.token_of(row)}/"
    same = Client().get(f"{public}?was=asked")
    assert (same.status_code, same.headers.get("HX-Refresh")) == (204, None)
    SignIn.objects.update(state="shown", user_code="ABCD")
    other = Client().get(f"{public}?was=asked")
    assert (other.status_code, other.headers.get("HX-Refresh")) == (204, "true")


def test_link_that_is_too_old_tells_the_owner_whom_to_ask(
    browser: Client, proxy
) -> None:
    client = pop(proxy)
    browser.post(f"/option-sets/pop/{client.pk}/sign-in/")
    row = SignIn.objects.get()
    SignIn.objects.update(expires_at=row.created_at)
    page = Client().get(f"/owner-sign-in/{sign_ins.token_of(row)}/")
    assert (page.status_code, "Ask whoever sent it" in page.content.decode()) == (
        410,
        True,
    )

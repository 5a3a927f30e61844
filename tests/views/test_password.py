"""Everyone who is signed in changes their own password."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from mailboxes.models import AuditEvent
from mailboxes.services import guesses
from tests import factories
from tests.views.test_mailbox_actions import said

pytestmark = pytest.mark.django_db
NEW = "an-old-tree-in-the-garden"


def typed(old: str, new: str = NEW) -> dict[str, str]:
    return {"old_password": old, "new_password1": new, "new_password2": new}


@pytest.fixture
def anna(client: Client) -> Client:
    """Without any right, and signed in with the password x."""
    client.force_login(factories.user("anna"))
    return client


def test_password_is_changed_and_this_browser_stays_signed_in(anna: Client) -> None:
    page = anna.post("/password/", typed("x"), follow=True)
    assert said(page) == [("success", "Your password is changed.")]
    assert page.redirect_chain == [("/", 302)]
    assert get_user_model().objects.get(username="anna").check_password(NEW)
    told = AuditEvent.objects.get(action="user.password-changed")
    assert (told.actor_name, told.object_name, told.details) == ("anna", "anna", {})


def test_wrong_old_password_changes_nothing_and_is_not_shown(anna: Client) -> None:
    page = anna.post("/password/", typed("canary-of-anna"))
    assert page.status_code == 400
    text = page.content.decode()
    assert "Your old password was entered incorrectly." in text
    assert "canary-of-anna" not in text and NEW not in text
    assert get_user_model().objects.get(username="anna").check_password("x")
    assert not AuditEvent.objects.filter(action="user.password-changed").exists()


def test_old_password_is_guessed_no_oftener_than_at_the_sign_in(
    anna: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guesses, "OF_BOTH", 3)
    for _ in range(3):
        anna.post("/password/", typed("y"))
    page = anna.post("/password/", typed("x"))
    assert page.status_code == 400
    assert "Too many wrong passwords. Try again in 15 minutes." in page.content.decode()
    assert get_user_model().objects.get(username="anna").check_password("x")
    assert guesses_written() == ["anna", "anna", "anna"]


def guesses_written() -> list[str]:
    events = AuditEvent.objects.filter(action=guesses.REFUSED)
    return list(events.values_list("object_name", flat=True))


def test_rules_of_a_password_describe_its_field(anna: Client) -> None:
    page = anna.get("/password/").content.decode()
    assert 'aria-describedby="id_new_password1_helptext"' in page
    rules = page.split('id="id_new_password1_helptext">')[1].split("</p>")[0]
    assert "at least" in rules and "<ul>" not in rules


def test_rail_leads_to_it(anna: Client) -> None:
    assert 'href="/password/"' in anna.get("/").content.decode()

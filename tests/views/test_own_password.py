"""Whoever can sign in can change their own password, and it is written down."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from mailboxes.models import AuditEvent

pytestmark = pytest.mark.django_db

OLD, NEW = "first-Pa55word", "another-Pa55word"


@pytest.fixture
def ola() -> User:
    return User.objects.create_user("ola", password=OLD)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_person_without_any_right_changes_their_password(ola):
    hers, elsewhere = signed_in(ola), signed_in(ola)
    assert 'href="/password/"' in hers.get("/").content.decode()
    page = hers.post(
        "/password/",
        {"old_password": OLD, "new_password1": NEW, "new_password2": NEW},
        follow=True,
    )
    assert "Your password was changed." in page.content.decode()
    ola.refresh_from_db()
    assert ola.check_password(NEW)
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.details) == (
        ola,
        "user.password-changed",
        {},
    )
    assert (hers.get("/").status_code, elsewhere.get("/").status_code) == (200, 302)


def test_wrong_old_password_changes_nothing(ola):
    page = signed_in(ola).post(
        "/password/",
        {"old_password": "x", "new_password1": NEW, "new_password2": "y"},
    )
    assert page.status_code == 400
    assert sorted(page.context["form"].errors) == ["new_password2", "old_password"]
    assert NEW not in page.content.decode()
    ola.refresh_from_db()
    assert (ola.check_password(OLD), AuditEvent.objects.count()) == (True, 0)


def test_admin_leads_to_the_same_page():
    root = User.objects.create_superuser("anna", password=OLD)
    page = signed_in(root).get("/admin/password_change/")
    assert page["Location"] == "/password/"

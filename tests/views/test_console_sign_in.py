"""Signing in to the console, and how often it may be tried."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mailboxes.models import AuditEvent
from mailboxes.services import guesses
from tests import factories

pytestmark = pytest.mark.django_db

HERE, THERE = "192.0.2.7", "192.0.2.8"


@pytest.fixture(autouse=True)
def quick(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    factories.superuser("anna")


def sign_in(name: str, password: str, address: str = HERE) -> str:
    """What the page says: the error, or where it leads."""
    page = Client().post(
        "/sign-in/", {"username": name, "password": password}, REMOTE_ADDR=address
    )
    if page.status_code == 302:
        return page["Location"]
    said = re.search(r"(Too many[^<]*|Please enter a correct)", page.content.decode())
    assert said is not None
    return said[1]


def older(by: timedelta) -> None:
    for event in AuditEvent.objects.all():
        AuditEvent.objects.filter(pk=event.pk).update(at=event.at - by)


def test_wrong_passwords_of_a_name_are_limited_where_they_come_from() -> None:
    for _ in range(guesses.OF_BOTH):
        assert sign_in("anna", "y") == "Please enter a correct"
    waits = "Too many wrong passwords. Try again in 15 minutes."
    assert sign_in("anna", "x") == waits
    assert sign_in("ANNA ", "x") == waits
    assert AuditEvent.objects.count() == guesses.OF_BOTH
    assert sign_in("anna", "x", THERE) == "/"
    older(guesses.WINDOW - timedelta(seconds=50))
    assert sign_in("anna", "x").endswith("in 1 minute.")
    older(timedelta(seconds=60))
    assert sign_in("anna", "x") == "/"


def test_good_password_ends_the_count() -> None:
    for _ in range(guesses.OF_BOTH - 1):
        sign_in("anna", "y")
    assert sign_in("anna", "x") == "/"
    assert sign_in("anna", "y") == "Please enter a correct"
    assert sign_in("anna", "x") == "/"


def test_one_address_tries_no_end_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "OF_ADDRESS", 4)
    for number in range(4):
        assert sign_in(f"name{number}", "y") == "Please enter a correct"
    assert sign_in("anna", "x").startswith("Too many")
    assert sign_in("anna", "x", THERE) == "/"


def test_one_name_is_not_tried_from_no_end_of_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guesses, "OF_NAME", 4)
    for number in range(4):
        assert sign_in("anna", "y", f"192.0.2.{number}") == "Please enter a correct"
    assert sign_in("anna", "x").startswith("Too many")


def test_log_says_who_signed_in_and_keeps_no_name_that_nobody_has() -> None:
    sign_in("correct horse", "anna")
    sign_in("anna", "y")
    sign_in("anna", "x")
    found = AuditEvent.objects.order_by("pk")
    assert [(e.action, e.actor_name, e.object_name, e.address) for e in found] == [
        (guesses.REFUSED, "not signed in", "", HERE),
        (guesses.REFUSED, "not signed in", "anna", HERE),
        (guesses.PASSED, "anna", "anna", HERE),
    ]
    assert "correct horse" not in str(list(found.values()))


def test_clock_that_was_set_back_locks_nobody_out() -> None:
    for _ in range(guesses.OF_BOTH):
        sign_in("anna", "y")
    AuditEvent.objects.update(at=timezone.now() + timedelta(days=1))
    assert sign_in("anna", "x") == "/"

"""Consent: the link on the page of its step, and the public page it comes back to."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from mailboxes.models import (
    ConsentLink,
)
from mailboxes.services.wizard import consent
from tests.fixtures import setups
from tests.views.wizard_pages import at, text

pytestmark = pytest.mark.django_db


def link() -> ConsentLink:
    return ConsentLink.objects.get(answered_at=None)


def test_the_permissions_page_has_the_link_and_who_may_approve(
    visitor: Client,
) -> None:
    draft = setups.app_only()
    page = html.unescape(visitor.get(at(draft, "permissions")).content.decode())
    assert f"state={consent.signed(link()).replace(':', '%3A')}" in page
    assert "Global Administrator" in page and "IMAP.AccessAsApp" in page
    assert f'href="https://login.microsoftonline.com/{setups.world.TENANT_ID}' in page


def test_consent_is_recorded_for_somebody_without_an_account(
    visitor: Client,
) -> None:
    draft = setups.app_only()
    region = at(draft, "permissions", "?region=1")
    before = visitor.get(region)
    assert "Waits for an answer" in text(before) and "HX-Refresh" not in before
    query = {
        "admin_consent": "True",
        "tenant": setups.world.TENANT_ID,
        "state": consent.signed(link()),
    }
    answer = Client().get("/consent/", query)
    shown = text(answer)
    assert answer.status_code == 200 and "You can close this window." in shown
    assert setups.ADDRESS not in shown and "Sign out" not in shown
    after = visitor.get(region)
    assert "Consent was given" in text(after)
    assert after["HX-Refresh"] == "true"  # the link on the page is used up
    page = visitor.get(at(draft, "permissions")).content.decode()
    assert 'id="consent-link"' not in page and "?region=1" not in page
    assert Client().get("/consent/", query).status_code == 400


def test_a_refusal_is_told_in_plain_words_on_both_sides(visitor: Client) -> None:
    draft = setups.app_only()
    state = consent.signed(link())
    told = {"error": "access_denied", "error_description": "<b>no</b>", "state": state}
    answer = Client().get("/consent/", told)
    assert "Cancel was pressed" in text(answer)
    assert "<b>no</b>" not in answer.content.decode()
    page = visitor.get(at(draft, "permissions"))
    assert "Consent was not given" in text(page) and "Problem" in text(page)
    assert "<b>no</b>" not in page.content.decode()
    visitor.post(reverse("connect-consent", args=[draft.pk]))
    assert consent.signed(link()) != state


@pytest.mark.parametrize("method", ["post", "put", "head"])
def test_the_public_page_only_reads_addresses(method: str) -> None:
    setups.app_only()
    state = consent.signed(link())
    answer = getattr(Client(), method)(f"/consent/?admin_consent=True&state={state}")
    assert answer.status_code == 405 and link().outcome == ""


@pytest.mark.parametrize(
    ("host", "origins", "expected", "words"),
    [
        (
            "localhost:8000",
            [],
            "http://localhost:8000/consent/",
            "Only a browser on this machine comes back here",
        ),
        (
            "mail.contoso.com",
            [],
            "http://mail.contoso.com/consent/",
            "The link cannot come back here",
        ),
        (
            "10.0.0.5:8000",
            ["https://mail.contoso.com"],
            "https://mail.contoso.com/consent/",
            "must stand among the redirect URIs",
        ),
    ],
)
def test_the_return_address_is_that_of_the_origins_or_the_host(
    visitor: Client, settings, host: str, origins: list[str], expected: str, words: str
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.CSRF_TRUSTED_ORIGINS = origins
    draft = setups.app_only()
    page = visitor.get(at(draft, "permissions"), headers={"host": host})
    assert expected in text(page) and words in text(page)


def test_the_consent_link_leaves_the_wizard_open(visitor: Client) -> None:
    draft = setups.app_only()
    page = visitor.get(at(draft, "permissions")).content.decode()
    [link] = re.findall(r"<a ([^>]*)>(?:<svg.*?</svg>)?Open the link", page)
    assert 'target="_blank" rel="noopener noreferrer"' in link


def test_a_declined_consent_says_to_make_a_new_link(visitor: Client) -> None:
    draft = setups.app_only()
    state = consent.signed(link())
    Client().get(f"/consent/?error=access_denied&state={state}")
    shown = text(visitor.get(at(draft, "permissions")))
    assert "A consent link is used up: make a new one." in shown

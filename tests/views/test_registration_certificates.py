"""The certificate on the page of an app registration."""

from __future__ import annotations

import pytest
from django.test import Client

from mailboxes.core import certificates
from mailboxes.models import AppRegistration, SecretValue
from mailboxes.services.fetch import seen
from mailboxes.services.registrations import SEEN
from mailboxes.services.registrations.certificates import public
from mailboxes.views import registrations
from tests import factories

pytestmark = pytest.mark.django_db
MADE = certificates.make("Contoso")


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(factories.superuser("anna"))
    return client


@pytest.fixture
def row() -> AppRegistration:
    return factories.registration()


def test_certificate_is_made_downloaded_and_taken_away(browser, row) -> None:
    page = browser.post(f"/registrations/{row.pk}/certificate/make/", follow=True)
    assert page.status_code == 200
    row.refresh_from_db()
    text = browser.get(f"/registrations/{row.pk}/").content.decode()
    assert row.certificate_thumbprint in text
    assert "PRIVATE" not in text
    file = browser.get(f"/registrations/{row.pk}/certificate.cer")
    assert file["Content-Disposition"].startswith("attachment; filename=")
    assert file.content.decode().startswith("-----BEGIN CERTIFICATE-----")
    assert b"PRIVATE" not in file.content
    browser.post(f"/registrations/{row.pk}/certificate/take-away/")
    row.refresh_from_db()
    assert (row.certificate_id, row.certificate_ends_on) == (None, None)
    assert browser.get(f"/registrations/{row.pk}/certificate.cer").status_code == 404


def test_pasted_certificate_is_used_and_never_sent_back(browser, row) -> None:
    address = f"/registrations/{row.pk}/certificate/"
    refused = browser.post(address, {"certificate": MADE.private_key})
    text = refused.content.decode()
    assert (refused.status_code, "the certificate was not found." in text) == (
        400,
        True,
    )
    assert MADE.private_key.split("\n")[1] not in text
    page = browser.post(address, {"certificate": MADE.pem}, follow=True)
    assert "certificate" in page.content.decode()
    row.refresh_from_db()
    assert row.certificate_thumbprint == MADE.thumbprint


def in_use(row: AppRegistration) -> AppRegistration:
    """A section signs in through it."""
    client = factories.pop_client("a@contoso.example")
    type(client).objects.filter(pk=client.pk).update(registration=row)
    return row


def page(browser: Client, row: AppRegistration) -> str:
    return browser.get(f"/registrations/{row.pk}/").content.decode()


def post(browser: Client, row: AppRegistration, what: str) -> str:
    """Presses a button as the page has it; where it leads."""
    shown = registrations.find(row.pk)
    then = seen.fingerprint(shown, SEEN)
    path = f"/registrations/{row.pk}/certificate/{what}/"
    return browser.post(path, {"seen": then})["Location"]


def test_new_one_waits_is_downloaded_and_used(browser, row) -> None:
    in_use(row)
    panel = f"/registrations/{row.pk}/#certificate"
    assert "A new one waits here until you say" in page(browser, row)
    assert post(browser, row, "make") == panel
    row.refresh_from_db()
    text = page(browser, row)
    assert row.certificate_id is None
    assert row.next_certificate_thumbprint in text
    assert "the client secret goes on until you say" in text
    assert "PRIVATE" not in text
    file = browser.get(f"/registrations/{row.pk}/certificate-new.cer")
    assert file["Content-Disposition"] == 'attachment; filename="contoso-new.cer"'
    assert file.content.decode() == public(row, waiting=True)
    assert browser.get(f"/registrations/{row.pk}/certificate.cer").status_code == 404
    assert post(browser, row, "use").startswith(f"/setup/registrations/{row.pk}/saved/")
    used = AppRegistration.objects.get()
    assert (used.certificate_thumbprint, used.next_certificate_id) == (
        row.next_certificate_thumbprint,
        None,
    )


def test_where_nothing_signs_in_yet_no_secret_is_spoken_of(browser) -> None:
    row = in_use(factories.registration("Bare", secret=""))
    post(browser, row, "make")
    text = page(browser, row)
    assert "Nothing signs in by it before you say that it is uploaded." in text
    assert "Leave the client secret there" not in text


def test_both_stand_on_the_page_and_the_new_one_is_discarded(browser, row) -> None:
    post(browser, row, "make")
    post(browser, row, "make")
    row.refresh_from_db()
    text = page(browser, row)
    assert row.certificate_thumbprint in text
    assert row.next_certificate_thumbprint in text
    assert "leave the old one there" in text
    assert "a new certificate waits" in browser.get("/registrations/").content.decode()
    assert post(browser, row, "discard") == f"/registrations/{row.pk}/#certificate"
    text = page(browser, row)
    assert row.certificate_thumbprint in text
    assert row.next_certificate_thumbprint not in text
    new = browser.get(f"/registrations/{row.pk}/certificate-new.cer")
    assert new.status_code == 404


def test_dashboard_says_of_what_ends_that_a_new_one_waits(browser, row) -> None:
    AppRegistration.objects.update(secret_ends_on="2026-01-01")
    post(browser, in_use(row), "make")
    text = browser.get("/").content.decode()
    assert "A new certificate waits: upload it at Entra, then use it." in text
    assert f'href="/registrations/{row.pk}/#certificate"' in text


def test_pasted_one_waits_where_a_section_signs_in(browser, row) -> None:
    in_use(row)
    address = f"/registrations/{row.pk}/certificate/"
    answer = browser.post(address, {"certificate": MADE.pem})
    assert answer["Location"] == f"/registrations/{row.pk}/#certificate"
    row.refresh_from_db()
    assert (row.certificate_id, row.next_certificate_thumbprint) == (
        None,
        MADE.thumbprint,
    )


def test_one_that_has_ended_can_only_be_discarded(browser, row) -> None:
    post(browser, in_use(row), "make")
    AppRegistration.objects.update(next_certificate_ends_on="2026-01-01")
    text = page(browser, row)
    assert ("certificate/use/" in text, "certificate/discard/" in text) == (False, True)
    post(browser, row, "use")
    assert "Discard it and make another." in page(browser, row)


def test_one_that_was_replaced_meanwhile_is_not_used(browser, row) -> None:
    post(browser, in_use(row), "make")
    opened = seen.fingerprint(registrations.find(row.pk), SEEN)
    post(browser, row, "make")
    browser.post(f"/registrations/{row.pk}/certificate/use/", {"seen": opened})
    row.refresh_from_db()
    assert row.certificate_id is None
    assert "Somebody else has saved this" in page(browser, row)


@pytest.mark.parametrize("what", ["make", "use", "discard", "take-away"])
def test_buttons_need_the_right_and_a_post(browser, row, what) -> None:
    post(browser, in_use(row), "make")
    path = f"/registrations/{row.pk}/certificate/{what}/"
    assert browser.get(path).status_code == 405
    viewer = Client()
    viewer.force_login(factories.user("bob"))
    assert viewer.post(path).status_code == 403
    assert "certificate/discard/" not in page(viewer, row)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(factories.superuser("eve"))
    assert strict.post(path).status_code == 403
    row.refresh_from_db()
    assert (row.certificate_id, row.next_certificate_id is None) == (None, False)


def test_change_by_somebody_else_is_told(browser, row) -> None:
    address = f"/registrations/{row.pk}/certificate/"
    browser.post(f"{address}make/", {"seen": "0" * 32})
    row.refresh_from_db()
    assert row.certificate_id is None
    assert SecretValue.objects.filter(purpose="certificate").count() == 0

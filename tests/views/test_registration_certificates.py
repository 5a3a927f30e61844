"""The certificate on the page of an app registration."""

from __future__ import annotations

import pytest
from django.test import Client

from mailboxes.core import certificates
from mailboxes.models import AppRegistration, SecretValue
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


def test_change_by_somebody_else_is_told(browser, row) -> None:
    address = f"/registrations/{row.pk}/certificate/"
    browser.post(f"{address}make/", {"seen": "0" * 32})
    row.refresh_from_db()
    assert row.certificate_id is None
    assert SecretValue.objects.filter(purpose="certificate").count() == 0

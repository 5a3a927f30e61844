"""The certificate on the wizard's pages: made, downloaded, gone back from."""

from __future__ import annotations

import pytest
from django.test import Client

from mailboxes.models import AppRegistration, AuditEvent, SetupDraft
from mailboxes.services import seen
from mailboxes.services.registrations import SEEN
from tests import factories
from tests.fixtures import setups
from tests.views.wizard_pages import at, signed_in, text

pytestmark = pytest.mark.django_db


def make(visitor: Client, draft: SetupDraft, **more: str) -> str:
    """Where a person is sent after the button was pressed."""
    path = f"/connect/{draft.pk}/certificate/make/"
    return visitor.post(path, more)["Location"]


def test_certificate_is_made_here_and_gone_back_from(visitor: Client) -> None:
    draft = setups.app_only()
    assert "Use a certificate in place" in text(visitor.get(at(draft, "secret")))
    assert make(visitor, draft) == at(draft, "certificate")
    row = AppRegistration.objects.get()
    page = visitor.get(at(draft, "certificate"))
    assert row.certificate_thumbprint in text(page)
    assert f'href="/registrations/{row.pk}/certificate.cer"' in page.content.decode()
    assert "PRIVATE" not in page.content.decode()
    back = visitor.post(f"/connect/{draft.pk}/certificate/take-away/")
    assert back["Location"] == at(draft, "secret")
    assert AppRegistration.objects.get().certificate_id is None


def test_two_people_do_not_replace_each_others_certificate(visitor: Client) -> None:
    draft = setups.app_only()
    old = seen.fingerprint(AppRegistration.objects.get(), SEEN)
    make(visitor, draft, registration_seen=old)
    first = AppRegistration.objects.get().certificate_thumbprint
    make(visitor, draft, registration_seen=old)
    assert AppRegistration.objects.get().certificate_thumbprint == first
    assert "Somebody else has saved this" in text(visitor.get(at(draft, "certificate")))


def test_other_sections_are_named_before_they_are_stopped(visitor: Client) -> None:
    row = factories.registration("Shared")
    for n in range(2):
        client = factories.pop_client(f"a{n}@contoso.example")
        type(client).objects.filter(pk=client.pk).update(registration=row)
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-app")
    setups.save(draft, "register", registration=str(row.pk))
    assert (
        "2 other sections sign in by the new certificate at once, and are refused"
        " until it is uploaded." in text(visitor.get(at(draft, "secret")))
    )


@pytest.mark.parametrize("mode", ["imap-smtp", "google", "microsoft-password"])
def test_mode_without_a_proof_makes_none(visitor: Client, mode: str) -> None:
    draft = setups.app_only()
    setups.save(draft, "mode", mode=mode)
    assert make(visitor, draft) == f"/connect/{draft.pk}/"
    assert AppRegistration.objects.get().certificate_id is None


def test_right_to_change_registrations_is_needed() -> None:
    draft = setups.app_only()
    someone = signed_in(factories.user("bob", "add_setupdraft"))
    answer = someone.post(f"/connect/{draft.pk}/certificate/make/")
    assert answer.status_code == 403
    assert not AuditEvent.objects.filter(details__fields=["certificate"]).exists()

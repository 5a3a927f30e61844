"""The certificate on the wizard's pages: made, downloaded, gone back from."""

from __future__ import annotations

import pytest
from django.test import Client

from mailboxes.models import AppRegistration, AuditEvent, SetupDraft
from mailboxes.services.fetch import seen
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


def press(visitor: Client, draft: SetupDraft, what: str) -> str:
    """Presses a button as the step has it; where it leads."""
    then = seen.fingerprint(AppRegistration.objects.get(), SEEN)
    path = f"/connect/{draft.pk}/certificate/{what}/"
    return visitor.post(path, {"registration_seen": then})["Location"]


def shared() -> SetupDraft:
    """A draft whose registration other sections use, by its client secret."""
    row = factories.registration("Shared")
    for n in range(2):
        client = factories.pop_client(f"a{n}@contoso.example")
        type(client).objects.filter(pk=client.pk).update(registration=row)
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-app")
    setups.save(draft, "register", registration=str(row.pk))
    return draft


def test_new_one_waits_at_the_secret_that_other_sections_use(visitor: Client) -> None:
    draft = shared()
    before = text(visitor.get(at(draft, "secret")))
    assert "the client secret stays in use meanwhile" in before
    assert press(visitor, draft, "make") == at(draft, "secret")
    row = AppRegistration.objects.get()
    assert row.certificate_id is None
    page = visitor.get(at(draft, "secret"))
    assert row.next_certificate_thumbprint in text(page)
    path = f"/registrations/{row.pk}/certificate-new.cer"
    assert f'href="{path}"' in page.content.decode()
    assert press(visitor, draft, "discard") == at(draft, "secret")
    assert AppRegistration.objects.get().next_certificate_id is None


def test_new_one_that_is_uploaded_is_used_and_the_step_is_done(visitor: Client) -> None:
    draft = shared()
    press(visitor, draft, "make")
    waiting = AppRegistration.objects.get().next_certificate_thumbprint
    assert press(visitor, draft, "use") == at(draft, "certificate")
    row = AppRegistration.objects.get()
    assert (row.certificate_thumbprint, row.next_certificate_id) == (waiting, None)
    assert "certificate" in SetupDraft.objects.get(pk=draft.pk).steps
    said = text(visitor.get(at(draft, "certificate")))
    assert "Shared signs in by the new certificate: pop-clients from" in said


def test_first_one_is_used_at_once_and_the_second_waits(visitor: Client) -> None:
    draft = setups.app_only()
    press(visitor, draft, "make")
    first = AppRegistration.objects.get().certificate_thumbprint
    assert press(visitor, draft, "make") == at(draft, "certificate")
    row = AppRegistration.objects.get()
    assert row.certificate_thumbprint == first
    page = text(visitor.get(at(draft, "certificate")))
    assert (first in page, row.next_certificate_thumbprint in page) == (True, True)


@pytest.mark.parametrize("mode", ["imap-smtp", "google", "microsoft-password"])
def test_mode_without_a_proof_makes_none(visitor: Client, mode: str) -> None:
    draft = setups.app_only()
    setups.save(draft, "mode", mode=mode)
    assert make(visitor, draft) == f"/connect/{draft.pk}/"
    assert AppRegistration.objects.get().certificate_id is None


@pytest.mark.parametrize("what", ["make", "use", "discard", "take-away"])
def test_right_to_change_registrations_is_needed(what: str) -> None:
    draft = setups.app_only()
    someone = signed_in(factories.user("bob", "add_setupdraft"))
    answer = someone.post(f"/connect/{draft.pk}/certificate/{what}/")
    assert answer.status_code == 403
    assert not AuditEvent.objects.filter(details__fields=["certificate"]).exists()

"""The certificate as a step of the wizard: in place of the client secret."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes.models import AppRegistration, SetupDraft
from mailboxes.services.findings import find
from mailboxes.services.registrations import certificates as registration_certificates
from mailboxes.services.wizard import faults, standing
from mailboxes.services.wizard.modes import POP
from mailboxes.services.wizard.setup import Setup
from mailboxes.services.wizard.steps import BY_ID
from tests.fixtures import setups

pytestmark = pytest.mark.django_db


def states(draft: SetupDraft) -> dict[str, str]:
    rows = standing.rows(Setup.load(draft.pk))
    return {row.step.id: str(row.state) for row in rows}


@pytest.fixture
def draft() -> SetupDraft:
    return setups.app_only()


def certified(draft: SetupDraft) -> AppRegistration:
    row = AppRegistration.objects.get()
    registration_certificates.make(row, None)
    return row


def test_certificate_takes_the_place_of_the_step_of_the_secret(
    draft: SetupDraft,
) -> None:
    assert "certificate" not in states(draft)
    row = certified(draft)
    assert "secret" not in states(draft)
    assert (states(draft)["certificate"], states(draft)["test"]) == ("to-do", "blocked")
    setups.save(draft, "certificate")
    assert (states(draft)["certificate"], states(draft)["test"]) == ("done", "to-do")
    registration_certificates.take_away(row, None)
    assert states(draft)["secret"] == "done"


def test_new_certificate_waits_and_has_to_be_uploaded_again(draft: SetupDraft) -> None:
    certified(draft)
    setups.save(draft, "certificate")
    row = certified(draft)
    assert states(draft)["certificate"] == "done"
    today = timezone.now().date()
    registration_certificates.use_next(row, None, today=today)
    assert states(draft)["certificate"] == "in-progress"


def test_certificate_of_a_registration_that_others_use_is_taken_as_it_is(
    draft: SetupDraft,
) -> None:
    row = certified(draft)
    other = setups.begin("other@contoso.example")
    setups.save(other, "mode", mode="microsoft-graph")
    setups.save(other, "register", registration=str(row.pk))
    assert states(other)["certificate"] == "done"


def test_certificate_that_ended_is_a_problem(draft: SetupDraft) -> None:
    row = certified(draft)
    setups.save(draft, "certificate")
    row.certificate_ends_on = timezone.now().date() - timedelta(days=1)
    row.save()
    (found,) = [
        one
        for one in standing.rows(Setup.load(draft.pk))
        if one.step.id == "certificate"
    ]
    assert (str(found.state), found.why) == (
        "problem",
        f"The certificate ended on {row.certificate_ends_on}. Make a new one, and"
        " upload it.",
    )


def test_certificate_that_ended_names_the_new_one_that_waits(draft: SetupDraft) -> None:
    row = certified(draft)
    row.certificate_ends_on = timezone.now().date() - timedelta(days=1)
    row.save()
    certified(draft)
    listed = standing.rows(Setup.load(draft.pk))
    assert [one.why for one in listed if one.step.id == "certificate"] == [
        f"The certificate ended on {row.certificate_ends_on}. Upload the new one and"
        " use it."
    ]


def test_another_way_keeps_what_was_uploaded(draft: SetupDraft) -> None:
    certified(draft)
    setups.save(draft, "certificate")
    setups.save(draft, "mode", mode="microsoft-graph")
    assert states(draft)["certificate"] == "done"


def test_other_ids_ask_for_another_upload(draft: SetupDraft) -> None:
    certified(draft)
    setups.save(draft, "certificate")
    changed = setups.IDS | {"client_id": setups.UNCONSENTED.client_id}
    setups.save(draft, "ids", **changed)
    assert "certificate" not in SetupDraft.objects.get(pk=draft.pk).steps


def test_refused_certificate_leads_to_its_step(draft: SetupDraft) -> None:
    certified(draft)
    setup = Setup.load(draft.pk)
    finding = find("AADSTS700027")
    assert finding.id == "entra-certificate-refused"
    assert faults.place(setup, POP, finding) == (BY_ID["certificate"], "")

"""A step that was done is to do again once it shows more than it did then."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.utils import timezone

from mailboxes.models import AppRegistration, ConsentLink, SetupDraft
from mailboxes.sandbox import world
from mailboxes.services import registrations
from mailboxes.services.wizard import consent, grounds, standing
from mailboxes.services.wizard.setup import Setup
from tests import factories
from tests.fixtures import setups

pytestmark = pytest.mark.django_db
BY_HAND = ("permissions", "prerequisites", "exchange")
ELSEWHERE = "99999999-8888-7777-6666-555555555555"
DONE = dict.fromkeys(BY_HAND, "done")


def states(draft: SetupDraft, *names: str) -> dict[str, str]:
    rows = standing.rows(Setup.load(draft.pk))
    return {r.step.id: str(r.state) for r in rows if not names or r.step.id in names}


def ticked(draft: SetupDraft, *names: str) -> SetupDraft:
    for name in names or BY_HAND:
        setups.save(draft, name)
    return setups.reloaded(draft)


def granted(draft: SetupDraft) -> ConsentLink:
    """An administrator follows the newest link of the draft and says yes."""
    link = ConsentLink.objects.filter(draft=draft).first()
    assert link is not None
    given = {"state": consent.signed(link), "admin_consent": "True"}
    request = RequestFactory().get("/", given | {"tenant": link.directory_id})
    request.user = AnonymousUser()
    assert consent.answer(request).known
    link.refresh_from_db()
    return link


def of_yesterday(draft: SetupDraft) -> SetupDraft:
    """Saved by the version that noted no grounds."""
    for link in draft.consent_links.all():
        told = {k: v for k, v in link.evidence.items() if k != grounds.KEY}
        ConsentLink.objects.filter(pk=link.pk).update(evidence=told)
    steps = {
        name: {key: v for key, v in note.items() if key != grounds.KEY}
        for name, note in setups.reloaded(draft).steps.items()
    }
    SetupDraft.objects.filter(pk=draft.pk).update(steps=steps)
    return setups.reloaded(draft)


def told(draft: SetupDraft) -> dict[str, list[str]]:
    setup = Setup.load(draft.pk)
    return {step: grounds.come_in(setup, step) for step in BY_HAND}


@pytest.fixture(params=["today", "yesterday"])
def draft(request: pytest.FixtureRequest) -> SetupDraft:
    """Done by hand, now or by the version before."""
    made = ticked(setups.app_only(direction="receive"))
    return of_yesterday(made) if request.param == "yesterday" else made


def test_steps_stay_done_while_nothing_changes(draft: SetupDraft) -> None:
    assert states(draft, *BY_HAND) == DONE
    setups.save(draft, "fetching", **setups.FETCHING)
    setups.save(draft, "secret", secret="another~1", secret_ends_on="")
    assert states(draft, *BY_HAND, "secret") == DONE | {"secret": "done"}


def test_another_address_is_another_mailbox_to_open(draft: SetupDraft) -> None:
    typed = {"address": "orders@contoso.example", "direction": "receive"}
    setups.save(draft, "mailbox", **typed)
    again = {"prerequisites": "to-do", "exchange": "to-do"}
    assert states(draft, *BY_HAND) == DONE | again


def test_what_has_come_in_since_is_told() -> None:
    draft = ticked(setups.app_only(direction="receive"))
    assert told(draft) == dict.fromkeys(BY_HAND, [])
    setups.save(draft, "mailbox", address="orders@contoso.example", direction="both")
    permission = "Office 365 Exchange Online: SMTP.SendAsApp (Application permissions)"
    mailbox, smtp = "mailbox orders@contoso.example", "smtp-client by SMTP"
    assert told(draft) == {
        "permissions": [permission],
        "prerequisites": [mailbox, smtp],
        "exchange": [mailbox, smtp],
    }
    assert told(ticked(draft)) == dict.fromkeys(BY_HAND, [])


def test_what_a_link_did_not_ask_for_is_told() -> None:
    draft = setups.app_only(direction="receive")
    granted(draft)
    assert told(draft)["permissions"] == []
    setups.save(draft, "mailbox", address=setups.ADDRESS, direction="both")
    assert [fact.split(": ")[1] for fact in told(draft)["permissions"]] == [
        "SMTP.SendAsApp (Application permissions)"
    ]


def test_nothing_has_come_in_since_a_step_that_was_never_done() -> None:
    draft = setups.app_only()
    assert told(draft) == dict.fromkeys(BY_HAND, [])


def test_another_direction_needs_more(draft: SetupDraft) -> None:
    setups.save(draft, "mailbox", address=setups.ADDRESS, direction="both")
    assert states(draft, *BY_HAND) == dict.fromkeys(BY_HAND, "to-do")


def test_one_direction_less_needs_nothing_new() -> None:
    draft = ticked(setups.app_only())
    setups.save(draft, "mailbox", address=setups.ADDRESS, direction="receive")
    assert states(draft, *BY_HAND) == DONE


def test_what_is_done_anew_is_done() -> None:
    draft = ticked(setups.app_only(direction="receive"))
    setups.save(draft, "mailbox", address=setups.ADDRESS, direction="both")
    known = setups.GATEWAY.principal_id
    setups.save(draft, "exchange", principal_id=known)
    assert states(ticked(draft, "permissions", "prerequisites"), *BY_HAND) == DONE


def test_registration_that_was_changed_on_its_page_is_another(
    draft: SetupDraft,
) -> None:
    setups.save(draft, "fetching", **setups.FETCHING)
    registrations.save(
        registration=AppRegistration.objects.get(),
        name="Contoso",
        client_id=world.UNCONSENTED_APP_ID,
        directory_id=world.TENANT_ID,
        tenant_authority=setups.IDS["tenant_authority"],
    )
    again = {"permissions": "to-do", "exchange": "to-do"}
    assert states(draft, *BY_HAND) == DONE | again


def test_switch_of_another_application_is_to_do_again() -> None:
    draft = setups.app_only(mode="microsoft-device")
    setups.save(draft, "public-client")
    assert states(draft, "public-client") == {"public-client": "done"}
    other = world.UNCONSENTED_APP_ID
    setups.save(draft, "ids", **(setups.IDS | {"client_id": other}))
    assert states(draft, "public-client") == {"public-client": "to-do"}


def test_switch_of_another_registration_is_to_do_again() -> None:
    draft = setups.app_only(mode="microsoft-device")
    setups.save(draft, "public-client")
    row = factories.registration("another")
    setups.save(draft, "register", registration=str(row.pk))
    assert states(draft, "public-client") == {"public-client": "to-do"}


# the client secret


@pytest.fixture
def corrected() -> SetupDraft:
    """The client ID was changed after its secret was entered."""
    draft = setups.app_only()
    other = world.UNCONSENTED_APP_ID
    setups.save(draft, "ids", **(setups.IDS | {"client_id": other}))
    return draft


def test_secret_of_another_application_is_to_do_again(corrected: SetupDraft) -> None:
    assert states(corrected, "secret", "test") == {"secret": "to-do", "test": "blocked"}


@pytest.mark.parametrize("typed", ["", "another~1"])
def test_secret_is_kept_or_replaced_by_saving_it(
    corrected: SetupDraft, typed: str
) -> None:
    setups.save(corrected, "secret", secret=typed, secret_ends_on="")
    assert states(corrected, "secret", "test") == {"secret": "done", "test": "to-do"}


def test_secret_that_came_later_on_its_own_page_is_this_one(
    corrected: SetupDraft,
) -> None:
    registrations.replace_secret(
        AppRegistration.objects.get(), secret="x~1", secret_ends_on=None, user=None
    )
    assert states(corrected, "secret") == {"secret": "done"}


# consent by a link


def test_consent_in_another_directory_is_none_and_a_new_link_is_there() -> None:
    draft = setups.app_only()
    granted(draft)
    assert states(draft, "permissions") == {"permissions": "done"}
    setups.save(draft, "ids", **(setups.IDS | {"directory_id": ELSEWHERE}))
    assert states(draft, "permissions") == {"permissions": "to-do"}
    link = Setup.load(draft.pk).consent
    assert link is not None
    assert (link.directory_id, consent.is_open(link, timezone.now())) == (
        ELSEWHERE,
        True,
    )


def test_consent_ends_where_the_directory_was_changed_on_its_page() -> None:
    draft = setups.app_only()
    granted(draft)
    AppRegistration.objects.update(directory_id=ELSEWHERE)
    assert states(draft, "permissions") == {"permissions": "to-do"}


@pytest.mark.parametrize("yesterday", [False, True])
def test_consent_to_fewer_permissions_is_not_enough(yesterday: bool) -> None:
    draft = setups.app_only()
    granted(draft)
    if yesterday:
        of_yesterday(draft)
    assert states(draft, "permissions") == {"permissions": "done"}
    setups.save(draft, "mode", mode="microsoft-graph")
    assert states(draft, "permissions") == {"permissions": "to-do"}
    granted(draft)
    assert states(draft, "permissions") == {"permissions": "done"}


def test_open_link_gives_way_once_more_is_needed() -> None:
    draft = setups.app_only()
    first = ConsentLink.objects.get()
    setups.save(draft, "mode", mode="microsoft-graph")
    first.refresh_from_db()
    second = ConsentLink.objects.get(answered_at=None)
    assert (first.outcome, second.pk == first.pk) == ("replaced", False)


def test_refusal_keeps_what_was_asked_beside_its_evidence() -> None:
    draft = setups.app_only()
    link = ConsentLink.objects.get()
    asked = link.evidence[grounds.KEY]
    given = {"state": consent.signed(link), "error": "access_denied"}
    request = RequestFactory().get("/", given)
    request.user = AnonymousUser()
    consent.answer(request)
    link.refresh_from_db()
    assert link.evidence == {
        "error": "access_denied",
        "directory_id": link.directory_id,
        grounds.KEY: asked,
    }
    assert states(draft, "permissions") == {"permissions": "problem"}

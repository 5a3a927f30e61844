"""The task list: which steps there are for whom, and where each stands."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.utils import timezone

from mailboxes.models import AppRegistration, ConsentLink
from mailboxes.services.option_rules import options_by_name
from mailboxes.services.wizard import consent, standing, steps
from mailboxes.services.wizard.fields import FIELDS
from mailboxes.services.wizard.setup import WRITTEN, Setup
from mailboxes.services.wizard.standing import State
from tests import factories
from tests.fixtures import setups

EWS_URL = "https://mail.example.com/EWS/Exchange.asmx"
pytestmark = pytest.mark.django_db
DRAWINGS = Path(__file__).parents[3] / "templates/wizard/drawings"


def states(draft) -> dict[str, str]:
    return {r.step.id: str(r.state) for r in standing.rows(Setup.load(draft.pk))}


# the registry


def test_every_step_names_what_there_is() -> None:
    for step in steps.STEPS:
        assert set(step.fields) <= set(FIELDS), step.id
        assert set(step.needs) <= set(steps.BY_ID), step.id
        get_template(step.template)
    asked = [name for step in steps.STEPS for name in step.fields]
    assert sorted(asked) == sorted(FIELDS)


def test_no_step_has_the_address_of_an_action() -> None:
    actions = {"discard", "consent", "take-over", "here"}
    assert not actions & set(steps.BY_ID)


def test_every_option_that_is_written_exists() -> None:
    for kind, names in WRITTEN.items():
        assert names <= set(options_by_name(kind))


@pytest.mark.parametrize(
    ("mode", "direction", "expected"),
    [
        (
            "microsoft-app",
            "both",
            "mailbox mode register ids secret permissions prerequisites exchange"
            " network fetching test turn-on",
        ),
        (
            "microsoft-app",
            "send",
            "mailbox mode register ids secret permissions prerequisites exchange"
            " network test turn-on",
        ),
        (
            "microsoft-graph",
            "receive",
            "mailbox mode register ids secret permissions prerequisites network"
            " fetching test turn-on",
        ),
        (
            "microsoft-password",
            "both",
            "mailbox mode register ids public-client password permissions"
            " prerequisites network fetching test turn-on",
        ),
        ("imap-smtp", "both", "mailbox mode password network fetching test turn-on"),
        (
            "microsoft-sign-in",
            "both",
            "mailbox mode register ids secret permissions prerequisites network"
            " fetching sign-in test turn-on",
        ),
        (
            "microsoft-device",
            "receive",
            "mailbox mode register ids public-client permissions prerequisites network"
            " fetching sign-in test turn-on",
        ),
        (
            "google",
            "both",
            "mailbox mode google-client prerequisites network fetching sign-in"
            " test turn-on",
        ),
        (
            "google-service",
            "send",
            "mailbox mode google-client prerequisites network test turn-on",
        ),
    ],
)
def test_only_the_steps_that_apply(mode: str, direction: str, expected: str) -> None:
    draft = setups.begin(direction=direction)
    setups.save(draft, "mode", mode=mode)
    assert " ".join(s.id for s in steps.of(Setup.load(draft.pk))) == expected


def test_fields_without_effect_are_not_asked() -> None:
    draft = setups.begin(direction="receive")
    setups.save(draft, "mode", mode="microsoft-graph")
    asked = steps.BY_ID["network"].asked(Setup.load(draft.pk))
    assert [field.name for field in asked] == ["proxy"]


# where they stand


def test_states_from_the_first_step_to_the_test() -> None:
    draft = setups.begin()
    assert states(draft)["mode"] == State.TO_DO
    setups.save(draft, "mode", mode="microsoft-app")
    assert states(draft) == {
        "mailbox": "done",
        "mode": "done",
        "register": "to-do",
        "ids": "to-do",
        "secret": "blocked",
        "permissions": "blocked",
        "prerequisites": "to-do",
        "exchange": "blocked",
        "network": "to-do",
        "fetching": "to-do",
        "test": "blocked",
        "turn-on": "blocked",
    }
    setups.save(draft, "ids", **setups.IDS)
    setups.save(draft, "secret", **setups.SECRET)
    setups.save(draft, "network", **setups.NETWORK)
    setups.save(draft, "fetching", **setups.FETCHING)
    now = states(draft)
    assert [key for key, state in now.items() if state == "to-do"] == [
        *("permissions", "prerequisites", "exchange", "test", "turn-on"),
    ]
    assert now["register"] == "done"  # ids are there, so it is registered
    assert "blocked" not in now.values()


def test_a_blocked_step_says_what_is_first() -> None:
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-app")
    listed = standing.rows(Setup.load(draft.pk))
    firsts = {r.step.id: r.first.id for r in listed if r.first}
    assert firsts == {
        "secret": "ids",
        "permissions": "ids",
        "exchange": "ids",
        "test": "ids",
        "turn-on": "ids",
    }


def test_what_a_version_cannot_do_has_nothing_to_test(first_version: None) -> None:
    draft = setups.begin(direction="receive")
    setups.save(draft, "mode", mode="exchange-ews")
    setups.save(draft, "password", login="", password="secret")
    setups.save(draft, "network", server_in=EWS_URL)
    setups.save(draft, "fetching", **setups.FETCHING)
    assert (states(draft)["test"], states(draft)["turn-on"]) == ("blocked", "to-do")


def test_an_existing_registration_makes_its_steps_done() -> None:
    row = factories.registration()
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-app")
    setups.save(draft, "register", registration=str(row.pk))
    now = states(draft)
    assert (now["register"], now["ids"], now["secret"]) == ("done",) * 3


def test_a_secret_that_ended_is_a_problem() -> None:
    draft = setups.app_only()
    ended = timezone.now().date() - timedelta(days=1)
    AppRegistration.objects.update(secret_ends_on=ended)
    [row] = [r for r in standing.rows(Setup.load(draft.pk)) if r.state is State.PROBLEM]
    assert (row.step.id, row.why) == (
        "secret",
        f"The client secret ended on {ended}.",
    )


def test_registration_that_no_application_signs_in_with_is_a_problem() -> None:
    row = factories.registration(directory_id="organizations")
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-app")
    setups.save(draft, "register", registration=str(row.pk))
    [row] = [r for r in standing.rows(Setup.load(draft.pk)) if r.state is State.PROBLEM]
    assert (row.step.id, row.why) == (
        "ids",
        "Enter the tenant's GUID or domain: an application cannot sign in at"
        ' "organizations".',
    )
    setups.save(draft, "mode", mode="microsoft-sign-in")
    assert states(draft)["ids"] == "done"


def test_an_object_id_that_was_only_entered_is_in_progress() -> None:
    draft = setups.app_only()
    known = {"principal_id": setups.GATEWAY.principal_id}
    setups.saving.save(draft.pk, steps.BY_ID["exchange"], known, None, done=False)
    assert states(draft)["exchange"] == "in-progress"
    setups.save(draft, "exchange", **known)
    assert states(draft)["exchange"] == "done"


def test_a_failed_test_marks_the_step_that_mends_it_until_it_is_saved() -> None:
    draft = setups.app_only()
    setups.failed(draft, "token", "AADSTS7000215")
    now = states(draft)
    assert [key for key, state in now.items() if state == "problem"] == ["secret"]
    assert now["test"] == "to-do"
    setups.save(draft, "secret", secret="another~secret", secret_ends_on="")
    assert states(draft)["secret"] == "done"


def test_a_secret_that_was_renewed_elsewhere_mends_it_too() -> None:
    draft = setups.app_only()
    setups.failed(draft, "token", "AADSTS7000215")
    setups.saving.registrations.replace_secret(
        AppRegistration.objects.get(), secret="x~1", secret_ends_on=None, user=None
    )
    assert states(draft)["secret"] == "done"


def test_consent_from_elsewhere_finishes_its_step() -> None:
    draft = setups.app_only()
    assert states(draft)["permissions"] == "to-do"
    ConsentLink.objects.update(
        outcome=ConsentLink.Outcome.GRANTED, answered_at=timezone.now()
    )
    assert states(draft)["permissions"] == "done"
    ConsentLink.objects.update(outcome=ConsentLink.Outcome.REFUSED, code=consent.DENIED)
    assert states(draft)["permissions"] == "problem"
    setups.save(draft, "permissions")  # granted in the portal after all
    assert states(draft)["permissions"] == "done"


def test_next_is_the_next_open_step_then_the_first_one() -> None:
    draft = setups.app_only()
    listed = standing.rows(Setup.load(draft.pk))
    assert standing.next_after(listed, "fetching").step.id == "test"
    assert standing.next_after(listed, "turn-on").step.id == "permissions"
    assert standing.next_after(listed, "").step.id == "permissions"


def test_queries_of_the_list_do_not_grow_with_what_was_done(
    django_assert_max_num_queries,
) -> None:
    draft = setups.app_only()
    setups.say_green(draft)
    with django_assert_max_num_queries(10):
        standing.rows(Setup.load(draft.pk))


# drawings


@pytest.mark.parametrize("path", sorted(DRAWINGS.glob("*.html")), ids=lambda p: p.stem)
def test_a_drawing_has_words_for_those_who_do_not_see_it(path: Path) -> None:
    text = path.read_text()
    name = f"drawing-{path.stem.replace('_', '-')}"
    assert 'role="img"' in text
    assert f'aria-labelledby="{name}"' in text and f'<title id="{name}">' in text
    assert "#" not in text.replace("&#", "")  # its colours are the tokens'

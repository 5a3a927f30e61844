"""The last steps of the wizard: test, conflict, turn on."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailboxes.models import (
    AppRegistration,
    Fetcher,
    PopClient,
    Revision,
    TestRun,
)
from mailboxes.services import revisions
from mailboxes.services.wizard import making
from tests import factories
from tests.fixtures import setups
from tests.views.wizard_pages import at, signed_in, text

pytestmark = pytest.mark.django_db


def test_a_test_saves_the_sections_off_and_shows_both(visitor: Client) -> None:
    draft = setups.app_only()
    answer = visitor.post(reverse("connect-test", args=[draft.pk]))
    assert answer["Location"] == at(draft, "test")
    assert [r.state for r in TestRun.objects.order_by("pk")] == ["queued", "queued"]
    assert not PopClient.objects.get().enable_client
    page = visitor.get(at(draft, "test"))
    shown = text(page)
    assert "Receiving" in shown and "Sending" in shown and "Cancel the test" in shown
    assert "This test begins when the one before it is over." in shown
    assert '<noscript><meta http-equiv="refresh"' in page.content.decode()
    visitor.post(reverse("connect-test-cancel", args=[draft.pk]))
    states = set(TestRun.objects.values_list("state", flat=True))
    assert states == {"cancelled"}


def test_a_failed_check_leads_to_the_field(visitor: Client) -> None:
    draft = setups.app_only()
    setups.failed(draft, "token", "AADSTS7000222", answer="it ended")
    page = visitor.get(at(draft, "test")).content.decode()
    assert f'href="{at(draft, "secret")}#id_secret"' in page
    assert "Go to step 5: Client secret" in page
    shown = text(visitor.get(at(draft, "secret")))
    assert "Problem" in shown and "The client secret has expired" in shown


def test_the_tests_go_on_where_one_failed(visitor: Client) -> None:
    draft = setups.app_only()
    offer = "Run from where it failed"
    assert offer not in text(visitor.get(at(draft, "test")))
    run = setups.failed(draft, "token", "AADSTS7000222")
    token = run.checks.get(stage="token")
    run.checks.filter(number__lt=token.number).update(state="passed")
    assert offer in text(visitor.get(at(draft, "test")))
    visitor.post(reverse("connect-test", args=[draft.pk]), {"from": "failed"})
    again = TestRun.objects.filter(pop_client=run.pop_client).first()
    assert again is not None and again.pk != run.pk
    states = {check.stage: check.state for check in again.checks.all()[:7]}
    assert states["tenant"] == "passed" and states["token"] == "not-run"


def test_turn_on_tells_what_the_last_test_found(visitor: Client) -> None:
    draft = setups.app_only()
    told = "The last one found"
    assert told not in text(visitor.get(at(draft, "turn-on")))
    setups.failed(draft, "token", "AADSTS7000222")
    page = visitor.get(at(draft, "turn-on"))
    assert f"{told}: The client secret has expired. Go to step 5" in text(page)
    assert f'href="{at(draft, "secret")}#id_secret"' in page.content.decode()


@pytest.mark.parametrize(
    ("stage", "code", "told"),
    [
        ("token", "AADSTS7000222", 1),
        ("token", "AADSTS65001", 0),
        ("tls", "tls-name", 0),
    ],
)
def test_one_refusal_of_both_directions_is_told_once(
    visitor: Client, stage: str, code: str, told: int
) -> None:
    draft = setups.app_only()
    setups.failed(draft, "token", "AADSTS7000222", answer="it ended")
    sending = TestRun.objects.get(revision__smtp_client__isnull=False)
    sending.checks.filter(stage=stage).update(state="failed", code=code)
    TestRun.objects.filter(pk=sending.pk).update(state="failed")
    shown = text(visitor.get(at(draft, "test")))
    same = "The same as for receiving: The client secret has expired."
    assert shown.count(same) == told
    assert shown.count("it ended") == 1


def test_a_poll_ends_with_the_whole_page(visitor: Client) -> None:
    draft = setups.app_only()
    making.test(draft.pk, None)
    region = visitor.get(at(draft, "test", "?region=1"))
    assert "HX-Refresh" not in region and "<html" not in region.content.decode()
    TestRun.objects.update(state="passed", ended_at=timezone.now())
    assert visitor.get(at(draft, "test", "?region=1"))["HX-Refresh"] == "true"


def test_what_was_changed_outside_is_shown_and_settled(visitor: Client) -> None:
    draft = setups.app_only()
    pop = making.save_off(draft.pk, None).draft.pop_client
    revisions.save_pop_client(
        client=pop,
        address=setups.ADDRESS,
        smtp_client=pop.mailbox_row.smtp_client,
        raw={"server": "imap.other.example"},
        base_revision=1,
    )
    answer = visitor.post(reverse("connect-test", args=[draft.pk]))
    assert answer.status_code == 409
    assert "imap.other.example" in text(answer)
    sent = {"kind": "pop", "whose": "theirs"}
    visitor.post(reverse("connect-take-over", args=[draft.pk]), sent)
    visitor.post(reverse("connect-test", args=[draft.pk]))
    assert TestRun.objects.count() == 2
    assert PopClient.objects.get().server == "imap.other.example"


@pytest.mark.parametrize(
    ("whose", "words"),
    [("theirs", "is switched on already and stays on"), ("mine", "switches it off")],
)
def test_what_becomes_of_a_section_that_runs_is_said(
    visitor: Client, whose: str, words: str
) -> None:
    draft = setups.app_only()
    pop = making.save_off(draft.pk, None).draft.pop_client
    revisions.save_pop_client(
        client=pop,
        address=setups.ADDRESS,
        smtp_client=pop.mailbox_row.smtp_client,
        raw={"enable-client": True},
        base_revision=1,
    )
    page = reverse("connect-take-over", args=[draft.pk])
    answer = visitor.post(page, {"kind": "pop", "whose": whose}, follow=True)
    assert words in text(answer)


def test_what_is_refused_leads_to_its_step(visitor: Client) -> None:
    draft = setups.app_only()
    AppRegistration.objects.update(directory_id="organizations")
    page = visitor.post(reverse("connect-test", args=[draft.pk]), follow=True)
    link = f'<a href="{at(draft, "ids")}#id_client_id">Go to Application'
    assert link in page.content.decode()


def test_turn_on_says_how_many_messages_will_be_fetched(visitor: Client) -> None:
    draft = setups.app_only()
    [run, _] = setups.say_green(draft)
    run.checks.filter(stage="mailbox").update(
        state="passed", evidence={"folder": "INBOX", "messages": 12}
    )
    wanted = {
        "from-now": "12 messages lie in INBOX. None of them is fetched",
        "last-days": "12 messages lie in INBOX. Those of the last 7 days are fetched.",
        "everything": "12 messages lie in INBOX. All of them are fetched.",
    }
    for choice, words in wanted.items():
        setups.save(draft, "fetching", **(setups.FETCHING | {"first_fetch": choice}))
        assert words in text(visitor.get(at(draft, "turn-on")))


def test_turned_on_the_page_shows_the_first_messages(visitor: Client) -> None:
    draft = setups.app_only()
    setups.say_green(draft)
    answer = visitor.post(reverse("connect-turn-on", args=[draft.pk]))
    assert answer["Location"] == at(draft, "turn-on")
    pop = PopClient.objects.get()
    assert pop.enable_client and Fetcher.objects.get().asked_at is not None
    assert "the first cycle starts within seconds" in text(
        visitor.get(at(draft, "turn-on"))
    )
    factories.message(pop, subject="First of all")
    region = visitor.get(at(draft, "turn-on", "?region=1"))
    assert "First of all" in text(region)
    assert visitor.get(at(draft, "secret"))["Location"] == at(draft, "turn-on")
    assert visitor.get(f"/connect/{draft.pk}/")["Location"] == at(draft, "turn-on")
    assert "Continue" not in text(visitor.get("/connect/"))


def test_turning_on_untested_is_a_right_of_its_own(visitor: Client) -> None:
    rights = (
        *("add_setupdraft", "add_popclient", "change_popclient", "change_fetcher"),
        *("add_smtpclient", "change_smtpclient", "change_sender"),
    )
    bob = signed_in(factories.user("bob", *rights))
    draft = setups.app_only()
    page = reverse("connect-turn-on", args=[draft.pk])
    assert "Turn on untested" not in text(bob.get(at(draft, "turn-on")))
    assert bob.post(page, {"untested": "1"}).status_code == 403
    assert "no green test yet" in text(bob.post(page, follow=True))
    assert "Turn on untested" in text(visitor.get(at(draft, "turn-on")))
    visitor.post(page, {"untested": "1"})
    assert setups.reloaded(draft).state == "done"


def test_who_may_not_change_registrations_sees_why(visitor: Client) -> None:
    bob = signed_in(factories.user("bob", "add_setupdraft"))
    draft = setups.app_only()
    assert "Your account may not save this step" in text(bob.get(at(draft, "secret")))
    assert bob.post(at(draft, "secret"), setups.SECRET).status_code == 403
    assert bob.post(reverse("connect-test", args=[draft.pk])).status_code == 403
    assert not Revision.objects.exists()


def test_a_mode_that_is_not_there_yet_is_kept_as_a_draft(
    visitor: Client, first_version: None
) -> None:
    draft = setups.begin(direction="receive")
    setups.save(draft, "mode", mode="exchange-ews")
    setups.save(draft, "password", login="", password="secret")
    url = "https://mail.example.com/EWS/Exchange.asmx"
    setups.save(draft, "network", server_in=url)
    setups.save(draft, "fetching", **setups.FETCHING)
    shown = text(visitor.get(at(draft, "turn-on")))
    assert "Keep as a draft" in shown and "does not have EWS yet" in shown
    visitor.post(reverse("connect-turn-on", args=[draft.pk]))
    assert not PopClient.objects.get().enable_client


def test_nothing_is_tested_or_turned_on_before_its_time(visitor: Client) -> None:
    draft = setups.begin()
    for name in ("connect-test", "connect-turn-on"):
        visitor.post(reverse(name, args=[draft.pk]), {"untested": "1"})
    assert not PopClient.objects.exists()

"""The pages of the wizard: each step, two people, the test, the end; and consent."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from mailboxes.models import (
    ConsentLink,
    Fetcher,
    PopClient,
    Revision,
    SetupDraft,
    SetupVisit,
    TestRun,
)
from mailboxes.services import revisions
from mailboxes.services.wizard import consent, making
from mailboxes.services.wizard.setup import Setup
from mailboxes.services.wizard.steps import STEPS
from tests import factories
from tests.fixtures import setups

pytestmark = pytest.mark.django_db
CANARY = "canary-Passw0rd-4711"


@pytest.fixture
def visitor() -> Client:
    factories.live_worker()
    return signed_in(factories.superuser("anna"))


def signed_in(user: Any) -> Client:
    someone = Client()
    someone.force_login(user)
    return someone


def at(draft: SetupDraft, step: str, query: str = "") -> str:
    return reverse("connect-step", args=[draft.pk, step]) + query


def text(response: Any) -> str:
    """What a page says, without tags."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(plain))


def seen(visitor: Client, path: str) -> str:
    page = visitor.get(path).content.decode()
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found
    return found[1]


# the list


def test_a_draft_is_begun_and_listed(visitor: Client) -> None:
    sent = {"address": "new@contoso.example", "direction": "receive"}
    answer = visitor.post("/connect/", sent)
    draft = SetupDraft.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, at(draft, "mode"))
    shown = text(visitor.get("/connect/"))
    assert "Continue new@contoso.example" in shown and "not chosen yet" in shown
    assert visitor.get(f"/connect/{draft.pk}/")["Location"] == at(draft, "mode")


def test_a_mistake_in_the_first_step_stands_at_its_field(visitor: Client) -> None:
    answer = visitor.post("/connect/", {"address": "nobody", "direction": "both"})
    assert answer.status_code == 400
    assert "<title>Error: Connect a mailbox" in answer.content.decode()
    assert 'href="#id_address"' in answer.content.decode()
    assert not SetupDraft.objects.exists()


def test_the_one_page_form_stays_reachable(visitor: Client) -> None:
    page = visitor.get("/connect/").content.decode()
    assert 'href="/mailboxes/new/"' in page
    assert 'href="/connect/"' in visitor.get("/").content.decode()


def test_a_draft_is_discarded_after_a_question(visitor: Client) -> None:
    draft = setups.app_only()
    making.save_off(draft.pk, None)
    shown = text(visitor.get(f"/connect/{draft.pk}/discard/"))
    assert "go into the archive" in shown and "Contoso stays" in shown
    visitor.post(f"/connect/{draft.pk}/discard/")
    assert setups.reloaded(draft).state == "discarded"
    assert visitor.get(at(draft, "secret"))["Location"] == "/connect/"


# the steps


def test_every_step_has_its_page(visitor: Client) -> None:
    titles = []
    for mode in ("microsoft-app", "microsoft-password"):
        draft = setups.begin(f"{mode}@contoso.example")
        setups.save(draft, "mode", mode=mode)
        setups.save(draft, "ids", **(setups.IDS | {"name": mode}))
        setups.save(draft, "secret", **setups.SECRET)
        setups.save(draft, "network", **setups.NETWORK)
        setups.save(draft, "fetching", **setups.FETCHING)
        for step in STEPS:
            if not step.applies(Setup.load(draft.pk)):
                continue
            if mode == "microsoft-password" and step.id in ("test", "turn-on"):
                continue  # they need the password
            answer = visitor.get(at(draft, step.id))
            assert answer.status_code == 200, step.id
            page = answer.content.decode()
            assert page.count("<h1") == 1
            assert 'aria-current="step"' in page
            titles.append(re.findall(r"<title>(.*?)</title>", page)[0])
    assert len(set(titles)) == len(titles)


def test_saving_leads_to_the_next_step(visitor: Client) -> None:
    draft = setups.begin()
    answer = visitor.post(at(draft, "mode"), {"mode": "microsoft-app"})
    assert answer["Location"] == at(draft, "register")
    answer = visitor.post(at(draft, "register"), {"registration": ""})
    assert answer["Location"] == at(draft, "ids")
    answer = visitor.post(at(draft, "ids"), setups.IDS)
    assert answer["Location"] == at(draft, "secret")


def test_saving_without_finishing_stays(visitor: Client) -> None:
    draft = setups.app_only()
    known = {"principal_id": setups.GATEWAY.principal_id, "stay": "1"}
    answer = visitor.post(at(draft, "exchange"), known)
    assert answer["Location"] == at(draft, "exchange")
    page = html.unescape(visitor.get(at(draft, "exchange")).content.decode())
    assert f"-ObjectId '{setups.GATEWAY.principal_id}'" in page


def test_what_was_done_by_hand_is_taken_back(visitor: Client) -> None:
    draft = setups.app_only()
    setups.save(draft, "prerequisites")
    assert "Not done after all" in text(visitor.get(at(draft, "prerequisites")))
    visitor.post(at(draft, "prerequisites"), {"undo": "1"})
    assert "prerequisites" not in setups.reloaded(draft).steps


def test_a_mistake_keeps_what_was_typed_but_no_secret(visitor: Client) -> None:
    draft = setups.begin()
    setups.save(draft, "mode", mode="imap-smtp")
    sent = {"login": "two words", "password": CANARY}
    answer = visitor.post(at(draft, "password"), sent)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert 'value="two words"' in page and CANARY not in page
    assert "A log-in name has no spaces in it." in page


def test_notices_and_warnings_of_the_rules_are_shown(visitor: Client) -> None:
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-app")
    given = setups.IDS | {"client_id": f"{{{setups.GATEWAY.client_id.upper()}}}"}
    shown = text(visitor.post(at(draft, "ids"), given, follow=True))
    assert f"was cleaned to {setups.GATEWAY.client_id}" in shown
    sent = {"secret": setups.GATEWAY.client_id, "secret_ends_on": ""}
    shown = text(visitor.post(at(draft, "secret"), sent, follow=True))
    assert "This looks like the Secret ID, paste the Value." in shown


def test_a_step_that_cannot_start_says_what_is_first(visitor: Client) -> None:
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-app")
    answer = visitor.get(at(draft, "secret"), follow=True)
    assert answer.redirect_chain == [(at(draft, "ids"), 302)]
    assert "First: Application and directory ID." in text(answer)
    page = answer.content.decode()
    assert f'href="{at(draft, "secret")}"' not in page


def test_a_step_of_another_mode_leads_back(visitor: Client) -> None:
    draft = setups.begin()
    setups.save(draft, "mode", mode="imap-smtp")
    answer = visitor.get(at(draft, "permissions"), follow=True)
    assert "is not needed for the way that was chosen" in text(answer)


def test_cards_say_who_must_help_how_long_and_what_ends(visitor: Client) -> None:
    shown = text(visitor.get(at(setups.begin(), "mode")))
    for words in (
        "Who must help An Entra administrator",
        "How long about 30 minutes",
        "ends it on 1 April 2027",
        "names no last day yet",
        "end of December 2026",
        "Draft only in this version",
    ):
        assert words in shown


def test_exact_values_can_be_copied(visitor: Client) -> None:
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-app")
    page = visitor.get(at(draft, "register")).content.decode()
    for value in (
        "Accounts in this organizational directory only (Single tenant)",
        "http://testserver/consent/",
    ):
        assert value in page
    assert "data-copy=" in page


def test_a_secret_that_others_use_says_so(visitor: Client) -> None:
    row = factories.registration()
    factories.pop_client("other@contoso.example")
    PopClient.objects.update(registration=row)
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-app")
    setups.save(draft, "register", registration=str(row.pk))
    assert "1 other section uses the secret of Contoso" in text(
        visitor.get(at(draft, "secret"))
    )


def test_the_proxy_that_every_section_uses_is_proposed(visitor: Client) -> None:
    from mailboxes.services import proxies

    proxy = proxies.save_proxy(name="squid", host="p.example", port=1)
    factories.pop_client("other@contoso.example")
    draft = setups.begin()
    setups.save(draft, "mode", mode="imap-smtp")
    chosen = f'<option value="{proxy.pk}" selected>'
    assert chosen not in visitor.get(at(draft, "network")).content.decode()
    PopClient.objects.update(proxy=proxy)
    assert chosen in visitor.get(at(draft, "network")).content.decode()


def test_pages_hold_no_secret(visitor: Client) -> None:
    draft = setups.app_only(secret=CANARY)
    making.test(draft.pk, None)
    for step in STEPS:
        if step.applies(Setup.load(draft.pk)):
            assert CANARY not in visitor.get(at(draft, step.id)).content.decode()


def test_queries_of_a_step_are_bounded(
    visitor: Client, django_assert_max_num_queries
) -> None:
    draft = setups.app_only()
    setups.say_green(draft)
    for step in ("mode", "network", "permissions", "test", "turn-on"):
        visitor.get(at(draft, step))
        with django_assert_max_num_queries(20):
            visitor.get(at(draft, step))


# two people


def test_who_else_is_in_the_draft_is_told(visitor: Client) -> None:
    draft = setups.begin()
    bob = factories.user("bob", "add_setupdraft")
    here = reverse("connect-here", args=[draft.pk, "mode"])
    assert "is in this draft too" not in text(visitor.post(here))
    assert "anna is in this draft too" in text(signed_in(bob).post(here))
    assert "bob is in this draft too" in text(visitor.get(at(draft, "mode")))
    SetupVisit.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    assert "bob" not in text(visitor.get(at(draft, "mode")))


def test_a_save_by_somebody_else_meanwhile_is_told_not_overwritten(
    visitor: Client,
) -> None:
    draft = setups.app_only()
    opened = seen(visitor, at(draft, "fetching"))
    mine = setups.FETCHING | {"folder_path": "Inbox/Mine", "seen": opened}
    setups.save(draft, "fetching", **(setups.FETCHING | {"folder_path": "Inbox/B"}))
    answer = visitor.post(at(draft, "fetching"), mine)
    shown = text(answer)
    assert answer.status_code == 400
    assert "Somebody else has saved this step" in shown
    assert "Saved meanwhile: Inbox/B" in shown
    assert 'value="Inbox/Mine"' in answer.content.decode()
    assert setups.reloaded(draft).values["pop-client"]["folder-path"] == "Inbox/B"
    again = re.search(r'name="seen" value="([^"]*)"', answer.content.decode())
    assert again and again[1] != opened
    visitor.post(at(draft, "fetching"), mine | {"seen": again[1]})
    assert setups.reloaded(draft).values["pop-client"]["folder-path"] == "Inbox/Mine"


# test and turn on


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


def test_a_mode_that_is_not_there_yet_is_kept_as_a_draft(visitor: Client) -> None:
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


# consent


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
    assert "Waits for an answer" in text(visitor.get(region))
    query = {
        "admin_consent": "True",
        "tenant": setups.world.TENANT_ID,
        "state": consent.signed(link()),
    }
    answer = Client().get("/consent/", query)
    shown = text(answer)
    assert answer.status_code == 200 and "You can close this window." in shown
    assert setups.ADDRESS not in shown and "Sign out" not in shown
    assert "Consent was given" in text(visitor.get(region))
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

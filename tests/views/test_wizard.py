"""The pages of the wizard: list, steps, two people. Its end: test_wizard_test."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from mailboxes.models import (
    PopClient,
    SetupDraft,
)
from mailboxes.services.wizard import making
from mailboxes.services.wizard.modes import BY_NAME
from mailboxes.services.wizard.setup import Setup
from mailboxes.services.wizard.steps import STEPS
from tests import factories
from tests.fixtures import setups
from tests.views.wizard_pages import at, text

pytestmark = pytest.mark.django_db
CANARY = "canary-Passw0rd-4711"


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


def test_object_id_is_asked_beside_the_lines_that_confine(visitor: Client) -> None:
    draft = setups.app_only(mode="microsoft-graph")
    page = at(draft, "prerequisites")
    shown = text(visitor.get(page))
    assert "Object ID of the enterprise application" in shown
    wrong = {"principal_id": setups.GATEWAY.client_id, "stay": "1"}
    answer = visitor.post(page, wrong)
    assert answer.status_code == 400
    assert "This is the Application (client) ID." in text(answer)
    known = {"principal_id": setups.GATEWAY.principal_id, "stay": "1"}
    assert visitor.post(page, known)["Location"] == page
    assert f"-App '{setups.GATEWAY.principal_id}'" in text(visitor.get(page))


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
    answer = visitor.post(at(draft, "secret"), sent, follow=True)
    assert "This looks like the Secret ID. Paste the Value." in text(answer)


def test_a_doubtful_secret_is_told_of_on_its_own_page_once(visitor: Client) -> None:
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-app")
    setups.save(draft, "ids", **setups.IDS)
    sent = {"secret": setups.GATEWAY.client_id, "secret_ends_on": ""}
    answer = visitor.post(at(draft, "secret"), sent, follow=True)
    assert answer.redirect_chain == [(at(draft, "secret", "#id_secret"), 302)]
    assert "This looks like the Secret ID. Paste the Value." in text(answer)
    assert "It is saved. Enter another one, or save to go on." in text(answer)
    again = visitor.post(at(draft, "secret"), sent | {"secret": ""})
    assert again["Location"] == at(draft, "permissions")


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
    ):
        assert words in shown
    assert "Draft only in this version" not in shown


def test_cards_say_what_a_version_cannot_do(
    visitor: Client, first_version: None
) -> None:
    shown = text(visitor.get(at(setups.begin(), "mode")))
    assert "Draft only in this version" in shown


def test_exact_values_can_be_copied(visitor: Client) -> None:
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-app")
    page = visitor.get(at(draft, "register"), secure=True).content.decode()
    for value in (
        "Accounts in this organizational directory only (Single tenant)",
        "https://testserver/consent/",
    ):
        assert value in page
    assert "data-copy=" in page


def test_lines_that_change_the_tenant_say_so_before_them(visitor: Client) -> None:
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-ews-app")
    shown = text(visitor.get(at(draft, "prerequisites")))
    assert "once the Application (client) ID is entered" in shown
    assert "Set-OrganizationConfig" not in shown
    setups.save(draft, "register", registration="")
    setups.save(draft, "ids", **setups.IDS)
    shown = text(visitor.get(at(draft, "prerequisites")))
    order = [
        "EWS in the whole tenant: read first",
        "Format-List EwsEnabled",
        "every other EWS application of the tenant is cut off",
        "Set-OrganizationConfig",
        "up to 24 hours",
    ]
    places = [shown.index(words) for words in order]
    assert places == sorted(places)
    assert "up to an hour" not in shown


@pytest.mark.parametrize(
    ("mode", "step", "words"),
    [
        (
            "microsoft-password",
            "prerequisites",
            "security defaults are off in the tenant (they know no exception)",
        ),
        ("microsoft-app", "prerequisites", "Teams & groups , Shared mailboxes ."),
        ("microsoft-app", "permissions", "too, except for application permissions"),
        ("microsoft-app", "prerequisites", "even where it is off for the whole"),
        ("microsoft-device", "public-client", "a client secret, and this way has none"),
        ("google", "google-client", "Clients , Create client , type Web application"),
        ("google", "prerequisites", "IMAP access is on (POP and IMAP access)."),
        ("google-pop3", "prerequisites", "Enable POP in the mailbox's own Gmail"),
    ],
)
def test_words_say_what_the_portal_has(
    visitor: Client, mode: str, step: str, words: str
) -> None:
    draft = setups.begin()
    setups.save(draft, "mode", mode=mode)
    if mode.startswith("microsoft"):
        setups.save(draft, "ids", **setups.IDS)
    assert words in text(visitor.get(at(draft, step)))


def test_cards_of_google_offer_what_the_wizard_asks(visitor: Client) -> None:
    shown = text(visitor.get(at(setups.begin(), "mode")))
    assert "refresh token is pasted" not in shown


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


def test_shared_mailbox_is_asked_for_and_explained(visitor: Client) -> None:
    page = visitor.get("/connect/").content.decode()
    assert 'id="id_account"' in page
    sent = {
        "address": "service@contoso.example",
        "direction": "both",
        "account": "anna@contoso.example",
    }
    visitor.post("/connect/", sent)
    draft = SetupDraft.objects.get()
    assert draft.account == "anna@contoso.example"
    setups.save(draft, "mode", mode="microsoft-password")
    setups.save(draft, "ids", **setups.IDS)
    shown = text(visitor.get(at(draft, "prerequisites")))
    assert "anna@contoso.example has Full Access to service@contoso.example" in shown
    assert ", and Send As ." in shown or ", and Send As." in shown
    assert "Add-RecipientPermission -Identity 'service@contoso.example'" in shown
    shown = text(visitor.get(at(draft, "password")))
    assert "Shared mailbox" in shown and "Password of the account" in shown
    assert "The password is that of anna@contoso.example" in shown


def test_a_step_to_do_again_says_what_has_come_in(visitor: Client) -> None:
    draft = setups.app_only(direction="receive")
    setups.save(draft, "prerequisites")
    path = at(draft, "prerequisites")
    assert "Since then this has come in" not in text(visitor.get(path))
    setups.save(draft, "mailbox", address=setups.ADDRESS, direction="both")
    assert (
        "This step was done once. Since then this has come in: smtp-client by SMTP"
        in text(visitor.get(path))
    )


def test_cards_stand_by_provider_with_a_way_to_each(visitor: Client) -> None:
    page = visitor.get(at(setups.begin(), "mode")).content.decode()
    names = ("microsoft", "google", "other")
    assert re.findall(r'<h3 id="ways-(\w+)"', page) == list(names)
    assert [page.count(f'href="#ways-{name}"') for name in names] == [1, 1, 1]
    shown = re.findall(r'name="mode" id="id_mode_(\d+)" value="([\w-]+)"', page)
    assert sorted(int(place) for place, _ in shown) == list(range(len(shown)))
    kinds = [str(BY_NAME[mode].provider) for _, mode in shown]
    assert kinds == sorted(kinds, key=names.index)

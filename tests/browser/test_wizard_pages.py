"""Every page of the wizard in every state: axe finds nothing, nothing scrolls sideways,
one h1, targets of 24 px; and from the dashboard to the field that mends a failure.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Page, expect

from mailboxes.core.choices import RunState
from mailboxes.models import AppRegistration, AuditEvent, ConsentLink, Fetcher
from mailboxes.services.wizard import consent, drafts, making
from mailboxes.services.wizard.setup import Setup
from mailboxes.services.wizard.steps import STEPS
from tests import factories
from tests.browser.test_setup_pages import LOOKS, _faults
from tests.fixtures import setups
from tests.services.option_sets import saved_pop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "customer-support-escalations-europe-middle-east@contoso.example"


@pytest.fixture
def pages() -> dict[str, str]:
    """The address of each page, with drafts in every state."""
    factories.live_worker()
    bob = factories.user("bob-with-a-rather-long-name-at-contoso")
    app = setups.app_only(LONG)
    setups.save(app, "exchange", principal_id=setups.GATEWAY.principal_id)
    drafts.visit(app, bob, "secret")
    found = {"list": "/connect/"} | _steps(app, "app")
    setups.failed(app, "token", "AADSTS7000222", answer="x" * 300)
    red = setups.app_only("red@contoso.example", name="Red")
    setups.failed(red, "token", "AADSTS7000222", answer="x" * 300)
    ConsentLink.objects.filter(draft=red).update(
        outcome="refused",
        code=consent.DENIED,
        answered_at="2026-11-25T00:00Z",
        evidence={"answer": "AADSTS65004 " * 20},
    )
    found |= {
        f"red {step}": f"/connect/{red.pk}/{step}/"
        for step in ("secret", "permissions", "test")
    }
    green = setups.app_only("green@contoso.example", name="Green")
    [run, _] = setups.say_green(green)
    run.checks.filter(stage="mailbox").update(
        state="passed", evidence={"folder": "INBOX", "messages": 12}
    )
    ConsentLink.objects.filter(draft=green).update(
        outcome="granted", answered_at="2026-11-25T00:00Z", evidence={"tenant": "t"}
    )
    found |= {
        f"green {step}": f"/connect/{green.pk}/{step}/"
        for step in ("permissions", "test", "turn-on")
    }
    on = setups.app_only("on@contoso.example", name="On")
    client = making.turn_on(on.pk, None, untested=True).draft.pop_client
    factories.message(client, subject="Donaudampfschifffahrt" * 6)
    ropc = setups.begin("ropc@contoso.example")
    setups.save(ropc, "mode", mode="microsoft-password")
    setups.save(ropc, "ids", **(setups.IDS | {"name": "ROPC"}))
    other = setups.begin("other@contoso.example")
    setups.save(other, "mode", mode="imap-smtp")
    setups.save(other, "password", login="", password="x")
    shared = setups.begin("shared@contoso.example")
    setups.save(shared, "mode", mode="microsoft-app")
    row = AppRegistration.objects.get(name="Contoso")
    setups.save(shared, "register", registration=str(row.pk))
    ews = setups.begin("ews@contoso.example")
    setups.save(ews, "mode", mode="microsoft-ews-app")
    setups.save(ews, "register", registration=str(row.pk))
    graph = setups.app_only("graph@contoso.example", mode="microsoft-graph", name="G")
    setups.save(graph, "prerequisites", principal_id=setups.GATEWAY.principal_id)
    by_link = setups.begin("link@contoso.example")
    setups.save(by_link, "mode", mode="microsoft-sign-in")
    open_link = ConsentLink.objects.filter(answered_at=None).last()
    return found | {
        "on": f"/connect/{on.pk}/turn-on/",
        "public client": f"/connect/{ropc.pk}/public-client/",
        "ropc prerequisites": f"/connect/{ropc.pk}/prerequisites/",
        "password": f"/connect/{ropc.pk}/password/",
        "other password": f"/connect/{other.pk}/password/",
        "other network": f"/connect/{other.pk}/network/",
        "ews prerequisites": f"/connect/{ews.pk}/prerequisites/",
        "graph prerequisites": f"/connect/{graph.pk}/prerequisites/",
        "link register": f"/connect/{by_link.pk}/register/",
        "shared ids": f"/connect/{shared.pk}/ids/",
        "discard": f"/connect/{app.pk}/discard/",
        "consent refused": "/consent/?error=access_denied&state="
        + consent.signed(open_link),
        "consent used": "/consent/?state=" + consent.signed(open_link),
    }


def _steps(draft, name: str) -> dict[str, str]:
    return {
        f"{name} {step.id}": f"/connect/{draft.pk}/{step.id}/"
        for step in STEPS
        if step.applies(Setup.load(draft.pk))
    }


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_are_accessible_and_fit(
    console: Callable[..., Page], pages: dict[str, str], scheme: str, width: int
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    faults: list[str] = []
    titles: dict[str, str] = {}
    for name, path in pages.items():
        page = console(path, **look)
        faults += _faults(page, name)
        if page.title() in titles:
            faults.append(f"{name}: titled as {titles[page.title()]}")
        titles[page.title()] = name
    page = console(pages["other network"], **look)
    page.get_by_label("Server for receiving").fill("https://imap.x.example/")
    page.get_by_role("button", name="Save and continue").last.click()
    expect(page.get_by_role("alert")).to_be_focused()
    faults += _faults(page, "network with a mistake")
    if width == 360:
        page.locator(".fold-steps summary").click()
        expect(page.locator(".fold-steps ol")).to_be_visible()
        faults += _faults(page, "steps unfolded")
    assert faults == []


@pytest.mark.slow
def test_narrowest_screen_does_not_scroll_sideways(
    console: Callable[..., Page], pages: dict[str, str]
) -> None:
    look = {"viewport": {"width": 320, "height": 640}}
    sideways = "document.documentElement.scrollWidth > window.innerWidth"
    wide = [n for n, path in pages.items() if console(path, **look).evaluate(sideways)]
    assert wide == []


def test_the_list_of_steps_folds_on_a_phone(console: Callable[..., Page]) -> None:
    draft = setups.app_only()
    phone = {"viewport": {"width": 360, "height": 740}}
    page = console(f"/connect/{draft.pk}/secret/", **phone)
    folded = page.locator(".fold-steps summary")
    expect(folded).to_have_text("Step 5 of 12: Client secret")
    expect(page.locator(".fold-steps ol")).to_be_hidden()
    expect(page.locator(".wide-steps")).to_be_hidden()


@pytest.mark.slow
def test_a_phone_shows_who_and_how_long_of_the_chosen_way_alone(
    console: Callable[..., Page],
) -> None:
    draft = setups.begin("a@contoso.example")
    phone = {"viewport": {"width": 360, "height": 740}}
    page = console(f"/connect/{draft.pk}/mode/", **phone)
    told = page.get_by_text("Who must help", exact=True).filter(visible=True)
    expect(told).to_have_count(1)
    page.locator("input[name=mode]").nth(2).check()
    card = page.locator(".card").filter(has=page.locator(":checked"))
    expect(told).to_have_count(1)
    expect(card.get_by_text("Who must help")).to_be_visible()


def test_a_second_admin_is_seen_without_a_reload(console: Callable[..., Page]) -> None:
    draft = setups.begin()
    page = console(f"/connect/{draft.pk}/mode/")
    user = get_user_model().objects.create_user("bob")
    drafts.visit(draft, user, "mode")
    told = page.get_by_text("bob is in this draft too")
    expect(told).to_be_visible(timeout=20_000)
    expect(page.locator("#here-text")).to_contain_text("you can leave and come back.")


def test_without_a_green_test_only_untested_is_offered(
    console: Callable[..., Page],
) -> None:
    draft = setups.app_only()
    page = console(f"/connect/{draft.pk}/turn-on/")
    expect(page.get_by_role("button", name="Turn on", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Turn on untested").click()
    expect(page.get_by_role("heading", name="It is on")).to_be_visible()
    told = AuditEvent.objects.get(action="setup.turned-on")
    assert (told.actor_name, told.details["untested"]) == ("anna", True)


def test_a_test_that_was_green_for_other_settings_does_not_count(
    console: Callable[..., Page],
) -> None:
    draft = setups.app_only()
    setups.say_green(draft)
    page = console(f"/connect/{draft.pk}/turn-on/")
    turn_on = page.get_by_role("button", name="Turn on", exact=True)
    expect(turn_on).to_be_visible()
    page.goto(page.url.replace("turn-on", "fetching"))
    page.get_by_label("Folder", exact=True).fill("Archive")
    page.get_by_role("button", name="Save and continue").last.click()
    page.goto(page.url.rsplit("/", 2)[0] + "/turn-on/")
    expect(page.get_by_text("These settings have no green test")).to_be_visible()
    expect(turn_on).to_have_count(0)


def test_a_drawing_has_a_name_and_shows_in_both_themes(
    console: Callable[..., Page],
) -> None:
    draft = setups.app_only()
    for scheme in ("light", "dark"):
        page = console(f"/connect/{draft.pk}/ids/", color_scheme=scheme)
        drawing = page.get_by_role("img", name="The Overview page of the application.")
        expect(drawing).to_be_visible()
        ink, ground = (
            drawing.evaluate(f"e => getComputedStyle(e.querySelector('{part}')).fill")
            for part in ("text.head", "rect.frame")
        )
        assert ink != ground


FAULTS = {
    "wrong password": ("AADSTS50126", "token", {}, "id_password"),
    "expired secret of a registration": ("AADSTS7000222", "token", {}, "id_secret"),
    "unknown tenant": ("AADSTS90002", "tenant", {}, "id_directory_id"),
    "folder that is not there": ("folder-missing", "mailbox", {}, "id_folder_path"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_from_the_dashboard_to_the_focused_field(
    console: Callable[..., Page], fault: str
) -> None:
    code, stage, evidence, field = FAULTS[fault]
    factories.live_worker()
    changes: dict[str, object] = {}
    if "registration" in fault:
        row = factories.registration()
        changes = {"registration": str(row.pk), "grant-type": "client_credentials"}
        changes["password"] = ""
    saved_pop(**changes)
    Fetcher.objects.update(
        state=RunState.STOPPED, code=code, stage=stage, evidence=evidence, failures=1
    )
    page = console("/")
    page.locator(".notice[data-tone=fail] a").first.click()
    expect(page.locator(f"#{field}")).to_be_focused()

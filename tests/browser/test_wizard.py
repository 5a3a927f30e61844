"""The wizard against the sandbox, from an address to the first message.

By mouse with every step left and resumed, on the shortest way, by keyboard alone, with
JavaScript off; and consent by a second browser whose owner has no account here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, expect

from tests.browser.conftest import Visitor, visit
from tests.browser.test_journey import (
    _click,
    _press_enter_on,
    _type_by_keyboard,
    _type_by_mouse,
)
from tests.fixtures.browser import press_enter
from tests.fixtures.product import PASSWORD, Product, wait_for

pytestmark = pytest.mark.browser

GREEN = "Everything works: to Turn on"
SAVE = "Save and continue"
FIRST_MESSAGE_MS = 60_000


@pytest.fixture(scope="module")
def world(product: Product) -> dict[str, Any]:
    return dict(json.loads((product.data / "sandbox" / "sandbox.json").read_text()))


def app(world: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in world["apps"] if one["name"] == name)


@dataclass
class Hand:
    """A person at a page; counts what they do."""

    page: Page
    clicks: int = 0
    typed: int = 0
    pasted: list[str] = field(default_factory=list)

    def click(self, role: str, name: str) -> None:
        self.clicks += 1
        self.page.get_by_role(role, name=name, exact=True).last.click()  # type: ignore

    def paste(self, label: str, text: str) -> None:
        self.pasted.append(text)
        self.page.get_by_label(label, exact=True).fill(text)

    def type(self, label: str, text: str) -> None:
        self.typed += len(text)
        self.paste(label, text)


def wait_for_message(page: Page) -> None:
    first = page.locator("#first-region table a[href^='/messages/']").first
    expect(first).to_be_visible(timeout=FIRST_MESSAGE_MS)


def at_step(page: Page, step: str) -> None:
    page.wait_for_url(lambda url: url.split("#")[0].endswith(f"/{step}/"))


def sign_in_here(page: Page) -> None:
    """On the page that asks for it; leads to where one wanted to go."""
    page.get_by_label("Username").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.slow
def test_every_step_is_left_and_resumed(
    browser: Browser, product: Product, world: dict[str, Any]
) -> None:
    """U2: at most 9 values, none twice, nine of nine steps survive a closed browser."""
    gateway = app(world, "Contoso mail gateway")
    someone = visit(browser, product)
    someone.sign_in()
    hand = Hand(someone.page)
    trouble: list[str] = []

    def resume(step: str) -> None:
        """Close the browser, come back by the step's address, sign in, go on there."""
        nonlocal someone
        at_step(hand.page, step)
        address = hand.page.url
        someone.context.close()
        trouble.extend(someone.trouble)
        someone = visit(browser, product)
        hand.page = someone.page
        hand.page.goto(address)
        sign_in_here(hand.page)
        hand.page.wait_for_url(address)

    someone.goto("/connect/")
    hand.paste("Address", "returns@contoso.example")
    hand.click("button", SAVE)
    at_step(hand.page, "mode")
    someone.goto("/connect/")
    hand.page.get_by_role("link", name="Continue returns@contoso.example").click()
    resume("mode")
    hand.click("button", SAVE)
    resume("register")
    hand.click("button", "It is registered, continue")
    resume("ids")
    hand.paste("Application (client) ID", gateway["client_id"])
    hand.paste("Directory (tenant) ID", gateway["directory_id"])
    hand.click("button", SAVE)
    resume("secret")
    hand.paste("Client secret", gateway["secret"])
    hand.paste("Last day of the client secret", "2099-05-31")
    hand.click("button", SAVE)
    resume("permissions")
    hand.click("button", "It is granted, continue")
    resume("prerequisites")
    hand.click("button", "The mailbox allows it, continue")
    resume("exchange")
    hand.paste("Object ID of the enterprise application", gateway["principal_id"])
    hand.click("button", "Save, not done yet")
    expect(hand.page.locator("#exchange-lines")).to_contain_text(
        f"-User '{gateway['principal_id']}'"
    )
    resume("exchange")
    hand.click("button", "The lines were run, continue")
    resume("network")
    expect(hand.page.get_by_label("Server for receiving")).to_have_value(
        "outlook.office365.com"
    )
    hand.page.get_by_label("Proxy", exact=True).select_option(label="sandbox")
    hand.click("button", SAVE)
    resume("fetching")
    hand.page.get_by_label("Mail that is already there").select_option("everything")
    hand.click("button", SAVE)
    resume("test")
    hand.click("button", "Run the test")
    expect(hand.page.get_by_role("link", name=GREEN)).to_be_visible(timeout=30_000)
    hand.click("link", GREEN)
    resume("turn-on")
    expect(hand.page.get_by_text("All of them are fetched.")).to_be_visible()
    hand.click("button", "Turn on")
    wait_for_message(hand.page)
    assert len(hand.pasted) == len(set(hand.pasted)) == 6
    assert product.status()["pop-client-returns"]["health"] in ("healthy", "fetching")
    someone.context.close()
    assert trouble + someone.trouble == []


@pytest.mark.slow
def test_the_shortest_way_takes_twelve_clicks(
    visitor: Visitor, product: Product, world: dict[str, Any]
) -> None:
    """U1, for a mailbox of one's own: 12 clicks, 40 typed characters, 60 seconds."""
    gateway = app(world, "Contoso mail gateway")
    hand = Hand(visitor.page)
    visitor.goto("/")
    hand.click("link", "Connect a mailbox")
    hand.type("Address", "legacy@contoso.example")
    hand.click("button", SAVE)
    hand.click("button", SAVE)
    chosen = hand.page.get_by_label("App registration that is set up here")
    known = chosen.locator("option", has_text=gateway["directory_id"])
    hand.click("button", "It is registered, continue")
    assert known.count() in (0, 1)
    hand.paste("Application (client) ID", gateway["client_id"])
    hand.paste("Directory (tenant) ID", gateway["directory_id"])
    name = hand.page.get_by_label("Name of the app registration here")
    name.fill("Contoso, once more")  # the short name was taken by the test above
    hand.click("button", SAVE)
    hand.paste("Client secret", gateway["secret"])
    hand.click("button", SAVE)
    hand.clicks += 1
    hand.page.locator(".wide-steps").get_by_role("link", name="Servers").click()
    hand.page.get_by_label("Proxy", exact=True).select_option(label="sandbox")
    hand.click("button", SAVE)
    hand.click("button", SAVE)
    hand.click("button", "Run the test")
    hand.page.get_by_role("link", name=GREEN).wait_for()
    hand.click("link", GREEN)
    hand.click("button", "Turn on")
    # Only new mail is fetched: a letter comes after the first cycle, and the next one
    # is not waited for.
    name = "pop-client-legacy"
    wait_for(lambda: product.status()[name]["health"] == "healthy", 30, "a first cycle")
    box = f"http://127.0.0.1:{world['control']['port']}/deliver"
    sent = visitor.context.request.post(
        box, data={"to": "legacy@contoso.example", "count": 1}
    )
    assert sent.ok
    product.manage("fetch", name, check=False)  # a worker may be at it already
    wait_for_message(hand.page)
    assert (hand.clicks, hand.typed) == (12, len("legacy@contoso.example"))


def _password_way(
    someone: Visitor,
    account: dict[str, Any],
    address: str,
    enter: Callable[[Page, str, str], None],
    press: Callable[[Page, str], None],
) -> None:
    """With a mailbox password, one mistake on the way, to the first message."""
    page = someone.page
    someone.goto("/connect/")
    enter(page, "Address", address)
    press(page, SAVE)
    at_step(page, "mode")
    page.get_by_label(
        "Microsoft 365, IMAP and SMTP, with the mailbox's password (ROPC)"
    ).check()
    press(page, SAVE)
    press(page, "It is registered, continue")
    at_step(page, "ids")
    enter(page, "Application (client) ID", account["client_id"])
    enter(page, "Directory (tenant) ID", "common")
    enter(page, "Name of the app registration here", address)
    press(page, SAVE)
    expect(page.get_by_role("alert")).to_be_focused()
    enter(page, "Directory (tenant) ID", account["directory_id"])
    press(page, SAVE)
    press(page, "It is switched on, continue")
    at_step(page, "password")
    enter(page, "Log-in name", account["address"])
    enter(page, "Mailbox password", "wrong")
    press(page, SAVE)
    press(page, "It is granted, continue")
    press(page, "The mailbox allows it, continue")
    at_step(page, "network")
    page.get_by_label("Proxy", exact=True).select_option(label="sandbox")
    press(page, SAVE)
    page.get_by_label("Mail that is already there").select_option("everything")
    press(page, SAVE)
    press(page, "Run the test")
    to_field = page.get_by_role("link", name="Go to step 6: Log-in name and password")
    expect(to_field.first).to_be_visible(timeout=30_000)


def _mended(
    page: Page,
    account: dict[str, Any],
    enter: Callable[[Page, str, str], None],
    press: Callable[[Page, str], None],
) -> None:
    expect(page.get_by_label("Mailbox password", exact=True)).to_be_focused()
    enter(page, "Mailbox password", account["password"])
    press(page, SAVE)
    at_step(page, "test")
    press(page, "Run all checks again")
    expect(page.get_by_role("link", name=GREEN)).to_be_visible(timeout=30_000)


def _account(world: dict[str, Any]) -> dict[str, Any]:
    return next(
        m for m in world["mailboxes"] if m["address"] == "orders@contoso.example"
    )


@pytest.mark.slow
def test_all_by_keyboard(
    visitor: Visitor, product: Product, world: dict[str, Any]
) -> None:
    page, account = visitor.page, _account(world)
    _password_way(
        visitor,
        account,
        "wizard-keys@contoso.example",
        _type_by_keyboard,
        _press_enter_on,
    )
    _follow(page, "Go to step 6: Log-in name and password")
    _mended(page, account, _type_by_keyboard, _press_enter_on)
    _follow(page, GREEN)
    _press_enter_on(page, "Turn on")
    wait_for_message(page)


def _follow(page: Page, name: str) -> None:
    """Reach a link with Tab alone and press Enter."""
    link = page.get_by_role("link", name=name).first
    for _ in range(160):
        if _has_focus(link):
            break
        page.keyboard.press("Tab")
    else:
        pytest.fail(f"Tab never reached the link {name}")
    press_enter(page)


def _has_focus(link: Locator) -> bool:
    """Not while the page of a test that has just ended is loaded anew."""
    try:
        return bool(link.evaluate("e => e === document.activeElement"))
    except Error:
        return False


@pytest.mark.slow
def test_all_without_javascript(
    browser: Browser, product: Product, world: dict[str, Any]
) -> None:
    someone = visit(browser, product, java_script_enabled=False)
    someone.sign_in()
    page, account = someone.page, _account(world)
    _password_way(
        someone, account, "wizard-plain@contoso.example", _type_by_mouse, _click
    )
    page.get_by_role("link", name="Go to step 6").first.click()
    _mended(page, account, _type_by_mouse, _click)
    page.get_by_role("link", name=GREEN).click()
    _click(page, "Turn on")
    first = page.locator("table a[href^='/messages/']").first
    for _ in range(30):
        if first.count():
            break
        page.wait_for_timeout(FIRST_MESSAGE_MS / 30)
        page.reload()
    expect(first).to_be_visible()
    someone.context.close()
    assert someone.trouble == []


def test_consent_by_a_second_browser_without_an_account(
    visitor: Visitor, browser: Browser, product: Product, world: dict[str, Any]
) -> None:
    page, hand = visitor.page, Hand(visitor.page)
    unconsented = app(world, "Contoso without consent")
    visitor.goto("/connect/")
    hand.paste("Address", "noaccess@contoso.example")
    hand.click("button", SAVE)
    hand.click("button", SAVE)
    hand.click("button", "It is registered, continue")
    hand.paste("Application (client) ID", unconsented["client_id"])
    hand.paste("Directory (tenant) ID", unconsented["directory_id"])
    page.get_by_label("Name of the app registration here").fill("Without consent")
    hand.click("button", SAVE)
    hand.paste("Client secret", unconsented["secret"])
    hand.click("button", SAVE)
    at_step(page, "permissions")
    own = page.url
    visitor.goto(own.removeprefix(visitor.base).replace("permissions", "network"))
    page.get_by_label("Proxy", exact=True).select_option(label="sandbox")
    hand.click("button", SAVE)
    hand.click("button", SAVE)
    hand.click("button", "Run the test")
    page.get_by_role("link", name="Go to step 6: Permissions and consent").first.click()
    expect(page.locator("#step")).to_be_focused()
    link = page.get_by_label("Consent link", exact=True).input_value()
    assert link.startswith("https://login.microsoftonline.com/")
    admin = browser.new_context(
        ignore_https_errors=True,
        proxy={
            "server": f"http://127.0.0.1:{world['proxy']['port']}",
            "bypass": "127.0.0.1",
        },
    )
    other = admin.new_page()
    other.goto(link)
    other.get_by_role("button", name="Accept").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Recorded")
    expect(other.get_by_text("You can close this window.")).to_be_visible()
    assert other.get_by_role("link", name="Dashboard").count() == 0
    # The wizard's page notices by itself.
    expect(page.get_by_text("Consent was given")).to_be_visible(timeout=20_000)
    other.goto(link)  # the link again, as from a mail that was forwarded
    other.get_by_role("button", name="Cancel").click()
    expect(other.get_by_role("heading", level=1)).to_have_text(
        "This link is not good any more"
    )
    admin.close()
    visitor.goto(own.removeprefix(visitor.base).replace("permissions", "test"))
    hand.click("button", "Run all checks again")
    claims = page.locator(".checks li", has_text="Read the token's claims").first
    expect(claims).to_contain_text("Passed")
    # The application may, and Exchange has not opened this mailbox to it.
    step = page.get_by_role("link", name="Go to step 8: Rights in Exchange").first
    step.click()
    expect(page.locator("#id_principal_id")).to_be_focused()
    hand.click("link", "Discard")
    hand.click("button", "Discard")
    expect(page.get_by_text("was discarded.")).to_be_visible()

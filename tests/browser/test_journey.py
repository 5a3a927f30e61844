"""From sign-in to the first message of a new mailbox, with three mistakes on the way.

Once by mouse, once by keyboard alone, once with JavaScript off.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visitor, visit
from tests.fixtures.browser import press_enter
from tests.fixtures.product import PASSWORD, Product

pytestmark = pytest.mark.browser

FIRST_MESSAGE_MS = 60_000


@pytest.fixture(scope="module")
def account(product: Product) -> dict[str, str]:
    """What the sandbox's own list says of an account that nobody fetches yet."""
    world = json.loads((product.data / "sandbox" / "sandbox.json").read_text())
    taken = {client["address"] for client in product.clients()}
    return next(m for m in world["mailboxes"] if m["address"] not in taken)


def _fill(page: Page, account: dict[str, str], address: str) -> dict[str, str]:
    """What a person types, by label of the field."""
    return {
        "Address": address,
        "Log-in name": account["address"],
        "Server": "outlook.office365.com",
        "Directory (tenant) ID": account["directory_id"],
        "Application (client) ID": account["client_id"],
        "Mailbox password": account["password"],
    }


def _type_by_keyboard(page: Page, label: str, text: str) -> None:
    """Reach the field with Tab alone, then replace what is in it."""
    field = page.get_by_label(label, exact=True)
    for _ in range(120):
        if field.evaluate("e => e === document.activeElement"):
            break
        page.keyboard.press("Tab")
    else:
        pytest.fail(f"Tab never reached {label}")
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def _type_by_mouse(page: Page, label: str, text: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_label(label, exact=True).fill(text)


def _journey(
    someone: Visitor,
    account: dict[str, str],
    address: str,
    enter: Callable[[Page, str, str], None],
    press: Callable[[Page, str], None],
) -> None:
    page = someone.page
    someone.goto("/sign-in/")
    enter(page, "Username", "anna")
    enter(page, "Password", PASSWORD)
    press(page, "Sign in")
    page.wait_for_url(f"{someone.base}/")
    someone.goto("/mailboxes/new/?template=microsoft365-imap")
    right = _fill(page, account, address)
    wrong = right | {
        "Server": "https://outlook.office365.com/",
        "Directory (tenant) ID": "common",
        "Application (client) ID": "not-a-guid",
    }
    for label, text in wrong.items():
        enter(page, label, text)
    _choose(page, account)
    press(page, "Save")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    assert page.title().startswith("Error: ")
    links = summary.get_by_role("link").all_inner_texts()
    assert len(links) == 3
    for label, text in zip(
        ("Server", "Application (client) ID", "Directory (tenant) ID"),
        links,
        strict=True,
    ):
        field = page.get_by_label(label, exact=True)
        assert field.get_attribute("aria-invalid") == "true"
        described = field.get_attribute("aria-describedby") or ""
        at_field = " ".join(
            page.locator(f"#{part}").inner_text() for part in described.split()
        )
        assert text in at_field
    # Typed again: a password is never sent back to the page.
    for label, text in right.items():
        if wrong[label] != text or label == "Mailbox password":
            enter(page, label, text)
    press(page, "Save")
    page.get_by_role("link", name="Open the mailbox").first.click()
    _wait_for_message(page)


def _choose(page: Page, account: dict[str, str]) -> None:
    page.get_by_label("Proxy", exact=True).select_option(label="sandbox")
    page.get_by_label("Mail that is already there", exact=True).select_option(
        "everything"
    )
    page.get_by_label("Cycle time", exact=True).fill("00:00:02")


def _wait_for_message(page: Page) -> None:
    """The overview shows a message; without JavaScript a person reloads."""
    first = page.locator("table a[href^='/messages/']").first
    for _ in range(30):
        if first.count():
            break
        page.wait_for_timeout(FIRST_MESSAGE_MS / 30)
        page.reload()
    first.click()
    expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    expect(page.get_by_text("SHA-256")).to_be_visible()


def _click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.click()


def _press_enter_on(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name).first
    for _ in range(160):
        if button.evaluate("e => e === document.activeElement"):
            break
        page.keyboard.press("Tab")
    else:
        pytest.fail(f"Tab never reached the button {name}")
    press_enter(page)


@pytest.mark.slow
def test_new_mailbox_by_mouse(
    browser: Browser, product: Product, account: dict[str, str]
) -> None:
    someone = visit(browser, product)
    _journey(someone, account, "mouse@contoso.example", _type_by_mouse, _click)
    someone.context.close()
    assert someone.trouble == []


def test_new_mailbox_by_keyboard(
    browser: Browser, product: Product, account: dict[str, str]
) -> None:
    someone = visit(browser, product)
    _journey(
        someone, account, "keys@contoso.example", _type_by_keyboard, _press_enter_on
    )
    someone.context.close()
    assert someone.trouble == []


def test_new_mailbox_without_javascript(
    browser: Browser, product: Product, account: dict[str, str]
) -> None:
    someone = visit(browser, product, java_script_enabled=False)
    page = someone.page
    # Focus cannot be asked for without scripts of the page: Playwright evaluates in
    # a world of its own, which still works.
    _journey(someone, account, "plain@contoso.example", _type_by_mouse, _click)
    assert page.locator("h1").count() == 1
    someone.context.close()
    assert someone.trouble == []


@pytest.mark.slow
def test_message_from_the_outbox_is_answered(
    visitor: Visitor, product: Product
) -> None:
    """Composed in the outbox, taken by the sandbox, its answer fetched."""
    subject = "Question about invoice 4711"
    page = visitor.page
    visitor.goto("/outbox/compose/")
    page.get_by_label("To", exact=True).fill("anna@customers.example")
    page.get_by_label("Subject", exact=True).fill(subject)
    page.get_by_label("Text", exact=True).fill("Dear customer,\n\nis it paid?\n")
    page.get_by_role("button", name="Send").first.click()
    sender = product.status()
    assert sender
    for _ in range(60):
        visitor.goto("/mailboxes/")
        found = False
        for link in page.locator("table th a").all():
            path = link.get_attribute("href") or ""
            other = visitor.context.new_page()
            other.goto(f"{visitor.base}{path}messages/?q=4711")
            found = found or other.get_by_role("link", name=f"Re: {subject}").count()
            other.close()
        if found:
            return
        page.wait_for_timeout(1000)
    pytest.fail("the answer was not fetched within a minute")

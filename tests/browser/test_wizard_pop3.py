"""Every way of connecting by POP3 set up in the wizard, to the first message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mailboxes.services.sandbox_control import SandboxControl
from tests.browser.conftest import Visitor
from tests.browser.test_wizard import GREEN, SAVE, Hand, app, at_step, wait_for_message
from tests.fixtures.product import Product

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("product"),
]
TURNED_ON_MS = 30_000


@pytest.fixture(scope="module")
def world(product: Product) -> dict[str, Any]:
    return dict(json.loads((product.data / "sandbox" / "sandbox.json").read_text()))


def begin(visitor: Visitor, world: dict[str, Any], name: str, mode: str) -> Hand:
    """A mailbox of its own at the sandbox; the wizard at the step after the mode."""
    address = f"{name}@contoso.example"
    control = SandboxControl(int(world["control"]["port"]))
    password = control.make(address, basic=True, opened=True).password
    control.deliver(address, 1)
    hand = Hand(visitor.page)
    visitor.goto("/connect/")
    hand.paste("Address", address)
    hand.click("button", SAVE)
    at_step(hand.page, "mode")
    hand.page.get_by_label(mode, exact=True).check()
    hand.click("button", SAVE)
    hand.pasted = [address, password]
    return hand


def finish(hand: Hand) -> None:
    """From the step of the servers to the first message."""
    page: Page = hand.page
    at_step(page, "network")
    page.get_by_label("Proxy", exact=True).select_option(label="sandbox")
    hand.click("button", SAVE)
    page.get_by_label("Mail that is already there").select_option("everything")
    expect(page.get_by_label("Folder", exact=True)).to_have_count(0)
    hand.click("button", SAVE)
    hand.click("button", "Run the test")
    page.get_by_role("link", name=GREEN).wait_for(timeout=TURNED_ON_MS)
    hand.click("link", GREEN)
    hand.click("button", "Turn on")
    wait_for_message(page)


def ids(hand: Hand, registered: dict[str, Any], name: str) -> None:
    hand.click("button", "It is registered, continue")
    hand.paste("Application (client) ID", registered["client_id"])
    hand.paste("Directory (tenant) ID", registered["directory_id"])
    hand.page.get_by_label("Name of the app registration here").fill(name)
    hand.click("button", SAVE)


def test_as_an_application(visitor: Visitor, world: dict[str, Any]) -> None:
    gateway = app(world, "Contoso mail gateway")
    mode = "Microsoft 365, POP3 and SMTP, as an application"
    hand = begin(visitor, world, "pop-app", mode)
    ids(hand, gateway, "By POP3")
    hand.paste("Client secret", gateway["secret"])
    hand.click("button", SAVE)
    expect(hand.page.get_by_text("POP.AccessAsApp").first).to_be_visible()
    hand.click("button", "It is granted, continue")
    expect(hand.page.get_by_text("POP is on").first).to_be_visible()
    hand.page.locator(".wide-steps").get_by_role("link", name="Servers").click()
    finish(hand)


def test_with_the_password_of_the_mailbox(
    visitor: Visitor, world: dict[str, Any]
) -> None:
    mode = "Microsoft 365, POP3 and SMTP, with the mailbox's password (ROPC)"
    hand = begin(visitor, world, "pop-ropc", mode)
    address, password = hand.pasted
    ids(hand, app(world, "Contoso contact centre mail"), "POP3 by password")
    hand.click("button", "It is switched on, continue")
    hand.paste("Log-in name", address)
    hand.paste("Mailbox password", password)
    hand.click("button", SAVE)
    hand.page.locator(".wide-steps").get_by_role("link", name="Servers").click()
    finish(hand)


def test_at_another_server(visitor: Visitor, world: dict[str, Any]) -> None:
    mode = "Another server, POP3 and SMTP, with a password"
    hand = begin(visitor, world, "pop-own", mode)
    address, password = hand.pasted
    hand.page.wait_for_load_state()
    hand.page.locator(".wide-steps").get_by_role("link", name="Log-in").click()
    hand.paste("Log-in name", address)
    hand.paste("Mailbox password", password)
    hand.click("button", SAVE)
    hand.page.locator(".wide-steps").get_by_role("link", name="Servers").click()
    for label in hand.page.get_by_label("Server").all():
        label.fill("mail.contoso.example")
    finish(hand)

"""A person who connects one mailbox by the wizard: what is done at each of its steps.

Knows steps, not modes: which steps there are, and which options they ask, the product
says. Every mode walked: test_wizard_modes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from mailboxes.services.sandbox_control import SandboxControl
from mailboxes.services.wizard.modes import POP, SMTP, Mode, Provider, offered
from tests.browser.conftest import Visitor
from tests.fixtures.browser import PATIENCE_MS
from tests.fixtures.product import Product, wait_for

SAVE = "Save and continue"
GREEN = "Everything works: to Turn on"
OWN_SERVER = "mail.contoso.example"
OWN_EWS = f"https://{OWN_SERVER}/EWS/Exchange.asmx"
DIRECTIONS = {
    "Receive and send": (POP, SMTP),
    "Receive only": (POP,),
    "Send only": (SMTP,),
}
PATIENCE = 40.0  # seconds, for what a worker does
STEPS = 30  # more than any mode has


def sandbox_world(product: Product) -> dict[str, Any]:
    """What the sandbox of a copy says of itself."""
    return dict(json.loads((product.data / "sandbox" / "sandbox.json").read_text()))


@dataclass
class Walk:
    """One mailbox on its way from an address to its first message.

    owner: a browser of somebody without an account here, in the sandbox's network.
    scripts: the visitor's browser has JavaScript; without, a person reloads.
    certificate: the application proves itself by one that is made on the way.
    watch: called with the owner's page before the owner signs in on it.
    """

    visitor: Visitor
    owner: BrowserContext
    world: dict[str, Any]
    mode: Mode
    address: str
    password: str = field(repr=False)
    scripts: bool = True
    certificate: bool = False
    watch: Callable[[Page], None] = lambda page: None
    passed: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        return self.visitor.page

    @property
    def direction(self) -> str:
        """The widest direction in which the mode is offered."""
        for label, kinds in DIRECTIONS.items():
            if self.mode in offered(kinds):
                return label
        pytest.fail(f"The wizard offers {self.mode.name} in no direction.")

    @property
    def receives(self) -> bool:
        return POP in DIRECTIONS[self.direction]

    @property
    def sends(self) -> bool:
        return SMTP in DIRECTIONS[self.direction]

    @property
    def app(self) -> dict[str, Any]:
        """The application at the sandbox that such a mode needs."""
        public = self.mode.public_client
        found = [one for one in self.world["apps"] if one["public"] == public]
        return next(one for one in found if public or one["roles"])

    @property
    def control(self) -> SandboxControl:
        return SandboxControl(int(self.world["control"]["port"]))

    @property
    def step(self) -> str:
        """Where the browser is."""
        return self.page.url.split("#")[0].rstrip("/").rpartition("/")[2]

    def press(self, name: str, role: str = "button") -> None:
        self.page.get_by_role(role, name=name, exact=True).last.click()  # type: ignore

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def until(self, shown: Locator, what: str) -> None:
        """Until something stands on the page; without JavaScript a person reloads."""
        if self.scripts:
            expect(shown.first, what).to_be_visible(timeout=PATIENCE * 1000)
            return

        def look() -> bool:
            if not shown.count():
                self.page.reload()
            return bool(shown.count())

        wait_for(look, PATIENCE, what, every=0.5)


def begin(
    visitor: Visitor,
    browser: Browser,
    product: Product,
    mode: Mode,
    name: str,
    *,
    scripts: bool = True,
    certificate: bool = False,
) -> Walk:
    """A mailbox of its own at the sandbox, with one message in it.

    name: local part of its address. scripts, certificate: as of Walk.
    """
    world = sandbox_world(product)
    owner = browser.new_context(
        ignore_https_errors=True,
        proxy={
            "server": f"http://127.0.0.1:{world['proxy']['port']}",
            "bypass": "127.0.0.1",
        },
    )
    owner.set_default_timeout(PATIENCE_MS)
    address = f"{name}@contoso.example"
    walk = Walk(visitor, owner, world, mode, address, "", scripts, certificate)
    walk.password = walk.control.make(address, basic=True, opened=True).password
    walk.control.deliver(address, 1)
    return walk


def go(walk: Walk) -> None:
    """From the first page of the wizard until the mailbox is turned on."""
    walk.visitor.goto("/connect/")
    walk.fill("Address", walk.address)
    walk.page.get_by_label(walk.direction, exact=True).check()
    walk.press(SAVE)
    for _ in range(STEPS):
        step = walk.step
        if step not in HANDS:
            pytest.fail(
                f"The wizard has a step {step} that this test cannot do: write what a"
                " person does there in HANDS of tests/browser/wizard_walk.py."
            )
        if walk.passed.count(step):
            pytest.fail(f"{step} was not done with, after {walk.passed}: {_why(walk)}")
        walk.passed.append(step)
        HANDS[step](walk)
        walk.page.wait_for_load_state()
        if step == "turn-on":
            walk.owner.close()
            return
    pytest.fail(f"The walk has no end: {walk.passed}")


def _why(walk: Walk) -> str:
    """What the page complains of."""
    found = walk.page.locator(".error, [role=alert]").all_inner_texts()
    return "; ".join(found) or walk.page.url


# What is done at each step


def _mode(walk: Walk) -> None:
    walk.page.get_by_label(str(walk.mode.label), exact=True).check()
    walk.press(SAVE)


def _by_hand(button: str) -> Callable[[Walk], None]:
    return lambda walk: walk.press(button)


def _ids(walk: Walk) -> None:
    walk.fill("Application (client) ID", walk.app["client_id"])
    walk.fill("Directory (tenant) ID", walk.app["directory_id"])
    walk.fill("Name of the app registration here", walk.address.partition("@")[0])
    walk.press(SAVE)


def _google_client(walk: Walk) -> None:
    """The named secret is made on its own page first, as the step says."""
    google, here = walk.world["google"], walk.page.url
    name = walk.address.partition("@")[0]
    service = not walk.mode.signs_in
    walk.page.locator("#step").get_by_role("link", name="Secrets", exact=True).click()
    walk.fill("Name", name)
    secret = google["service_key"] if service else google["secret"]
    walk.page.locator("[name=password]").fill(secret)
    walk.press("Save")
    walk.page.goto(here)
    client = google["account_id"] if service else google["client_id"]
    walk.page.locator("[name=google_client]").fill(client)
    walk.page.locator("[name=google_secret]").select_option(label=name)
    walk.press(SAVE)


def _secret(walk: Walk) -> None:
    if walk.certificate:
        walk.page.get_by_text("Use a certificate in place of the secret").click()
        walk.press("Make a key and certificate here")
        return
    walk.fill("Client secret", walk.app["secret"])
    walk.press(SAVE)


def _certificate(walk: Walk) -> None:
    """Downloaded here, uploaded at the sandbox's Entra."""
    with walk.page.expect_download() as download:
        walk.press("Download the certificate", "link")
    assert download.value.suggested_filename.endswith(".cer")
    text = download.value.path().read_text()
    assert (text.count("BEGIN"), "PRIVATE" in text) == (1, False)
    walk.control.trust(walk.app["client_id"], text)
    walk.press("It is uploaded, continue")


def _password(walk: Walk) -> None:
    walk.fill("Log-in name", walk.address)
    walk.fill("Mailbox password", walk.password)
    walk.press(SAVE)


def _permissions(walk: Walk) -> None:
    """An administrator without an account here consents by the link."""
    link = walk.page.get_by_label("Consent link", exact=True).input_value()
    other = walk.owner.new_page()
    other.goto(link)
    other.get_by_role("button", name="Accept").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Recorded")
    other.close()
    walk.until(walk.page.get_by_text("Consent was given"), "the consent")
    walk.press("It is granted, continue")


def _exchange(walk: Walk) -> None:
    walk.fill("Object ID of the enterprise application", walk.app["principal_id"])
    walk.press("The lines were run, continue")


def _network(walk: Walk) -> None:
    """Servers are proposed, but for those that are nobody's but ours."""
    for name in ("server_in", "server_out"):
        asked = walk.page.locator(f"[name={name}]")
        if asked.count() and not asked.input_value():
            assert walk.mode.provider is Provider.OTHER
            kind = POP if name == "server_in" else SMTP
            ews = walk.mode.protocol(kind) == "EWS"
            asked.fill(OWN_EWS if ews else OWN_SERVER)
    walk.page.get_by_label("Proxy", exact=True).select_option(label="sandbox")
    walk.press(SAVE)


def _fetching(walk: Walk) -> None:
    walk.page.get_by_label("Mail that is already there").select_option("everything")
    walk.press(SAVE)


def _sign_in(walk: Walk) -> None:
    """The owner signs in with a browser of their own: by link, or by code."""
    walk.press("Start the sign-in")
    other = walk.owner.new_page()
    device = walk.mode.public_client
    if device:
        code = walk.page.locator("#user-code")
        walk.until(code, "the code for a device")
        other.goto(walk.page.locator("#step a[rel=noreferrer]").get_attribute("href"))
        other.get_by_label("Code").fill(code.inner_text())
    else:
        link = walk.page.locator("#sign-in-link")
        walk.until(link, "the link for the owner")
        other.goto(link.input_value())
        other.get_by_role("link", name="Sign in").click()
    walk.watch(other)
    other.locator("[name=username]").fill(walk.address)
    other.locator("[name=password]").fill(walk.password)
    other.locator("button[name=answer][value=accept]").click()
    done = "Signed in" if device else "Thank you"
    expect(other.get_by_role("heading", level=1)).to_have_text(done)
    other.close()
    onward = walk.page.get_by_role("link", name="To the connection test")
    walk.until(onward, "the end of the sign-in")
    onward.click()


def _test(walk: Walk) -> None:
    walk.press("Run the test")
    green = walk.page.get_by_role("link", name=GREEN)
    failed = walk.page.locator("#step a[href]", has_text="Go to step")
    walk.until(green.or_(failed), "the end of the test")
    if failed.count():
        pytest.fail(walk.page.locator(".checks").all_inner_texts()[-1])
    green.click()


def _turn_on(walk: Walk) -> None:
    walk.press("Turn on")
    expect(walk.page.get_by_role("heading", name="It is on")).to_be_visible()


HANDS: dict[str, Callable[[Walk], None]] = {
    "mode": _mode,
    "register": _by_hand("It is registered, continue"),
    "ids": _ids,
    "google-client": _google_client,
    "public-client": _by_hand("It is switched on, continue"),
    "secret": _secret,
    "certificate": _certificate,
    "password": _password,
    "permissions": _permissions,
    "prerequisites": _by_hand("The mailbox allows it, continue"),
    "exchange": _exchange,
    "network": _network,
    "fetching": _fetching,
    "sign-in": _sign_in,
    "test": _test,
    "turn-on": _turn_on,
}


# What comes of it


def first_message(walk: Walk) -> None:
    """The first cycle has stored what lay in the mailbox."""
    first = walk.page.locator("table a[href^='/messages/']").first
    walk.until(first, "the first message")


def send(walk: Walk) -> None:
    """A message composed here is accepted by the provider."""
    walk.visitor.goto("/outbox/compose/")
    walk.page.get_by_label("From", exact=True).select_option(label=walk.address)
    walk.fill("To", "anna@customers.example")
    walk.fill("Subject", f"From {walk.address}")
    walk.fill("Text", "Dear customer\n")
    walk.press("Send")
    walk.page.wait_for_load_state()
    accepted = walk.page.get_by_text("Accepted", exact=True)
    walk.until(accepted, "the message to be sent")

"""Explain an error, as a person with and without JavaScript sees the findings."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.conftest import visit
from tests.browser.test_pages import LOOKS, RULES
from tests.fixtures.product import Product

pytestmark = pytest.mark.browser

ERROR = (
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for"
    " the Mailbox. [AM0PR02CA0134.eurprd02.prod.outlook.com] AADSTS50126 " + "x" * 300
)


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_findings_are_accessible(
    browser: Browser, product: Product, scheme: str, width: int
) -> None:
    someone = visit(
        browser, product, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    someone.sign_in()
    page = someone.page
    someone.goto("/explain/")
    page.get_by_label("Error").fill(ERROR)
    page.get_by_role("button", name="Explain", exact=True).click()
    page.get_by_role("heading", name="SMTP sign-in is switched off").wait_for()
    seen = [
        f"{violation['id']} {node['target']}"
        for violation in Axe().run(page, options=RULES).response["violations"]
        for node in violation["nodes"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    copies = page.get_by_role("button", name="Copy").count()
    someone.context.close()
    assert (seen, wide, someone.trouble) == ([], False, [])
    assert copies > 0


def test_it_works_without_javascript(browser: Browser, product: Product) -> None:
    someone = visit(browser, product, java_script_enabled=False)
    someone.sign_in()
    page = someone.page
    someone.goto("/")
    page.get_by_role("link", name="Explain an error").click()
    page.get_by_label("Error").fill("AADSTS50034")
    page.get_by_label("Protocol").select_option("imap")
    page.get_by_role("button", name="Explain", exact=True).click()
    page.get_by_role("heading", name="The account does not exist").wait_for()
    assert page.get_by_role("link", name="AADSTS50034").count() == 1
    assert page.get_by_label("Error").input_value() == "AADSTS50034"
    someone.context.close()

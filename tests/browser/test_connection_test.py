"""A connection test as a person sees it: live, without scripts, by keyboard."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visitor, visit
from tests.browser.test_pages import RULES
from tests.fixtures.browser import press_enter
from tests.fixtures.product import Product

pytestmark = pytest.mark.browser

REFUSED = "pop-client-billing: Microsoft refused the user name or password"
AGAIN = "Run all checks again"
SLOW = "pop-client-orders"


def printed(product: Product, expression: str) -> str:
    """What an expression over the rows of the copy is."""
    code = (
        "from mailboxes.models import *;"
        f"from mailboxes.services import connection_test; print({expression})"
    )
    return product.manage("shell", "-v0", "-c", code).stdout.strip()


def a_test_of(product: Product, section: str) -> str:
    """Address of a test that the command has just made."""
    product.manage("test_connection", section, "--json", check=False)
    number = printed(product, "TestRun.objects.latest('pk').pk")
    return f"/connection-tests/{number}/"


@pytest.fixture
def slow(product: Product) -> Iterator[None]:
    """The authority is slow to answer one account."""
    set_fault(product, "slow")
    yield
    set_fault(product, None)


def set_fault(product: Product, fault: str | None) -> None:
    world = json.loads((product.data / "sandbox" / "sandbox.json").read_text())
    body = {"account": "orders@contoso.example", "fault": fault, "seconds": 8}
    url = f"http://127.0.0.1:{world['control']['port']}/faults"
    asked = urllib.request.Request(url, json.dumps(body).encode())
    urllib.request.urlopen(asked, timeout=10).close()


def run_again(page: Page) -> None:
    """Press the button and wait for the page of the new run."""
    before = page.url
    page.get_by_role("button", name=AGAIN).click()
    page.wait_for_url(lambda url: url != before and "/connection-tests/" in url)


def heading(page: Page):
    return expect(page.get_by_role("heading", level=1))


def test_rows_come_by_themselves_and_lead_to_the_field(
    visitor: Visitor, product: Product
) -> None:
    page = visitor.page
    visitor.goto(a_test_of(product, "pop-client-billing"))
    run_again(page)
    heading(page).to_have_text(REFUSED)
    expect(page.locator("#failed")).to_contain_text("AADSTS50126: Error validating")
    expect(page.locator("#failed")).to_contain_text("trace_id")
    assert page.locator("[hx-get]").count() == 0
    report = page.get_by_label("Text to copy").input_value()
    assert "FAILED: Get a token for billing@contoso.example" in report
    page.get_by_role("button", name="Copy").click()
    page.locator("#failed a").click()
    assert re.search(r"/option-sets/pop/\d+/edit/\?test=\d+#id_password$", page.url)
    expect(page.locator("#id_password")).to_be_in_viewport()


@pytest.mark.slow
def test_back_and_reload_never_run_a_test(visitor: Visitor, product: Product) -> None:
    page = visitor.page
    first = a_test_of(product, "pop-client-support")
    visitor.goto(first)
    run_again(page)
    heading(page).to_contain_text("everything works")
    second = page.url
    page.reload()
    page.go_back()
    page.go_forward()
    assert page.url == second
    others = page.locator("table a[href^='/connection-tests/']")
    assert others.first.get_attribute("href") == first


def test_without_scripts_the_page_renews_itself(
    browser: Browser, product: Product
) -> None:
    someone = visit(browser, product, java_script_enabled=False)
    someone.sign_in()
    someone.goto(a_test_of(product, "pop-client-billing"))
    run_again(someone.page)
    heading(someone.page).to_have_text(REFUSED)
    expect(someone.page.locator("#failed")).to_contain_text("AADSTS50126")
    someone.context.close()
    assert someone.trouble == []


def test_test_by_keyboard_alone(visitor: Visitor, product: Product) -> None:
    page = visitor.page
    visitor.goto(a_test_of(product, "smtp-client-support"))
    before = page.url
    button = page.get_by_role("button", name=AGAIN)
    for _ in range(40):
        page.keyboard.press("Tab")
        if button.evaluate("e => e === document.activeElement"):
            break
    press_enter(page)
    assert page.url != before
    heading(page).to_contain_text("everything works")


@pytest.mark.parametrize(
    ("scheme", "width"),
    [pytest.param("light", 1280, marks=pytest.mark.slow), ("dark", 360)],
)
def test_slow_check_is_watched_and_cancelled(
    browser: Browser, product: Product, slow: None, scheme: str, width: int
) -> None:
    someone = visit(
        browser, product, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    someone.sign_in()
    page = someone.page
    client = f"PopClient.objects.get(section='{SLOW}')"
    number = printed(product, f"connection_test.ask({client}, None).pk")
    someone.goto(f"/connection-tests/{number}/")
    running = page.locator(".checks li", has_text="Running")
    expect(running).to_contain_text("Get a token for orders@contoso.example")
    expect(running).to_contain_text("Still waiting, 3 s of 30 s.")
    faults = Axe().run(page, options=RULES).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["target"]) for fault in faults] == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    cancel = page.get_by_role("button", name="Cancel the test")
    cancel.focus()
    with page.expect_response(re.compile("region=1")):
        pass
    with page.expect_response(re.compile("region=1")):
        pass
    expect(cancel).to_be_focused()
    press_enter(page)
    heading(page).to_have_text(f"{SLOW}: the test was cancelled")
    someone.context.close()
    assert someone.trouble == []

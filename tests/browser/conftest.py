"""A browser that records what must not be: CSP reports, foreign requests, errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests import factories
from tests.fixtures.browser import PATIENCE_MS
from tests.fixtures.product import PASSWORD, Product


@pytest.fixture(scope="session")
def browser(chromium: Browser) -> Browser:
    return chromium


@dataclass
class Visitor:
    """One browser context and the trouble it saw."""

    context: BrowserContext
    page: Page
    base: str
    trouble: list[str] = field(default_factory=list)

    def goto(self, path: str) -> None:
        self.page.goto(self.base + path)

    def sign_in(self) -> None:
        self.goto("/sign-in/")
        self.page.get_by_label("Username").fill("anna")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{self.base}/")


def visit(browser: Browser, product: Any, **options: Any) -> Visitor:
    """A new context against `product`, a Product or what has a `url` as well."""
    options.setdefault("viewport", {"width": 1280, "height": 900})
    options.setdefault("reduced_motion", "reduce")
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    visitor = Visitor(context, page, product.url)
    own = urlsplit(product.url).netloc

    def request(sent: Any) -> None:
        where = urlsplit(sent.url)
        if where.scheme in ("http", "https") and where.netloc != own:
            visitor.trouble.append(f"foreign request: {sent.url}")

    def console(message: Any) -> None:
        # Chromium logs an error for each refused form: it is answered with a 4xx.
        if re.search(r"Failed to load resource.* status of (400|409)", message.text):
            return
        if "Content Security Policy" in message.text or message.type == "error":
            visitor.trouble.append(f"console: {message.text}")

    page.on("request", request)
    page.on("console", console)
    page.on("pageerror", lambda error: visitor.trouble.append(f"script: {error}"))
    return visitor


@pytest.fixture
def console(
    browser: Browser, live_server: Any, settings: Any, client: Any
) -> Iterator[Callable[..., Page]]:
    """A function that opens a page of a console whose rows a test makes itself.

    Signed in as anna, without worker and sandbox; fails on any trouble. The list of
    it is `page.trouble`.
    """
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        }
    }
    client.force_login(factories.superuser("anna"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    place = SimpleNamespace(url=live_server.url)
    visitors: dict[str, Visitor] = {}

    def opened(path: str, **options: Any) -> Page:
        key = repr(sorted(options.items()))
        if key not in visitors:
            visitors[key] = visit(browser, place, **options)
            visitors[key].context.add_cookies(
                [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
            )
            visitors[key].page.trouble = visitors[key].trouble  # type: ignore
        visitors[key].goto(path)
        return visitors[key].page

    yield opened
    for one in visitors.values():
        one.context.close()
    assert [trouble for one in visitors.values() for trouble in one.trouble] == []


@pytest.fixture
def visitor(browser: Browser, product: Product) -> Iterator[Visitor]:
    """Signed in as anna, 1280 px wide, JavaScript on; fails on any trouble."""
    someone = visit(browser, product)
    someone.sign_in()
    yield someone
    someone.context.close()
    assert someone.trouble == []

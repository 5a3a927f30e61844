"""Every page: axe finds nothing, nothing scrolls sideways, one h1, no CSP report."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.conftest import visit
from tests.browser.pages import ADMIN, PLAIN, found
from tests.fixtures.product import Product

pytestmark = pytest.mark.browser

LOOKS = [
    ("dark", 360),
    pytest.param("light", 1280, marks=pytest.mark.slow),
    pytest.param("dark", 1280, marks=pytest.mark.slow),
    pytest.param("light", 360, marks=pytest.mark.slow),
]
SAMPLE = 10  # of so many pages the fast tier looks at one
NARROW, NARROWEST = 360, 320  # px
SIDEWAYS = "document.documentElement.scrollWidth > window.innerWidth"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
}


@pytest.fixture(scope="module")
def addresses(product: Product) -> dict[str, str]:
    return PLAIN | dict(found(product))


@pytest.mark.timeout(240)  # some fifty pages
@pytest.mark.parametrize(
    ("scheme", "width", "every"),
    [
        ("dark", 360, SAMPLE),
        *(
            pytest.param(scheme, width, 1, marks=pytest.mark.slow)
            for scheme in ("dark", "light")
            for width in (360, 1280)
        ),
    ],
)
def test_pages_are_accessible(
    browser: Browser,
    product: Product,
    addresses: dict[str, str],
    scheme: str,
    width: int,
    every: int,
) -> None:
    someone = visit(
        browser, product, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    someone.goto("/sign-in/")
    faults = _look(someone, "sign-in")
    someone.sign_in()
    titles: dict[str, str] = {}
    for name, path in list((addresses | ADMIN).items())[::every]:
        someone.goto(path)
        faults += _look(someone, name)
        if name not in ADMIN:
            titles.setdefault(someone.page.title(), name)
    someone.context.close()
    expected = [t for t in someone.trouble if "404 (Not Found)" not in t]
    assert faults + expected == []


def _look(someone, name: str) -> list[str]:
    page = someone.page
    width = page.viewport_size["width"]
    before = len(someone.trouble)
    seen = [
        f"{name}: {violation['id']} {node['target']}"
        for violation in Axe().run(page, options=RULES).response["violations"]
        for node in violation["nodes"]
    ]
    if name in ADMIN:  # axe itself injects a style there (ux.md section 5.3)
        del someone.trouble[before:]
    if page.locator("h1").count() != 1:
        seen.append(f"{name}: {page.locator('h1').count()} h1")
    if page.evaluate(SIDEWAYS):
        seen.append(f"{name}: scrolls sideways at {page.viewport_size}")
    if width == NARROW:
        page.set_viewport_size({"width": NARROWEST, "height": 800})
        if page.evaluate(SIDEWAYS):
            seen.append(f"{name}: scrolls sideways at {page.viewport_size}")
        page.set_viewport_size({"width": width, "height": 800})
    return seen


def test_hidden_elements_are_hidden_and_skip_link_is_first(visitor) -> None:
    visitor.goto("/")
    shown = visitor.page.evaluate(
        "[...document.querySelectorAll('[hidden]')]"
        ".filter(e => getComputedStyle(e).display !== 'none').length"
    )
    visitor.page.keyboard.press("Tab")
    focused = visitor.page.evaluate("document.activeElement.getAttribute('href')")
    assert (shown, focused) == (0, "#main")

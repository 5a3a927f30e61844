"""A file goes in and out in a browser without JavaScript, and its reports are seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Visitor, visit
from tests.browser.test_pages import LOOKS, _look
from tests.fixtures.product import Product
from tests.services.sections.files import POP, SMTP, replaced

pytestmark = pytest.mark.browser
URL = "/option-sets/import/"
DRAFTS = "Bring new sections in switched off"
LONG = "mail.imap." + "a-name-that-no-line-holds." * 4 + "x = 1\n"


def check(someone: Visitor, text: str) -> None:
    someone.goto(URL)
    someone.page.get_by_label("Or paste it").fill(text)
    someone.page.get_by_label(DRAFTS).check()
    someone.page.get_by_role("button", name="Check", exact=True).click()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_reports_are_accessible(
    browser: Browser, product: Product, scheme: str, width: int
) -> None:
    someone = visit(
        browser, product, color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    someone.sign_in()
    someone.goto(URL)
    faults = _look(someone, "empty")
    check(someone, replaced(POP + SMTP, "server", "a b") + "x\n[email-processing]\n")
    assert someone.page.locator("h1").inner_text() == (
        "3 mistakes: nothing can be imported"
    )
    faults += _look(someone, "mistakes")
    check(someone, POP + LONG + SMTP + "[email-processing]\na = b\n")
    assert someone.page.locator("h1").inner_text() == "3 sections can be imported"
    faults += _look(someone, "checked")
    someone.context.close()
    assert faults + someone.trouble == []


def test_a_file_goes_in_and_out_without_javascript(
    browser: Browser, product: Product, tmp_path: Path
) -> None:
    someone = visit(
        browser,
        product,
        java_script_enabled=False,
        viewport={"width": 360, "height": 800},
    )
    page = someone.page
    someone.sign_in()
    path = tmp_path / "old.ini"
    path.write_text(POP.replace("sales", "file"), encoding="utf-16")
    someone.goto(URL)
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_label(DRAFTS).check()
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("button", name="Import 1 section").click()
    page.wait_for_url("**/option-sets/")
    page.get_by_text("1 section was imported: 1 new, 0 changed.").wait_for()
    someone.goto(URL)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export, masked").click()
    exported = Path(download.value.path()).read_text()
    assert "[pop-client-file]\naddress = file@contoso.com\n" in exported
    assert "password = ********\n" in exported
    someone.context.close()
    assert someone.trouble == []

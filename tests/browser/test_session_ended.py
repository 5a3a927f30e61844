"""A page that is left open until its session has ended says so, and stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_open_page_says_that_its_session_has_ended(
    console: Callable[..., Page],
) -> None:
    page = console("/system/")
    page.context.clear_cookies()
    note = page.locator("#system-region-stale")
    expect(note).to_have_text(
        "Your session has ended: reload this page to sign in again."
    )
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.get_by_label("Password")).to_have_count(0)
    page.reload()
    assert page.url.endswith("/sign-in/?next=/system/")
    refused = page.trouble  # type: ignore[attr-defined]
    assert all("401" in line for line in refused)
    refused.clear()

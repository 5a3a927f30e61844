"""What a browser shows again after its person has signed out: no mail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from mailboxes.core.choices import ParseState
from mailboxes.models import OutboundChunk
from tests import factories
from tests.fixtures.browser import CHROMIUM

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MAIL = b"Subject: Hello\r\nContent-Type: text/plain\r\n\r\nwords-for-anna-alone\r\n"


def received() -> str:
    client = factories.pop_client()
    row = factories.message(client, MAIL, parse_state=ParseState.PARSED)
    return f"/messages/{row.pk}/"


def sent() -> str:
    client = factories.smtp_client()
    row = factories.outbound(client)
    OutboundChunk.objects.filter(message=row).delete()
    OutboundChunk.objects.create(message=row, number=0, data=MAIL)
    return f"/outbox/{row.pk}/"


@pytest.fixture
def remembering(chromium: Browser) -> Iterator[Browser]:
    """A browser that keeps whole pages for Back, which Playwright's own may not."""
    running = chromium.browser_type.launch(
        executable_path=CHROMIUM, ignore_default_args=["--disable-back-forward-cache"]
    )
    yield running
    running.close()


@pytest.fixture
def browser(remembering: Browser) -> Browser:
    return remembering


@pytest.mark.parametrize("page_of", [received, sent])
def test_back_shows_no_mail_after_signing_out(
    console: Callable[..., Page], page_of: Callable[[], str]
) -> None:
    page = console(page_of())
    assert page.get_by_text("words-for-anna-alone").count() == 1
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Username").wait_for()
    page.evaluate("history.back()")
    page.wait_for_url(re.compile(r"/sign-in/\?next="))
    assert page.get_by_text("words-for-anna-alone").count() == 0

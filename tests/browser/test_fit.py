"""What is long fits where it stands: nothing sticks out of its panel, nothing is cut.

That a page as a whole does not scroll sideways: test_pages. Here are the parts of it
that may scroll by themselves, and so hide what does not fit.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from mailboxes.core.choices import ParseState
from mailboxes.models import Mailbox
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "customer-support-escalations-europe-middle-east-and-africa@contoso.example"
SUBJECT = "Donaudampfschifffahrtsgesellschaft" * 8
# Panels that scroll sideways, and cells whose text is wider than they are.
CUT = """[...document.querySelectorAll(".panel, .panel td, .panel th, .panel dd")]
    .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
    .filter(e => getComputedStyle(e).display != "inline")
    .filter(e => !e.closest(".hidden-text, thead"))
    .map(e => `${e.tagName} ${e.innerText.slice(0, 40)}`)"""
BODY = "document.documentElement.scrollWidth - window.innerWidth"


@pytest.fixture
def pages() -> dict[str, str]:
    """Long names in every list."""
    factories.live_worker()
    client = factories.pop_client(LONG, messages=1_234_567)
    Mailbox.objects.update(alias="Customer support escalations, second line, Europe")
    factories.stopped(f"x{LONG}")
    sender = f"Anna Bertolucci-Cunningham <anna.bertolucci.{LONG}>"
    factories.message(client, subject=SUBJECT, sender=sender)
    aside = {"parse_state": ParseState.QUARANTINED, "reason": "refused-by-server"}
    factories.message(client, subject=SUBJECT, sender=sender, **aside)
    factories.cycle(client)
    smtp = factories.smtp_client(
        "smtp-customer-support-escalations", state="stopped", code="AADSTS50126"
    )
    to = {"address": LONG, "state": "refused", "code": 550, "text": "5.1.1 No " * 20}
    row = factories.outbound(
        smtp,
        state="failed",
        subject=SUBJECT,
        envelope_from=LONG,
        recipients=[to] * 3,
        code="recipient-refused",
        stage="envelope",
    )
    mailbox = f"/mailboxes/{client.mailbox_row_id}/"
    return {
        "dashboard": "/",
        "mailboxes": "/mailboxes/",
        "mailbox": mailbox,
        "cycles": f"{mailbox}cycles/",
        "messages": f"{mailbox}messages/",
        "quarantine": "/quarantine/",
        "outbox": "/outbox/",
        "outbox message": f"/outbox/{row.pk}/",
        "option sets": "/option-sets/",
        "system": "/system/",
        "password": "/password/",
    }


@pytest.mark.parametrize(
    "width", [360, *(pytest.param(one, marks=pytest.mark.slow) for one in (768, 1280))]
)
def test_long_names_fit_into_their_panels(
    console: Callable[..., Page], pages: dict[str, str], width: int
) -> None:
    look = {"viewport": {"width": width, "height": 800}}
    found = {}
    for name, path in pages.items():
        page = console(path, **look)
        found[name] = (page.evaluate(CUT), page.evaluate(BODY))
    assert found == {name: ([], 0) for name in pages}


def test_long_heading_leaves_the_buttons_a_line_of_their_own(
    console: Callable[..., Page], pages: dict[str, str]
) -> None:
    page = console(pages["mailbox"])
    heading = page.locator("h1").bounding_box()
    button = page.get_by_role("button", name="Fetch now").bounding_box()
    assert heading and button
    assert heading["height"] < 80  # two lines at most
    assert button["y"] > heading["y"] + heading["height"]


def test_hidden_text_in_a_table_that_scrolls_does_not_widen_the_page(
    console: Callable[..., Page],
) -> None:
    page = console("/styleguide/", viewport={"width": 700, "height": 800})
    page.evaluate(
        "document.querySelector('.panel > table').innerHTML = `<tr>"
        "<td><div class='probe'></div></td>"
        "<td><span class='hidden-text'>x</span></td></tr>`"
    )
    page.evaluate("document.querySelector('.probe').style.width = '1200px'")
    assert page.evaluate(BODY) == 0


def test_printed_page_has_no_rail_and_all_its_width(
    console: Callable[..., Page], pages: dict[str, str]
) -> None:
    page = console(pages["dashboard"])
    page.emulate_media(media="print")
    main = page.locator("#main").bounding_box()
    assert main and main["width"] == 1280
    assert not page.locator(".rail").is_visible()

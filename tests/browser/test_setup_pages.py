"""Pages of option sets and of what they share, with long names and failures on them:
axe finds nothing, nothing scrolls sideways, one h1, targets of 24 px.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from mailboxes.models import AuditEvent, Fetcher, Mailbox, PopClient
from mailboxes.services import clients, proxies, registrations, revisions
from mailboxes.services.options import snapshots
from mailboxes.services.secrets import named as named_secrets
from tests import factories
from tests.services import sending
from tests.services.option_sets import saved_pop, saved_smtp

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Colours do not hang on the width: two looks see both of each.
LOOKS = [
    pytest.param("light", 1280, marks=pytest.mark.slow),
    pytest.param("dark", 360, marks=pytest.mark.slow),
    pytest.param("dark", 1280, marks=pytest.mark.slow),
    pytest.param("light", 360, marks=pytest.mark.slow),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LONG = "customer-support-escalations-europe-middle-east"
SMALL = """[...document.querySelectorAll("main a, main button, input, select, summary")]
    .filter(e => e.checkVisibility() && getComputedStyle(e).display != "inline")
    .filter(e => !e.closest(".hidden-text") && !e.classList.contains("hidden-text"))
    .filter(e => Math.min(e.getBoundingClientRect().width,
                          e.getBoundingClientRect().height) < 23.9)
    .map(e => e.outerHTML)"""


@pytest.fixture
def pages() -> dict[str, str]:
    """Rows of every kind, and the address of each page."""
    factories.live_worker()
    today = timezone.now().date()
    row = factories.registration(
        f"Contoso-{'production-' * 2}EMEA-01", secret_ends_on=today
    )
    factories.registration("Over", secret_ends_on=today - timedelta(days=3))
    secret, _ = named_secrets.save(name="x" * 40, password="x")
    proxy = proxies.save_proxy(
        name="squid", host=f"{LONG}.contoso.example", port=3128, username="u",
        password="p",
    )  # fmt: skip
    names_it = {
        "registration": str(row.pk),
        "proxy": "squid",
        "grant-type": "client_credentials",
    }
    pop = saved_pop(f"{LONG}@contoso.example", **names_it)
    other = saved_pop("ews@contoso.example", **names_it)
    smtp = saved_smtp(**names_it)
    Mailbox.objects.update(smtp_client=smtp)
    Fetcher.objects.filter(pop_client=pop).update(revision=snapshots.newest(pop))
    registrations.replace_secret(row, secret="new~1", secret_ends_on=today, user=None)
    pop.refresh_from_db()
    revisions.save_pop_client(
        client=pop,
        address=pop.mailbox_row.address,
        raw={"folder-path": f"Inbox/{LONG}/{LONG}", "cycle-time": "00:05:00"},
        extra={f"mail.imap.{LONG}": LONG * 3},
        smtp_client=smtp,
        base_revision=2,
    )
    sending.queue(smtp)
    PopClient.objects.filter(pk=other.pk).update(type="EWS")
    archived = saved_pop("gone@contoso.example")
    clients.archive(archived, None)
    factories.stopped()
    event = AuditEvent.objects.get(action="registration.saved")
    setup = f"/setup/registrations/{row.pk}"
    return {
        "dashboard": "/",
        "mailbox archived": f"/mailboxes/{archived.mailbox_row_id}/",
        "list": "/option-sets/",
        "archive": "/option-sets/?archived=1",
        "nothing found": "/option-sets/?q=nobody",
        "edit pop": f"/option-sets/pop/{pop.pk}/edit/",
        "edit smtp": f"/option-sets/smtp/{smtp.pk}/edit/",
        "new graph": "/mailboxes/new/?template=microsoft365-graph",
        "copy": f"/mailboxes/new/?copy={pop.pk}",
        "new smtp": "/option-sets/smtp/new/?template=gmail-smtp",
        "compare": f"/option-sets/pop/{pop.pk}/?a=1&b=3",
        "compare smtp": f"/option-sets/smtp/{smtp.pk}/",
        "compare archived": f"/option-sets/pop/{archived.pk}/",
        "saved": f"/option-sets/pop/{pop.pk}/saved/3/",
        "archive pop": f"/option-sets/pop/{pop.pk}/archive/",
        "archive smtp": f"/option-sets/smtp/{smtp.pk}/archive/",
        "registrations": "/registrations/",
        "registration": f"/registrations/{row.pk}/",
        "registration new": "/registrations/new/",
        "registration edit": f"/registrations/{row.pk}/edit/",
        "registration saved": f"{setup}/saved/{event.pk}/",
        "registration restart": f"{setup}/restart/",
        "registration delete": f"{setup}/delete/",
        "secrets": "/secrets/",
        "secret": f"/secrets/{secret.pk}/",
        "secret delete": f"/setup/secrets/{secret.pk}/delete/",
        "proxies": "/proxies/",
        "proxy": f"/proxies/{proxy.pk}/",
        "proxy new": "/proxies/new/",
        "admin pop": f"/admin/mailboxes/popclient/{pop.pk}/change/",
        "admin list": "/admin/mailboxes/popclient/",
        "admin registration": f"/admin/mailboxes/appregistration/{row.pk}/change/",
        "admin proxy": f"/admin/mailboxes/proxy/{proxy.pk}/change/",
    }


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_pages_are_accessible_and_fit(
    console: Callable[..., Page], pages: dict[str, str], scheme: str, width: int
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    faults: list[str] = []
    titles: dict[str, str] = {}
    for name, path in pages.items():
        page = console(path, **look)
        faults += _faults(page, name)
        if not name.startswith("admin") and name not in ("copy", "nothing found"):
            if page.title() in titles:
                faults.append(f"{name}: titled as {titles[page.title()]}")
            titles[page.title()] = name
    page = console(pages["edit smtp"], **look)
    page.get_by_label("Type", exact=True).select_option("GRAPH")
    page.get_by_label("Other options").fill("server = x\nnonsense")
    page.get_by_role("button", name="Save (2 changes)").click()
    page.wait_for_load_state()
    faults += _faults(page, "edit with mistakes")
    page = console(pages["registration"], **look)
    page.get_by_role("button", name="Replace secret").click()
    page.wait_for_load_state()
    faults += _faults(page, "registration with a mistake")
    assert faults == []


def _faults(page: Page, name: str) -> list[str]:
    before = len(page.trouble)  # type: ignore[attr-defined]
    found = [
        f"{name}: {violation['id']} {node['target']}"
        for violation in Axe()
        .run(page, options={"runOnly": RULES})
        .response["violations"]
        for node in violation["nodes"]
    ]
    # axe itself injects a style into pages of the admin (ux.md section 5.3).
    del page.trouble[before:]  # type: ignore[attr-defined]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append(f"{name}: scrolls sideways")
    if page.locator("h1").count() != 1:
        found.append(f"{name}: {page.locator('h1').count()} h1")
    if not name.startswith("admin"):
        found += [f"{name}: small {html}" for html in page.evaluate(SMALL)]
    return found


@pytest.mark.slow
def test_narrowest_screen_does_not_scroll_sideways(
    console: Callable[..., Page], pages: dict[str, str]
) -> None:
    look = {"viewport": {"width": 320, "height": 640}}
    wide = [
        name
        for name, path in pages.items()
        if not name.startswith("admin")
        and console(path, **look).evaluate(
            "document.documentElement.scrollWidth > window.innerWidth"
        )
    ]
    assert wide == []

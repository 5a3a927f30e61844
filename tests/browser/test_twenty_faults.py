"""U3 of ux.md: twenty faults, each from the dashboard to what mends it in two clicks.

Each is made on the wire by a scenario of the sandbox, and met by a real cycle. What
mends it is a field that has the focus, or what to do at the provider, in full.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from mailboxes.models import PopClient, Worker
from mailboxes.sandbox import world as contoso
from mailboxes.sandbox.scenarios import SCENARIOS
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import clients, sandbox_control
from mailboxes.services.drill import names as drill_names, scene as drill_scene
from mailboxes.services.drill.plan import Plan
from mailboxes.services.outbox.open_connections import connections
from mailboxes.services.sandbox_control import SandboxControl, World
from mailboxes.services.worker.heartbeat import Heartbeat
from mailboxes.services.worker.pool import pool
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLANS = {scenario.name: Plan.of(scenario.described()) for scenario in SCENARIOS}
GATEWAY = contoso.APPS[contoso.CONFIDENTIAL_APP_ID]
SECRET_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
CLICKS = 2


@dataclass(frozen=True)
class Fault:
    """scenario: of the sandbox. shared: its application is a registration, which gives
    the values. at: the id of the field; "" where it is mended elsewhere, and then
    `words` say how. raw: what the server said, on the way there.
    """

    scenario: str
    at: str = ""
    words: tuple[str, ...] = ()
    raw: str = ""
    shared: bool = False
    options: dict[str, object] = field(default_factory=dict)


FAULTS = {
    "expired secret": Fault(
        "entra-secret-expired", "secret", raw="AADSTS7000222", shared=True
    ),
    "wrong secret": Fault("entra-wrong-secret", "password", raw="AADSTS7000215"),
    "id of the secret in place of its value": Fault(
        "healthy-application",
        "password",
        raw="AADSTS7000215",
        options={"password": SECRET_ID},
    ),
    "certificate that nobody uploaded": Fault(
        "entra-certificate-unknown",
        words=("Upload the certificate", "Certificates & secrets > Certificates"),
        raw="AADSTS700027",
    ),
    "certificate that has ended": Fault(
        "entra-certificate-expired",
        words=("Make a new certificate here", "Certificates & secrets > Certificates"),
        raw="AADSTS700027",
    ),
    "wrong tenant": Fault(
        "entra-tenant-unknown", "directory_id", raw="AADSTS90002", shared=True
    ),
    "audience of the scope": Fault("imap-token-audience", "scope", raw="AUTHENTICATE"),
    "no consent": Fault(
        "entra-consent-missing", words=("API permissions",), raw="AADSTS65001"
    ),
    "delegated permissions for an application": Fault(
        "imap-token-roles",
        words=("API permissions", "IMAP.AccessAsApp"),
        raw="AUTHENTICATE",
    ),
    "IMAP off": Fault(
        "imap-token-good", words=("Get-CASMailbox", "ImapEnabled"), raw="AUTHENTICATE"
    ),
    "wrong Object ID": Fault(
        "imap-app-not-opened",
        words=("Enterprise apps", "New-ServicePrincipal"),
        raw="AUTHENTICATE",
    ),
    "no licence": Fault(
        "imap-not-connected",
        words=("the mailbox has a licence", "Add-MailboxPermission"),
        raw="User is authenticated but not connected.",
    ),
    "DNS": Fault("dns-unknown", "server", raw="unknown.invalid"),
    "name in the certificate": Fault("tls-other-name", "server"),
    "page of a proxy": Fault("token-page", "proxy"),
    "429": Fault("token-throttled", "cycle_time", raw="temporarily_unavailable"),
    "wrong folder": Fault("imap-folder-missing", "folder_path", raw="doesn't exist"),
    "message too large": Fault(
        "smtp-too-large", words=("MaxSendSize",), raw="552 5.3.4"
    ),
    "second factor": Fault(
        "entra-mfa-required",
        words=("Entra ID > Conditional Access",),
        raw="AADSTS50076",
    ),
    "SMTP sign-in off": Fault(
        "smtp-auth-off-mailbox",
        words=("SmtpClientAuthenticationDisabled",),
        raw="535 5.7.139",
    ),
}


@pytest.fixture
def laboratory(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None
) -> Iterator[World]:
    """The sandbox of this process, as a drill finds it."""
    monkeypatch.setattr(socket, "getaddrinfo", drill_names.answer)
    told = sandbox_control.world(tmp_path / "sandbox")
    assert told is not None
    yield told
    pool.close_all()
    connections.close_all()


@dataclass
class Way:
    """From the dashboard on; counts clicks and keeps what was read."""

    page: Page
    clicks: int = 0
    read: str = ""

    def note(self) -> None:
        self.read += self.page.locator("main").inner_text()

    def click(self, selector: str) -> None:
        self.clicks += 1
        self.page.locator(selector).first.click()
        self.note()


def from_the_dashboard(page: Page, fault: Fault) -> Way:
    way = Way(page)
    way.note()
    failed = "main .numbers a[href*=failed]"
    if page.locator("main .notice[data-tone=fail]").count():
        way.click("main .notice[data-tone=fail] a")
    elif page.locator(failed).count():  # of one message alone: in the outbox
        way.click(failed)
    else:  # no alarm, since it goes on by itself
        way.click("main th a[href^='/mailboxes/']")
        way.click("#failure a")
    return way


def meet(fault: Fault, laboratory: World) -> Any:
    """A client that has met the fault in a cycle."""
    plan, options = PLANS[fault.scenario], dict(fault.options)
    if fault.shared:
        options |= {"registration": registered(fault.scenario), "password": ""}
        options |= dict.fromkeys(("tenant-authority", "directory-id", "client-id"), "")
        options |= {"grant-type": "client_credentials"}
    setup = {**plan.setup, "options": {**plan.setup["options"], **options}}
    plan = replace(plan, setup=setup)
    control = SandboxControl(laboratory.control_port)
    scene = drill_scene.set_up(plan, laboratory, control)
    if plan.wire:
        control.switch(scene.address, plan.name)
    assert drill_scene.cycle(scene, plan).finding != ""
    control.switch(scene.address, "")
    return scene.client


def trace_of(client: Any) -> str:
    """What Entra calls its refusal; "" where somebody else refused."""
    runner = client.fetcher if isinstance(client, PopClient) else client.sender
    return str(runner.evidence.get("trace_id", ""))


def registered(name: str) -> str:
    row = factories.registration(
        name,
        directory_id=contoso.TENANT_ID,
        client_id=GATEWAY.client_id,
        secret=GATEWAY.secret,
    )
    return str(row.pk)


@pytest.mark.timeout(180)
def test_each_fault_leads_to_what_mends_it(
    console: Callable[..., Page], laboratory: World
) -> None:
    factories.live_worker()
    wrong: list[str] = []
    for name, fault in FAULTS.items():
        client = meet(fault, laboratory)
        client.refresh_from_db()
        Worker.objects.update(beat_at=timezone.now(), probe_at=timezone.now())
        page = console("/")
        way = from_the_dashboard(page, fault)
        if fault.at:
            focused = page.evaluate("document.activeElement.id")
            if focused != f"id_{fault.at}":
                wrong.append(f"{name}: {focused or 'nothing'} has the focus")
        expected = (*fault.words, fault.raw, trace_of(client))
        lacking = [word for word in expected if word not in way.read]
        if lacking:
            wrong.append(f"{name}: nothing says {lacking} at {page.url}")
        if way.clicks > CLICKS:
            wrong.append(f"{name}: {way.clicks} clicks")
        clients.archive(client, None)
    assert wrong == []


def test_no_worker_leads_to_the_line_that_starts_one(
    console: Callable[..., Page],
) -> None:
    factories.pop_client()
    page = console("/")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "No worker is running: no mail is fetched or sent"
    )
    page.locator("main").get_by_role("link", name="What to do").click()
    expect(page.locator("main .notice[data-tone=fail]")).to_contain_text("scripts/run")


def test_a_queue_that_stands_still_leads_to_what_restarts_it(
    console: Callable[..., Page],
) -> None:
    """A worker puts its probes on the queue, and no cluster is there to answer."""
    worker = factories.live_worker()
    Worker.objects.update(probe_at=timezone.now() - timedelta(minutes=1))
    factories.pop_client()
    Heartbeat(worker.name).beat()
    page = console("/")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "The queue stands still: no mail is fetched or sent"
    )
    page.locator("main").get_by_role("link", name="What to do").click()
    expect(
        page.get_by_role("heading", level=2, name="The queue stands still")
    ).to_be_visible()
    expect(page.locator("main .notice[data-tone=fail]")).to_contain_text("scripts/run")
    waiting = page.locator(".kv div", has_text="Tasks waiting").locator("dd")
    expect(waiting).to_have_text(re.compile(r"^\s*1\D"))

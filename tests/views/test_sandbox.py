"""The page of the fault laboratory: who may see it, what it shows, what it does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mailboxes.core.choices import RunState
from mailboxes.models import AuditEvent, Fetcher
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import demo
from tests import factories
from tests.views.test_connection_test import text

pytestmark = pytest.mark.django_db
SUPPORT = "support@contoso.example"


@pytest.fixture
def box(tmp_path: Path, settings: Any) -> Iterator[Sandbox]:
    settings.MAILADMIN_DATA = tmp_path
    with Sandbox(tmp_path / "sandbox", first_letters=0) as running:
        demo.ensure(tmp_path / "sandbox")
        factories.live_worker()
        yield running


@pytest.fixture
def staff() -> Client:
    visitor = Client()
    visitor.force_login(factories.user("tina", is_staff=True))
    return visitor


def switch(visitor: Client, name: str, address: str = SUPPORT) -> str:
    """What the page says after it."""
    given = {"address": address, "scenario": name}
    answer = visitor.post(reverse("sandbox-switch"), given, follow=True)
    assert answer.redirect_chain == [(reverse("sandbox"), 302)]
    return text(answer)


def test_only_staff_sees_it(box: Sandbox, staff: Client) -> None:
    page = reverse("sandbox")
    assert Client().get(page)["Location"].startswith("/sign-in/?next=")
    viewer = Client()
    viewer.force_login(factories.user("vera"))
    assert viewer.get(page).status_code == 403
    answer = viewer.post(reverse("sandbox-switch"), {"scenario": "imap-limit"})
    assert answer.status_code == 403
    assert box.box.faults.scenarios() == {}
    assert staff.get(page).status_code == 200
    assert staff.post(page).status_code == 405
    assert staff.get(reverse("sandbox-switch")).status_code == 405


def test_bar_leads_staff_there_and_nobody_else(box: Sandbox, staff: Client) -> None:
    assert 'href="/sandbox/"' in staff.get("/").content.decode()
    viewer = Client()
    viewer.force_login(factories.user("vera"))
    assert 'href="/sandbox/"' not in viewer.get("/").content.decode()


def test_page_lists_mailboxes_and_the_scenarios_of_an_area(
    box: Sandbox, staff: Client
) -> None:
    read = text(staff.get(reverse("sandbox")))
    assert "support@contoso.example Nothing goes wrong" in read
    assert "Wrong password entra-wrong-password" in read
    read = text(staff.get(reverse("sandbox"), {"area": "imap"}))
    assert "[LIMIT] after sign-in imap-limit" in read
    assert "The server asks us to slow down" in read
    assert staff.get(reverse("sandbox"), {"area": "x\x00"}).status_code == 200


def test_scenario_is_switched_on_and_off(box: Sandbox, staff: Client) -> None:
    said = switch(staff, "imap-limit")
    assert f"{SUPPORT}: [LIMIT] after sign-in. The next cycle" in said
    assert box.box.faults.scenarios() == {SUPPORT: "imap-limit"}
    page = staff.get(reverse("sandbox")).content.decode()
    assert '<option value="imap-limit" selected>' in page
    assert f"Nothing goes wrong any more for {SUPPORT}." in switch(staff, "none")
    assert box.box.faults.scenarios() == {}
    assert (
        AuditEvent.objects.filter(action="sandbox.switched", actor_name="tina").count()
        == 2
    )


def test_stopped_mailbox_is_said_to_be_so(box: Sandbox, staff: Client) -> None:
    switch(staff, "imap-limit")
    Fetcher.objects.update(state=RunState.STOPPED)
    said = switch(staff, "imap-unavailable")
    assert "It is stopped: test its connection, or resume it." in said


def test_nonsense_changes_nothing(box: Sandbox, staff: Client) -> None:
    assert "There is no such scenario." in switch(staff, "nope")
    assert "There is no such scenario." in switch(staff, "dns-unknown")
    assert "There is no mailbox x@y.example." in switch(
        staff, "imap-limit", "x@y.example"
    )
    assert box.box.faults.scenarios() == {}


def test_page_says_when_the_sandbox_is_away(
    tmp_path: Path, settings: Any, staff: Client
) -> None:
    settings.MAILADMIN_DATA = tmp_path
    with Sandbox(tmp_path / "sandbox", first_letters=0):
        demo.ensure(tmp_path / "sandbox")
    factories.live_worker()
    read = text(staff.get(reverse("sandbox")))
    assert "The sandbox does not answer." in read
    assert "not known" in read
    assert "The sandbox does not answer." in switch(staff, "imap-limit")

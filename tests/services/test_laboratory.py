"""One scenario on one mailbox of an installation, and nobody else is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailboxes.models import (
    AuditEvent,
    Fetcher,
    PopClient,
    Proxy,
    Revision,
    Sender,
    SmtpClient,
    TokenCache,
)
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import demo, fetch, laboratory
from mailboxes.services.options import snapshots
from mailboxes.services.worker.pool import pool
from tests import factories
from tests.fixtures.connection_tests import carried_out, failed

pytestmark = pytest.mark.django_db
SUPPORT, ORDERS = "support@contoso.example", "orders@contoso.example"


@pytest.fixture
def box(tmp_path: Path, settings: Any) -> Iterator[Sandbox]:
    settings.MAILADMIN_DATA = tmp_path
    with Sandbox(tmp_path / "sandbox", first_letters=2) as running:
        demo.ensure(tmp_path / "sandbox")
        yield running
    pool.close_all()


def client(address: str) -> PopClient:
    return PopClient.objects.select_related("mailbox_row", "proxy").get(
        mailbox_row__address=address
    )


def test_there_is_one_only_with_a_sandbox(box: Sandbox) -> None:
    assert laboratory.exists() is True
    Proxy.objects.update(sandbox=False)
    assert laboratory.exists() is False
    assert laboratory.subjects() == []


def test_subjects_are_log_in_names_with_all_that_use_them(box: Sandbox) -> None:
    factories.pop_client("elsewhere@contoso.com")
    found = laboratory.subjects()
    assert [one.address for one in found] == [
        "billing@contoso.example",
        ORDERS,
        SUPPORT,
    ]
    assert [c.section for c in found[2].clients] == [
        "pop-client-support",
        "smtp-client-support",
    ]


def test_fault_of_the_way_there_hits_one_mailbox_alone(box: Sandbox) -> None:
    laboratory.switch(SUPPORT, "proxy-denied", None)
    assert laboratory.switched() == {SUPPORT: "proxy-denied"}
    check = failed(carried_out(client(SUPPORT)))
    assert (check.stage, check.code) == ("proxy", "proxy-denied")
    assert carried_out(client(ORDERS)).state == "passed"
    laboratory.switch(SUPPORT, laboratory.NONE, None)
    assert carried_out(client(SUPPORT)).state == "passed"


def test_first_scenario_gives_the_mailbox_a_line_of_its_own(box: Sandbox) -> None:
    user = factories.superuser("anna")
    laboratory.switch(SUPPORT, "imap-limit", user)
    own = Proxy.objects.get(username=SUPPORT)
    assert (own.name, own.sandbox) == ("sandbox-support", True)
    assert client(SUPPORT).proxy == own
    assert client(ORDERS).proxy == Proxy.objects.get(name="sandbox")
    smtp = SmtpClient.objects.get(section="smtp-client-support")
    assert smtp.proxy == own
    sender = Sender.objects.select_related("revision").get(smtp_client=smtp)
    assert sender.revision == snapshots.newest(smtp)  # in effect
    count = Revision.objects.count()
    laboratory.switch(SUPPORT, "imap-unavailable", user)
    laboratory.switch(SUPPORT, "none", user)
    assert (Revision.objects.count(), Proxy.objects.count()) == (count, 2)
    events = AuditEvent.objects.filter(action="sandbox.switched").order_by("pk")
    assert [(e.actor_name, e.details) for e in events] == [
        ("anna", {"address": SUPPORT, "scenario": name})
        for name in ("imap-limit", "imap-unavailable", "none")
    ]


def test_next_cycle_meets_it_though_a_token_was_cached(box: Sandbox) -> None:
    mailbox = client(SUPPORT)
    assert fetch.fetch_now(mailbox.pk).outcome == "ok"
    assert TokenCache.objects.exclude(value=None).count() == 1
    laboratory.switch(SUPPORT, "entra-conditional-access", None)
    row = Fetcher.objects.get(pop_client=mailbox)
    assert row.asked_at is not None  # it is due at once
    assert fetch.fetch_now(mailbox.pk).code == "AADSTS53003"


def test_own_line_is_kept_right_when_the_sandbox_starts_anew(
    box: Sandbox, tmp_path: Path
) -> None:
    laboratory.switch(SUPPORT, "imap-limit", None)
    Proxy.objects.update(port=1)
    demo.ensure(tmp_path / "sandbox")
    assert set(Proxy.objects.values_list("port", flat=True)) == {box.proxy_port}
    assert PopClient.objects.count() == 3


def test_scenarios_are_those_of_the_sandbox(box: Sandbox) -> None:
    found = {plan.name: plan for plan in laboratory.scenarios()}
    assert found["imap-limit"].expected.finding == "server-throttled"


def test_without_a_sandbox_there_are_none(tmp_path: Path, settings: Any) -> None:
    settings.MAILADMIN_DATA = tmp_path
    assert laboratory.scenarios() == []
    with pytest.raises(laboratory.SandboxAway):
        laboratory.switched()

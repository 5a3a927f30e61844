"""Asking for tests, cancelling them, what they leave behind on a client."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.db.models import Q
from django.utils import timezone

from mailboxes.core.choices import RunState, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import (
    AuditEvent,
    Check,
    Fetcher,
    PopClient,
    Sender,
    SmtpClient,
    TestRun,
)
from mailboxes.services import (
    clients,
    connection_test,
    instance,
    registrations,
    revisions,
)
from mailboxes.services.connection_test import NotTested, rows
from mailboxes.services.connection_test.run import carry_out
from mailboxes.services.finding import Finding
from tests import factories
from tests.fixtures.connection_tests import carried_out, failed, shown
from tests.services.conftest import ADDRESS, Inbox
from tests.services.option_sets import saved_pop, saved_smtp
from tests.services.sending import Scene, scene  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


def test_ask_writes_every_check_before_one_is_made(inbox: Inbox) -> None:
    anna = factories.user("anna")
    run = connection_test.ask(inbox.client, anna)
    assert (run.state, run.asked_by, run.revision.number) == ("queued", anna, 1)
    assert shown(run) == [
        "-:fields not-run",
        "s:dns not-run",
        "s:tcp not-run",
        "s:tls not-run",
        "s:greeting not-run",
        "s:sign-in not-run",
        "s:mailbox not-run",
    ]
    event = AuditEvent.objects.get(action="connection-test.asked")
    assert (event.actor, event.object_name) == (anna, inbox.client.section)
    assert event.details == {"test": run.pk, "revision": 1, "send_to": ""}
    assert inbox.server.calls == []


def test_asking_again_returns_the_open_run(inbox: Inbox) -> None:
    first = connection_test.ask(inbox.client, None)
    assert connection_test.ask(inbox.client, None) == first
    rows.claim(first.pk)
    assert connection_test.ask(inbox.client, None) == first
    carry_out(first.pk)
    assert connection_test.ask(inbox.client, None) != first
    assert AuditEvent.objects.filter(action="connection-test.asked").count() == 2


@pytest.mark.django_db(transaction=True)
def test_asking_at_the_same_moment_makes_one_run(inbox: Inbox) -> None:
    barrier = threading.Barrier(4)

    def ask() -> None:
        try:
            barrier.wait(10)
            connection_test.ask(inbox.client, None)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert TestRun.objects.count() == 1


def test_an_older_revision_can_be_tested(inbox: Inbox) -> None:
    old = inbox.client.revisions.get(number=1)
    inbox.save(server="other.contoso.example")
    run = carried_out(inbox.client, revision=old)
    assert (run.revision, run.state) == (old, "passed")


def test_healthy_mailbox_in_memory_passes_and_nothing_changes(inbox: Inbox) -> None:
    inbox.deliver("one", "two")
    run = carried_out(inbox.client)
    assert run.state == "passed"
    assert run.checks.last().evidence["messages"] == 2
    verbs = [verb for verb, _login in inbox.server.calls]
    assert verbs == ["open", "select", "close"]
    assert inbox.server.open_connections == 0
    assert inbox.subjects() == []


# sending


def test_message_needs_an_smtp_client_an_address_and_no_hold(
    inbox: Inbox,
    scene: Scene,  # noqa: F811
) -> None:
    with pytest.raises(NotTested, match="^Only an smtp-client can send"):
        connection_test.ask(inbox.client, None, send_to="anna@customers.example")
    with pytest.raises(NotTested, match="is not an e-mail address"):
        connection_test.ask(scene.client, None, send_to="anna")
    instance.hold("test")
    with pytest.raises(NotTested, match="^The instance is held, so nothing is sent"):
        connection_test.ask(scene.client, None, send_to="anna@customers.example")
    assert TestRun.objects.count() == 0
    assert carried_out(scene.client).state == "passed"
    assert scene.server.sent == []


def test_message_is_sent_from_a_mailbox_that_uses_the_client(
    scene: Scene,  # noqa: F811
) -> None:
    mailbox = factories.pop_client("orders@contoso.example").mailbox_row
    mailbox.smtp_client = scene.client
    mailbox.save()
    run = carried_out(scene.client, send_to="anna@customers.example")
    assert run.state == "passed"
    [sent] = scene.server.sent
    assert sent.sender == "orders@contoso.example"
    assert sent.recipients == ("anna@customers.example",)
    assert b"Subject: Test message from mailadmin" in sent.message


def test_hold_that_comes_meanwhile_keeps_the_message_back(
    scene: Scene,  # noqa: F811
) -> None:
    scene.server.hook("open", lambda: instance.hold("meanwhile"))
    run = carried_out(scene.client, send_to="anna@customers.example")
    assert (run.state, run.checks.last().state) == ("cancelled", "not-run")
    assert scene.server.sent == []


def test_line_that_falls_after_the_message_is_unconfirmed(
    scene: Scene,  # noqa: F811
) -> None:
    fault = MailError(Code.SEND_UNCONFIRMED, Stage.DATA, handed_over=True)
    scene.server.fail("send", fault, done_first=True)
    check = failed(carried_out(scene.client, send_to="anna@customers.example"))
    assert (check.stage, check.code) == ("data", "send-unconfirmed")


# cancel


def test_cancelled_before_it_began_makes_no_check(inbox: Inbox) -> None:
    run = connection_test.ask(inbox.client, None)
    assert connection_test.cancel(run, factories.user("bert"))
    assert not rows.claim(run.pk)
    run.refresh_from_db()
    assert (run.state, run.ended_at is not None) == ("cancelled", True)
    assert {check.state for check in run.checks.all()} == {"not-run"}
    event = AuditEvent.objects.get(action="connection-test.cancelled")
    assert (event.actor_name, event.details) == ("bert", {"test": run.pk})
    assert not connection_test.cancel(run, None)


def test_cancel_between_stages_ends_the_conversation(inbox: Inbox) -> None:
    run = connection_test.ask(inbox.client, None)
    inbox.server.hook("open", lambda: connection_test.cancel(run, None))
    rows.claim(run.pk)
    carry_out(run.pk)
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert shown(run)[:2] == ["-:fields passed", "s:dns not-run"]
    assert [verb for verb, _login in inbox.server.calls] == ["open"]
    assert inbox.server.open_connections == 0


def test_cancel_after_the_end_changes_nothing(inbox: Inbox) -> None:
    run = carried_out(inbox.client)
    assert not connection_test.cancel(run, None)
    run.refresh_from_db()
    assert run.state == "passed"
    assert not AuditEvent.objects.filter(action="connection-test.cancelled").exists()


# lost


def test_run_whose_process_died_is_lost(inbox: Inbox) -> None:
    run = connection_test.ask(inbox.client, None)
    rows.claim(run.pk)
    Check.objects.filter(run=run, number=2).update(state="running")
    assert connection_test.reap_lost() == 0
    ago = timezone.now() - timedelta(seconds=31)
    TestRun.objects.filter(pk=run.pk).update(beat_at=ago)
    assert connection_test.reap_lost() == 1
    run.refresh_from_db()
    assert (run.state, {c.state for c in run.checks.all()}) == ("lost", {"not-run"})
    carry_out(run.pk)  # its process hung and comes back: nothing is written any more
    run.refresh_from_db()
    assert (run.state, {c.state for c in run.checks.all()}) == ("lost", {"not-run"})
    assert inbox.server.calls == []


def test_run_that_nobody_took_for_ten_minutes_is_lost(inbox: Inbox) -> None:
    run = connection_test.ask(inbox.client, None)
    ago = timezone.now() - timedelta(minutes=11)
    TestRun.objects.filter(pk=run.pk).update(asked_at=ago)
    assert connection_test.reap_lost() == 1
    assert not rows.claim(run.pk)


def test_fault_of_our_own_is_said_and_ends_the_run(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(inbox.server, "called", broken)
    check = failed(carried_out(inbox.client))
    assert (check.stage, check.code) == ("dns", "internal-error")
    assert check.evidence["error"] == "KeyError"


# a green test and stopped clients (DESIGN D9)


@pytest.mark.parametrize("state", [RunState.STOPPED, RunState.FAILING])
def test_green_test_lets_a_stopped_mailbox_try_again(
    inbox: Inbox, state: RunState
) -> None:
    later = timezone.now() + timedelta(hours=1)
    Fetcher.objects.update(state=state, failures=3, not_before=later, next_due=later)
    run = carried_out(inbox.client)
    row = inbox.fetcher
    assert (row.state, row.failures, row.not_before) == ("active", 0, None)
    assert row.next_due <= timezone.now()
    event = AuditEvent.objects.get(action="client.resumed")
    assert event.details == {"test": run.pk}


def test_red_test_leaves_it_stopped(inbox: Inbox) -> None:
    Fetcher.objects.update(state=RunState.STOPPED)
    inbox.server.accounts[ADDRESS].password = "another"
    assert carried_out(inbox.client).state == "failed"
    assert inbox.fetcher.state == "stopped"
    assert not AuditEvent.objects.filter(action="client.resumed").exists()


def test_green_test_of_an_older_revision_leaves_it_stopped(inbox: Inbox) -> None:
    old = inbox.client.revisions.get(number=1)
    inbox.save(cycle_time=60)
    Fetcher.objects.update(state=RunState.STOPPED)
    assert carried_out(inbox.client, revision=old).state == "passed"
    assert inbox.fetcher.state == "stopped"


def test_green_test_of_what_is_not_in_effect_leaves_a_sender_stopped(
    scene: Scene,  # noqa: F811
) -> None:
    effective, client = scene.sender.revision, scene.client
    revisions.save_smtp_client(
        client=client, section="", raw={"port": "2525"}, base_revision=1
    )
    client.refresh_from_db()
    Sender.objects.update(state=RunState.STOPPED)
    run = carried_out(client)
    assert (run.state, run.revision.number) == ("passed", 2)
    assert (scene.sender.state, scene.sender.revision) == ("stopped", effective)
    assert carried_out(client, revision=effective).state == "passed"
    assert scene.sender.state == "active"


def test_throttled_mailbox_keeps_the_servers_pause(inbox: Inbox) -> None:
    later = timezone.now() + timedelta(hours=1)
    Fetcher.objects.update(state=RunState.THROTTLED, not_before=later)
    assert carried_out(inbox.client).state == "passed"
    assert inbox.fetcher.not_before == later


# what pages ask


def test_history_is_the_last_ten_newest_first(inbox: Inbox) -> None:
    runs = [carried_out(inbox.client) for _ in range(11)]
    assert connection_test.history(inbox.client) == runs[:0:-1]
    assert connection_test.newest(inbox.client) == runs[-1]


def test_history_costs_two_queries(
    inbox: Inbox, django_assert_num_queries: Any
) -> None:
    inbox.server.accounts[ADDRESS].password = "another"
    for _ in range(3):
        carried_out(inbox.client)
    with django_assert_num_queries(2):
        found = connection_test.history(inbox.client)
        checks = [connection_test.failed_check(run) for run in found]
    assert [check.code for check in checks if check] == ["password-refused"] * 3


def at_field(client: PopClient | SmtpClient) -> dict[str, Finding]:
    return connection_test.finding_at(client, connection_test.newest(client))


def test_finding_stands_at_its_field_until_the_options_change(inbox: Inbox) -> None:
    assert at_field(inbox.client) == {}
    inbox.server.accounts[ADDRESS].password = "another"
    carried_out(inbox.client)
    found = at_field(inbox.client)
    assert {field: f.code for field, f in found.items()} == {
        "password": "password-refused"
    }
    inbox.save(cycle_time=60)
    assert at_field(inbox.client) == {}


def test_finding_disappears_with_a_green_test(inbox: Inbox) -> None:
    inbox.server.accounts[ADDRESS].password = "another"
    carried_out(inbox.client)
    inbox.server.accounts[ADDRESS].password = "right"
    carried_out(inbox.client)
    assert at_field(inbox.client) == {}


def a_failure(client: PopClient | SmtpClient, code: str, **evidence: Any) -> TestRun:
    """A run that failed at its first check, as if it had been made."""
    run = connection_test.ask(client, None)
    rows.close(Q(pk=run.pk), "failed", timezone.now())
    TestRun.objects.filter(pk=run.pk).update(state="failed")
    Check.objects.filter(run=run, number=1).update(
        state="failed", code=code, evidence=evidence
    )
    return TestRun.objects.get(pk=run.pk)


def test_finding_names_the_option_of_the_smtp_client() -> None:
    client = saved_smtp()
    run = a_failure(client, "tls-not-tls")
    finding = connection_test.finding_of(run)
    assert finding is not None and finding.option == "smtp-connection-security"
    assert list(at_field(client)) == ["smtp_connection_security"]


def test_finding_without_a_field_has_no_option() -> None:
    finding = connection_test.finding_of(a_failure(saved_smtp(), "server-throttled"))
    assert finding is not None and finding.option == ""


def test_what_is_inherited_is_mended_at_the_registration() -> None:
    row = registrations.save(
        registration=None,
        name="Contoso mail",
        tenant_authority="https://login.microsoftonline.com",
        directory_id="11111111-2222-3333-4444-555555555555",
        client_id="66666666-7777-8888-9999-aaaaaaaaaaaa",
    )
    client = saved_pop(registration=row.registration.pk)
    finding = connection_test.finding_of(a_failure(client, "AADSTS700016"))
    assert finding is not None and finding.option == "registration"


def test_green_test_while_paused_does_not_end_the_pause(inbox: Inbox) -> None:
    clients.pause(inbox.client, None, "holiday")
    Fetcher.objects.update(state=RunState.STOPPED)
    assert carried_out(inbox.client).state == "passed"
    assert inbox.fetcher.paused_at is not None

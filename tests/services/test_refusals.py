"""A client that was stopped is tested by itself, once, without signing in (D9)."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import RunState, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import AuditEvent, Fetcher, Proxy, Sender, TestRun
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import clients, connection_test, fetch, revisions
from mailboxes.services.connection_test import rows
from mailboxes.services.connection_test.run import carry_out
from mailboxes.services.outbox import senders as outbox_senders
from mailboxes.transports.memory_server import MemoryServer
from tests.fixtures.connection_tests import ADDRESS, pop, shown, smtp, states
from tests.services.conftest import Inbox
from tests.services.sending import Scene, queue, scene  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db
REFUSED = MailError(Code.PASSWORD_REFUSED, Stage.SIGN_IN, permanent=True)


def carried_out(run: TestRun) -> TestRun:
    assert rows.claim(run.pk)
    carry_out(run.pk)
    run.refresh_from_db()
    return run


# with a token


def test_a_stopped_client_is_tested_without_another_sign_in(
    proxy: Proxy, sandbox: Sandbox
) -> None:
    client = pop(proxy, password="wrong")
    fetch.fetch_now(client.pk)
    assert Fetcher.objects.get().state == RunState.STOPPED
    before = sandbox.requests(ADDRESS)
    assert before == {"token": {"AADSTS50126": 1}}
    run = carried_out(TestRun.objects.get())
    assert sandbox.requests(ADDRESS) == before
    assert shown(run)[:7] == [
        "-:fields passed",
        "a:proxy passed",
        "a:tls passed",
        "a:clock passed",
        "a:tenant passed",
        "a:token failed",
        "a:claims not-run",
    ]
    check = connection_test.failed_check(run)
    assert check is not None and check.code == "AADSTS50126"
    assert check.evidence["trace_id"] and check.evidence["met_at"].endswith(" UTC")
    assert (run.state, run.asked_by) == ("failed", None)
    # What is stopped stays stopped: only a green test lets it go on.
    assert Fetcher.objects.get().state == RunState.STOPPED
    assert AuditEvent.objects.filter(action="connection-test.by-itself").count() == 1


def test_its_finding_stands_at_the_field_that_mends_it(proxy: Proxy) -> None:
    client = pop(proxy, password="wrong")
    fetch.fetch_now(client.pk)
    carried_out(TestRun.objects.get())
    client.refresh_from_db()
    assert list(connection_test.finding_at(client, connection_test.newest(client))) == [
        "password"
    ]


def test_a_network_that_is_also_wrong_is_found(proxy: Proxy, sandbox: Sandbox) -> None:
    """The test tells more than the cycle: here what has changed since."""
    client = pop(proxy, password="wrong")
    fetch.fetch_now(client.pk)
    sandbox.fault("*", "proxy-refuse")
    run = carried_out(TestRun.objects.get())
    assert states(run)["a:proxy"] == "failed"


def test_it_is_asked_for_once_a_stop(proxy: Proxy) -> None:
    client = pop(proxy, password="wrong")
    fetch.fetch_now(client.pk)
    carried_out(TestRun.objects.get())
    with pytest.raises(fetch.NotFetched):
        fetch.fetch_now(client.pk)
    assert TestRun.objects.count() == 1
    clients.resume_stopped(client, None)
    fetch.fetch_now(client.pk)
    assert TestRun.objects.count() == 2


def test_a_test_that_a_person_asks_for_signs_in(proxy: Proxy, sandbox: Sandbox) -> None:
    client = pop(proxy, password="wrong")
    fetch.fetch_now(client.pk)
    carried_out(TestRun.objects.get())
    carried_out(connection_test.ask(client, None))
    assert sandbox.requests(ADDRESS) == {"token": {"AADSTS50126": 2}}


def test_a_failure_that_is_tried_again_by_itself_asks_for_no_test(
    proxy: Proxy, sandbox: Sandbox
) -> None:
    client = pop(proxy)
    sandbox.fault(ADDRESS, "imap-unavailable")
    fetch.fetch_now(client.pk)
    assert Fetcher.objects.get().state == RunState.FAILING
    assert not TestRun.objects.exists()


def test_a_save_while_the_cycle_ran_leaves_nothing_to_test(
    memory: MemoryServer, inbox: Inbox
) -> None:
    """D9: the refusal was of what is no longer saved, so nothing stops."""
    inbox.server.fail("open", REFUSED)
    Fetcher.objects.update(sign_in_failures=1)
    saved = []

    def save() -> None:
        if not saved:
            saved.append(True)
            revisions.save_pop_client(
                client=inbox.client,
                address=inbox.client.mailbox_row.address,
                raw={"password": "better"},
                base_revision=inbox.client.revision,
            )

    inbox.server.hook("open", save)
    inbox.run()
    assert (inbox.fetcher.state, saved) == (RunState.FAILING, [True])
    assert not TestRun.objects.exists()


def test_a_person_who_asks_meanwhile_gets_a_test_that_signs_in(
    proxy: Proxy, sandbox: Sandbox
) -> None:
    client = pop(proxy, password="wrong")
    fetch.fetch_now(client.pk)
    by_itself = TestRun.objects.get()
    asked = carried_out(connection_test.ask(client, None))
    by_itself.refresh_from_db()
    assert (by_itself.state, asked.refused) == ("cancelled", {})
    assert sandbox.requests(ADDRESS) == {"token": {"AADSTS50126": 2}}


def test_it_comes_after_those_that_a_person_waits_for(proxy: Proxy) -> None:
    client = pop(proxy, password="wrong")
    fetch.fetch_now(client.pk)
    by_itself = TestRun.objects.get()
    asked = connection_test.ask(smtp(proxy), None)
    assert list(rows.queued().order_by(rows.BY_ITSELF, "pk")) == [asked, by_itself]


# with a password


def test_a_basic_password_is_not_tried_a_third_time(
    memory: MemoryServer, inbox: Inbox
) -> None:
    tries: list[int] = []
    inbox.server.hook("open", lambda: tries.append(1))
    inbox.server.fail("open", REFUSED, times=2)
    inbox.run()
    Fetcher.objects.update(not_before=None)
    inbox.run()
    assert (inbox.fetcher.state, len(tries)) == (RunState.STOPPED, 2)
    run = carried_out(TestRun.objects.get())
    assert len(tries) == 2
    assert states(run)["s:sign-in"] == "failed"
    assert {states(run)[key] for key in ("s:dns", "s:tcp", "s:tls", "s:greeting")} == {
        "skipped"
    }
    told = [check.evidence.get("skipped") for check in run.checks.all()]
    assert told.count("not-again") == 4


def test_a_stopped_sender_is_tested_by_itself(
    scene: Scene,  # noqa: F811
) -> None:
    scene.server.fail("open", REFUSED, times=2)
    queue(scene.client, "a@b.example")
    scene.cycle()
    scene.due_now()
    scene.cycle()
    assert scene.sender.state == RunState.STOPPED
    run = TestRun.objects.get()
    assert (run.client, run.revision) == (scene.client, scene.sender.revision)
    assert connection_test.failed_check(carried_out(run)).code == Code.PASSWORD_REFUSED


def test_a_sender_that_was_restarted_meanwhile_is_not_tested(
    scene: Scene,  # noqa: F811
) -> None:
    sender = scene.sender
    Sender.objects.update(generation=99)
    for _ in range(2):
        sender.sign_in_failures += 1
        outbox_senders.note_failure(sender, REFUSED, connection_test.timezone.now())
    assert not TestRun.objects.exists()


# one test after the other


def test_a_second_test_waits_and_does_not_repeat_a_refusal(
    proxy: Proxy, sandbox: Sandbox
) -> None:
    first = connection_test.ask(pop(proxy, password="wrong"), None)
    out = smtp(proxy, password="wrong")
    out.password_id = first.client.password_id
    out.save()
    revision = connection_test.snapshots.newest(out)
    values = {**revision.values, "password": first.client.password_id}
    type(revision).objects.filter(pk=revision.pk).update(values=values)
    second = connection_test.ask(out, None, after=first)
    assert not rows.claim(second.pk)
    carried_out(first)
    carried_out(second)
    assert sandbox.requests(ADDRESS) == {"token": {"AADSTS50126": 1}}
    check = connection_test.failed_check(second)
    assert check is not None and (check.stage, check.code) == ("token", "AADSTS50126")


def test_a_second_test_with_another_credential_signs_in(
    proxy: Proxy, sandbox: Sandbox
) -> None:
    first = connection_test.ask(pop(proxy, password="wrong"), None)
    second = connection_test.ask(smtp(proxy), None, after=first)
    carried_out(first)
    assert carried_out(second).state == "passed"


@pytest.mark.parametrize(
    ("code", "tokens"),
    [("AADSTS50126", 1), ("AADSTS70011", 2)],
    ids=["password", "scope"],
)
def test_a_refused_account_is_not_tried_with_another_scope(
    proxy: Proxy, sandbox: Sandbox, code: str, tokens: int
) -> None:
    """What was wrong with a scope says nothing about another one."""
    sandbox.fault(ADDRESS, code)
    first = connection_test.ask(pop(proxy), None)
    out = smtp(proxy, scope="https://outlook.office365.com/.default")
    revision = connection_test.snapshots.newest(out)
    values = {**revision.values, "password": first.client.password_id}
    type(revision).objects.filter(pk=revision.pk).update(values=values)
    second = connection_test.ask(out, None, after=first)
    assert carried_out(first).state == "failed"
    carried_out(second)
    assert sandbox.requests(ADDRESS) == {"token": {code: tokens}}


def test_a_second_test_signs_in_after_a_fault_of_the_mail_server(
    proxy: Proxy, sandbox: Sandbox
) -> None:
    sandbox.fault(ADDRESS, "imap-unavailable")
    first = connection_test.ask(pop(proxy), None)
    second = connection_test.ask(smtp(proxy), None, after=first)
    assert carried_out(first).state == "failed"
    sandbox.fault(ADDRESS, None)
    assert carried_out(second).state == "passed"

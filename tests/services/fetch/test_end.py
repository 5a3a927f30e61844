"""How a cycle ends: what people do while it runs counts more than what it met."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from django.db import connections, transaction
from django.utils import timezone

from mailboxes.core.choices import Outcome, RunState, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import Fetcher
from mailboxes.services import clients, revisions
from mailboxes.services.options import snapshots
from mailboxes.transports.memory_server import MemoryServer
from tests.services.conftest import ADDRESS, Inbox, make_inbox

DAY = 86400
REFUSED = MailError(Code.PASSWORD_REFUSED, Stage.SIGN_IN, permanent=True)
LOST = MailError(Code.CONNECTION_LOST, Stage.SETTLE)


def seconds_to(inbox: Inbox) -> tuple[int, int | None]:
    """Until the next cycle is due, and until one may run at all.

    Longer waits to ten seconds, 0 for what is due: a busy machine takes one or two to
    look.
    """
    row, now = inbox.fetcher, timezone.now()

    def wait(until: datetime) -> int:
        seconds = (until - now).total_seconds()
        return round(seconds / 10) * 10 if seconds > 5 else max(0, round(seconds))

    return wait(row.next_due), row.not_before and wait(row.not_before)


# Fetch now


def test_cycle_asked_for_while_one_runs_comes_right_after_it(inbox: Inbox) -> None:
    inbox.save(cycle_time=DAY)
    inbox.server.hook("list", lambda: clients.fetch_now(inbox.client, None))
    inbox.run()
    assert seconds_to(inbox) == (0, None)
    inbox.server.hook("list", lambda: None)
    assert inbox.run().outcome == Outcome.OK
    assert (seconds_to(inbox)[0], inbox.fetcher.asked_at) == (DAY, None)


def test_cycle_asked_for_while_one_fails_comes_right_after_it(inbox: Inbox) -> None:
    inbox.server.fail("list", MailError(Code.FOLDER_MISSING, Stage.MAILBOX))
    inbox.server.hook("list", lambda: clients.fetch_now(inbox.client, None))
    assert inbox.run().outcome == Outcome.FAILED
    assert seconds_to(inbox) == (0, None)


def test_cycle_asked_for_does_not_shorten_a_pause_of_the_server(inbox: Inbox) -> None:
    pause = MailError(Code.SERVER_THROTTLED, Stage.LIST, retry_after=300)
    inbox.server.fail("list", pause)
    inbox.server.hook("list", lambda: clients.fetch_now(inbox.client, None))
    inbox.run()
    assert seconds_to(inbox) == (0, 300)
    assert inbox.fetcher.state == RunState.THROTTLED


# a save


def saves(inbox: Inbox, **raw: str) -> list[bool]:
    """A save of the form in the middle of a sign-in; whether a trial cycle was set."""
    trials: list[bool] = []

    def save() -> None:
        if trials:
            return
        saved = revisions.save_pop_client(
            client=inbox.client,
            address=raw.pop("address", inbox.client.mailbox_row.address),
            raw=raw,
            base_revision=snapshots.saved_number(inbox.client),
        )
        trials.append(saved.trial)

    inbox.server.hook("open", save)
    return trials


@pytest.mark.parametrize(
    ("state", "failures"), [(RunState.ACTIVE, 0), (RunState.FAILING, 1)]
)
def test_old_cycle_does_not_stop_what_was_saved_meanwhile(
    inbox: Inbox, state: RunState, failures: int
) -> None:
    inbox.server.add_account(ADDRESS, password="new")
    Fetcher.objects.update(state=state, failures=failures, sign_in_failures=1)
    trials = saves(inbox, password="new")
    assert inbox.run().code == "password-refused"
    row = inbox.fetcher
    assert (row.state, row.sign_in_failures) == (RunState.FAILING, 0)
    assert (seconds_to(inbox), len(trials)) == ((0, None), 1)
    assert inbox.run().outcome == Outcome.OK


def test_renamed_address_that_signs_in_is_tried_at_once(inbox: Inbox) -> None:
    inbox.server.fail("open", REFUSED)
    Fetcher.objects.update(sign_in_failures=1)
    saves(inbox, address="other@contoso.example")
    inbox.run()
    assert inbox.fetcher.state == RunState.FAILING
    assert seconds_to(inbox) == (0, None)


@pytest.mark.parametrize("raw", [{"cycle-time": "00:05:00"}, {}])
def test_another_option_saved_meanwhile_stops_as_before(
    inbox: Inbox, raw: dict[str, str]
) -> None:
    inbox.server.fail("open", REFUSED)
    Fetcher.objects.update(sign_in_failures=1)
    saves(inbox, **raw)
    inbox.run()
    assert inbox.fetcher.state == RunState.STOPPED


# settling


@pytest.mark.parametrize("error", [None, LOST], ids=["refused", "line lost"])
def test_failure_to_settle_slows_no_fetching(
    inbox: Inbox, error: MailError | None
) -> None:
    inbox.save(after_fetch="move", after_fetch_folder="Nowhere", cycle_time=60)
    Fetcher.objects.update(failures=9)
    inbox.deliver("one")
    if error:
        inbox.server.fail("settle", error)
    cycle = inbox.run()
    code = "connection-lost" if error else "folder-target-missing"
    assert (cycle.outcome, cycle.code, cycle.stored) == (Outcome.FAILED, code, 1)
    row = inbox.fetcher
    assert (row.state, row.code, row.recent) == (RunState.FAILING, code, "f")
    due, before = seconds_to(inbox)
    assert (due, before) == (60, 60)
    assert row.last_success_at is not None
    assert inbox.server.open_connections == (0 if error else 1)


def test_failure_to_settle_does_not_stop_a_backlog(inbox: Inbox) -> None:
    inbox.save(after_fetch="move", after_fetch_folder="Nowhere", maximum_msg_number=1)
    inbox.deliver("one", "two")
    inbox.run()
    assert seconds_to(inbox) == (0, 0)
    inbox.run()
    assert inbox.subjects() == ["one", "two"]


def test_short_failure_to_settle_is_tried_again_soon(inbox: Inbox) -> None:
    inbox.save(after_fetch="delete", cycle_time=DAY)
    inbox.deliver("one")
    inbox.server.fail("settle", LOST)
    inbox.run()
    assert seconds_to(inbox)[0] <= 2
    assert inbox.run().settled == 1


def test_pause_that_the_server_asks_for_in_settling_is_kept(inbox: Inbox) -> None:
    inbox.save(after_fetch="delete", cycle_time=60)
    inbox.deliver("one")
    pause = MailError(Code.SERVER_THROTTLED, Stage.SETTLE, retry_after=300)
    inbox.server.fail("settle", pause)
    inbox.run()
    assert seconds_to(inbox) == (300, 300)
    assert inbox.fetcher.state == RunState.THROTTLED


def test_save_and_refusal_at_one_moment_leave_no_mailbox_stopped(
    transactional_db: None, memory: MemoryServer
) -> None:
    """The end of the cycle waits for a save that is not committed yet."""
    inbox = make_inbox(memory)
    memory.fail("open", REFUSED)
    Fetcher.objects.update(sign_in_failures=1)
    ended = threading.Event()

    def cycle() -> None:
        try:
            inbox.run()
        finally:
            connections.close_all()
            ended.set()

    opened, held = threading.Event(), threading.Event()
    memory.hook("open", lambda: (opened.set(), held.wait(10)))
    thread = threading.Thread(target=cycle)
    thread.start()
    assert opened.wait(10)
    with transaction.atomic():
        revisions.save_pop_client(
            client=inbox.client,
            address=ADDRESS,
            raw={"password": "new"},
            base_revision=snapshots.saved_number(inbox.client),
        )
        held.set()
        assert not ended.wait(0.5)
    thread.join()
    assert inbox.fetcher.state == RunState.FAILING

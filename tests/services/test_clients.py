"""What a person does to a client: it changes what may be changed, and is audited."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes.core.choices import OutboxState, RunState
from mailboxes.models import AuditEvent, Fetcher, OutboundMessage, Sender
from mailboxes.services import clients, revisions
from mailboxes.services.outbox import senders as outbox_senders
from tests.services import sending
from tests.services.option_sets import saved_pop, saved_smtp

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(django_user_model):
    return django_user_model.objects.create_user("anna")


@pytest.fixture
def later():
    return timezone.now() + timedelta(hours=1)


def actions() -> list[str]:
    events = AuditEvent.objects.exclude(action__startswith="option-set")
    return list(events.order_by("pk").values_list("action", flat=True))


def save_smtp(client, base: int, **raw: object) -> None:
    revisions.save_smtp_client(client=client, section="", raw=raw, base_revision=base)


def test_pause_notes_who_and_why_and_is_done_once(anna):
    client = saved_pop()
    assert clients.pause(client, anna, "moving house") is True
    assert clients.pause(client, None, "again") is False
    fetcher = Fetcher.objects.get()
    assert (fetcher.paused_by, fetcher.pause_note) == (anna, "moving house")
    assert fetcher.paused_at is not None
    assert actions() == ["client.paused"]


def test_unpause_makes_the_next_cycle_due(anna, later):
    client = saved_pop()
    assert clients.unpause(client, anna) is False
    clients.pause(client, anna)
    Fetcher.objects.update(next_due=later)
    assert clients.unpause(client, anna) is True
    fetcher = Fetcher.objects.get()
    assert (fetcher.paused_at, fetcher.pause_note) == (None, "")
    assert fetcher.next_due <= timezone.now()


def test_fetch_now_is_due_at_once_also_after_a_failure(anna, later):
    client = saved_pop()
    Fetcher.objects.update(state=RunState.FAILING, not_before=later, next_due=later)
    assert clients.fetch_now(client, anna) is True
    fetcher = Fetcher.objects.get()
    assert (fetcher.state, fetcher.not_before) == (RunState.FAILING, None)
    assert fetcher.next_due <= timezone.now()
    assert fetcher.asked_at is not None
    assert actions() == ["client.fetch-asked"]


@pytest.mark.parametrize("why", ["stopped", "paused", "draft", "throttled", "archived"])
def test_fetch_now_is_refused(why, anna, later):
    client = saved_pop()
    if why == "stopped":
        Fetcher.objects.update(state=RunState.STOPPED)
    elif why == "paused":
        Fetcher.objects.update(paused_at=timezone.now())
    elif why == "throttled":
        Fetcher.objects.update(state=RunState.THROTTLED, not_before=later)
    elif why == "draft":
        type(client).objects.update(enable_client=False)
    else:
        type(client).objects.update(archived_at=timezone.now())
    assert clients.fetch_now(client, anna) is False
    assert (Fetcher.objects.get().asked_at, actions()) == (None, [])


def test_resume_starts_only_what_is_stopped(anna, later):
    client = saved_pop()
    assert clients.resume_stopped(client, anna) is False
    Fetcher.objects.update(
        state=RunState.STOPPED, failures=4, sign_in_failures=2, not_before=later
    )
    assert clients.resume_stopped(client, anna) is True
    fetcher = Fetcher.objects.get()
    assert (
        fetcher.state,
        fetcher.failures,
        fetcher.sign_in_failures,
        fetcher.not_before,
    ) == (RunState.ACTIVE, 0, 0, None)
    assert actions() == ["client.resumed"]


def test_sender_can_be_paused_and_resumed_too(anna):
    client = saved_smtp()
    Sender.objects.update(state=RunState.STOPPED)
    assert clients.resume_stopped(client, anna) is True
    assert clients.pause(client, anna, "") is True
    assert clients.unpause(client, anna) is True
    assert Sender.objects.get().state == RunState.ACTIVE


def test_restart_puts_the_newest_revision_in_effect(anna):
    client = saved_smtp()
    before = Sender.objects.get().in_effect_since
    save_smtp(client, 1, port="587")
    assert clients.restart_sending(client, anna).number == 2
    sender = Sender.objects.get()
    assert (sender.revision.number, sender.generation) == (2, 2)
    assert sender.in_effect_since > before
    event = AuditEvent.objects.get(action="sending.restarted")
    assert event.details == {"revision": 2, "before": 1}


def test_restart_without_a_change_only_drops_connections(anna):
    client = saved_smtp()
    before = Sender.objects.get().in_effect_since
    clients.restart_sending(client, anna)
    sender = Sender.objects.get()
    assert (sender.generation, sender.in_effect_since) == (2, before)


def test_restart_by_a_person_lets_a_stopped_sender_try(anna):
    client = saved_smtp()
    Sender.objects.update(state=RunState.STOPPED, failures=3)
    clients.restart_sending(client, anna)
    assert Sender.objects.get().state == RunState.ACTIVE


def test_save_leaves_a_stopped_sender_stopped():
    client = saved_smtp()
    Sender.objects.update(state=RunState.STOPPED)
    save_smtp(client, 1, password="right")
    assert Sender.objects.get().state == RunState.STOPPED


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ({"password": "right"}, RunState.ACTIVE),
        ({"connect-timeout": "00:00:30"}, RunState.STOPPED),
    ],
)
def test_start_of_the_service_moves_every_sender_on(raw, state):
    client, other = saved_smtp(), saved_smtp("other")
    Sender.objects.filter(smtp_client=client).update(state=RunState.STOPPED)
    save_smtp(client, 1, **raw)
    assert clients.restart_all_sending() == 1
    sender = Sender.objects.get(smtp_client=client)
    assert (sender.revision.number, sender.generation, sender.state) == (2, 2, state)
    assert Sender.objects.get(smtp_client=other).generation == 2


def test_waiting_messages_are_those_not_out_yet():
    client, now = saved_smtp(), timezone.now()
    for number, state in enumerate(OutboxState):
        OutboundMessage.objects.create(
            smtp_client=client,
            state=state,
            message_id=f"<{number}@x>",
            envelope_from="a@x",
            recipients=[],
            size=1,
            digest="",
            created_at=now,
            not_before=now,
            state_since=now,
        )
    assert clients.waiting_messages(client) == 3


def test_archive_takes_the_mailbox_along_and_is_done_once(anna):
    client = saved_pop()
    assert clients.archive(client, anna) is True
    assert clients.archive(client, anna) is False
    client.refresh_from_db()
    assert client.archived_at == client.mailbox_row.archived_at
    assert actions() == ["client.archived"]


def test_archived_mailbox_comes_back_as_it_was(anna, later):
    client = saved_pop()
    assert clients.unarchive(client, anna) is False
    clients.archive(client, anna)
    Fetcher.objects.update(next_due=later)
    assert clients.fetch_now(client, anna) is False
    assert clients.unarchive(client, anna) is True
    client.refresh_from_db()
    assert (client.archived_at, client.mailbox_row.archived_at) == (None, None)
    assert Fetcher.objects.get().next_due <= timezone.now()
    assert actions() == ["client.archived", "client.unarchived"]


def test_archived_smtp_client_sends_nothing_until_it_is_back(anna):
    client = saved_smtp()
    message = sending.queue(client)
    OutboundMessage.objects.update(not_before=timezone.now())
    now = timezone.now() + timedelta(seconds=1)
    assert outbox_senders.due(now) == [client.sender.pk]
    clients.archive(client, anna)
    assert (outbox_senders.due(now), clients.waiting_messages(client)) == ([], 1)
    clients.restart_sending(client, anna)
    assert outbox_senders.due(now) == []
    clients.unarchive(client, anna)
    assert outbox_senders.due(now) == [client.sender.pk]
    message.refresh_from_db()
    assert message.state == OutboxState.QUEUED


def test_draft_comes_back_from_the_archive_as_a_draft(anna):
    client = saved_smtp(enable_client="no")
    clients.archive(client, anna)
    clients.unarchive(client, anna)
    assert Sender.objects.get().enabled is False

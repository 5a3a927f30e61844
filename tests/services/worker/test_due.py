"""What the ticker asks: is anything to be done now?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes.core.choices import OutboxState, RunState
from mailboxes.models import Fetcher, OutboundMessage, PopClient, Sender
from mailboxes.services.worker import due
from tests import factories

pytestmark = pytest.mark.django_db

SOON = timedelta(seconds=5)


def test_a_due_mailbox_is_to_be_fetched() -> None:
    now = timezone.now()
    assert due.fetching() is False
    factories.pop_client(next_due=now - SOON)
    assert due.fetching() is True


@pytest.mark.parametrize(
    "fields",
    [
        {"next_due": SOON},
        {"not_before": SOON},
        {"lease_until": SOON},
        {"state": RunState.STOPPED},
        {"paused_at": -SOON},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_mailbox_that_may_not_run_is_not(fields: dict[str, object]) -> None:
    now = timezone.now()
    factories.pop_client(next_due=now - SOON)
    values = {k: now + v if isinstance(v, timedelta) else v for k, v in fields.items()}
    Fetcher.objects.update(**values)
    assert due.fetching() is False


def test_drafts_and_archived_mailboxes_are_not_fetched() -> None:
    now = timezone.now()
    factories.pop_client(next_due=now - SOON)
    PopClient.objects.update(enable_client=False)
    assert due.fetching() is False
    PopClient.objects.update(enable_client=True, archived_at=now)
    assert due.fetching() is False


def message(state: OutboxState = OutboxState.QUEUED) -> None:
    past = timezone.now() - SOON
    factories.outbound(factories.smtp_client(), state=state, not_before=past)


@pytest.mark.parametrize(
    ("state", "answer"),
    [(state, state in ("queued", "waiting")) for state in OutboxState],
)
def test_messages_that_wait_are_to_be_sent(state: OutboxState, answer: bool) -> None:
    message(state)
    assert due.sending() is answer


def test_a_message_waits_for_its_time_and_its_sender() -> None:
    now = timezone.now()
    message()
    OutboundMessage.objects.update(not_before=now + SOON)
    assert due.sending() is False
    OutboundMessage.objects.update(not_before=now - SOON)
    Sender.objects.update(state=RunState.STOPPED)
    assert due.sending() is False
    Sender.objects.update(state=RunState.FAILING, not_before=now + SOON)
    assert due.sending() is False
    Sender.objects.update(not_before=now - SOON, lease_until=now + SOON)
    assert due.sending() is False

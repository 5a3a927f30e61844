"""After the clock was set back nothing waits for times that were written before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mailboxes.core.choices import OutboxState, RunState
from mailboxes.models import Batch, Fetcher, Lease, OutboundMessage, Sender, Worker
from mailboxes.services import clock, fetch
from mailboxes.services.worker import batches, due, heartbeat, schedule
from mailboxes.services.worker.heartbeat import Heartbeat
from mailboxes.services.worker.ticker import LEASE, Ticker
from tests import factories

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def fetcher(**fields: Any) -> Fetcher:
    return Fetcher.objects.get(pop_client=factories.pop_client(**fields))


def test_mailbox_is_fetched_again(now: datetime) -> None:
    fetcher(next_due=now + DAY)
    assert not due.fetching()
    assert clock.mend(now) == 1
    assert due.fetching()
    assert clock.mend(now) == 0


def test_mailbox_that_failed_and_was_held_is_fetched_again(now: datetime) -> None:
    fetcher(
        next_due=now + DAY,
        not_before=now + DAY,
        state=RunState.FAILING,
        lease_owner="a:1:x",
        lease_until=now + DAY,
        fence=7,
    )
    assert clock.mend(now) == 3
    claimed = fetch.claim_next()
    assert claimed is not None
    assert claimed.fence == 8


def test_mailbox_with_a_long_interval_or_a_pause_is_left(now: datetime) -> None:
    slow = fetcher(next_due=now + timedelta(hours=6))
    slow.pop_client.cycle_time = 6 * 3600
    slow.pop_client.save()
    fetcher(
        address="b@contoso.example",
        next_due=now + timedelta(minutes=60),
        not_before=now + timedelta(minutes=60),
        lease_until=now + timedelta(seconds=90),
        state=RunState.THROTTLED,
    )
    assert clock.mend(now) == 0


def test_messages_and_senders_go_on(now: datetime) -> None:
    client = factories.smtp_client(not_before=now + DAY, state=RunState.FAILING)
    factories.outbound(client, state=OutboxState.WAITING, not_before=now + DAY)
    sent = factories.outbound(client, state=OutboxState.SENT, not_before=now + DAY)
    assert clock.mend(now) == 2
    assert Sender.objects.get().not_before == now
    left = OutboundMessage.objects.filter(not_before__gt=now)
    assert list(left) == [sent]
    assert due.sending()


def test_worker_and_batch_of_before_hold_nobody(now: datetime) -> None:
    dead = factories.live_worker()
    Worker.objects.update(name="dead:1", beat_at=now + DAY, probe_at=now + DAY)
    batch = Batch.objects.create(
        kind=Batch.Kind.SEND, worker="dead:1", created_at=now, beat_at=now + DAY
    )
    assert clock.mend(now) == 2
    dead.refresh_from_db()
    assert dead.stopped_at == now
    assert batches.live(Batch.Kind.SEND) == []
    batch.refresh_from_db()
    assert batch.stop


def test_health_does_not_believe_a_beat_that_is_to_come(
    client: Client, now: datetime
) -> None:
    factories.live_worker()
    Worker.objects.update(beat_at=now + DAY, probe_at=now + DAY)
    assert client.get("/healthz").json()["status"] == "no-worker"


def test_ticker_takes_a_lease_of_before_and_mends(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "enqueue", lambda *_args: None)
    factories.live_worker()
    name = Worker.objects.get().name
    Lease.objects.create(name=LEASE, lease_owner="dead:1", lease_until=now + DAY)
    fetcher(next_due=now + DAY)
    assert [one.kind for one in Ticker(name).tick()] == ["fetch"]


def test_probe_that_is_to_come_hides_no_hanging_cluster(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "enqueue", lambda *_args: None)
    monkeypatch.setattr(heartbeat, "STALE_AFTER", -1.0)
    factories.live_worker()
    name = Worker.objects.get().name
    Worker.objects.update(probe_at=now + DAY)
    beats = Heartbeat(name)
    beats.beat()
    beats.beat()
    assert beats.is_stale()
    heartbeat.answer(name, timezone.now().isoformat())
    beats.beat()
    assert not beats.is_stale()
    assert Worker.objects.get().probe_at < now + DAY

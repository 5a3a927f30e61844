"""Batches of sending: threads, renewals, a slow server, a database that restarts."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from mailboxes.core.choices import Protocol, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import Batch, OutboundMessage, Sender
from mailboxes.services import outbox
from mailboxes.services.outbox import (
    cycle as outbox_cycle,
    open_connections as outbox_connections,
    outcome as outbox_outcome,
    rows as outbox_rows,
)
from mailboxes.services.outbox.cycle import SendCycle
from mailboxes.services.worker import leases
from mailboxes.transports import registry
from mailboxes.transports.memory import MemoryOutbound, MemoryServer
from tests.services import sending
from tests.services.sending import Scene, scene

__all__ = ["scene"]


def batch() -> Batch:
    return Batch.objects.create(kind="send", created_at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_batch_sends_for_many_senders_and_ends(scene: Scene) -> None:
    others = []
    for number in range(3):
        host = f"smtp{number}.contoso.example"
        server = MemoryServer(host)
        server.__enter__()
        server.add_account("support", password=sending.PASSWORD)
        client = sending.smtp_client(f"smtp-client-{number}", server=host)
        for text in range(5):
            sending.queue(client, subject=f"{number}.{text}")
        others.append(server)
    scene.queue(subject="here")
    one = batch()
    try:
        outbox.run_send_batch(one.pk)
    finally:
        outbox_connections.connections.close_all()
        for server in others:
            server.__exit__(None, None, None)
    assert scene.subjects() == ["here"]
    assert [
        [sending.subject(sent.message) for sent in server.sent] for server in others
    ] == [[f"{number}.{text}" for text in range(5)] for number in range(3)]
    one.refresh_from_db()
    assert one.owner == leases.owner()
    assert one.ended_at is not None
    assert set(Sender.objects.values_list("lease_owner", flat=True)) == {""}


@pytest.mark.django_db(transaction=True)
def test_two_batches_send_each_message_once(scene: Scene) -> None:
    for number in range(30):
        scene.queue(subject=f"n{number}")
    rows = [batch(), batch()]
    errors: list[BaseException] = []

    def run(pk: int) -> None:
        try:
            outbox.run_send_batch(pk)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(row.pk,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert Counter(scene.subjects()) == Counter({f"n{n}": 1 for n in range(30)})
    assert scene.server.most_connections == 1


@pytest.mark.django_db(transaction=True)
def test_batch_delivered_twice_runs_once(scene: Scene) -> None:
    one = batch()
    outbox.run_send_batch(one.pk)
    scene.queue()
    outbox.run_send_batch(one.pk)
    assert scene.server.sent == []


@pytest.mark.django_db(transaction=True)
def test_leases_are_renewed_while_the_server_is_slow(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BEAT", 0.0)
    row = scene.queue()
    renewed = threading.Event()
    real = outbox_rows.renew

    def renew(*args: Any) -> bool:
        held = real(*args)
        if held:
            renewed.set()
        return held

    monkeypatch.setattr(outbox_rows, "renew", renew)
    near = timezone.now() + timedelta(seconds=5)

    def slow() -> None:
        OutboundMessage.objects.update(lease_until=near)
        assert renewed.wait(20)
        seen.append(OutboundMessage.objects.get(pk=row.pk).lease_until > near)

    seen: list[bool] = []
    scene.server.hook("send", slow)
    outbox.run_send_batch(batch().pk)
    assert seen == [True]
    row.refresh_from_db()
    assert row.state == "sent"


@pytest.mark.django_db(transaction=True)
def test_batch_that_is_asked_to_stop_ends(scene: Scene) -> None:
    one = batch()
    scene.queue(subject="first")
    scene.queue(subject="second")
    Batch.objects.filter(pk=one.pk).update(stop=True)
    outbox.run_send_batch(one.pk)
    assert scene.server.sent == []
    one.refresh_from_db()
    assert one.ended_at is not None


@pytest.mark.django_db(transaction=True)
def test_sender_that_hangs_holds_nobody(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch is over, and only waits for it: another sender still gets its turn."""
    monkeypatch.setattr(outbox, "SECONDS", 1.0)
    monkeypatch.setattr(outbox, "SLOW_AFTER", 0.1)
    other_sent = threading.Event()
    answers: list[bool] = []
    with MemoryServer("other.contoso.example") as other:
        other.add_account("support", password=sending.PASSWORD)
        client = sending.smtp_client("smtp-client-2", server="other.contoso.example")
        later = sending.queue(client, subject="later")
        due_at = timezone.now() + timedelta(seconds=1.5)
        OutboundMessage.objects.filter(pk=later.pk).update(not_before=due_at)
        scene.queue(subject="hangs")
        scene.server.hook("send", lambda: answers.append(other_sent.wait(20)))
        other.hook("send", other_sent.set)
        outbox.run_send_batch(batch().pk)
        assert answers == [True]
        assert (len(other.sent), scene.subjects()) == (1, ["hangs"])
        outbox_connections.connections.close_all()


@pytest.fixture
def busy(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryServer]:
    """One thread, a sender whose queue never ends, and the server of another one."""
    monkeypatch.setattr(outbox, "THREADS", 1)
    scene.queue()
    scene.server.hook("send", lambda: scene.queue() and None)
    with MemoryServer("other.contoso.example") as other:
        other.add_account("support", password=sending.PASSWORD)
        client = sending.smtp_client("smtp-client-2", server="other.contoso.example")
        sending.queue(client)
        yield other
        outbox_connections.connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_next_batch_begins_with_whom_the_last_had_no_time_for(
    busy: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SECONDS", 1.0)
    outbox.run_send_batch(batch().pk)
    assert busy.sent == []
    outbox.run_send_batch(batch().pk)
    assert len(busy.sent) == 1


@pytest.mark.django_db(transaction=True)
def test_long_queue_makes_room_where_others_wait(
    busy: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "TURN", 0.3)
    one = batch()
    busy.hook("send", lambda: Batch.objects.update(stop=True) and None)
    outbox.run_send_batch(one.pk)
    assert len(busy.sent) == 1
    one.refresh_from_db()
    assert one.ended_at is not None
    assert one.ended_at - one.created_at < timedelta(seconds=outbox.SECONDS)


class Slow(MemoryOutbound):
    """Needs more time for each message than there ever is."""

    moments: list[float | None] = []

    def send(self, *args: Any) -> Any:
        self.moments.append(self.until)
        self._drop()
        raise MailError(Code.READ_TIMEOUT, Stage.DATA, evidence={"answer": "too slow"})


@pytest.mark.django_db(transaction=True)
def test_batch_ends_what_is_slow_before_the_queue_kills_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that is never sent in time is no unconfirmed one, and gives way."""
    monkeypatch.setattr(Slow, "moments", [])
    slow = scene.queue(subject="slow")
    with registry.override(outbound={Protocol.SMTP: Slow}):
        for _ in range(2):
            begun = time.monotonic()
            outbox.run_send_batch(batch().pk)
            moment = Slow.moments[-1]
            assert moment is not None
            assert 139 < moment - begun < 140.5
            Sender.objects.update(not_before=None)
    slow.refresh_from_db()
    assert (slow.state, slow.code) == ("waiting", "read-timeout")
    other = scene.queue(subject="other")
    outbox.run_send_batch(batch().pk)
    other.refresh_from_db()
    assert other.state == "sent"


@pytest.mark.django_db(transaction=True)
def test_kept_connection_has_the_moment_of_each_cycle(scene: Scene) -> None:
    moments: list[float | None] = []

    class Noting(MemoryOutbound):
        def send(self, *args: Any) -> Any:
            moments.append(self.until)
            return super().send(*args)

    with registry.override(outbound={Protocol.SMTP: Noting}):
        for until in (7e9, 8e9):
            scene.queue()
            SendCycle(scene.sender.pk, lambda: False, until).run()
    assert (moments, scene.server.count("open")) == ([7e9, 8e9], 1)


def lose_connection() -> None:
    """What a restart of PostgreSQL does to this thread; SQLite plays along."""
    if connection.vendor != "postgresql":
        raise OperationalError("terminating connection")
    with suppress(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.mark.django_db(transaction=True)
def test_restart_of_the_database_leaves_no_doubt_about_a_message(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has taken it; the first writing of that meets a dead connection."""
    monkeypatch.setattr(outbox_cycle, "ASK_AGAIN", (0.0, 0.0))
    row, other = scene.queue(), scene.queue()
    broken = iter([True, True])
    real = outbox_outcome.taken

    def taken(*args: Any) -> bool:
        if next(broken, False):
            lose_connection()
        return real(*args)

    monkeypatch.setattr(outbox_outcome, "taken", taken)
    one = batch()
    outbox.run_send_batch(one.pk)
    for sent in (row, other):
        sent.refresh_from_db()
        assert (sent.state, sent.tries) == ("sent", 1)
    assert len(scene.server.sent) == 2
    one.refresh_from_db()
    assert one.ended_at is not None


@pytest.mark.parametrize("step", ["Chunks", "count_sent"])
@pytest.mark.django_db(transaction=True)
def test_restart_of_the_database_beside_the_sending_changes_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Neither a person is asked about the message, nor has its sender failed."""
    monkeypatch.setattr(outbox_cycle, "ASK_AGAIN", (0.0, 0.0))
    broken = iter([True, True])
    real = getattr(outbox_rows, step)

    def once(*args: Any) -> Any:
        if next(broken, False):
            lose_connection()
        return real(*args)

    monkeypatch.setattr(outbox_rows, step, once)
    row = scene.queue()
    cycle = scene.cycle()
    row.refresh_from_db()
    assert (row.state, row.tries, cycle.outcome) == ("sent", 1, "ok")
    assert (scene.sender.sent, cycle.sent, cycle.bytes) == (1, 1, row.size)
    assert (scene.sender.code, len(scene.server.sent)) == ("", 1)


@pytest.mark.django_db(transaction=True)
def test_batch_whose_connection_died_still_renews(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BEAT", 0.0)
    row = scene.queue()
    renewed = threading.Event()
    broken = iter([True, True])
    real_renew, real_beat = outbox_rows.renew, outbox._Run._beat

    def renew(*args: Any) -> bool:
        held = real_renew(*args)
        if held:
            renewed.set()
        return held

    def beat(self: Any) -> None:
        if self._running and next(broken, False):
            lose_connection()
        real_beat(self)

    monkeypatch.setattr(outbox_rows, "renew", renew)
    monkeypatch.setattr(outbox._Run, "_beat", beat)
    waited: list[bool] = []
    scene.server.hook("send", lambda: waited.append(renewed.wait(20)))
    one = batch()
    outbox.run_send_batch(one.pk)
    row.refresh_from_db()
    one.refresh_from_db()
    assert (waited, row.state, one.ended_at is None) == ([True], "sent", False)


@pytest.mark.django_db(transaction=True)
def test_cycle_that_breaks_ends_no_others(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug at one sender is told to the queue after the others have had a turn."""
    real = SendCycle._end

    def end(self: SendCycle, *args: Any) -> None:
        if self._client == scene.client.pk:
            raise ZeroDivisionError
        real(self, *args)

    monkeypatch.setattr(SendCycle, "_end", end)
    with MemoryServer("other.contoso.example") as other:
        other.add_account("support", password=sending.PASSWORD)
        client = sending.smtp_client("smtp-client-2", server="other.contoso.example")
        scene.server.hook("send", lambda: sending.queue(client) and None)
        scene.queue()
        with pytest.raises(ZeroDivisionError):
            outbox.run_send_batch(batch().pk)
        assert (len(scene.server.sent), len(other.sent)) == (1, 1)
        outbox_connections.connections.close_all()

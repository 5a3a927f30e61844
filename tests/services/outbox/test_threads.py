"""Threads of a send batch, between senders that work and senders that fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from unittest.mock import Mock

import pytest
from django.db import connection
from django.utils import timezone

from mailboxes.models import Batch, Sender
from mailboxes.services import outbox
from mailboxes.services.outbox import open_connections as outbox_connections
from mailboxes.transports.memory import MemoryServer
from tests.servers.process import wait_for
from tests.services import sending
from tests.services.sending import Scene, scene

__all__ = ["scene"]


def batch() -> Batch:
    return Batch.objects.create(kind="send", created_at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_senders_that_fail_and_hang_leave_threads_to_those_that_work(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider is away that many have: they come first, for they have waited."""
    monkeypatch.setattr(outbox, "THREADS", 4)
    over, hang = threading.Event(), []

    def hangs() -> None:
        hang.append(1)
        over.wait(20)

    with MemoryServer("away.contoso.example") as away:
        away.add_account("support", password=sending.PASSWORD)
        away.hook("send", hangs)
        for number in range(6):
            client = sending.smtp_client(f"smtp-client-{number}", server=away.host)
            sending.queue(client)
        Sender.objects.exclude(pk=scene.sender.pk).update(
            code="connect-timeout", state="failing"
        )
        Sender.objects.filter(pk=scene.sender.pk).update(last_try_at=timezone.now())
        scene.queue(subject="here")
        sends = threading.Thread(target=_run_and_close, args=(batch().pk,))
        sends.start()
        try:
            wait_for(lambda: scene.subjects() == ["here"], "the sender that works")
            wait_for(lambda: len(hang) == 2, "half of the threads")
        finally:
            over.set()
            sends.join(60)
        assert len(away.sent) == 6
        outbox_connections.connections.close_all()


@pytest.mark.django_db
@pytest.mark.parametrize(("working", "stops"), [(1, False), (3, True)])
def test_senders_cut_no_other_short_where_they_may_not_begin(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, working: int, stops: bool
) -> None:
    """Of four threads those that fail get two; only one who waits for a thread cuts."""
    monkeypatch.setattr(outbox, "THREADS", 4)
    monkeypatch.setattr(outbox, "TURN", 0.0)
    for number in range(6 + working - 1):
        client = sending.smtp_client(f"smtp-client-{number}")
        sending.queue(client)
        if number < 6:
            Sender.objects.filter(smtp_client=client).update(code="connect-timeout")
    scene.queue()
    asked: list[Callable[[], bool]] = []

    class Begun:
        def __init__(self, pk: int, stop: Callable[[], bool], until: float) -> None:
            asked.append(stop)

    monkeypatch.setattr(outbox, "SendCycle", Begun)
    run, pool = outbox._Run(batch().pk), Mock(submit=lambda *_: Future())
    run._begin(pool, time.monotonic() + 60)
    assert [stop() for stop in asked] == [stops] * min(2 + working, 4)


def _run_and_close(pk: int) -> None:
    try:
        outbox.run_send_batch(pk)
    finally:
        connection.close()

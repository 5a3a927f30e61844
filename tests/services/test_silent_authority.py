"""An authority that hears and says nothing: shown as a failure, before the queue kills.

What a session does at its moment: tests/transports/test_net_time.
"""

from __future__ import annotations

import math
import time
from datetime import timedelta
from typing import NoReturn

import pytest
from django.utils import timezone

from mailboxes.core.choices import Outcome, RunState, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import Batch, Cycle, Fetcher, SignIn, TokenCache
from mailboxes.services import connect, connection_test, sign_ins, tokens
from mailboxes.services.connection_test import (
    batch as connection_test_batch,
    rows as connection_test_rows,
    run as connection_test_run,
)
from mailboxes.services.fetch import cycle as fetch_cycle
from mailboxes.services.options import snapshots
from mailboxes.services.outbox.cycle import SendCycle
from mailboxes.services.sign_ins import work as sign_in_work
from mailboxes.services.tokens import caches as token_caches
from mailboxes.services.worker import batches, leases
from mailboxes.transports.base import NetworkPolicy
from tests.fixtures.connection_tests import pop
from tests.services.conftest import Inbox
from tests.services.sending import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.django_db
GONE = "host:4194305:abc"  # a process that cannot be


class Silent:
    """In place of tokens.credential: notes how long it may take, and times out."""

    def __init__(self) -> None:
        self.ways: list[NetworkPolicy] = []

    def __call__(self, _snapshot: object, way: NetworkPolicy, **_: object) -> NoReturn:
        self.ways.append(way)
        raise MailError(Code.READ_TIMEOUT, Stage.TOKEN)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Silent:
    made = Silent()
    monkeypatch.setattr(tokens, "credential", made)
    return made


def test_token_of_a_fetch_cycle_ends_with_its_batch(
    inbox: Inbox, silent: Silent
) -> None:
    fetcher = leases.claim(Fetcher.objects.all(), inbox.fetcher.pk)
    assert fetcher is not None
    until = time.monotonic() + 75
    fetch_cycle.FetchCycle(fetcher, lambda: False, until=until).run()
    row = inbox.fetcher
    assert [way.until for way in silent.ways] == [until]
    assert (row.state, row.failures, row.code) == (
        RunState.FAILING,
        1,
        Code.READ_TIMEOUT,
    )
    assert row.not_before is not None


def test_token_of_a_send_cycle_ends_with_its_batch(
    scene: Scene, silent: Silent
) -> None:
    scene.queue()
    until = time.monotonic() + 80
    SendCycle(scene.sender.pk, lambda: False, until).run()
    assert [way.until for way in silent.ways] == [until]
    assert Cycle.objects.get().outcome == Outcome.FAILED
    assert scene.sender.code == Code.READ_TIMEOUT


def test_way_of_a_connection_that_is_kept_has_no_moment(inbox: Inbox) -> None:
    """It serves later cycles too; each has its own."""
    until = time.monotonic() + 60
    snapshot = snapshots.take(inbox.client)
    transport = connect.inbound(snapshot, until=until)
    assert (transport.until, transport.policy.until) == (until, None)


@pytest.mark.parametrize(
    ("left", "held"),
    [
        # 15 s to connect and 60 s to answer, three times, and 5 s to spare.
        (None, (230.0, 230.0)),
        (math.inf, (230.0, 230.0)),
        (75.0, (80.0, 60.0)),
        (14.0, None),
    ],
)
def test_wait_for_a_refresh_token_leaves_time_to_use_it(
    left: float | None,
    held: tuple[float, float] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[float, float]] = []

    def hold(_key: object, seconds: float, wait: float) -> None:
        asked.append((seconds, wait))

    monkeypatch.setattr(token_caches, "hold", hold)
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    until = None if left is None else 1000.0 + left
    way = NetworkPolicy(15.0, 60.0).till(until)
    client = pop(None, **{"grant-type": "authorization_code"})
    with pytest.raises(MailError) as caught:
        tokens.credential(snapshots.take(client), way)
    assert caught.value.code == Code.TOKEN_UNAVAILABLE
    assert asked == ([held] if held else [])


def test_token_of_a_connection_test_ends_with_its_run(
    silent: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    monkeypatch.setattr(connection_test_run._Test, "_authority", lambda _: None)
    run = connection_test.ask(pop(None), None)
    assert connection_test_rows.claim(run.pk)
    connection_test_run.carry_out(run.pk)
    assert [way.until for way in silent.ways] == [1060.0]


def test_what_a_killed_process_held_is_free_at_once() -> None:
    """Else each mailbox of the account would wait as long as a renewal may take."""
    now, later = timezone.now(), timezone.now() + timedelta(minutes=4)
    lease = {"lease_owner": GONE, "lease_until": later, "fence": 1}
    cache = TokenCache.objects.create(authority="a", client_id="c", **lease)
    step = SignIn.objects.create(
        kind=SignIn.Kind.LINK,
        state=SignIn.State.ANSWERED,
        nonce="n",
        expires_at=later,
        created_at=now,
        **lease,
    )
    Batch.objects.create(
        kind=Batch.Kind.FETCH, created_at=now, started_at=now, worker="w", owner=GONE
    )
    assert batches.drop_of("w") == 1
    assert [
        leases.claim(type(row).objects.all(), row.pk) is not None
        for row in (cache, step)
    ] == [True, True]


@pytest.mark.parametrize(("until", "ends"), [(None, 1080.0), (1033.0, 1033.0)])
def test_step_of_a_sign_in_has_its_moment(
    until: float | None, ends: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways: list[NetworkPolicy] = []
    monkeypatch.setattr(
        sign_in_work, "_begin_device", lambda _row, _snapshot, way: ways.append(way)
    )
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    client = pop(None, **{"grant-type": "device_code"})
    row = sign_ins.begin(client, None, "")
    assert sign_in_work.carry_out(row.pk, until)
    assert [way.until for way in ways] == [ends]


def test_no_step_of_a_sign_in_is_begun_short_of_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """150 s are the queue's limit, 140 s a batch's own."""
    clock, begun = [1000.0], []
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(
        connection_test_batch, "_sign_in", lambda pk, until: begun.append(until)
    )
    client = pop(None, **{"grant-type": "device_code"})
    sign_ins.begin(client, None, "")
    batch = connection_test_batch._Batch(0)
    for clock[0] in (1119.0, 1121.0):
        batch._sign_ins()
    assert begun == [1140.0]

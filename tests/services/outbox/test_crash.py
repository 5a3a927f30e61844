"""Death at every step, batches that race, tokens that end: nothing goes out twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mailboxes.core.choices import Protocol, Stage
from mailboxes.core.errors import Code, LeaseLost, MailError
from mailboxes.models import Cycle, OutboundMessage, Sender
from mailboxes.services import connect, outbox
from mailboxes.services.outbox import (
    cycle as outbox_cycle,
    outcome as outbox_outcome,
    rows as outbox_rows,
    senders as outbox_senders,
)
from mailboxes.services.outbox.cycle import SendCycle
from mailboxes.services.worker import leases
from mailboxes.transports import registry
from mailboxes.transports.base import Credential
from mailboxes.transports.memory import MemoryOutbound
from tests.services import sending
from tests.services.sending import Scene, scene

__all__ = ["scene"]


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


def once(before: bool, real: Callable[..., Any]) -> Callable[..., Any]:
    """`real` that dies on its first call, before or after it has done its work."""
    left = [True]

    def dying(*args: Any, **kwargs: Any) -> Any:
        if left and before:
            left.clear()
            raise Killed
        result = real(*args, **kwargs)
        if left:
            left.clear()
            raise Killed
        return result

    return dying


STEPS = [
    # where, what, before or after, state of the first message, how often it went out
    (outbox_senders, "claim", False, "sent", 1),
    (outbox_rows, "due", True, "sent", 1),
    (connect, "outbound", True, "sent", 1),
    (MemoryOutbound, "open", False, "sent", 1),
    (outbox_rows, "claim", True, "sent", 1),
    (outbox_rows, "_new_attempt", False, "sent", 1),  # within the transaction
    (outbox_rows, "claim", False, "unconfirmed", 0),
    (outbox_rows, "Chunks", False, "unconfirmed", 0),
    (MemoryOutbound, "send", True, "unconfirmed", 0),
    (MemoryOutbound, "send", False, "unconfirmed", 1),
    (outbox_outcome, "taken", True, "unconfirmed", 1),
    (outbox_rows, "_close", False, "unconfirmed", 1),  # within the transaction
    (outbox_outcome, "taken", False, "unconfirmed", 1),  # within it as well
    (outbox_rows, "count_sent", False, "unconfirmed", 1),  # and here
    (SendCycle, "_note_taken", False, "sent", 1),
    (outbox_senders, "note_success", True, "sent", 1),
    (leases, "release", True, "sent", 1),
]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("where", "what", "before", "state", "times"),
    STEPS,
    ids=[f"{'before' if b else 'after'}-{what}" for _w, what, b, *_ in STEPS],
)
def test_death_at_a_step(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    where: Any,
    what: str,
    before: bool,
    state: str,
    times: int,
) -> None:
    first, second = scene.queue(subject="first"), scene.queue(subject="second")
    monkeypatch.setattr(where, what, once(before, getattr(where, what)))
    with pytest.raises(Killed):
        SendCycle(scene.sender.pk, lambda: False).run()
    assert SendCycle(scene.sender.pk, lambda: False).run() is None
    assert len(scene.server.sent) <= 2
    sending.lapse()
    outbox.reap_lost()
    SendCycle(scene.sender.pk, lambda: False).run()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (state, "sent")
    assert Counter(scene.subjects()) == Counter({"first": times, "second": 1})
    assert Cycle.objects.filter(outcome="running").count() == 0
    assert first.attempts.filter(outcome="running").count() == 0
    if state == "unconfirmed":
        assert first.code == "send-unconfirmed"
        assert [a.outcome for a in first.attempts.all()] == ["lost"]
    assert outbox.reap_lost() == 0


@pytest.mark.django_db
def test_slow_holder_still_tells_how_it_ended(scene: Scene) -> None:
    """Its lease ran out while the server took its time; nobody has decided yet."""
    row = scene.queue()

    def give_up() -> None:
        sending.lapse()
        outbox.reap_lost()
        row.refresh_from_db()
        assert row.state == "unconfirmed"

    scene.server.hook("send", give_up)
    scene.cycle()
    row.refresh_from_db()
    assert (row.state, row.tries) == ("sent", 1)
    assert [a.outcome for a in row.attempts.all()] == ["ok"]


@pytest.mark.django_db
def test_slow_holder_changes_nothing_after_a_decision(scene: Scene) -> None:
    row = scene.queue()

    def decide() -> None:
        sending.lapse()
        outbox.reap_lost()
        OutboundMessage.objects.update(state="cancelled")

    scene.server.hook("send", decide)
    assert scene.cycle().outcome == "lost"
    row.refresh_from_db()
    assert (row.state, row.sent_at) == ("cancelled", None)


@pytest.mark.django_db
def test_sender_taken_by_another_ends_the_cycle(scene: Scene) -> None:
    scene.queue()
    scene.queue()

    def take() -> None:
        sending.lapse()
        Sender.objects.update(fence=99)

    scene.server.hook("send", take)
    assert scene.cycle().outcome == "lost"
    assert len(scene.server.sent) == 1


@pytest.mark.django_db
def test_outcome_of_a_lost_claim_is_not_written(scene: Scene) -> None:
    row = scene.queue()
    cycle = Cycle.objects.create(
        kind="send",
        smtp_client=scene.client,
        revision=scene.sender.revision,
        owner=leases.owner(),
        fence=1,
        started_at=timezone.now(),
    )
    claimed = outbox_rows.claim(scene.client.pk, cycle)
    assert claimed is not None
    assert outbox_rows.claim(scene.client.pk, cycle) is None
    OutboundMessage.objects.filter(pk=row.pk).update(fence=7)
    assert outbox_rows.renew(claimed) is False
    with pytest.raises(LeaseLost):
        outbox_outcome.failed(claimed, MailError(Code.MESSAGE_REFUSED, Stage.DATA))
    assert [a.outcome for a in row.attempts.all()] == ["running"]


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [-1, 1])
def test_host_whose_clock_is_wrong_gives_nobody_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    row = scene.queue()
    wrong = timezone.now() + timedelta(hours=hours)

    def other_host() -> None:
        with monkeypatch.context() as there:
            there.setattr(timezone, "now", lambda: wrong)
            assert outbox.reap_lost() == 0
            assert outbox_senders.claim(scene.sender.pk) is None

    scene.server.hook("send", other_host)
    scene.cycle()
    row.refresh_from_db()
    assert (row.state, row.tries) == ("sent", 1)


class Token(MemoryOutbound):
    """Signs in by a token whose life the test sets."""

    life = 3600.0
    made: list[float] = []

    def open(self) -> None:
        self.made.append(outbox_cycle.clock())
        self.credential = Credential(
            "support", token="t", expires_at=outbox_cycle.clock() + self.life
        )
        super().open()


@pytest.mark.django_db
def test_connection_is_renewed_by_the_newest_saved_margin(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(outbox_cycle, "clock", lambda: now[0])
    monkeypatch.setattr(Token, "made", [])
    scene.server.accounts["support"].token = "t"
    with registry.override(outbound={Protocol.SMTP: Token}):
        # Seconds of life left at each message, with the default margin of 10 s.
        for left in (3600, 11, 10, 3600):
            if Token.made:
                now[0] = Token.made[-1] + 3600 - left
            scene.queue()
            scene.cycle()
        assert Token.made == [1000.0, 4590.0]
        scene.client.token_expiry_margin_time = 600
        scene.client.save()
        now[0] = 4590.0 + 3000 - 1
        scene.queue()
        scene.cycle()
        assert len(Token.made) == 2
        now[0] += 1
        scene.queue()
        scene.cycle()
        assert len(Token.made) == 3
    assert scene.server.open_connections == 1
    assert len(scene.server.sent) == 6
    assert OutboundMessage.objects.filter(state="sent").count() == 6

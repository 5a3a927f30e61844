"""Outcomes, back-off, restart, renewal: one sender and the memory double."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mailboxes.core.choices import Protocol, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import (
    Attempt,
    Batch,
    Cycle,
    OutboundMessage,
)
from mailboxes.services import clients, instance, outbox
from mailboxes.services.outbox import (
    compose,
    open_connections as outbox_connections,
    senders as outbox_senders,
)
from mailboxes.services.outbox.cycle import SendCycle
from mailboxes.transports import registry
from mailboxes.transports.base import Reply, SendResult
from mailboxes.transports.memory import MemoryOutbound, MemoryServer
from tests.services import sending
from tests.services.sending import Scene, scene

__all__ = ["scene"]

pytestmark = pytest.mark.django_db


def attempts(row: OutboundMessage) -> list[tuple[int, str, str, str]]:
    return list(
        row.attempts.order_by("number").values_list(
            "number", "outcome", "code", "answer"
        )
    )


def states(row: OutboundMessage) -> list[tuple[str, str, int | None]]:
    row.refresh_from_db()
    return [(r["address"], r["state"], r["code"]) for r in row.recipients]


def test_message_is_sent_with_attempt_cycle_and_answer(scene: Scene) -> None:
    row = scene.queue("a@b.example", "c@d.example")
    cycle = scene.cycle()
    [sent] = scene.server.sent
    assert (sent.sender, sent.recipients) == (
        "support@contoso.example",
        ("a@b.example", "c@d.example"),
    )
    row.refresh_from_db()
    assert (row.state, row.tries, row.code, row.lease_owner) == ("sent", 1, "", "")
    assert row.sent_at is not None
    assert states(row) == [
        ("a@b.example", "accepted", 250),
        ("c@d.example", "accepted", 250),
    ]
    assert attempts(row) == [(1, "ok", "", "250 2.0.0 Ok: queued as 1")]
    assert (cycle.outcome, cycle.sent, cycle.bytes) == ("ok", 1, row.size)
    assert cycle.new_connection is True
    sender = scene.sender
    assert (sender.state, sender.sent, sender.recent) == ("active", 1, "o")
    assert (sender.lease_until, sender.last_success_at is not None) == (None, True)


@pytest.mark.parametrize("many", [150, pytest.param(1000, marks=pytest.mark.slow)])
def test_oldest_goes_first_over_one_connection(scene: Scene, many: int) -> None:
    for number in range(many):
        scene.queue(subject=f"n{number}")
    cycle = scene.cycle()
    assert scene.subjects() == [f"n{number}" for number in range(many)]
    assert scene.server.count("open") == 1
    assert cycle.sent == many


def test_connection_is_kept_for_the_next_cycle(scene: Scene) -> None:
    scene.queue()
    scene.cycle()
    scene.queue()
    assert scene.cycle().new_connection is False
    assert scene.server.count("open") == 1
    scene.server.fail("alive", MailError(Code.CONNECTION_LOST, Stage.ENVELOPE))
    scene.queue()
    assert scene.cycle().new_connection is True
    assert (len(scene.server.sent), scene.server.open_connections) == (3, 1)


def test_all_recipients_refused_fails_the_message_alone(scene: Scene) -> None:
    scene.server.refused["x@b.example"] = Reply(550, "5.1.1 no such user")
    bad, good = scene.queue("x@b.example"), scene.queue("a@b.example")
    assert scene.cycle().outcome == "ok"
    assert states(bad) == [("x@b.example", "refused", 550)]
    assert (bad.state, bad.code) == ("failed", "recipient-refused")
    good.refresh_from_db()
    assert good.state == "sent"
    assert scene.sender.state == "active"


def test_some_recipients_refused_is_sent_and_says_so(scene: Scene) -> None:
    scene.server.refused["x@b.example"] = Reply(550, "5.1.1 no such user")
    row = scene.queue("a@b.example", "x@b.example")
    scene.cycle()
    assert states(row) == [
        ("a@b.example", "accepted", 250),
        ("x@b.example", "refused", 550),
    ]
    assert (row.state, row.code) == ("sent", "recipient-refused")
    assert row.evidence["answer"] == "550 5.1.1 no such user"


def test_answers_with_control_characters_are_stored(scene: Scene) -> None:
    """PostgreSQL takes no NUL; a message that was taken must not end unconfirmed."""

    class Odd(MemoryOutbound):
        def send(self, *args: Any) -> SendResult:
            return replace(super().send(*args), answer="250 2.0.0 Ok\0\x1b[7m")

    scene.server.refused["x@b.example"] = Reply(550, "5.1.1 no\0user")
    row = scene.queue("a@b.example", "x@b.example")
    with registry.override(outbound={Protocol.SMTP: Odd}):
        scene.cycle()
    row.refresh_from_db()
    assert [r["text"] for r in row.recipients] == [
        "250 2.0.0 Ok\ufffd\ufffd[7m",
        "5.1.1 no\ufffduser",
    ]
    assert (row.state, row.evidence["answer"]) == ("sent", "550 5.1.1 no\ufffduser")
    assert attempts(row) == [
        (1, "ok", "recipient-refused", "250 2.0.0 Ok\ufffd\ufffd[7m")
    ]


def test_deferred_recipients_wait_and_only_they_are_tried_again(scene: Scene) -> None:
    scene.server.refused["x@b.example"] = Reply(451, "4.7.1 try later")
    row = scene.queue("a@b.example", "x@b.example")
    before = timezone.now()
    scene.cycle()
    assert states(row) == [
        ("a@b.example", "accepted", 250),
        ("x@b.example", "pending", 451),
    ]
    assert (row.state, row.code) == ("waiting", "recipient-deferred")
    assert before < row.not_before - timedelta(minutes=1) < timezone.now()
    scene.server.refused.clear()
    scene.due_now()
    scene.cycle()
    assert [sent.recipients for sent in scene.server.sent] == [
        ("a@b.example",),
        ("x@b.example",),
    ]
    row.refresh_from_db()
    assert (row.state, row.tries, row.code) == ("sent", 2, "")


def test_refused_after_another_was_accepted_is_sent(scene: Scene) -> None:
    scene.server.refused["x@b.example"] = Reply(451, "4.7.1 try later")
    row = scene.queue("a@b.example", "x@b.example")
    scene.cycle()
    scene.server.refused["x@b.example"] = Reply(550, "5.1.1 gone")
    scene.due_now()
    scene.cycle()
    row.refresh_from_db()
    assert (row.state, row.code) == ("sent", "recipient-refused")


@pytest.mark.parametrize(
    "code",
    [Code.MESSAGE_TOO_LARGE, Code.MESSAGE_REFUSED, Code.SENDER_REFUSED],
)
def test_permanent_faults_of_a_message_fail_it_alone(scene: Scene, code: Code) -> None:
    evidence: dict[str, object] = {"answer": "552 5.3.4 no"}
    scene.server.fail(
        "send", MailError(code, Stage.ENVELOPE, permanent=True, evidence=evidence)
    )
    bad, good = scene.queue(), scene.queue()
    assert scene.cycle().outcome == "ok"
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.code, good.state) == ("failed", code, "sent")
    assert attempts(bad) == [(1, "failed", code, "552 5.3.4 no")]
    assert scene.server.count("open") == 1


def test_blocked_account_keeps_its_messages(scene: Scene) -> None:
    """Whatever it sends is refused: the sender has failed, and no message."""
    blocked = MailError(
        Code.SENDER_BLOCKED,
        Stage.ENVELOPE,
        permanent=True,
        evidence={"answer": "550 5.1.8 Access denied, bad outbound sender"},
    )
    rows = [scene.queue(), scene.queue()]
    for _try in range(3):
        scene.server.fail("send", blocked)
        assert scene.cycle().outcome == "failed"
        for row in rows:
            row.refresh_from_db()
        assert [(row.state, row.tries) for row in rows] == [("queued", 0)] * 2
        assert (scene.sender.state, scene.sender.code) == (
            "failing",
            "smtp-sender-blocked",
        )
        scene.due_now()
    assert scene.cycle().sent == 2


def test_lost_after_hand_over_is_unconfirmed_for_good(scene: Scene) -> None:
    lost = MailError(
        Code.CONNECTION_LOST,
        Stage.DATA,
        handed_over=True,
        evidence={"answer": "connection reset"},
    )
    scene.server.fail("send", lost, done_first=True)
    row, other = scene.queue(), scene.queue()
    assert scene.cycle().outcome == "failed"
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.state, row.code) == ("unconfirmed", "send-unconfirmed")
    assert attempts(row) == [(1, "lost", "send-unconfirmed", "connection reset")]
    assert other.state == "queued"
    scene.due_now()
    scene.cycle()
    row.refresh_from_db()
    assert row.state == "unconfirmed"
    assert scene.subjects() == ["Hi", "Hi"]
    assert len({sent.message for sent in scene.server.sent}) == 2


def test_no_connection_consumes_nothing_and_is_written_down(scene: Scene) -> None:
    down = MailError(
        Code.CONNECT_REFUSED, Stage.TCP, evidence={"answer": "connection refused"}
    )
    scene.server.fail("open", down, times=2)
    row = scene.queue()
    not_before = row.not_before
    assert scene.cycle().outcome == "failed"
    row.refresh_from_db()
    assert (row.state, row.tries, row.not_before) == ("queued", 0, not_before)
    assert attempts(row) == [(1, "failed", "connect-refused", "connection refused")]
    sender = scene.sender
    assert (sender.state, sender.failures, sender.code) == (
        "failing",
        1,
        "connect-refused",
    )
    assert sender.not_before is not None
    assert outbox_senders.due(timezone.now()) == []
    scene.due_now()
    scene.cycle()
    scene.due_now()
    assert scene.cycle().outcome == "ok"
    row.refresh_from_db()
    assert (row.state, row.tries) == ("sent", 1)
    assert [number for number, *_ in attempts(row)] == [1, 2, 3]
    sender = scene.sender
    assert (sender.state, sender.failures, sender.code) == ("active", 0, "")
    assert sender.recent == "ffo"


def test_second_refused_password_stops_the_sender(scene: Scene) -> None:
    scene.server.accounts["support"].password = "another"
    row = scene.queue()
    scene.cycle()
    assert scene.sender.state == "failing"
    scene.due_now()
    scene.cycle()
    assert (scene.sender.state, scene.sender.code) == ("stopped", "password-refused")
    scene.due_now()
    assert outbox_senders.due(timezone.now()) == []
    row.refresh_from_db()
    assert (row.state, row.tries) == ("queued", 0)


def test_archived_client_sends_nothing_more(scene: Scene) -> None:
    """Also while its cycle runs; what is queued stays, and may be cancelled."""
    scene.queue(subject="one")
    rest = scene.queue(subject="two")
    scene.server.hook("send", lambda: clients.archive(scene.client, None) and None)
    scene.cycle()
    assert scene.subjects() == ["one"]
    assert outbox_senders.due(timezone.now()) == []
    assert outbox_senders.claim(scene.sender.pk) is None
    rest.refresh_from_db()
    assert rest.state == "queued"


def test_changed_server_is_used_only_after_restart(scene: Scene) -> None:
    with MemoryServer("new.contoso.example") as new:
        new.add_account("support", password=sending.PASSWORD)
        scene.queue(subject="one")
        scene.cycle()
        saved = sending.change_server(scene.client, "new.contoso.example")
        scene.queue(subject="two")
        old = scene.cycle()
        assert (old.revision.number, old.new_connection) == (1, False)
        assert (scene.subjects(), len(new.sent)) == (["one", "two"], 0)
        clients.restart_sending(scene.client, None)
        scene.queue(subject="three")
        cycle = scene.cycle()
        assert (cycle.revision_id, cycle.new_connection) == (saved.pk, True)
        assert (len(scene.server.sent), len(new.sent)) == (2, 1)
        assert scene.server.open_connections == 0
        outbox_connections.connections.close_all()


def test_start_of_service_puts_the_newest_in_effect(scene: Scene) -> None:
    saved = sending.change_server(scene.client, "new.contoso.example")
    assert scene.sender.revision_id != saved.pk
    generation = scene.sender.generation
    assert outbox.start_of_service() == 1
    assert (scene.sender.revision_id, scene.sender.generation) == (
        saved.pk,
        generation + 1,
    )


def test_restart_while_sending_ends_the_cycle_before_the_next(scene: Scene) -> None:
    scene.queue(subject="one")
    scene.queue(subject="two")
    restarted = iter([True])
    scene.server.hook(
        "send",
        lambda: next(restarted, False) and clients.restart_sending(scene.client, None),
    )
    assert scene.cycle().sent == 1
    assert scene.server.open_connections == 0
    assert scene.cycle().sent == 1
    assert scene.server.count("open") == 2


def test_failure_of_the_old_options_does_not_stop_the_new(scene: Scene) -> None:
    scene.queue()

    def restart() -> None:
        clients.restart_sending(scene.client, None)
        raise MailError(Code.SMTP_AUTH_REQUIRED, Stage.ENVELOPE, permanent=True)

    scene.server.hook("send", restart)
    assert scene.cycle().outcome == "failed"
    assert scene.sender.state == "active"


def test_paused_sender_and_held_instance_send_nothing(scene: Scene) -> None:
    scene.queue()
    clients.pause(scene.client, None)
    SendCycle(scene.sender.pk, lambda: False).run()
    clients.unpause(scene.client, None)
    instance.hold("drill")
    batch = Batch.objects.create(kind="send", created_at=timezone.now())
    outbox.run_send_batch(batch.pk)
    assert scene.server.sent == []
    assert Cycle.objects.count() == 0


def test_stop_ends_at_the_next_message(scene: Scene) -> None:
    scene.queue()
    scene.queue()
    asked = iter([False, True])
    SendCycle(scene.sender.pk, lambda: next(asked)).run()
    assert len(scene.server.sent) == 1
    assert Cycle.objects.get().outcome == "partial"
    assert OutboundMessage.objects.filter(state="queued").count() == 1


def test_internal_fault_is_a_failed_cycle(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = scene.queue()
    monkeypatch.setattr(MemoryOutbound, "send", lambda *_: {}["a bug"])
    cycle = scene.cycle()
    assert (cycle.outcome, cycle.code) == ("failed", "internal-error")
    row.refresh_from_db()
    assert row.state == "sending"
    sending.lapse()
    assert outbox.reap_lost() == 1
    row.refresh_from_db()
    assert row.state == "unconfirmed"


def test_compose_to_wire_is_byte_for_byte(scene: Scene) -> None:
    composed = compose.build(
        sender="support@contoso.example", to="a@b.example", text=".dot\nÜber\n"
    )
    compose.queue(
        message=composed.message,
        smtp_client=scene.client,
        envelope_from=composed.sender,
        recipients=composed.recipients,
    )
    scene.cycle()
    [sent] = scene.server.sent
    assert sent.message == composed.message.as_bytes()


def test_attempt_is_committed_before_the_wire(scene: Scene) -> None:
    row = scene.queue()
    seen = []
    scene.server.hook(
        "send",
        lambda: seen.append(
            (
                OutboundMessage.objects.get(pk=row.pk).state,
                Attempt.objects.get(message=row).outcome,
            )
        ),
    )
    scene.cycle()
    assert seen == [("sending", "running")]

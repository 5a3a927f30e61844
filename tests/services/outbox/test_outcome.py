"""A message that its server puts off, or that ends the line, gives way in the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mailboxes.core.choices import Protocol, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import Sender, SmtpClient
from mailboxes.services.outbox import (
    actions as outbox_actions,
    open_connections as outbox_connections,
    outcome as outbox_outcome,
    senders as outbox_senders,
)
from mailboxes.transports import registry
from mailboxes.transports.base import Reply, SendResult
from mailboxes.transports.memory import MemoryOutbound
from tests.services.sending import Scene, scene

__all__ = ["scene"]

pytestmark = pytest.mark.django_db


def test_back_off_grows_and_ends_after_two_days(scene: Scene) -> None:
    scene.server.refused["x@b.example"] = Reply(451, "4.7.1 try later")
    row = scene.queue("x@b.example")
    pauses = []
    for _ in range(7):
        before = timezone.now()
        scene.cycle()
        row.refresh_from_db()
        assert row.state == "waiting"
        pauses.append(round((row.not_before - before).total_seconds() / 60))
        scene.due_now()
    assert pauses == [1, 2, 5, 15, 60, 60, 60]
    since = timezone.now() - outbox_outcome.GIVE_UP_AFTER
    row.refresh_from_db()
    row.evidence["deferred_since"] = since.isoformat()
    row.save(update_fields=["evidence"])
    scene.cycle()
    row.refresh_from_db()
    assert (row.state, row.tries) == ("failed", 8)


def test_deferred_message_waits_and_others_go_on(scene: Scene) -> None:
    scene.server.fail("send", MailError(Code.MESSAGE_DEFERRED, Stage.DATA))
    first, second = scene.queue(), scene.queue()
    scene.cycle()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("waiting", "sent")


def test_line_that_ends_between_messages_is_made_anew(scene: Scene) -> None:
    """Some servers close a connection after so many messages."""
    first = scene.queue()
    closed = MailError(Code.SERVER_CLOSED, Stage.ENVELOPE)
    second, third = scene.queue(), scene.queue()
    calls = iter([None, closed])
    scene.server.hook("send", lambda: _raise(next(calls, None)))
    assert scene.cycle().outcome == "ok"
    for row in (first, second, third):
        row.refresh_from_db()
    assert [row.state for row in (first, second, third)] == ["sent"] * 3
    assert second.tries == 1
    assert second.attempts.count() == 2
    assert scene.sender.state == "active"


def _raise(error: MailError | None) -> None:
    if error is not None:
        raise error


def test_message_that_ends_the_line_twice_lets_the_others_go(scene: Scene) -> None:
    ended = MailError(Code.CONNECTION_LOST, Stage.DATA)
    scene.server.fail("send", ended, times=2)
    bad, good = scene.queue(), scene.queue()
    scene.cycle()
    bad.refresh_from_db()
    assert (bad.state, bad.tries, scene.sender.state) == ("queued", 0, "failing")
    scene.due_now()
    scene.cycle()
    bad.refresh_from_db()
    assert (bad.state, bad.tries) == ("waiting", 1)
    Sender.objects.update(not_before=None)
    scene.cycle()
    good.refresh_from_db()
    assert good.state == "sent"


class Greylisting(MemoryOutbound):
    """Puts off one recipient by an answer that reads like one to the sender."""

    code: Code = Code.SERVER_THROTTLED

    def send(self, sender: str, recipients: Any, message: bytes) -> SendResult:
        if "grey@b.example" in recipients:
            raise MailError(
                self.code, Stage.ENVELOPE, evidence={"answer": "451 4.7.0 later"}
            )
        return super().send(sender, recipients, message)


@pytest.mark.parametrize(
    "code",
    [
        Code.SERVER_THROTTLED,
        Code.TOO_MANY_CONNECTIONS,
        Code.QUOTA_FULL,
        Code.SENDING_QUOTA,
    ],
)
def test_message_put_off_for_ever_gives_way_and_gives_up(
    scene: Scene, code: Code, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Greylisting, "code", code)
    begun = timezone.now()
    bad, good = scene.queue("grey@b.example"), scene.queue("a@b.example")
    states: list[tuple[str, str]] = []
    with registry.override(outbound={Protocol.SMTP: Greylisting}):
        for _ in range(3):
            scene.cycle()
            bad.refresh_from_db()
            good.refresh_from_db()
            states.append((bad.state, good.state))
            Sender.objects.update(not_before=None)
        # The second failure puts it off; the third cycle is the others'.
        assert states == [("queued", "queued"), ("waiting", "queued")] + [
            ("waiting", "sent")
        ]
        tries, hours = bad.tries, 0
        while bad.state == "waiting" and hours < 100:
            hours += 1
            earlier = begun - timedelta(hours=hours)
            bad.evidence["deferred_since"] = earlier.isoformat()
            bad.save(update_fields=["evidence"])
            scene.due_now()
            scene.cycle()
            bad.refresh_from_db()
    assert (bad.state, bad.code, hours) == ("failed", code, 48)
    assert bad.tries == tries + 48


def test_tries_without_a_connection_in_between_change_nothing(scene: Scene) -> None:
    """The server takes turns: a message that ends the line, and no line at all."""
    bad, good = scene.queue("grey@b.example"), scene.queue("a@b.example")
    down = MailError(Code.CONNECT_REFUSED, Stage.TCP)
    with registry.override(outbound={Protocol.SMTP: Greylisting}):
        for number in range(5):
            if number % 2:
                outbox_connections.connections.close_all()
                scene.server.fail("open", down)
            scene.cycle()
            Sender.objects.update(not_before=None)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.state) == ("waiting", "sent")


def test_sender_that_must_sign_in_keeps_its_messages_queued(scene: Scene) -> None:
    """A fault of the options is no fault of a message; an admin may mend it later."""
    error = MailError(Code.SMTP_AUTH_REQUIRED, Stage.ENVELOPE, permanent=True)
    scene.server.fail("send", error, times=4)
    row = scene.queue()
    for _ in range(4):
        scene.cycle()
        scene.due_now()
    row.refresh_from_db()
    assert (row.state, row.tries) == ("queued", 0)


def doubt(scene: Scene) -> MailError:
    """The server takes the next message, and its answer is lost."""
    lost = MailError(Code.SEND_UNCONFIRMED, Stage.DATA, handed_over=True)
    scene.server.fail("send", lost, done_first=True)
    return lost


def test_doubt_is_no_doubt_about_those_who_were_refused(scene: Scene) -> None:
    """Who was refused stays so, and who was put off gets it, whatever is decided."""
    scene.server.refused["no@b.example"] = Reply(550, "5.1.1 no such user")
    scene.server.refused["later@b.example"] = Reply(451, "4.7.1 try later")
    doubt(scene)
    row = scene.queue("a@b.example", "no@b.example", "later@b.example")
    scene.cycle()
    row.refresh_from_db()
    assert row.state == "unconfirmed"
    assert [(r["state"], r["code"]) for r in row.recipients] == [
        ("pending", None),
        ("refused", 550),
        ("pending", 451),
    ]
    assert outbox_actions.mark_sent(row, None)
    row.refresh_from_db()
    assert [r["state"] for r in row.recipients] == ["accepted", "refused", "pending"]
    assert (row.state, row.code) == ("waiting", "recipient-deferred")
    scene.server.refused.clear()
    scene.due_now()
    scene.cycle()
    row.refresh_from_db()
    assert [r["state"] for r in row.recipients] == ["accepted", "refused", "accepted"]
    assert (row.state, scene.server.sent[-1].recipients) == (
        "sent",
        ("later@b.example",),
    )


def test_message_that_was_marked_as_sent_still_says_who_was_refused(
    scene: Scene,
) -> None:
    scene.server.refused["no@b.example"] = Reply(550, "5.1.1 no such user")
    doubt(scene)
    row = scene.queue("a@b.example", "no@b.example")
    scene.cycle()
    row.refresh_from_db()
    assert outbox_actions.mark_sent(row, None)
    row.refresh_from_db()
    assert (row.state, row.code, row.stage, row.evidence) == (
        "sent",
        "recipient-refused",
        "envelope",
        {"answer": "550 5.1.1 no such user"},
    )


def test_who_gets_a_message_stands_on_no_row_but_its_own(scene: Scene) -> None:
    """What is erased by address is looked for there."""
    scene.server.refused["no@b.example"] = Reply(550, "5.1.1 no such user")
    doubt(scene)
    scene.queue("a@b.example", "no@b.example")
    cycle = scene.cycle()
    assert (cycle.outcome, cycle.code) == ("failed", "send-unconfirmed")
    assert "b.example" not in str([cycle.evidence, scene.sender.evidence])


def test_message_nobody_can_look_for_makes_no_cycle_after_cycle(scene: Scene) -> None:
    """A protocol that could look for it is saved, and one that cannot in effect."""
    doubt(scene)
    scene.queue()
    scene.cycle()
    scene.due_now()
    SmtpClient.objects.update(server_type=Protocol.EWS)
    assert outbox_senders.due(timezone.now()) == [scene.sender.pk]
    scene.cycle()
    assert outbox_senders.due(timezone.now()) == []


def two_at_once(too_many: Reply) -> type[MemoryOutbound]:
    """A server that takes two recipients and says this of the others."""

    class TwoAtOnce(MemoryOutbound):
        def send(self, sender: str, recipients: Any, message: Any) -> SendResult:
            rest = recipients[2:]
            result = super().send(sender, recipients[:2], message)
            return SendResult(result.accepted, dict.fromkeys(rest, too_many), "250 ok")

    return TwoAtOnce


@pytest.mark.parametrize(
    "said",
    [
        Reply(452, "4.5.3 Error: too many recipients"),
        Reply(452, "Too many recipients"),
        Reply(552, "5.5.3 Too many recipients"),
        Reply(552, "Too many recipients"),
    ],
    ids=str,
)
def test_recipients_beyond_what_a_server_takes_at_once_do_not_wait(
    scene: Scene, said: Reply
) -> None:
    """RFC 5321 section 4.5.3.1.10: the others get another transaction, right away."""
    names = [f"{number}@b.example" for number in range(5)]
    with registry.override(outbound={Protocol.SMTP: two_at_once(said)}):
        row = scene.queue(*names)
        # Its patience has nothing to do with that.
        long_ago = timezone.now() - outbox_outcome.GIVE_UP_AFTER - timedelta(hours=1)
        row.evidence = {"deferred_since": long_ago.isoformat(), "deferrals": 3}
        row.save(update_fields=["evidence"])
        cycle = scene.cycle()
    row.refresh_from_db()
    assert (row.state, cycle.outcome) == ("sent", "ok")
    assert [sent.recipients for sent in scene.server.sent] == [
        tuple(names[:2]),
        tuple(names[2:4]),
        tuple(names[4:]),
    ]
    outcomes = list(row.attempts.order_by("number").values_list("outcome", flat=True))
    assert outcomes == ["partial", "partial", "ok"]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        # Of the sender's rate: to ask again at once would make it worse.
        (Reply(450, "4.7.1 Error: too many recipients from 192.0.2.1"), "pending"),
        (Reply(550, "5.5.3 Too many recipients"), "refused"),
        (Reply(552, "5.2.2 Mailbox full"), "refused"),
    ],
    ids=str,
)
def test_who_is_refused_for_another_reason_is_not_tried_at_once(
    scene: Scene, said: Reply, left: str
) -> None:
    names = [f"{number}@b.example" for number in range(3)]
    with registry.override(outbound={Protocol.SMTP: two_at_once(said)}):
        row = scene.queue(*names)
        scene.cycle()
    row.refresh_from_db()
    assert len(scene.server.sent) == 1
    assert [one["state"] for one in row.recipients] == ["accepted"] * 2 + [left]


def test_a_copy_in_sent_items_tells_nothing_of_a_message_sent_in_part(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy may be of the part that went out before."""
    monkeypatch.setattr(MemoryOutbound, "finds_sent", True)
    monkeypatch.setattr(MemoryOutbound, "find_sent", lambda _self, _id: True)
    states = {}
    for name, parts in (("whole", ["pending"]), ("part", ["accepted", "pending"])):
        doubt(scene)
        row = scene.queue(*(f"{n}@b.example" for n in range(len(parts))))
        scene.cycle()
        row.refresh_from_db()
        row.recipients = [
            one | {"state": state}
            for one, state in zip(row.recipients, parts, strict=True)
        ]
        row.save(update_fields=["recipients"])
        scene.due_now()
        scene.cycle()
        row.refresh_from_db()
        states[name] = row.state
    assert states == {"whole": "sent", "part": "unconfirmed"}


def test_server_that_takes_nothing_is_not_well_again(scene: Scene) -> None:
    """It lets the sender in, and puts off the few messages there are."""
    later = MailError(
        Code.MESSAGE_DEFERRED, Stage.ENVELOPE, evidence={"answer": "452 4.3.1 full"}
    )
    scene.queue()
    Sender.objects.update(
        state="failing", failures=2, code="message-deferred", stage="envelope"
    )
    scene.server.fail("send", later)
    scene.cycle()
    assert (scene.sender.state, scene.sender.failures) == ("failing", 2)
    scene.due_now()
    scene.cycle()
    assert (scene.sender.state, scene.sender.failures) == ("active", 0)


def test_server_that_puts_off_message_after_message_gets_a_pause(scene: Scene) -> None:
    """It has no room, say: a long queue is not run against it."""
    later = MailError(
        Code.MESSAGE_DEFERRED, Stage.ENVELOPE, evidence={"answer": "452 4.3.1 full"}
    )
    scene.server.fail("send", later, times=8)
    rows = [scene.queue() for _ in range(12)]
    cycle = scene.cycle()
    assert (cycle.outcome, cycle.code) == ("failed", "message-deferred")
    assert (scene.server.count("send"), scene.sender.state) == (5, "failing")
    assert outbox_senders.due(timezone.now()) == []
    Sender.objects.update(not_before=None)
    cycle = scene.cycle()
    assert (cycle.outcome, cycle.sent, scene.sender.state) == ("ok", 4, "active")
    for row in rows:
        row.refresh_from_db()
    assert [row.state for row in rows] == ["waiting"] * 8 + ["sent"] * 4


def test_messages_put_off_for_their_own_sake_keep_nobody(scene: Scene) -> None:
    """One of the mailboxes of a client may not send, say; the others may."""
    later = MailError(
        Code.MESSAGE_DEFERRED, Stage.ENVELOPE, evidence={"answer": "450 4.1.8 sender"}
    )
    scene.server.fail("send", later, times=8)
    for _ in range(12):
        scene.queue()
    cycle = scene.cycle()
    assert (cycle.outcome, cycle.sent, scene.sender.state) == ("ok", 4, "active")

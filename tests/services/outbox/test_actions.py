from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes.core.choices import OutboxState
from mailboxes.models import AuditEvent, OutboundMessage
from mailboxes.services.outbox import actions as outbox_actions, listing as outbox_list
from tests import factories

pytestmark = pytest.mark.django_db

PERMITTED = {
    "cancel": {"queued", "waiting", "failed"},
    "send-now": {"waiting"},
    "requeue": {"failed"},
    "send-again": {"unconfirmed"},
    "mark-sent": {"unconfirmed"},
}


def message(state: str, **fields):
    client = fields.pop("client", None) or factories.smtp_client()
    return factories.outbound(client, state=state, **fields)


@pytest.mark.parametrize("state", list(OutboxState))
@pytest.mark.parametrize("action", list(outbox_actions.ACTIONS))
def test_action_is_done_only_in_its_states(action: str, state: str) -> None:
    row = message(state)
    done = outbox_actions.ACTIONS[action](row, None)
    assert done is (state in PERMITTED[action])
    assert (action in outbox_actions.allowed(row)) is done
    assert AuditEvent.objects.count() == int(done)
    if not done:
        row.refresh_from_db()
        assert row.state == state


def test_requeue_asks_only_those_who_have_not_had_it() -> None:
    recipients = [
        {"address": "a@b.example", "state": "accepted", "code": 250, "text": "ok"},
        {"address": "c@d.example", "state": "refused", "code": 550, "text": "no"},
    ]
    row = message(
        "failed",
        recipients=recipients,
        code="message-refused",
        tries=9,
        evidence={"deferred_since": "2026-11-01T00:00:00+00:00", "deferrals": 9},
    )
    user = factories.user("anna")
    assert outbox_actions.requeue(row, user) is True
    row.refresh_from_db()
    assert (row.state, row.tries, row.code, row.evidence) == ("queued", 0, "", {})
    assert [r["state"] for r in row.recipients] == ["accepted", "pending"]
    event = AuditEvent.objects.get()
    assert (event.actor, event.action) == (user, "outbox.requeued")
    assert event.details == {"message_id": row.message_id}


def test_failed_message_that_is_given_up_is_off_the_page_and_says_why() -> None:
    row = message("failed", code="message-refused", stage="data")
    assert len(outbox_list.groups()) == 1
    assert outbox_actions.cancel(row, None) is True
    row.refresh_from_db()
    assert (row.state, row.code) == ("cancelled", "message-refused")
    assert outbox_list.groups() == []


def test_requeue_of_what_was_tried_meanwhile_changes_nothing() -> None:
    row = message("failed")
    type(row).objects.update(fence=5)
    assert outbox_actions.requeue(row, None) is False


def test_send_now_ends_the_pause() -> None:
    row = message("waiting", not_before=timezone.now() + timedelta(hours=1))
    outbox_actions.send_now(row, None)
    row.refresh_from_db()
    assert row.not_before <= timezone.now()


def test_decisions_about_unconfirmed_name_the_person() -> None:
    user = factories.user("anna")
    client = factories.smtp_client()
    sent = message("unconfirmed", client=client, code="send-unconfirmed")
    again = message("unconfirmed", client=client, code="send-unconfirmed")
    before = (again.message_id, type(again).objects.count())
    outbox_actions.mark_sent(sent, user)
    outbox_actions.send_again(again, user)
    sent.refresh_from_db()
    again.refresh_from_db()
    assert (sent.state, sent.decided_by, sent.code) == ("sent", user, "")
    assert sent.sent_at is not None
    assert [r["state"] for r in sent.recipients] == ["accepted"]
    assert (again.state, again.decided_by) == ("queued", user)
    assert before == (again.message_id, type(again).objects.count())


def test_groups_of_equal_failures() -> None:
    client = factories.smtp_client()
    for _ in range(3):
        message(
            "failed",
            client=client,
            code="recipient-refused",
            stage="envelope",
            evidence={"answer": "550 5.1.1 no such user"},
        )
    message("waiting", client=client, code="message-deferred", stage="data")
    stuck = factories.smtp_client(
        "smtp-client-2",
        state="stopped",
        code="smtp-auth-off-tenant",
        stage="sign-in",
        evidence={"answer": "535 5.7.139 SmtpClientAuthentication is disabled"},
    )
    for _ in range(4):
        message("queued", client=stuck)
    found = outbox_list.groups()
    assert [(g.count, g.finding.code, g.answer, g.sender) for g in found] == [
        (
            4,
            "smtp-auth-off-tenant",
            "535 5.7.139 SmtpClientAuthentication is disabled",
            True,
        ),
        (3, "recipient-refused", "550 5.1.1 no such user", False),
        (1, "message-deferred", "", False),
    ]
    assert outbox_list.counts() == {"failed": 3, "waiting": 1, "queued": 4}


def test_all_that_failed_alike_are_queued_again(monkeypatch) -> None:
    monkeypatch.setattr(outbox_actions, "PORTION", 2)
    client = factories.smtp_client()
    had = {"address": "had@b.example", "state": "accepted", "code": 250, "text": "ok"}
    refused = {"address": "x@b.example", "state": "refused", "code": 550, "text": "no"}
    fresh = refused | {"state": "pending", "code": None, "text": ""}
    alike = {
        "client": client,
        "code": "recipient-refused",
        "recipients": [had, refused],
    }
    rows = [message("failed", **alike) for _number in range(5)]
    others = [
        message("failed", client=client, code="message-refused"),
        message("failed", client=factories.smtp_client("smtp-2"), code=rows[0].code),
        message("unconfirmed", client=client, code=rows[0].code),
    ]
    assert outbox_actions.requeue_all(client.pk, "recipient-refused", None) == 5
    for row in rows:
        row.refresh_from_db()
        assert (row.state, row.code, row.recipients) == ("queued", "", [had, fresh])
    for row in others:
        before = row.state
        row.refresh_from_db()
        assert row.state == before
    assert AuditEvent.objects.filter(action="outbox.requeued").count() == 5


def test_all_that_failed_alike_are_given_up(monkeypatch) -> None:
    monkeypatch.setattr(outbox_actions, "PORTION", 2)
    client = factories.smtp_client()
    rows = [
        message("failed", client=client, code="message-refused") for _number in range(3)
    ]
    others = [
        message("failed", client=client, code="recipient-refused"),
        message("failed", client=factories.smtp_client("smtp-2"), code=rows[0].code),
        message("unconfirmed", client=client, code=rows[0].code),
        message("waiting", client=client, code=rows[0].code),
    ]
    assert outbox_actions.give_up_all(client.pk, "message-refused", None) == 3
    for row in rows:
        row.refresh_from_db()
        assert (row.state, row.code) == ("cancelled", "message-refused")
    for row in others:
        before = row.state
        row.refresh_from_db()
        assert row.state == before
    assert AuditEvent.objects.filter(action="outbox.cancelled").count() == 3


@pytest.mark.parametrize("deed", ["requeue_all", "give_up_all"])
def test_what_has_moved_on_meanwhile_is_left_alone(deed: str, monkeypatch) -> None:
    """Somebody queued it again between the look and the change."""
    row = message("sending", code="message-refused")
    stale = OutboundMessage.objects.filter(pk=row.pk)
    monkeypatch.setattr(outbox_actions, "failed", lambda client, code: stale)
    act = getattr(outbox_actions, deed)
    assert act(row.smtp_client_id, "message-refused", None) == 0
    row.refresh_from_db()
    assert row.state == "sending"
    assert AuditEvent.objects.filter(action__startswith="outbox.").count() == 0


def test_a_thousand_at_most_are_queued_again_at_once(monkeypatch) -> None:
    monkeypatch.setattr(outbox_actions, "MOST_AT_ONCE", 3)
    client = factories.smtp_client()
    for _number in range(4):
        message("failed", client=client, code="message-refused")
    assert outbox_actions.requeue_all(client.pk, "message-refused", None) == 3
    assert outbox_actions.failed(client.pk, "message-refused").count() == 1

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailboxes.models import (
    Attempt,
    AuditEvent,
    OutboundChunk,
    OutboundMessage,
    Sender,
)
from mailboxes.services import clients, erasing, instance
from mailboxes.services.outbox import (
    actions as outbox_actions,
    compose,
    listing as outbox_list,
    rows as outbox_rows,
)
from tests import factories

pytestmark = pytest.mark.django_db
RAW = b"Subject: Hello\r\nTo: a@b.example\r\n\r\nThe secret text.\r\n"


@pytest.fixture
def anna(client: Client) -> Client:
    """Signed in, without any right."""
    client.force_login(factories.user("anna"))
    return client


def signed_in(*permissions: str) -> Client:
    client = Client()
    client.force_login(factories.user("bob", *permissions))
    return client


def real_message(**changes: Any) -> OutboundMessage:
    row = compose.queue(
        message=RAW,
        smtp_client=factories.smtp_client(),
        envelope_from="support@contoso.example",
        recipients=["a@b.example"],
    )
    OutboundMessage.objects.filter(pk=row.pk).update(**changes)
    row.refresh_from_db()
    return row


def words(response: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(
    "path", ["", "compose/", "1/", "1/raw/", "1/cancel/", "1/send-again/"]
)
def test_outbox_needs_a_sign_in(client: Client, path: str) -> None:
    response = client.get(f"/outbox/{path}")
    assert (response.status_code, response["Location"]) == (
        302,
        f"/sign-in/?next=/outbox/{path}",
    )


def test_empty_outbox_says_nothing_waits(anna: Client) -> None:
    assert "Nothing waits. Nothing was sent yet." in words(anna.get("/outbox/"))


def test_outbox_says_when_the_last_message_was_sent(anna: Client) -> None:
    client = factories.smtp_client()
    factories.outbound(
        client, state="sent", sent_at=timezone.now() - timedelta(minutes=3, seconds=5)
    )
    assert "Nothing waits. Last sent 3 min ago." in words(anna.get("/outbox/"))


def test_list_shows_each_message_with_its_last_answer(anna: Client) -> None:
    client = factories.smtp_client()
    factories.outbound(
        client,
        state="waiting",
        subject="Invoice",
        tries=2,
        not_before=timezone.now() + timedelta(minutes=4, seconds=50),
        code="recipient-deferred",
        stage="envelope",
        evidence={"answer": "451 4.7.1 try later"},
        recipients=[
            {"address": "a@b.example", "state": "pending", "code": 451, "text": ""},
            {"address": "c@d.example", "state": "pending", "code": 451, "text": ""},
        ],
    )
    text = words(anna.get("/outbox/"))
    assert "a@b.example and one more Invoice Waiting 2 in 4 min 451 4.7.1 try" in text
    assert "Nothing waits" not in text


def test_filters_count_and_choose(anna: Client) -> None:
    client = factories.smtp_client()
    factories.outbound(client, state="failed", subject="F-one")
    factories.outbound(client, state="sent", subject="S-one")
    response = anna.get("/outbox/?state=failed")
    text = words(response)
    assert "F-one" in text
    assert "S-one" not in text
    html = response.content.decode()
    assert '<a href="?state=failed" aria-current="true">Failed <b>1</b></a>' in html
    assert "No message is in this state." in words(anna.get("/outbox/?state=queued"))
    assert "F-one" in words(anna.get("/outbox/?state=nonsense"))
    assert "S-one" not in words(anna.get("/outbox/?state=unsent"))


def test_message_that_not_all_got_is_told_apart(anna: Client) -> None:
    client = factories.smtp_client()
    factories.outbound(client, state="sent", subject="S-whole")
    assert "Sent, not to all" not in words(anna.get("/outbox/"))
    to = {"code": 550, "text": "5.1.1 no such user"}
    factories.outbound(
        client,
        state="sent",
        subject="S-partly",
        code="recipient-refused",
        evidence={"answer": "550 5.1.1 no such user"},
        recipients=[
            {"address": "a@b.example", "state": "accepted"},
            {"address": "no@b.example", "state": "refused"} | to,
        ],
    )
    assert "Sent, not to all 1 " in words(anna.get("/outbox/"))
    response = anna.get("/outbox/?state=partly")
    text = words(response)
    assert "S-partly Sent one recipient refused" in text
    assert "S-whole" not in text
    assert "Outbox: Sent, not to all" in text
    assert 'href="?state=partly" aria-current="true"' in response.content.decode()


def test_page_of_a_message_that_not_all_got_says_some_and_not_all(anna: Client) -> None:
    row = factories.outbound(
        factories.smtp_client(),
        state="sent",
        code="recipient-refused",
        stage="envelope",
        evidence={"answer": "550 5.1.1 no such user"},
    )
    Attempt.objects.create(
        message=row,
        number=1,
        revision=row.smtp_client.revisions.get(),
        owner="host:1",
        started_at=timezone.now(),
        ended_at=timezone.now(),
        outcome="ok",
        code="recipient-refused",
        stage="envelope",
    )
    text = words(anna.get(f"/outbox/{row.pk}/"))
    assert text.count("The server refused some of the recipients") == 2
    assert "Send a new message to the corrected addresses alone." in text
    assert "every recipient" not in text


@pytest.mark.skipif(connection.vendor != "sqlite", reason="plans of SQLite")
def test_page_of_a_message_that_was_not_passed_on_to_all_keeps_what_mends_it(
    anna: Client,
) -> None:
    row = factories.outbound(
        factories.smtp_client(),
        state="sent",
        code="recipient-refused",
        stage="envelope",
        evidence={"answer": "550 5.7.1 Unable to relay"},
    )
    text = words(anna.get(f"/outbox/{row.pk}/"))
    assert "The server does not pass mail on for us" in text
    assert "corrected addresses alone" not in text


def test_who_did_not_get_it_is_found_without_a_look_through_all_that_was_sent() -> None:
    counted = OutboundMessage.objects.filter(outbox_list.PARTLY).order_by()
    for rows in (outbox_list.messages("partly"), counted.values_list("pk")):
        assert "outbound_by_code" in rows.explain()


def test_equal_failures_are_one_notice_with_a_link_to_the_field() -> None:
    stuck = factories.smtp_client(
        state="stopped",
        code="password-refused",
        stage="sign-in",
        evidence={"answer": "535 5.7.8 no"},
    )
    for _ in range(41):
        factories.outbound(stuck)
    response = signed_in("change_smtpclient").get("/outbox/")
    text = words(response)
    assert "41 messages: " in text
    assert "535 5.7.8 no" in text
    assert f"/option-sets/smtp/{stuck.pk}/" in response.content.decode()


def test_show_them_leads_to_the_messages_that_were_counted(anna: Client) -> None:
    """Two ways out that fail alike: each has its own messages."""
    first = factories.smtp_client("first@contoso.example")
    second = factories.smtp_client("second@contoso.example")
    for client, count in ((first, 3), (second, 2)):
        for _ in range(count):
            factories.outbound(client, state="failed", code="recipient-refused")
    groups = anna.get("/outbox/").context["groups"]
    assert [one["group"].count for one in groups] == [3, 2]
    for one, count in zip(groups, (3, 2), strict=True):
        page = anna.get(f"/outbox/{one['list_url']}")
        assert page.context["page"].paginator.count == count
        assert [g["group"].count for g in page.context["groups"]] == [count]
        name = one["group"].client.section
        assert f"Only recipient-refused, {name}." in words(page)
    assert "Only " not in words(anna.get("/outbox/?state=failed"))
    everything = anna.get("/outbox/?state=failed&client=99999999999999999999")
    assert everything.context["page"].paginator.count == 5


def test_query_count_does_not_grow_with_the_rows(anna: Client) -> None:
    client = factories.smtp_client()

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert anna.get("/outbox/").status_code == 200
        return len(found)

    factories.outbound(client, state="failed", code="message-refused", stage="data")
    one = queries()
    for number in range(49):
        factories.outbound(
            client,
            state="failed",
            code=("message-refused", "sender-refused")[number % 2],
            stage="data",
        )
    assert queries() == one


def test_region_is_polled_and_answers_304(anna: Client) -> None:
    factories.outbound(factories.smtp_client(), state="failed")
    page = anna.get("/outbox/?state=failed").content.decode()
    assert 'hx-get="?state=failed&amp;region=1"' in page
    region = anna.get("/outbox/?state=failed&region=1")
    assert b"<html" not in region.content
    again = anna.get(
        "/outbox/?state=failed&region=1",
        headers={"hx-request": "true", "if-none-match": region["ETag"]},
    )
    assert again.status_code == 304


def test_pages_hold_fifty(anna: Client) -> None:
    client = factories.smtp_client()
    for number in range(51):
        factories.outbound(client, subject=f"Mail-{number}.")
    assert "Mail-0." not in words(anna.get("/outbox/"))
    assert "Mail-0." in words(anna.get("/outbox/?page=2"))


# One message


def test_message_page_shows_tries_verbatim_and_hides_content(anna: Client) -> None:
    row = real_message(
        state="failed",
        code="message-refused",
        stage="data",
        evidence={"answer": "554 5.6.0 <bad> content"},
    )
    Attempt.objects.create(
        message=row,
        number=1,
        revision=row.smtp_client.sender.revision,
        owner="host:7:x",
        started_at=timezone.now(),
        ended_at=timezone.now(),
        outcome="failed",
        answer="554 5.6.0 <bad> content",
        code="message-refused",
        stage="data",
    )
    response = anna.get(f"/outbox/{row.pk}/")
    html = response.content.decode()
    assert "554 5.6.0 &lt;bad&gt; content" in html
    assert "Try 1: Failed" in words(response)
    assert row.message_id in html.replace("&lt;", "<").replace("&gt;", ">")
    assert "The secret text." not in html
    assert "You may not read mail content" in html
    assert "Queue again" not in html
    assert AuditEvent.objects.filter(action="outbox.read").count() == 0


def test_content_is_shown_with_the_right_and_audited() -> None:
    row = real_message()
    client = signed_in("read_content")
    assert b"The secret text." in client.get(f"/outbox/{row.pk}/").content
    response = client.get(f"/outbox/{row.pk}/raw/")
    raw = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert raw == outbox_rows.content(row.pk)
    assert raw.endswith(RAW)
    assert response["Content-Type"] == "message/rfc822"
    events = AuditEvent.objects.exclude(action="outbox.queued")
    assert list(events.order_by("pk").values_list("action", flat=True)) == [
        "outbox.read",
        "outbox.download",
    ]


def test_content_that_is_gone_is_said_to_be_gone() -> None:
    row = real_message(state="sent")
    OutboundChunk.objects.all().delete()
    client = signed_in("read_content")
    text = words(client.get(f"/outbox/{row.pk}/"))
    assert "It is deleted 30 days after the message was sent or cancelled." in text
    assert "Raw message" not in text
    assert client.get(f"/outbox/{row.pk}/raw/").status_code == 404
    assert not AuditEvent.objects.filter(action__in=("outbox.read", "outbox.download"))


def test_message_that_was_erased_is_said_to_be_erased() -> None:
    """A day after it was sent: nobody waited for its end, and who had it is gone."""
    row = factories.outbound(factories.smtp_client(), state="sent")
    OutboundChunk.objects.create(message=row, number=0, data=b"Subject: x\r\n\r\n")
    erasing.erase("a@b.example")
    text = words(signed_in("read_content").get(f"/outbox/{row.pk}/"))
    assert "Its content was erased by manage.py erase." in text
    assert "days after the message was sent" not in text
    assert "Who had the message" not in text


def test_raw_needs_the_right(anna: Client) -> None:
    row = real_message()
    assert anna.get(f"/outbox/{row.pk}/raw/").status_code == 403


@pytest.mark.parametrize("path", ["", "raw/", "cancel/"])
def test_wrong_ids_are_404(path: str) -> None:
    client = signed_in("change_outboundmessage", "read_content")
    assert client.post(f"/outbox/999/{path}").status_code in (404, 405)
    assert client.get(f"/outbox/999/{path}").status_code == 404
    row = real_message()
    assert client.post(f"/outbox/{row.pk}/nonsense/").status_code == 404
    assert client.get(f"/outbox/{row.pk}/cancel/").status_code == 404


@pytest.mark.parametrize(
    ("state", "action", "after", "sentence"),
    [
        ("queued", "cancel", "cancelled", "Cancelled. It will not be sent."),
        ("failed", "cancel", "cancelled", "Cancelled. It will not be sent."),
        ("waiting", "send-now", "waiting", "The pause is over."),
        ("failed", "requeue", "queued", "Queued again."),
        ("unconfirmed", "send-again", "queued", "with the same Message-ID"),
        ("unconfirmed", "mark-sent", "sent", "Marked as sent."),
        ("sent", "cancel", "sent", "Nothing was changed"),
    ],
)
def test_actions(state: str, action: str, after: str, sentence: str) -> None:
    row = real_message(state=state)
    client = signed_in("change_outboundmessage")
    response = client.post(f"/outbox/{row.pk}/{action}/", follow=True)
    assert sentence in words(response)
    row.refresh_from_db()
    assert row.state == after


@pytest.mark.parametrize(
    ("columns", "held", "kept"),
    [
        ({}, False, "It is sent within seconds."),
        ({}, True, "Everything is held: it waits until the hold is released."),
        (
            {"paused_at": timezone.now()},
            False,
            "The smtp-client smtp-client is paused: it waits until the pause is ended.",
        ),
        (
            {"state": "stopped"},
            False,
            "The smtp-client smtp-client is stopped: it waits until sending is"
            " restarted.",
        ),
        (
            {"enabled": False},
            False,
            "The smtp-client smtp-client is a draft: switch it on in its options.",
        ),
        (
            {"state": "failing", "not_before": timezone.now() + timedelta(days=3)},
            False,
            "It waits 2 days, because the last try failed.",
        ),
    ],
)
@pytest.mark.parametrize(
    ("state", "action", "done"),
    [
        ("waiting", "send-now", "The pause is over."),
        ("failed", "requeue", "Queued again."),
        ("unconfirmed", "send-again", "Queued again, with the same Message-ID."),
    ],
)
def test_actions_promise_no_sending_that_has_to_wait(
    state: str, action: str, done: str, columns: dict[str, Any], held: bool, kept: str
) -> None:
    row = real_message(state=state)
    Sender.objects.update(**columns)
    if held:
        instance.hold("A copy is made")
    client = signed_in("change_outboundmessage")
    response = client.post(f"/outbox/{row.pk}/{action}/", follow=True)
    assert [str(one) for one in response.context["messages"]] == [f"{done} {kept}"]


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({}, None),
        (
            {"enabled": False},
            "The smtp-client smtp-client is a draft: switch it on in its options.",
        ),
        (
            {"paused_at": timezone.now()},
            "The smtp-client smtp-client is paused: it waits until the pause is ended.",
        ),
    ],
)
def test_message_that_waits_says_for_what(
    anna: Client, columns: dict[str, Any], kept: str | None
) -> None:
    row = real_message()
    Sender.objects.update(**columns)
    assert (kept or "waits until") in words(anna.get(f"/outbox/{row.pk}/")) or not kept
    promised = "Queued 0 now" in words(anna.get("/outbox/"))
    assert promised is (kept is None)


def test_message_that_failed_waits_for_nothing(anna: Client) -> None:
    row = real_message(state="failed", code="message-refused", stage="data")
    Sender.objects.update(paused_at=timezone.now())
    assert "It waits" not in words(anna.get(f"/outbox/{row.pk}/"))


def test_message_of_an_archived_client_says_so(anna: Client) -> None:
    """Nothing is sent in the archive, and a draft it is not."""
    row = real_message()
    clients.archive(row.smtp_client, None)
    text = words(anna.get(f"/outbox/{row.pk}/"))
    assert "The smtp-client smtp-client is in the archive: restore it there." in text
    assert "draft" not in text
    assert "Queued 0 now" not in words(anna.get("/outbox/"))


def test_actions_need_the_right_and_a_token(anna: Client) -> None:
    row = real_message()
    assert anna.post(f"/outbox/{row.pk}/cancel/").status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(factories.user("carl", "change_outboundmessage"))
    assert strict.post(f"/outbox/{row.pk}/cancel/").status_code == 403
    row.refresh_from_db()
    assert row.state == "queued"


@pytest.mark.parametrize(
    ("deed", "asks", "done", "state"),
    [
        ("", "Queue one message again?", "1 message is queued again.", "queued"),
        (
            "give-up/",
            "Give one message up?",
            "1 message is given up. It will not be sent.",
            "cancelled",
        ),
    ],
)
def test_something_is_done_to_a_group_of_failures(
    anna: Client, deed: str, asks: str, done: str, state: str
) -> None:
    row = real_message(state="failed", code="message-refused", stage="data")
    address = f"/outbox/failed/{row.smtp_client_id}/message-refused/{deed}"
    link = f'href="{address}"'
    assert link not in anna.get("/outbox/").content.decode()
    assert anna.post(address).status_code == 403
    client = signed_in("change_outboundmessage")
    assert link in client.get("/outbox/").content.decode()
    assert asks in words(client.get(address))
    row.refresh_from_db()
    assert row.state == "failed"
    assert done in words(client.post(address, follow=True))
    row.refresh_from_db()
    assert row.state == state
    assert "No message is in this state." in words(client.get(address, follow=True))
    assert client.get(f"/outbox/failed/999/x/{deed}").status_code == 404


@pytest.mark.parametrize(
    ("address", "done"),
    [
        ("", "1 message is queued again. 2 are left: queue them again, too."),
        (
            "give-up/",
            "1 message is given up. It will not be sent."
            " 2 are left: give them up, too.",
        ),
    ],
)
def test_what_is_left_of_a_group_is_told(
    address: str, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_actions, "MOST_AT_ONCE", 1)
    row = real_message(state="failed", code="message-refused", stage="data")
    for number in range(2):
        row.pk, row.message_id = None, f"<{number}@a.example>"
        row.save(force_insert=True)
    client = signed_in("change_outboundmessage")
    address = f"/outbox/failed/{row.smtp_client_id}/message-refused/{address}"
    assert "The oldest 1 are" in words(client.get(address))
    assert done in words(client.post(address, follow=True))


def test_group_that_has_to_wait_is_promised_nothing() -> None:
    row = real_message(state="failed", code="message-refused", stage="data")
    Sender.objects.update(paused_at=timezone.now())
    client = signed_in("change_outboundmessage")
    address = f"/outbox/failed/{row.smtp_client_id}/message-refused/"
    response = client.post(address, follow=True)
    assert [str(one) for one in response.context["messages"]] == [
        "1 message is queued again. The smtp-client smtp-client is paused: it waits"
        " until the pause is ended."
    ]


def test_message_shows_its_newest_tries(anna: Client) -> None:
    """A server that is away for a month leaves a try on it every quarter of an hour."""
    row = real_message()
    revision = row.smtp_client.revisions.get()
    Attempt.objects.bulk_create(
        Attempt(
            message=row,
            number=number,
            revision=revision,
            owner="host:1",
            started_at=timezone.now(),
            outcome="failed",
        )
        for number in range(1, 61)
    )
    text = words(anna.get(f"/outbox/{row.pk}/"))
    assert re.findall(r"Try (\d+):", text) == [str(n) for n in range(11, 61)]
    assert "10 earlier tries are not shown." in text


def test_send_again_warns_of_a_duplicate() -> None:
    row = real_message(state="unconfirmed", code="send-unconfirmed", stage="data")
    client = signed_in("change_outboundmessage")
    assert "It may have been sent." in words(client.get(f"/outbox/{row.pk}/"))
    text = words(client.get(f"/outbox/{row.pk}/send-again/"))
    assert "then it arrives twice" in text
    row.refresh_from_db()
    assert row.state == "unconfirmed"


def test_page_of_a_queued_message_is_loaded_anew_when_it_has_moved() -> None:
    someone = signed_in("read_content")
    row = real_message()
    page = someone.get(f"/outbox/{row.pk}/").content.decode()
    assert 'hx-get="?was=queued"' in page
    same = someone.get(f"/outbox/{row.pk}/?was=queued")
    assert (same.status_code, same.headers.get("HX-Refresh")) == (204, None)
    OutboundMessage.objects.filter(pk=row.pk).update(state="sent")
    moved = someone.get(f"/outbox/{row.pk}/?was=queued")
    assert (moved.status_code, moved.headers.get("HX-Refresh")) == (204, "true")
    assert 'hx-get="?was' not in someone.get(f"/outbox/{row.pk}/").content.decode()
    # Looked at twice; a poll reads nothing.
    assert AuditEvent.objects.filter(action="outbox.read").count() == 2


def test_page_of_a_queued_message_notices_that_its_sender_has_stopped(
    anna: Client,
) -> None:
    """It stays queued: "It is sent within seconds" would stand there for ever."""
    row = factories.outbound(factories.smtp_client())
    page = f"/outbox/{row.pk}/"
    assert 'hx-get="?was=queued"' in anna.get(page).content.decode()
    Sender.objects.update(state="stopped", code="password-refused", stage="sign-in")
    assert anna.get(f"{page}?was=queued").headers.get("HX-Refresh") == "true"
    stopped = "?was=queued-stopped-password-refused"
    assert f'hx-get="{stopped}"' in anna.get(page).content.decode()
    assert anna.get(page + stopped).headers.get("HX-Refresh") is None
    Sender.objects.update(state="active", code="", stage="")
    assert anna.get(page + stopped).headers.get("HX-Refresh") == "true"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", {"failed", "waiting"}),
        ("?state=failed", {"failed"}),
        ("?state=failed&code=sender-refused", set()),
        ("?state=waiting", {"waiting"}),
        ("?state=queued", {"waiting"}),
        ("?state=unsent", {"waiting"}),
        ("?state=sent", set()),
        ("?state=unconfirmed", set()),
    ],
)
def test_filter_tells_only_failures_of_what_it_shows(
    anna: Client, query: str, told: set[str]
) -> None:
    client = factories.smtp_client()
    for state in ("failed", "waiting"):
        factories.outbound(client, state=state, code="message-refused", stage="data")
    groups = anna.get(f"/outbox/{query}").context["groups"]
    assert {one["group"].state for one in groups} == told


def test_next_try_is_never_in_the_past(anna: Client) -> None:
    past = timezone.now() - timedelta(minutes=1)
    row = factories.outbound(
        factories.smtp_client(), state="waiting", not_before=past, tries=1
    )
    assert '<td data-label="Next try" class="num">now</td>' in (
        anna.get("/outbox/").content.decode()
    )
    assert "Next try now" in words(anna.get(f"/outbox/{row.pk}/"))


def test_long_subject_is_cut_in_the_heading_and_whole_below(anna: Client) -> None:
    subject = "Order 4711 has not arrived; " * 10
    row = factories.outbound(factories.smtp_client(), subject=subject)
    page = anna.get(f"/outbox/{row.pk}/").content.decode()
    heading = page.split('<h1 id="answer">')[1].split("</h1>")[0]
    assert heading == subject[:119] + "…"
    assert f"<dt>Subject</dt><dd>{subject}</dd>" in page

"""The page of a message that was set aside: why, its header, its text, its bytes."""

from __future__ import annotations

import html

import pytest
from django.test import Client
from django.urls import reverse

from mailboxes.core.choices import ParseState
from mailboxes.models import AuditEvent, Message
from mailboxes.services import erasing, parse
from mailboxes.templatetags.words import REASON_WORDS, REASONS
from tests import factories

pytestmark = pytest.mark.django_db

RAW = (
    b"Subject: Invoice\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
    b"--B\r\nContent-Type: text/html\r\n\r\n<b>words</b>\r\n--B--\r\n"
)


@pytest.mark.parametrize("reason", [parse.INTERRUPTED, "too-complex", "broken-mime"])
def test_message_in_quarantine_can_be_opened(visitor: Client, reason: str) -> None:
    raw = {
        parse.INTERRUPTED: RAW,
        "too-complex": RAW.replace(b"--B--\r\n", b"--B\r\n\r\nx\r\n" * 1000),
        "broken-mime": RAW.replace(b"; boundary=B", b""),
    }[reason]
    row = factories.message(
        factories.pop_client(),
        raw,
        parse_state=ParseState.QUARANTINED,
        reason=reason,
        subject="Invoice",
    )
    page = visitor.get(reverse("message-detail", args=[row.pk]))
    text = html.unescape(page.content.decode())
    assert page.status_code == 200
    assert "Set aside in quarantine" in text
    assert str(REASONS[reason]) in text
    assert "--B\r\nContent-Type: text/html\r\n\r\n<b>words</b>" in text
    assert reverse("message-raw", args=[row.pk]) in text
    whole = visitor.get(reverse("message-raw", args=[row.pk]))
    assert b"".join(whole.streaming_content) == raw


def test_message_that_was_set_aside_is_read_again(client: Client) -> None:
    client.force_login(factories.user("operator", "change_fetcher"))
    row = factories.message(
        factories.pop_client(),
        b"Subject: Invoice\r\n\r\nwords\r\n",
        parse_state=ParseState.QUARANTINED,
        reason=parse.INTERRUPTED,
    )
    path = reverse("message-read-again", args=[row.pk])
    page = reverse("message-detail", args=[row.pk])
    assert path in client.get(page).content.decode()
    said = html.unescape(client.post(path, follow=True).content.decode())
    assert "The message is no longer set aside." in said
    assert path not in said
    assert AuditEvent.objects.get().action == "message.read-again"
    row.refresh_from_db()
    assert row.parse_state == ParseState.PENDING
    assert parse.parse_pending(row.pop_client_id, cycle=-1) == 0
    row.refresh_from_db()
    assert (row.parse_state, row.reason, row.subject) == (
        ParseState.PARSED,
        "",
        "Invoice",
    )
    said = html.unescape(client.post(path, follow=True).content.decode())
    assert "Nothing was changed" in said
    assert AuditEvent.objects.count() == 1


def test_message_that_is_not_whole_is_not_read_again(client: Client) -> None:
    client.force_login(factories.user("operator", "change_fetcher"))
    row = factories.message(
        factories.pop_client(),
        b"Subject: Invoice\r\n\r\n",
        parse_state=ParseState.QUARANTINED,
        reason=parse.TOO_LARGE,
        complete=False,
    )
    path = reverse("message-read-again", args=[row.pk])
    page = client.get(reverse("message-detail", args=[row.pk]))
    assert path not in page.content.decode()
    said = html.unescape(client.post(path, follow=True).content.decode())
    assert "Nothing was changed" in said
    row.refresh_from_db()
    assert row.parse_state == ParseState.QUARANTINED


def aside(address: str, reason: str, subject: str) -> Message:
    return factories.message(
        factories.pop_client(address),
        parse_state=ParseState.QUARANTINED,
        reason=reason,
        subject=subject,
    )


def test_what_was_set_aside_is_listed_for_all_mailboxes(visitor: Client) -> None:
    one = aside("support@contoso.example", "too-large", "Drawings")
    two = aside("orders@contoso.example", "interrupted", "Order")
    factories.message(factories.pop_client("a@contoso.example"), subject="Fine")
    page = visitor.get("/quarantine/")
    assert list(page.context["page"].object_list) == [two, one]
    text = page.content.decode()
    for row in (one, two):
        assert reverse("message-detail", args=[row.pk]) in text
        mailbox = row.pop_client.mailbox_row
        assert reverse("mailbox-detail", args=[mailbox.pk]) in text
        assert mailbox.address in text
    assert "Too large" in text and "Reading cut off" in text
    only = visitor.get("/quarantine/?reason=too-large")
    assert list(only.context["page"].object_list) == [one]
    assert str(REASONS["too-large"]) in only.content.decode()


def test_number_of_the_dashboard_and_the_rail_lead_to_the_list(visitor: Client) -> None:
    aside("support@contoso.example", "too-large", "Drawings")
    page = visitor.get("/")
    [number] = [n for n in page.context["numbers"] if n["label"] == "Quarantined"]
    assert (number["value"], number["url"]) == ("1", "/quarantine/")
    assert page.content.decode().count('<span class="hidden-text"> set aside') == 2


def test_list_with_nothing_in_it_says_what_would_come_here(visitor: Client) -> None:
    assert "Nothing is set aside." in visitor.get("/quarantine/").content.decode()


def test_every_reason_has_words() -> None:
    aside = set(REASONS) - {erasing.ERASED}  # which is not set aside
    assert set(REASON_WORDS) == aside

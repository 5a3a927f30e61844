"""The page of a message that was set aside: why, its header, its text, its bytes."""

from __future__ import annotations

import html

import pytest
from django.test import Client
from django.urls import reverse

from mailboxes.core.choices import ParseState
from mailboxes.services import parse
from mailboxes.templatetags.words import REASONS
from tests import factories

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

"""The second step after storing: reading what lies there, many messages at a time."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import ParseState
from mailboxes.models import Message, MessageChunk, PopClient
from mailboxes.services import parse
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> PopClient:
    return factories.pop_client()


def stored(client: PopClient, subject: str, *chunks: bytes, **fields: object) -> int:
    """A message that is not yet read, its body in chunks of its own."""
    head = f"Subject: {subject}\r\nTo: a@x.example\r\n\r\n".encode()
    blank = {"subject": "", "sender": "", "message_id": ""}
    size = len(head) + sum(map(len, chunks))
    row = factories.message(
        client,
        raw=head,
        **({"size": size, "parse_state": ParseState.PENDING} | blank | fields),
    )
    MessageChunk.objects.bulk_create(
        MessageChunk(message=row, number=number, data=chunk)
        for number, chunk in enumerate(chunks, start=1)
    )
    return row.pk


def test_each_message_is_read_with_its_own_bytes(
    client: PopClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small ones together, several queries of them, and large ones alone between."""
    monkeypatch.setattr(parse, "TOGETHER", 250)
    monkeypatch.setattr(parse, "BATCH", 4)
    body = b"x" * 70
    rows = {
        stored(client, f"number {n}", *[body] * (n % 3), body * (9 * (n % 4 == 1))): n
        for n in range(11)
    }
    assert parse.parse_pending(client.pk) == 0
    found = Message.objects.values_list("pk", "subject", "recipients", "parse_state")
    assert set(found) == {
        (pk, f"number {n}", "a@x.example", ParseState.PARSED) for pk, n in rows.items()
    }
    messages = list(Message.objects.all())
    assert {one.pk: read for one, read in parse._bodies(messages)} == {
        one.pk: parse.raw(one) for one in messages
    }


def test_what_was_not_fetched_whole_is_set_aside_and_counted(client: PopClient) -> None:
    whole = stored(client, "whole")
    part = stored(client, "part", complete=False, reason="refused")
    assert parse.parse_pending(client.pk) == 1
    found = Message.objects.values_list("pk", "parse_state", "reason")
    assert set(found) == {
        (whole, ParseState.PARSED, ""),
        (part, ParseState.QUARANTINED, "refused"),
    }


def test_what_another_has_read_meanwhile_stays_as_it_is(client: PopClient) -> None:
    row = Message.objects.get(pk=stored(client, "mine"))
    read = parse._read(row, b"no header")
    Message.objects.update(parse_state=ParseState.PARSED, subject="theirs")
    assert parse._write([(row.pk, read | {"reason": "broken-mime"})]) == 0
    assert Message.objects.get().subject == "theirs"

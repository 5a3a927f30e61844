"""What a cycle was killed over is set aside by the next; nothing is lost or hidden."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mailboxes.core.choices import Outcome, ParseState
from mailboxes.models import Fetcher, Message
from mailboxes.services import content, mime, parse
from mailboxes.services.worker import pool
from tests import factories
from tests.services.conftest import Inbox, letter


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whoever reads the letter "deadly" dies; [] as long as nobody did.

    By its header too where the list holds True.
    """
    real = mime.parse
    by_header = [False]

    def dies(raw: bytes, *, only_header: bool = False) -> Any:
        if b"Subject: deadly" in raw and (by_header[0] or not only_header):
            raise Killed
        return real(raw, only_header=only_header)

    monkeypatch.setattr(mime, "parse", dies)
    return by_header


def killed(inbox: Inbox) -> None:
    with pytest.raises(Killed):
        inbox.run()
    Fetcher.objects.update(lease_until=timezone.now() - timedelta(minutes=1))
    pool.pool.close_all()


def rows(inbox: Inbox) -> list[tuple[str, str, str]]:
    found = inbox.client.messages.order_by("pk")
    return list(found.values_list("subject", "parse_state", "reason"))


def test_message_left_by_a_lost_cycle_is_set_aside_at_the_next(
    inbox: Inbox, deadly: list[bool]
) -> None:
    inbox.deliver("one", "deadly", "three")
    killed(inbox)
    assert {state for _, state, _ in rows(inbox)} == {ParseState.PENDING}
    killed(inbox)
    assert rows(inbox) == [
        ("one", ParseState.PARSED, ""),
        ("deadly", ParseState.QUARANTINED, parse.INTERRUPTED),
        ("", ParseState.PENDING, ""),
    ]
    inbox.deliver("four")
    last = inbox.run()
    assert (last.outcome, last.stored) == (Outcome.OK, 1)
    assert rows(inbox) == [
        ("one", ParseState.PARSED, ""),
        ("deadly", ParseState.QUARANTINED, parse.INTERRUPTED),
        ("three", ParseState.PARSED, ""),
        ("four", ParseState.PARSED, ""),
    ]


def test_message_whose_header_kills_is_set_aside_too(
    inbox: Inbox, deadly: list[bool]
) -> None:
    deadly[0] = True
    inbox.deliver("deadly", "two")
    killed(inbox)
    killed(inbox)
    assert inbox.run().outcome == Outcome.OK
    assert rows(inbox) == [
        ("", ParseState.QUARANTINED, parse.INTERRUPTED),
        ("two", ParseState.PARSED, ""),
    ]


def test_left_messages_are_read_though_the_server_is_away(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.deliver("one", "two")
    with monkeypatch.context() as patched:
        patched.setattr(parse, "_write", lambda *_: _die())
        killed(inbox)
    inbox.server.hook("open", lambda: _refuse())
    assert inbox.run().outcome == Outcome.FAILED
    assert rows(inbox) == [
        ("one", ParseState.PARSED, ""),
        ("two", ParseState.PARSED, ""),
    ]


def _die() -> None:
    raise Killed


def _refuse() -> None:
    raise OSError("away")


def test_what_killed_a_cycle_is_opened_by_header_and_plain_text(
    inbox: Inbox, deadly: list[bool]
) -> None:
    inbox.deliver("deadly")
    killed(inbox)
    message = Message.objects.get()
    assert message.parse_state == ParseState.PENDING
    before = content.view(message)
    killed(inbox)
    message.refresh_from_db()
    after = content.view(message)
    assert (before.text, after.text) == ("Hello\r\n", "Hello\r\n")
    assert after.headers == before.headers
    assert after.headers[2] == ("Subject", "deadly")
    assert b"".join(content.raw(message)) == letter("deadly")
    assert content.attachment(message, 0) == ("part-1", b"Hello\r\n")


@pytest.mark.django_db
def test_message_left_incomplete_keeps_its_reason() -> None:
    row = factories.message(
        factories.pop_client(),
        parse_state=ParseState.PENDING,
        complete=False,
        reason="too-slow",
    )
    assert parse.parse_pending(row.pop_client_id, cycle=0) == 1
    row.refresh_from_db()
    assert (row.parse_state, row.reason) == (ParseState.QUARANTINED, "too-slow")


@pytest.mark.django_db
def test_what_another_reads_meanwhile_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = factories.message(factories.pop_client(), parse_state=ParseState.PENDING)
    Message.objects.update(parse_state=ParseState.PARSED, subject="theirs")
    assert parse._read_left(row) is False
    assert Message.objects.get().subject == "theirs"
    Message.objects.update(parse_state=ParseState.PENDING)
    real = parse.raw

    def overtaken(*args: Any) -> bytes:
        Message.objects.update(parse_state=ParseState.PARSED, reason="")
        return real(*args)

    monkeypatch.setattr(parse, "raw", overtaken)
    assert parse._read_left(row) is False
    assert Message.objects.get().subject == "theirs"


@pytest.mark.django_db
def test_no_message_is_begun_when_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = factories.pop_client()
    for _ in range(4):
        factories.message(client, parse_state=ParseState.PENDING)
    now = [0.0]
    real = mime.parse

    def slow(raw: bytes, *, only_header: bool = False) -> Any:
        now[0] += 10
        return real(raw, only_header=only_header)

    monkeypatch.setattr(mime, "parse", slow)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    parse.parse_pending(client.pk, until=15.0)
    pending = Message.objects.filter(parse_state=ParseState.PENDING)
    assert pending.count() == 2
    parse.parse_pending(client.pk, cycle=0, until=35.0)
    assert pending.count() == 1
    parse.parse_pending(client.pk, until=now[0])
    assert pending.count() == 1

"""The mail of one person goes; that it was here stays, and so does everybody else's."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from mailboxes.core.choices import OutboxState, Outcome
from mailboxes.models import (
    Attempt,
    AuditEvent,
    Message,
    MessageChunk,
    OutboundChunk,
    OutboundMessage,
    Revision,
)
from mailboxes.services import audit, erasing
from mailboxes.services.erasing import Erased
from tests import factories

pytestmark = pytest.mark.django_db

PERSON = "anna@customers.example"


def run(*arguments: str) -> Any:
    out = StringIO()
    call_command("erase", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def to_be_sent(state: OutboxState, *addresses: str) -> OutboundMessage:
    sender = factories.smtp_client(f"smtp-client-{OutboundMessage.objects.count()}")
    row = factories.outbound(
        sender,
        state=state,
        recipients=[
            {"address": one, "state": "accepted", "code": 250, "text": f"<{one}> ok"}
            for one in addresses
        ],
        evidence={"answer": f"<{PERSON}> unknown"},
    )
    OutboundChunk.objects.create(message=row, number=0, data=b"Hello Anna")
    return row


def test_received_message_loses_its_content_and_keeps_its_place() -> None:
    client = factories.pop_client()
    by_her = factories.message(client, b"Subject: My illness\r\n\r\nHi\r\n")
    to_her = factories.message(
        client, sender="x@y.example", recipients=f"b@c.example, Anna <{PERSON.upper()}>"
    )
    audit.record(None, "message.read", by_her)
    assert erasing.erase(f" {PERSON.upper()} ") == Erased(2, 0, 0)
    rows = Message.objects.order_by("pk").values_list(
        "pk", "parse_state", "reason", "subject", "sender", "recipients", "message_id"
    )
    assert list(rows) == [
        (pk, "parsed", "erased", "", "", "", "<1@customers.example>")
        for pk in (by_her.pk, to_her.pk)
    ]
    assert not MessageChunk.objects.exists()
    assert AuditEvent.objects.get(action="message.read").object_name == "erased"
    assert erasing.erase(PERSON) == Erased(0, 0, 0)


@pytest.mark.parametrize("given", ["anna@MÜLLER.example", "anna@xn--mller-kva.example"])
@pytest.mark.parametrize("kept", ["anna@müller.example", "anna@xn--mller-kva.example"])
def test_domain_may_be_written_in_letters_or_in_ascii(given: str, kept: str) -> None:
    client = factories.pop_client()
    factories.message(client, sender=f"Anna <{kept}>")
    to_be_sent(OutboxState.SENT, "anna@xn--mller-kva.example")
    assert erasing.erase(given) == Erased(1, 1, 0)
    assert OutboundMessage.objects.get().recipients[0]["address"] == "erased"


@pytest.mark.parametrize(
    "other",
    ["joanna@customers.example", "an.anna@customers.example", f"{PERSON}.au", "b@c.de"],
)
def test_mail_of_others_stays(other: str) -> None:
    client = factories.pop_client()
    factories.message(client, sender=f"Somebody <{other}>", recipients=other)
    to_be_sent(OutboxState.SENT, other)
    assert erasing.erase(PERSON) == Erased(0, 0, 0)
    assert (MessageChunk.objects.count(), OutboundChunk.objects.count()) == (1, 1)


def test_sent_message_loses_its_content_and_her_address() -> None:
    row = to_be_sent(OutboxState.SENT, PERSON, "b@c.example")
    revision = Revision.objects.get(smtp_client=row.smtp_client)
    Attempt.objects.create(
        message=row,
        number=1,
        revision=revision,
        owner="x",
        started_at=row.created_at,
        outcome=Outcome.OK,
        answer=f"<{PERSON}> ok",
    )
    assert erasing.erase(PERSON) == Erased(0, 1, 0)
    row.refresh_from_db()
    assert (row.subject, row.evidence, row.state) == ("", {}, "sent")
    assert [one["address"] for one in row.recipients] == ["erased", "b@c.example"]
    assert PERSON not in str(row.recipients)
    assert Attempt.objects.get().answer == ""
    assert not OutboundChunk.objects.exists()


def test_failed_message_cannot_be_queued_again_without_its_content() -> None:
    row = to_be_sent(OutboxState.FAILED, PERSON)
    assert erasing.erase(PERSON) == Erased(0, 1, 0)
    row.refresh_from_db()
    assert row.state == OutboxState.CANCELLED


@pytest.mark.parametrize(
    "state",
    [
        OutboxState.QUEUED,
        OutboxState.WAITING,
        OutboxState.SENDING,
        OutboxState.UNCONFIRMED,
    ],
)
def test_what_is_still_to_be_sent_is_left_and_told(state: OutboxState) -> None:
    to_be_sent(state, PERSON)
    with pytest.raises(SystemExit) as ended:
        run(PERSON)
    assert ended.value.code == 1
    assert OutboundChunk.objects.count() == 1


def test_dry_run_changes_nothing() -> None:
    factories.message(factories.pop_client())
    to_be_sent(OutboxState.SENT, PERSON)
    to_be_sent(OutboxState.QUEUED, PERSON)
    assert run(PERSON, "--dry-run") == {
        "received": 1,
        "sent": 1,
        "unsent": 1,
        "dry_run": True,
    }
    assert (MessageChunk.objects.count(), OutboundChunk.objects.count()) == (1, 2)
    assert not AuditEvent.objects.exists()


def test_many_are_erased_by_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "PORTION", 2)
    client = factories.pop_client()
    for _ in range(5):
        factories.message(client)
        to_be_sent(OutboxState.SENT, PERSON)
    assert erasing.erase(PERSON) == Erased(5, 5, 0)


def test_mailbox_of_the_console_is_no_person() -> None:
    factories.pop_client()
    with pytest.raises(CommandError, match="is a mailbox of this console"):
        run("Support@contoso.example")
    with pytest.raises(CommandError, match="'anna' is not an e-mail address."):
        run("anna")


def test_bytes_are_gone_from_the_file_of_sqlite(transactional_db: None) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only")
    words = b"a secret that nobody else may ever read"
    factories.message(factories.pop_client(), b"Subject: x\r\n\r\n" + words * 400)
    erasing.erase(PERSON)
    name = Path(str(connection.settings_dict["NAME"]))
    for file in (name, name.with_name(f"{name.name}-wal")):
        assert words not in (file.read_bytes() if file.exists() else b"")


@pytest.mark.parametrize("given", ["anna@MÜLLER.example", "anna@xn--mller-kva.example"])
@pytest.mark.parametrize("own", ["anna@müller.example", "anna@xn--mller-kva.example"])
def test_mailbox_of_the_console_is_known_in_either_spelling(
    given: str, own: str
) -> None:
    client = factories.pop_client(own)
    factories.message(client, recipients=own)
    with pytest.raises(erasing.CannotErase):
        erasing.erase(given)

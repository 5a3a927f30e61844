from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from mailboxes.management.commands import send
from mailboxes.models import Mailbox, OutboundMessage
from mailboxes.services.outbox import rows as outbox_rows
from tests import factories

pytestmark = pytest.mark.django_db
FROM = "support@contoso.example"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox.objects.create(address=FROM, smtp_client=factories.smtp_client())


@pytest.fixture
def letter(tmp_path: Path) -> str:
    path = tmp_path / "letter.eml"
    path.write_bytes(b"Subject: drill\nTo: bob@b.example\n\nNumber 1.\n")
    return str(path)


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("send", *arguments, stdout=out)
    return out.getvalue().strip()


def test_send_queues_and_prints_id_and_message_id(
    mailbox: Mailbox, letter: str
) -> None:
    printed = run(
        "--from", FROM.upper(), "--to", "a@b.example", "--to", "c@d.example", letter
    )
    row = OutboundMessage.objects.get()
    assert printed == f"Queued: {row.pk} {row.message_id}"
    assert (row.envelope_from, row.mailbox, row.subject) == (FROM, mailbox, "drill")
    assert [r["address"] for r in row.recipients] == ["a@b.example", "c@d.example"]
    assert outbox_rows.content(row.pk).endswith(b"\r\n\r\nNumber 1.\r\n")


def test_send_speaks_json(mailbox: Mailbox, letter: str) -> None:
    answer = json.loads(run("--from", FROM, "--to", "a@b.example", "--json", letter))
    row = OutboundMessage.objects.get()
    assert answer == {"id": row.pk, "message_id": row.message_id, "state": "queued"}


def test_send_reads_standard_input(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"Subject: piped\n\nHi\n"))
    monkeypatch.setattr("sys.stdin", stdin)
    run("--from", FROM, "--to", "a@b.example", "-")
    assert OutboundMessage.objects.get().subject == "piped"


def test_send_waits_for_the_end(
    mailbox: Mailbox, letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = iter(["sending", "sent"])
    monkeypatch.setattr(
        send.time, "sleep", lambda _: OutboundMessage.objects.update(state=next(ends))
    )
    printed = run("--from", FROM, "--to", "a@b.example", "--wait", "60", letter)
    assert printed.startswith("Sent: ")


def test_send_names_those_who_were_refused(
    mailbox: Mailbox, letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipients = [
        {"address": "a@b.example", "state": "accepted", "code": 250, "text": "ok"},
        {"address": "c@d.example", "state": "refused", "code": 550, "text": "unknown"},
    ]
    monkeypatch.setattr(
        send.time,
        "sleep",
        lambda _: OutboundMessage.objects.update(state="sent", recipients=recipients),
    )
    with pytest.raises(CommandError) as caught:
        run("--from", FROM, "--to", "a@b.example", "--wait", "60", letter)
    assert str(caught.value) == (
        "The message is sent, but not to c@d.example (550 unknown)."
    )


@pytest.mark.parametrize("state", ["failed", "unconfirmed", "cancelled"])
def test_send_that_ends_without_being_sent_waits_no_longer(
    state: str, mailbox: Mailbox, letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    def end(seconds: float) -> None:
        assert looks == []  # it waits on
        looks.append(seconds)
        OutboundMessage.objects.update(state=state)

    monkeypatch.setattr(send.time, "sleep", end)
    with pytest.raises(CommandError, match=f"^The message is {state}, not sent.$"):
        run("--from", FROM, "--to", "a@b.example", "--wait", "3600", letter)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--from", "x@y.example", "--to", "a@b.example", "-"], "There is no mailbox"),
        (["--from", FROM, "--to", "nobody", "FILE"], "“nobody” is not an e-mail"),
        (["--from", FROM, "--to", "a@b.example", "/nowhere.eml"], "cannot be read: No"),
        (["--from", FROM, "--to", "a@b.example", "--wait", "-1", "FILE"], "--wait"),
        (["--from", FROM, "FILE"], "--to"),
        (["--to", "a@b.example", "FILE"], "--from"),
    ],
)
def test_wrong_values_are_one_sentence(
    mailbox: Mailbox, letter: str, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError) as caught:
        run(*[letter if one == "FILE" else one for one in arguments])
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert OutboundMessage.objects.count() == 0


def test_mailbox_without_smtp_client_cannot_send(letter: str) -> None:
    Mailbox.objects.create(address=FROM)
    with pytest.raises(CommandError) as caught:
        run("--from", FROM, "--to", "a@b.example", letter)
    assert str(caught.value) == f"{FROM} has no smtp-client to send with."

"""A snapshot is one revision, complete and frozen."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import Protocol, Security
from mailboxes.models import Mailbox, PopClient, Revision, SmtpClient
from mailboxes.services.options import snapshots

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> PopClient:
    mailbox = Mailbox.objects.create(address="a@contoso.example")
    client = PopClient.objects.create(section="a", mailbox_row=mailbox, revision=2)
    Revision.objects.create(
        pop_client=client, number=1, values={"server": "one.example", "type": "IMAP"}
    )
    Revision.objects.create(
        pop_client=client,
        number=2,
        values={"server": "two.example", "type": "IMAP", "folder-path": "Sales"},
        pinned={"proxy": {"host": "p", "port": 8080}},
    )
    return client


def test_take_gives_the_newest_revision(client: PopClient) -> None:
    snapshot = snapshots.take(client)
    assert (snapshot.number, snapshot["server"], snapshot["folder-path"]) == (
        2,
        "two.example",
        "Sales",
    )
    assert snapshot.pinned == {"proxy": {"host": "p", "port": 8080}}


def test_option_that_a_revision_does_not_know_has_its_default(
    client: PopClient,
) -> None:
    snapshot = snapshots.of(client.revisions.get(number=1))
    assert (snapshot["cycle-time"], snapshot["first-fetch"]) == (60, "from-now")
    assert (snapshot.protocol, snapshot.port) == (Protocol.IMAP, 993)


def test_login_falls_back_to_the_address(client: PopClient) -> None:
    assert snapshots.take(client).login == "a@contoso.example"


def test_usual_port_follows_the_encryption() -> None:
    client = SmtpClient.objects.create(section="out", revision=1)
    Revision.objects.create(smtp_client=client, number=1, values={})
    snapshot = snapshots.take(client)
    assert (snapshot.protocol, snapshot.security, snapshot.port) == (
        Protocol.SMTP,
        Security.STARTTLS,
        587,
    )

"""An smtp-client with a password whose server is the memory double, and its mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.parser import BytesHeaderParser

import pytest
from django.utils import timezone

from mailboxes.core.choices import Protocol
from mailboxes.models import Cycle, OutboundMessage, Revision, Sender, SmtpClient
from mailboxes.services import revisions
from mailboxes.services.outbox import compose, open_connections as outbox_connections
from mailboxes.services.outbox.cycle import SendCycle
from mailboxes.transports import registry
from mailboxes.transports.memory import MemoryOutbound, MemoryServer

PASSWORD = "canary-Passw0rd-4711"
FROM = "support@contoso.example"


def smtp_client(section: str = "smtp-client", **changes: object) -> SmtpClient:
    """Saved by the service, in effect at once."""
    values: dict[str, object] = {
        "server": "smtp.contoso.example",
        "mailbox": "support",
        "password": PASSWORD,
    }
    result = revisions.save_smtp_client(
        client=None, section=section, raw=values | changes
    )
    assert isinstance(result.client, SmtpClient)
    return result.client


def change_server(client: SmtpClient, server: str) -> Revision:
    client.refresh_from_db()
    result = revisions.save_smtp_client(
        client=client,
        section=client.section,
        raw={"server": server},
        base_revision=client.revision,
    )
    return result.revision


def queue(client: SmtpClient, *recipients: str, subject: str = "Hi") -> OutboundMessage:
    return compose.queue(
        message=f"Subject: {subject}\r\n\r\nText of {subject}.\r\n".encode(),
        smtp_client=client,
        envelope_from=FROM,
        recipients=recipients or ["a@b.example"],
    )


def subject(message: bytes) -> str:
    return BytesHeaderParser().parsebytes(message)["Subject"]


def lapse() -> None:
    """Let every lease end, as when their holders are dead for half a minute."""
    before = timezone.now() - timedelta(seconds=1)
    for model in (Sender, OutboundMessage):
        model.objects.filter(lease_until__isnull=False).update(lease_until=before)


@dataclass
class Scene:
    """One smtp-client whose server is in memory."""

    server: MemoryServer
    client: SmtpClient

    def queue(self, *recipients: str, subject: str = "Hi") -> OutboundMessage:
        return queue(self.client, *recipients, subject=subject)

    def cycle(self) -> Cycle:
        """Run one cycle to its end, as a thread of a batch would."""
        before = Cycle.objects.count()
        SendCycle(self.sender.pk, lambda: False).run()
        assert Cycle.objects.count() == before + 1
        return Cycle.objects.latest("pk")

    @property
    def sender(self) -> Sender:
        return Sender.objects.get(smtp_client=self.client)

    def due_now(self) -> None:
        """Let the pauses of sender and messages pass."""
        now = timezone.now() - timedelta(seconds=1)
        Sender.objects.update(not_before=None)
        OutboundMessage.objects.update(not_before=now)

    def subjects(self) -> list[str]:
        return [subject(sent.message) for sent in self.server.sent]


@pytest.fixture
def scene() -> Iterator[Scene]:
    with (
        MemoryServer("smtp.contoso.example") as server,
        registry.override(outbound={Protocol.SMTP: MemoryOutbound}),
    ):
        server.add_account("support", password=PASSWORD)
        yield Scene(server, smtp_client())
        outbox_connections.connections.close_all()

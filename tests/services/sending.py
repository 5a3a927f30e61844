"""An smtp-client with a password whose server is the memory double, and its mail."""

from __future__ import annotations

from datetime import timedelta
from email.parser import BytesHeaderParser

from django.utils import timezone

from mailboxes.models import OutboundMessage, Revision, Sender, SmtpClient
from mailboxes.services import compose, revisions

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

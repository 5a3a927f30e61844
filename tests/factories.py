"""Rows for tests of pages and status: made directly, with the least they need."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone

from mailboxes.core.choices import ParseState, RunState
from mailboxes.models import (
    AppRegistration,
    Cycle,
    Fetcher,
    Mailbox,
    Message,
    MessageChunk,
    OutboundMessage,
    PopClient,
    Revision,
    Sender,
    SmtpClient,
    Worker,
)
from mailboxes.services import registrations


def user(name: str, *permissions: str, **fields: Any):
    """A user with these rights of the app (codenames)."""
    made = get_user_model().objects.create_user(name, password="x", **fields)
    made.user_permissions.set(
        Permission.objects.filter(
            content_type__app_label="mailboxes", codename__in=permissions
        )
    )
    return made


def superuser(name: str = "root"):
    return get_user_model().objects.create_superuser(name, "", "x")


def pop_client(address: str = "support@contoso.example", **fetcher: Any) -> PopClient:
    """A mailbox that was fetched a moment ago, unless `fetcher` says otherwise."""
    mailbox = Mailbox.objects.create(address=address, alias=f"Team {address[:8]}")
    section = address.replace("@", ".at.")[:40]
    client = PopClient.objects.create(
        section=section, mailbox_row=mailbox, server="imap.contoso.example", revision=1
    )
    revision = Revision.objects.create(
        pop_client=client, number=1, values={"server": client.server, "type": "IMAP"}
    )
    now = timezone.now()
    fields: dict[str, Any] = {
        "next_due": now,
        "revision": revision,
        "last_try_at": now,
        "last_success_at": now,
        "recent": "oooof",
    }
    Fetcher.objects.create(pop_client=client, **(fields | fetcher))
    return client


def stopped(address: str = "billing@contoso.example") -> PopClient:
    """A mailbox that Entra refuses."""
    return pop_client(
        address,
        state=RunState.STOPPED,
        code="AADSTS50126",
        stage="token",
        evidence={
            "answer": "AADSTS50126: Error validating credentials due to invalid"
            " username or password.",
            "trace_id": "11111111-2222-3333-4444-555555555555",
        },
        failures=1,
        failed_since=timezone.now() - timedelta(minutes=12),
        last_success_at=None,
    )


def smtp_client(section: str = "smtp-client", **sender: Any) -> SmtpClient:
    client = SmtpClient.objects.create(
        section=section, server="smtp.contoso.example", revision=1
    )
    revision = Revision.objects.create(
        smtp_client=client, number=1, values={"server": client.server}
    )
    Sender.objects.create(
        smtp_client=client, **({"revision": revision, "generation": 1} | sender)
    )
    return client


def registration(name: str = "Contoso", **changes: Any) -> AppRegistration:
    """An app registration with a client secret, saved as a person does it."""
    fields: dict[str, Any] = {
        "tenant_authority": "https://login.microsoftonline.com",
        "directory_id": "11111111-2222-3333-4444-555555555555",
        "client_id": "66666666-7777-8888-9999-aaaaaaaaaaaa",
        "secret": "first~client-secret",
    }
    return registrations.save(name=name, **(fields | changes)).registration


def cycle(client: PopClient, **fields: Any) -> Cycle:
    now = timezone.now()
    made: dict[str, Any] = {
        "kind": Cycle.Kind.FETCH,
        "pop_client": client,
        "revision": client.revisions.get(number=1),
        "owner": "host:1",
        "fence": 1,
        "started_at": (fields.get("ended_at") or now) - timedelta(seconds=2),
        "ended_at": now,
        "outcome": "ok",
        "phases": {"list": 12, "fetch": 30},
    }
    return Cycle.objects.create(**(made | fields))


def message(
    client: PopClient, raw: bytes = b"Subject: Hello\r\n\r\nHi\r\n", **fields: Any
) -> Message:
    made: dict[str, Any] = {
        "pop_client": client,
        "size": len(raw),
        "digest": "0" * 64,
        "stored_at": timezone.now(),
        "parse_state": ParseState.PARSED,
        "subject": "Hello",
        "sender": "Anna <anna@customers.example>",
        "message_id": "<1@customers.example>",
    }
    row = Message.objects.create(**(made | fields))
    MessageChunk.objects.create(message=row, number=0, data=raw)
    return row


def outbound(client: SmtpClient, **fields: Any) -> OutboundMessage:
    now = timezone.now()
    number = OutboundMessage.objects.count()
    made: dict[str, Any] = {
        "smtp_client": client,
        "message_id": f"<{number}@contoso.example>",
        "envelope_from": "support@contoso.example",
        "recipients": [
            {"address": "a@b.example", "state": "pending", "code": None, "text": ""}
        ],
        "subject": "Re: Hello",
        "size": 10,
        "digest": "0" * 64,
        "created_at": now,
        "not_before": now,
        "state_since": now,
    }
    return OutboundMessage.objects.create(**(made | fields))


def live_worker() -> Worker:
    """A worker whose heartbeat is fresh."""
    now = timezone.now()
    return Worker.objects.create(
        name="host:1", started_at=now, beat_at=now, probe_at=now
    )

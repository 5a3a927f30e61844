"""A mailbox on a server in memory, saved as the console would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.utils import timezone

from mailboxes.core.choices import Protocol
from mailboxes.models import Cycle, Fetcher, Mailbox, PopClient, Revision
from mailboxes.services import secrets
from mailboxes.services.fetch import cycle as fetch_cycle
from mailboxes.services.worker import leases, pool
from mailboxes.transports import registry
from mailboxes.transports.base import InboundTransport
from mailboxes.transports.memory import MemoryInbound
from mailboxes.transports.memory_server import MemoryServer

ADDRESS = "support@contoso.example"


@dataclass
class Inbox:
    """A pop-client and the server that it reads."""

    server: MemoryServer
    client: PopClient
    values: dict[str, Any] = field(default_factory=dict)
    address: str = ADDRESS

    @property
    def fetcher(self) -> Fetcher:
        return Fetcher.objects.get(pop_client=self.client)

    def save(self, **changes: Any) -> Revision:
        """A new revision, as a save of the form makes it."""
        self.values |= {name.replace("_", "-"): v for name, v in changes.items()}
        number = self.client.revision + 1
        revision = Revision.objects.create(
            pop_client=self.client, number=number, values=dict(self.values)
        )
        PopClient.objects.filter(pk=self.client.pk).update(revision=number)
        self.client.refresh_from_db()
        return revision

    def deliver(self, *subjects: str, folder: str = "INBOX") -> list[int]:
        return [
            self.server.deliver(self.address, letter(subject), folder=folder)
            for subject in subjects
        ]

    def subjects(self) -> list[str]:
        """Subjects of what is stored, in the order of storing."""
        rows = self.client.messages.order_by("pk")
        return list(rows.values_list("subject", flat=True))

    def run(self, stop: Callable[[], bool] = lambda: False) -> Cycle:
        """Claim the mailbox and run one cycle."""
        fetcher = leases.claim(Fetcher.objects.all(), self.fetcher.pk)
        assert fetcher is not None
        until = time.monotonic() + 60
        return fetch_cycle.FetchCycle(fetcher, stop, until=until).run()

    def stored(self) -> list[tuple[str, str]]:
        """Subject of all that is stored, and why it is in quarantine."""
        rows = self.client.messages.order_by("pk")
        return list(rows.values_list("subject", "reason"))


def letter(subject: str, body: str = "Hello") -> bytes:
    return (
        f"From: Anna <anna@customers.example>\r\nTo: {ADDRESS}\r\n"
        f"Subject: {subject}\r\nMessage-ID: <{subject.replace(' ', '.')}@x.example>\r\n"
        f"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\n\r\n{body}\r\n"
    ).encode()


@pytest.fixture
def memory() -> Iterator[MemoryServer]:
    with (
        MemoryServer("mail.contoso.example") as server,
        registry.override(inbound={Protocol.IMAP: MemoryInbound}),
    ):
        server.add_account(ADDRESS, password="right")
        yield server
        pool.pool.close_all()


@pytest.fixture
def inbox(memory: MemoryServer, db: None) -> Inbox:
    """first-fetch everything, after-fetch leave, one revision."""
    return make_inbox(memory)


@contextmanager
def read_by(kind: type[InboundTransport]) -> Iterator[Inbox]:
    """A mailbox that another double reads."""
    with (
        MemoryServer("mail.contoso.example") as server,
        registry.override(inbound={Protocol.IMAP: kind}),
    ):
        server.add_account(ADDRESS, password="right")
        yield make_inbox(server)
        pool.pool.close_all()


def make_inbox(memory: MemoryServer, address: str = ADDRESS) -> Inbox:
    mailbox = Mailbox.objects.create(address=address)
    section = f"pop-client-{address.partition('@')[0]}"
    client = PopClient.objects.create(section=section, mailbox_row=mailbox)
    made = Inbox(memory, client, address=address)
    made.save(
        type="IMAP",
        server=memory.host,
        password=secrets.seal("right").pk,
        first_fetch="everything",
    )
    Fetcher.objects.create(pop_client=client, next_due=timezone.now())
    return made

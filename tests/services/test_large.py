"""60 MB through whole cycles: fetched into the database, sent out of it, in chunks."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from mailboxes.core.choices import Outcome
from mailboxes.models import (
    Cycle,
    Message,
    MessageChunk,
    OutboundChunk,
    Proxy,
    Sender,
)
from mailboxes.services import fetch, proxies, revisions
from mailboxes.services.outbox import compose, rows as outbox_rows
from mailboxes.services.outbox.cycle import SendCycle
from mailboxes.services.outbox.open_connections import connections
from mailboxes.services.worker.pool import pool
from tests.servers.mailboxes import PASSWORD
from tests.transports.large import MEGABYTE, Letter, digest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.server,
    pytest.mark.django_db,
    pytest.mark.timeout(300),
]
MOST = 16 * MEGABYTE


@pytest.fixture
def way(http_proxy, dovecot) -> Proxy:
    """A further authority comes with a proxy."""
    real = http_proxy.proxy
    yield proxies.save_proxy(
        name="way", host=real.host, port=real.port, ca_pem=dovecot.ca_pem
    )
    pool.close_all()
    connections.close_all()


def growth(act: Callable[[], object]) -> int:
    """Peak of what Python holds in `act`, in bytes."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_large_message_is_fetched_in_chunks(way: Proxy, dovecot, capsys) -> None:
    user = dovecot.new_user()
    letter = Letter(user)
    dovecot.deliver(user, b"".join(letter))
    client = revisions.save_pop_client(
        client=None,
        address=user,
        raw={
            "server": "localhost",
            "port": dovecot.imaps,
            "pop-connection-security": "ssl-tls",
            "mailbox": user,
            "password": PASSWORD,
            "proxy": way.pk,
            "first-fetch": "everything",
            "maximum-msg-size": 100 * MEGABYTE,
        },
    ).client
    grown = growth(lambda: fetch.fetch_now(client.pk))
    [row] = Message.objects.all()
    chunks = MessageChunk.objects.filter(message=row).order_by("number")
    stored = (bytes(one) for one in chunks.values_list("data", flat=True).iterator(2))
    assert digest(stored) == digest(letter)
    assert (row.complete, row.subject) == (True, "large")
    with capsys.disabled():
        print(f"\n60 MB fetched and stored: +{grown >> 20} MB")
    assert grown <= MOST


def test_large_message_is_sent_in_chunks(way: Proxy, dovecot, exim, capsys) -> None:
    user = dovecot.new_user()
    letter = Letter(user)
    client = revisions.save_smtp_client(
        client=None,
        section="smtp-client",
        raw={
            "server": "localhost",
            "port": exim.submissions,
            "smtp-connection-security": "ssl-tls",
            "mailbox": user,
            "password": PASSWORD,
            "proxy": way.pk,
        },
    ).client
    message = compose.queue(
        message=b"Subject: small\r\n\r\n",
        smtp_client=client,
        envelope_from=user,
        recipients=[user],
    )
    OutboundChunk.objects.filter(message=message).delete()
    for number, data in enumerate(letter):
        OutboundChunk.objects.create(message=message, number=number, data=data)
    sender = Sender.objects.get(smtp_client=client)
    grown = growth(SendCycle(sender.pk, lambda: False).run)
    message.refresh_from_db()
    assert message.state == "sent", message.code
    assert digest(outbox_rows.Chunks(message.pk)) == digest(letter)
    assert Cycle.objects.get().outcome == Outcome.OK
    with capsys.disabled():
        print(f"\n60 MB read and sent: +{grown >> 20} MB")
    assert grown <= MOST

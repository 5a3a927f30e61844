"""The longest margin that may be saved, against tokens that live one hour."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import OutboxState
from mailboxes.models import OutboundMessage, Proxy, Sender
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import revisions
from mailboxes.services.outbox import compose, open_connections as outbox_connections
from mailboxes.services.outbox.cycle import SendCycle
from tests.fixtures.connection_tests import ADDRESS, oauth

pytestmark = pytest.mark.django_db
MARGIN = "token-expiry-margin-time"
LETTERS = 3


def test_margin_near_the_life_of_a_token_renews_before_messages_and_loses_none(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    saved = revisions.save_smtp_client(
        client=None,
        section="",
        raw={
            "server": "smtp.office365.com",
            "mailbox": ADDRESS,
            **oauth(proxy=proxy.pk),
            MARGIN: "00:59:59",
        },
    )
    assert [w.rule for w in saved.warnings if w.option == MARGIN] == ["M02-margin-long"]
    for number in range(LETTERS):
        compose.queue(
            message=f"Subject: {number}\r\n\r\nText.\r\n".encode(),
            smtp_client=saved.client,
            envelope_from=ADDRESS,
            recipients=[f"anna{number}@customers.example"],
        )
    SendCycle(Sender.objects.get().pk, lambda: False).run()
    outbox_connections.connections.close_all()
    states = OutboundMessage.objects.values_list("state", flat=True)
    assert list(states) == [OutboxState.SENT] * LETTERS
    assert 1 <= sandbox.requests(ADDRESS)["token"]["ok"] <= LETTERS + 1

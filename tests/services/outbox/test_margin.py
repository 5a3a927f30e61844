"""The longest margin that may be saved, against tokens that live one hour."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import OutboxState
from mailboxes.models import OutboundMessage, Proxy, Sender, SmtpClient
from mailboxes.models.clients import MECHANISMS
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import revisions
from mailboxes.services.outbox import compose, open_connections as outbox_connections
from mailboxes.services.outbox.cycle import SendCycle
from tests.fixtures.connection_tests import ADDRESS, oauth
from tests.fixtures.graph import GATEWAY, graph_smtp

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
    assert isinstance(saved.client, SmtpClient)
    assert sent(saved.client) == [OutboxState.SENT] * LETTERS
    assert 1 <= sandbox.requests(ADDRESS)["token"]["ok"] <= LETTERS + 1


def test_margin_has_no_effect_with_graph_alone(sandbox: Sandbox, proxy: Proxy) -> None:
    """As the form says of it there."""
    client = graph_smtp(proxy, **{MECHANISMS: "", MARGIN: "00:59:59"})
    sandbox.set_token_seconds(3590)
    assert sent(client) == [OutboxState.SENT] * LETTERS
    assert sandbox.requests(GATEWAY.client_id)["token"] == {"ok": 1}


def sent(client: SmtpClient) -> list[str]:
    """States of some messages after a cycle."""
    for number in range(LETTERS):
        compose.queue(
            message=f"Subject: {number}\r\n\r\nText.\r\n".encode(),
            smtp_client=client,
            envelope_from=ADDRESS,
            recipients=[f"anna{number}@customers.example"],
        )
    SendCycle(Sender.objects.get().pk, lambda: False).run()
    outbox_connections.connections.close_all()
    return list(OutboundMessage.objects.values_list("state", flat=True))

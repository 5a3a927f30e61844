"""Mailboxes read and sent from by Graph at the sandbox, beside IMAP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes.core.choices import OutboxState, Outcome, RunState
from mailboxes.core.errors import Code
from mailboxes.models import (
    AuditEvent,
    Cycle,
    Fetcher,
    Listing,
    Message,
    OutboundMessage,
    PopClient,
    Proxy,
    Sender,
    SmtpClient,
)
from mailboxes.sandbox.entra.tokens import TokenEndpoint
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import fetch, revisions
from mailboxes.services.outbox import compose, senders as outbox_senders
from mailboxes.services.outbox.cycle import SendCycle
from mailboxes.services.outbox.open_connections import connections
from mailboxes.services.worker.pool import pool
from tests.fixtures.connection_tests import (
    ADDRESS,
    carried_out,
    failed,
    pop,
    shown,
)
from tests.fixtures.graph import AS_APPLICATION, GATEWAY, graph_pop, graph_smtp
from tests.fixtures.matrix import Claim
from tests.matrix.cells import MICROSOFT, SANDBOX
from tests.sandbox.clients import letter, signed_in

pytestmark = pytest.mark.django_db

ANNA = "anna@customers.example"


@pytest.fixture(autouse=True)
def connections_closed() -> Iterator[None]:
    yield
    pool.close_all()
    connections.close_all()


def cycle(client: PopClient) -> Cycle:
    Fetcher.objects.filter(pop_client=client).update(not_before=None)
    return fetch.fetch_now(client.pk)


def fetched(client: PopClient) -> tuple[str, int]:
    """How a cycle ended, and how many messages there are now."""
    found = cycle(client)
    return found.outcome, Message.objects.filter(pop_client=client).count()


# reading


def test_mail_is_fetched_once_and_then_what_is_new(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = graph_pop(proxy, first_fetch="everything")
    assert fetched(client) == (Outcome.OK, 12)
    assert fetched(client) == (Outcome.OK, 12)
    sandbox.deliver(ADDRESS, letter(1))
    assert fetched(client) == (Outcome.OK, 13)
    assert Message.objects.latest("pk").subject == "Letter 1"
    source = client.sources.get()
    assert (source.type, source.server) == ("GRAPH", "graph.microsoft.com")
    assert source.state.startswith(f"/v1.0/users/{ADDRESS}/mailFolders/")


def test_mail_from_before_is_left_alone_by_default(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = graph_pop(proxy)
    assert fetched(client) == (Outcome.OK, 0)
    sandbox.deliver(ADDRESS, letter(1), letter(2))
    assert fetched(client) == (Outcome.OK, 2)


def test_message_that_imap_moves_away_is_gone_and_one_it_brings_is_fetched(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = graph_pop(proxy)
    cycle(client)
    sandbox.deliver(ADDRESS, letter(1), letter(2))
    with signed_in(sandbox) as imap:
        imap.move([13], "Archive")
    assert fetched(client) == (Outcome.OK, 1)
    with signed_in(sandbox) as imap:
        imap.select_folder("Archive")
        imap.move([1], "INBOX")
    assert fetched(client) == (Outcome.OK, 2)
    with signed_in(sandbox) as imap:
        imap.move([14], "Archive")
    assert fetched(client) == (Outcome.OK, 2)
    gone = Listing.objects.filter(source__pop_client=client, gone=True)
    assert gone.count() == 1


@pytest.mark.parametrize(
    ("action", "folder", "flags"),
    [
        ("mark-read", "INBOX", "\\Seen"),
        ("move", "Archive", ""),
        ("delete", "Deleted Items", ""),
    ],
)
def test_what_is_done_after_the_fetch_is_seen_by_imap(
    sandbox: Sandbox, proxy: Proxy, action: str, folder: str, flags: str
) -> None:
    client = graph_pop(proxy, after_fetch=action, after_fetch_folder="Archive")
    cycle(client)
    sandbox.deliver(ADDRESS, letter(1))
    done = cycle(client)
    assert (done.outcome, done.settled) == (Outcome.OK, 1)
    last = sandbox.messages(ADDRESS, folder)[-1]
    assert (last["message_id"], last["flags"]) == ("<letter.1@contoso.example>", flags)
    assert fetched(client) == (Outcome.OK, 1)


@pytest.mark.parametrize("first", ["IMAP", "GRAPH"])
def test_change_of_the_protocol_stores_nothing_twice(
    sandbox: Sandbox, proxy: Proxy, first: str
) -> None:
    made = pop if first == "IMAP" else graph_pop
    client = made(proxy, first_fetch="everything")
    assert fetched(client) == (Outcome.OK, 12)
    client.refresh_from_db()
    raw = {"type": "GRAPH", **AS_APPLICATION}
    if first == "GRAPH":
        raw = {
            "type": "IMAP",
            "server": "outlook.office365.com",
            "scope": "https://outlook.office.com/.default",
            "client-id": sandbox.client_id,
            "password": sandbox.account(ADDRESS).password,
        }
    revisions.save_pop_client(
        client=client, address=ADDRESS, raw=raw, base_revision=client.revision
    )
    sandbox.deliver(ADDRESS, letter(1))
    assert fetched(client) == (Outcome.OK, 13)
    assert Message.objects.latest("pk").subject == "Letter 1"


def test_throttled_cycle_waits_as_long_as_graph_asks(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = graph_pop(proxy)
    sandbox.fault(ADDRESS, "graph-throttled")
    began = timezone.now()
    found = cycle(client)
    ended = timezone.now()
    assert (found.outcome, found.code) == (Outcome.FAILED, Code.GRAPH_THROTTLED)
    fetcher = Fetcher.objects.get(pop_client=client)
    assert fetcher.state == RunState.THROTTLED
    asked = timedelta(seconds=7)
    assert began + asked <= fetcher.not_before <= ended + asked


def test_refused_token_is_asked_for_anew(sandbox: Sandbox, proxy: Proxy) -> None:
    client = graph_pop(proxy)
    sandbox.fault(ADDRESS, "graph-refuse-token", times=1)
    assert cycle(client).code == Code.TOKEN_NOT_ACCEPTED
    assert cycle(client).outcome == Outcome.OK
    assert sandbox.requests(GATEWAY.client_id)["token"] == {"ok": 2}


def test_token_that_ends_in_a_cycle_is_renewed_once(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = graph_pop(proxy, first_fetch="everything")
    sandbox.fault(ADDRESS, "graph-token-ended", times=1)
    assert fetched(client) == (Outcome.OK, 12)
    assert fetched(client) == (Outcome.OK, 12)
    assert sandbox.requests(GATEWAY.client_id)["token"] == {"ok": 2}


@pytest.mark.parametrize(
    "place", ["credential", "folder", "delta", "value", "content", "batch"]
)
def test_cut_at_any_step_loses_nothing_and_stores_nothing_twice(
    sandbox: Sandbox, proxy: Proxy, place: str
) -> None:
    client = graph_pop(proxy, first_fetch="everything", after_fetch="mark-read")
    sandbox.fault(ADDRESS, f"graph-drop-in-{place}")
    assert cycle(client).code == Code.CONNECTION_LOST
    sandbox.fault(ADDRESS, None)
    assert fetched(client) == (Outcome.OK, 12)
    flags = [one["flags"] for one in sandbox.messages(ADDRESS)]
    assert flags == ["\\Seen"] * 12


# sending


def queue(client: SmtpClient) -> OutboundMessage:
    return compose.queue(
        message=f"From: {ADDRESS}\r\nTo: {ANNA}\r\nSubject: S\r\n\r\nHi\r\n".encode(),
        smtp_client=client,
        envelope_from=ADDRESS,
        recipients=[ANNA],
    )


def send(client: SmtpClient) -> None:
    sender = Sender.objects.get(smtp_client=client)
    Sender.objects.filter(pk=sender.pk).update(not_before=None)
    SendCycle(sender.pk, lambda: False).run()


def test_message_is_sent_once(sandbox: Sandbox, proxy: Proxy, cell: Claim) -> None:
    cell("GRAPH", "client_credentials", MICROSOFT, SANDBOX, "")
    client = graph_smtp(proxy)
    message = queue(client)
    send(client)
    send(client)
    message.refresh_from_db()
    assert message.state == OutboxState.SENT
    assert [one["message_id"] for one in sandbox.delivered()] == [message.message_id]


def lost(sandbox: Sandbox, client: SmtpClient, fault: str) -> OutboundMessage:
    """A message of which nobody knows whether it went out; its first look is due."""
    message = queue(client)
    sandbox.fault(ADDRESS, fault, times=1)
    send(client)
    message.refresh_from_db()
    assert message.state == OutboxState.UNCONFIRMED
    assert outbox_senders.due(timezone.now()) == []
    Sender.objects.update(not_before=None)
    OutboundMessage.objects.update(not_before=timezone.now())
    return message


def test_lost_answer_is_looked_for_in_sent_items(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = graph_smtp(proxy)
    message = lost(sandbox, client, "graph-drop-after-send")
    assert outbox_senders.due(timezone.now()) == [client.sender.pk]
    send(client)
    message.refresh_from_db()
    assert (message.state, message.code) == (OutboxState.SENT, "")
    assert [one["state"] for one in message.recipients] == ["accepted"]
    assert AuditEvent.objects.filter(action="outbox.found-sent").count() == 1
    assert len(sandbox.delivered()) == 1


def test_message_that_is_not_found_waits_for_a_person(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = graph_smtp(proxy)
    message = lost(sandbox, client, "graph-drop-in-sendmail")
    for _ in range(2):
        send(client)
        message.refresh_from_db()
        assert message.state == OutboxState.UNCONFIRMED
        assert message.not_before > timezone.now() + timedelta(minutes=1)
        assert outbox_senders.due(timezone.now()) == []
    OutboundMessage.objects.update(
        not_before=timezone.now(), state_since=timezone.now() - timedelta(hours=1)
    )
    assert outbox_senders.due(timezone.now()) == []
    assert sandbox.delivered() == []


def test_token_that_ends_before_a_message_is_renewed_and_it_goes_out_once(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = graph_smtp(proxy)
    message = queue(client)
    sandbox.fault(ADDRESS, "graph-token-ended", times=1)
    send(client)
    message.refresh_from_db()
    assert (message.state, message.tries) == (OutboxState.SENT, 1)
    assert len(sandbox.delivered()) == 1
    assert sandbox.requests(GATEWAY.client_id)["token"] == {"ok": 2}


@contextmanager
def without_consent(*roles: str) -> Iterator[None]:
    """Nobody has given the application more than these roles yet."""
    with pytest.MonkeyPatch.context() as patch:
        change = {"roles": list(roles)}
        patch.setattr(TokenEndpoint, "_change", lambda *_given: change)
        yield


def test_consent_counts_in_the_next_cycle(sandbox: Sandbox, proxy: Proxy) -> None:
    """The token of before it would be good for an hour or more."""
    client = graph_pop(proxy, first_fetch="everything")
    with without_consent("Mail.Send"):
        assert cycle(client).code == Code.GRAPH_ACCESS_DENIED
    assert fetched(client) == (Outcome.OK, 12)


def test_consent_counts_for_what_is_marked_read(sandbox: Sandbox, proxy: Proxy) -> None:
    """Mail.Read alone brings the mail; Mail.ReadWrite is given after that."""
    client = graph_pop(proxy, first_fetch="everything", after_fetch="mark-read")
    with without_consent("Mail.Read"):
        found = cycle(client)
    assert (found.code, found.stage) == (Code.GRAPH_ACCESS_DENIED, "settle")
    assert fetched(client) == (Outcome.OK, 12)


def test_permission_that_is_never_given_costs_few_tokens(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    """The mail comes once a minute, and what is done with it is refused each time."""
    client = graph_pop(proxy, first_fetch="everything", after_fetch="mark-read")
    with without_consent("Mail.Read"):
        for _ in range(7):
            assert cycle(client).code == Code.GRAPH_ACCESS_DENIED
    assert sandbox.requests(GATEWAY.client_id)["token"] == {"ok": 4}


def test_consent_counts_for_the_next_message(sandbox: Sandbox, proxy: Proxy) -> None:
    client = graph_smtp(proxy)
    message = queue(client)
    with without_consent("Mail.Read"):
        send(client)
    message.refresh_from_db()
    assert (message.state, message.code) == (
        OutboxState.QUEUED,
        Code.GRAPH_ACCESS_DENIED,
    )
    Sender.objects.update(not_before=None)
    send(client)
    message.refresh_from_db()
    assert (message.state, len(sandbox.delivered())) == (OutboxState.SENT, 1)


# connection test


def test_connection_test_of_reading_passes(sandbox: Sandbox, proxy: Proxy) -> None:
    run = carried_out(graph_pop(proxy))
    assert shown(run)[-4:] == [
        "s:proxy passed",
        "s:tls passed",
        "s:sign-in passed",
        "s:mailbox passed",
    ]
    checks = {
        f"{one.evidence.get('side')}:{one.stage}": one for one in run.checks.all()
    }
    assert checks["authority:claims"].evidence["aud"] == "https://graph.microsoft.com"
    assert checks["server:tls"].evidence["host"] == "graph.microsoft.com"
    assert checks["server:mailbox"].evidence["messages"] == 12


def test_connection_test_of_sending_sends_where_it_is_asked(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = graph_smtp(proxy)
    assert carried_out(client).state == "passed"
    assert sandbox.delivered() == []
    run = carried_out(client, send_to=ANNA)
    assert run.state == "passed"
    assert [one["to"] for one in sandbox.delivered()] == [[ANNA]]


def test_connection_test_ends_at_a_policy_that_excludes_the_mailbox(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    check = failed(carried_out(graph_pop(proxy, "noaccess@contoso.example")))
    assert (check.stage, check.code) == ("mailbox", Code.GRAPH_ODATA_DISABLED)

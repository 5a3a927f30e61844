"""A token that ends while it is used: renewed once, nothing lost, nothing twice.

At the sandbox, which ends the session (IMAP, POP3) or answers 401 (EWS, Graph) at a
moment that the test chooses; SMTP looks at a token at sign-in only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, NamedTuple

import pytest
from django.utils import timezone

from mailboxes.core.choices import OutboxState, Outcome
from mailboxes.models import (
    Cycle,
    Fetcher,
    Message,
    OutboundMessage,
    PopClient,
    Proxy,
    Sender,
    SmtpClient,
)
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import fetch
from mailboxes.services.fetch import bodies
from mailboxes.services.outbox import compose
from mailboxes.services.outbox.cycle import SendCycle
from mailboxes.services.outbox.open_connections import connections
from mailboxes.services.worker.pool import pool
from mailboxes.transports.ews import EwsInbound, calls
from mailboxes.transports.graph import inbound as graph_inbound
from mailboxes.transports.graph.inbound import GraphInbound
from mailboxes.transports.graph.outbound import GraphOutbound
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.pop3 import Pop3Transport
from tests.fixtures.connection_tests import ADDRESS, pop, smtp
from tests.fixtures.graph import GATEWAY, graph_pop, graph_smtp

pytestmark = pytest.mark.django_db
ANNA = "anna@customers.example"
EXCHANGE = "https://outlook.office365.com/EWS/Exchange.asmx"
LETTERS = 12  # in the inbox of each account of the sandbox


class Way(NamedTuple):
    """type: of the pop-client. action: after the fetch. fault: the token has ended."""

    type: str
    kind: type
    server: str
    action: str
    fault: str


WAYS = {
    "IMAP": Way(
        "IMAP",
        ImapTransport,
        "outlook.office365.com",
        "mark-read",
        "imap-token-ended",
    ),
    "POP3": Way(
        "POP3", Pop3Transport, "outlook.office365.com", "delete", "pop3-token-ended"
    ),
    "EWS": Way("EWS", EwsInbound, EXCHANGE, "mark-read", "ews-refuse-token"),
    "GRAPH": Way("GRAPH", GraphInbound, "", "mark-read", "graph-refuse-token"),
}


@pytest.fixture(autouse=True)
def connections_closed() -> Iterator[None]:
    yield
    pool.close_all()
    connections.close_all()


def reader(way: Way, proxy: Proxy) -> PopClient:
    if way.type == "GRAPH":
        return graph_pop(proxy, first_fetch="everything", after_fetch=way.action)
    return pop(
        proxy,
        type=way.type,
        server=way.server,
        first_fetch="everything",
        after_fetch=way.action,
    )


def asked_for(sandbox: Sandbox, way: str) -> int:
    """Tokens that the authority has given."""
    who = GATEWAY.client_id if way == "GRAPH" else ADDRESS
    return int(sandbox.requests(who)["token"]["ok"])


def before_call(
    monkeypatch: pytest.MonkeyPatch,
    kind: type,
    verb: str,
    act: Callable[[], None],
    number: int = 1,
) -> None:
    """`act` before the number-th call of a verb."""
    real = getattr(kind, verb)
    calls = 0

    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            act()
        return real(self, *args, **kwargs)

    monkeypatch.setattr(kind, verb, wrapped)


def cycle(client: PopClient) -> Cycle:
    Fetcher.objects.update(not_before=None, next_due=timezone.now())
    return fetch.fetch_now(client.pk)


@pytest.mark.parametrize(
    ("verb", "number"),
    [
        pytest.param("select", 1, marks=pytest.mark.slow),
        ("stream", 2),
        pytest.param("settle", 1, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("name", WAYS)
def test_token_that_ends_in_a_cycle_is_renewed_once_in_it(
    sandbox: Sandbox,
    proxy: Proxy,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    verb: str,
    number: int,
) -> None:
    way = WAYS[name]
    monkeypatch.setattr(bodies, "WINDOW_MESSAGES", 5)
    before_call(
        monkeypatch,
        way.kind,
        verb,
        lambda: sandbox.fault(ADDRESS, way.fault, times=1),
        number,
    )
    client = reader(way, proxy)
    there = sorted(one["sha256"] for one in sandbox.messages(ADDRESS))
    done = cycle(client)
    assert (done.outcome, done.code, done.settled) == (Outcome.OK, "", LETTERS)
    assert sandbox.box.faults.listing() == {}
    rows = Message.objects.filter(pop_client=client)
    assert sorted(rows.values_list("digest", flat=True)) == there
    assert asked_for(sandbox, name) == 2
    assert cycle(client).outcome == Outcome.OK
    assert rows.count() == LETTERS
    assert asked_for(sandbox, name) == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["EWS", "GRAPH"])
def test_token_that_ends_between_two_pages_is_renewed_once(
    sandbox: Sandbox, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    way = WAYS[name]
    monkeypatch.setattr(graph_inbound, "AT_A_TIME", 5)
    monkeypatch.setattr(calls.Sync, "MOST", 5)
    real = way.kind.changes
    pages = 0

    def changes(self: Any, state: str, since: Any) -> Iterator[Any]:
        nonlocal pages
        for page in real(self, state, since):
            pages += 1
            yield page
            if pages == 1:
                sandbox.fault(ADDRESS, way.fault, times=1)

    monkeypatch.setattr(way.kind, "changes", changes)
    client = reader(way, proxy)
    assert cycle(client).outcome == Outcome.OK
    assert sandbox.box.faults.listing() == {}
    assert pages >= 3
    assert Message.objects.filter(pop_client=client).count() == LETTERS
    assert asked_for(sandbox, name) == 2


def test_token_that_is_refused_again_in_a_cycle_ends_it(
    sandbox: Sandbox, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = WAYS["IMAP"]
    for number in (1, 2):
        before_call(
            monkeypatch,
            way.kind,
            "select",
            lambda: sandbox.fault(ADDRESS, way.fault, times=1),
            number,
        )
    client = reader(way, proxy)
    found = cycle(client)
    assert (found.outcome, found.code) == (Outcome.FAILED, "session-token-ended")
    assert asked_for(sandbox, "IMAP") == 2


# sending


def writer(name: str, proxy: Proxy) -> SmtpClient:
    if name == "GRAPH":
        return graph_smtp(proxy)
    if name == "EWS":
        return smtp(proxy, server_type="EWS", server=EXCHANGE)
    # A connection whose token ends within five and a half minutes is made anew.
    return smtp(proxy, token_expiry_margin_time="00:05:30")


def queued(client: SmtpClient, number: int, attached: int = 0) -> OutboundMessage:
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = ADDRESS, ANNA, f"Number {number}"
    made.set_content("Hello\r\n")
    for part in range(attached):
        made.add_attachment(
            bytes([part]) * 3_000_000,
            maintype="application",
            subtype="octet-stream",
            filename=f"{part}.bin",
        )
    return compose.queue(
        message=made.as_bytes(),
        smtp_client=client,
        envelope_from=ADDRESS,
        recipients=[ANNA],
    )


def sent(client: SmtpClient, stop: Callable[[], bool] = lambda: False) -> None:
    SendCycle(Sender.objects.get(smtp_client=client).pk, stop).run()


def outcome(sandbox: Sandbox) -> tuple[list[str], list[int]]:
    """States of the queue, and how often each of its messages was delivered."""
    taken = [one["message_id"] for one in sandbox.delivered()]
    rows = OutboundMessage.objects.order_by("pk")
    return (
        list(rows.values_list("state", flat=True)),
        [taken.count(row.message_id) for row in rows],
    )


ALL_SENT = [OutboxState.SENT] * 3, [1, 1, 1]


@pytest.mark.slow
@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("name", ["EWS", "GRAPH"])
def test_token_that_ends_between_messages_is_renewed_once(
    sandbox: Sandbox, proxy: Proxy, name: str, at: int
) -> None:
    """Before the first message, on a connection that is open already, or later."""
    client = writer(name, proxy)
    queued(client, 0)
    sent(client)
    for number in (1, 2):
        queued(client, number)
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        if asked == at:
            sandbox.fault(ADDRESS, WAYS[name].fault, times=1)
        return False

    sent(client, stop)
    assert outcome(sandbox) == ALL_SENT
    assert asked_for(sandbox, name) == (1 if at == 1 else 2)


def test_smtp_connection_is_made_anew_before_its_token_ends(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = writer("SMTP", proxy)
    for number in range(3):
        queued(client, number)
    sandbox.set_token_seconds(329)
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        if asked == 2:
            sandbox.set_token_seconds(None)
        return False

    sent(client, stop)
    assert outcome(sandbox) == ALL_SENT
    assert asked_for(sandbox, "SMTP") == 2


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["between uploads", "before the draft is sent"])
def test_token_that_ends_amid_uploads_is_renewed_and_the_message_goes_out_once(
    sandbox: Sandbox, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    client = writer("GRAPH", proxy)
    message = queued(client, 0, attached=2)
    before_call(
        monkeypatch,
        GraphOutbound,
        "_attach" if moment == "between uploads" else "_hand_over",
        lambda: sandbox.fault(ADDRESS, "graph-refuse-token", times=1),
        2 if moment == "between uploads" else 1,
    )
    sent(client)
    message.refresh_from_db()
    assert message.state == OutboxState.SENT
    assert [one["message_id"] for one in sandbox.delivered()] == [message.message_id]
    assert sandbox.messages(ADDRESS, "Drafts") == []
    assert asked_for(sandbox, "GRAPH") == 2

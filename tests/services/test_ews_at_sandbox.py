"""Mailboxes read and sent from by EWS: whole cycles against the sandbox's Exchange."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from mailboxes.core.choices import Grant, OutboxState, Outcome, RunState
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
from mailboxes.models.clients import MECHANISMS
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import connect, fetch, revisions
from mailboxes.services.options import snapshots
from mailboxes.services.outbox import compose
from mailboxes.services.outbox.cycle import SendCycle
from mailboxes.services.worker.pool import pool
from tests.fixtures.connection_tests import ADDRESS, carried_out, pop, shown, smtp
from tests.fixtures.matrix import Claim
from tests.matrix.cells import BASIC, MICROSOFT, SANDBOX

pytestmark = pytest.mark.django_db

ONLINE = "https://outlook.office365.com/EWS/Exchange.asmx"
OWN = f"https://{world.ON_PREMISES}/EWS/Exchange.asmx"
LEGACY = "legacy@contoso.example"
APP = world.APPS[world.CONFIDENTIAL_APP_ID]
AS_APP: dict[str, object] = {
    "client-id": APP.client_id,
    "password": APP.secret,
    "grant-type": Grant.CLIENT_CREDENTIALS.value,
}
ALL = {"first-fetch": "everything"}
CUSTOMER, HIDDEN = "anna@customers.example", "boss@customers.example"


@pytest.fixture(autouse=True)
def no_line_is_kept() -> Iterator[None]:
    yield
    pool.close_all()


def reader(proxy: Proxy | None, address: str = ADDRESS, **changes: Any) -> PopClient:
    values = {"type": "EWS", "server": ONLINE, **ALL, **changes}
    return pop(proxy, address, **values)


def sender(proxy: Proxy | None, address: str = ADDRESS, **changes: Any) -> SmtpClient:
    values = {"server-type": "EWS", "server": ONLINE, **changes}
    return smtp(proxy, address, **values)


def by_password(address: str = LEGACY) -> dict[str, object]:
    password = world.accounts()[address].password
    return {"server": OWN, MECHANISMS: "", "password": password}


def fetched(client: PopClient) -> Cycle:
    """One cycle, over a new connection."""
    pool.close_all()
    return fetch.fetch_now(client.pk)


def digests(client: PopClient) -> list[str]:
    rows = Message.objects.filter(pop_client=client)
    return sorted(rows.values_list("digest", flat=True))


def lying(sandbox: Sandbox, folder: str, address: str = ADDRESS) -> list[str]:
    return sorted(one["sha256"] for one in sandbox.messages(address, folder))


def test_mailbox_is_fetched_whole_and_once(
    sandbox: Sandbox, proxy: Proxy, cell: Claim
) -> None:
    cell("EWS", "password", MICROSOFT, SANDBOX, "")
    client = reader(proxy)
    assert fetched(client).outcome == Outcome.OK
    first = Message.objects.filter(pop_client=client).count()
    assert fetched(client).outcome == Outcome.OK
    sandbox.write(ADDRESS, 3)
    assert fetched(client).outcome == Outcome.OK
    assert (first, Message.objects.filter(pop_client=client).count()) == (12, 15)
    assert sandbox.requests(ADDRESS)["ews"] == {
        "ok": sandbox.requests(ADDRESS)["ews"]["ok"]
    }


def test_first_fetch_from_now_leaves_what_was_there(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = reader(proxy, **{"first-fetch": "from-now"})
    fetched(client)
    sandbox.write(ADDRESS)
    fetched(client)
    assert Message.objects.filter(pop_client=client).count() == 1


@pytest.mark.parametrize(
    ("action", "folder"),
    [("move", "Archive"), ("delete", "Deleted Items"), ("mark-read", "INBOX")],
)
def test_messages_are_settled_on_the_server(
    sandbox: Sandbox, proxy: Proxy, action: str, folder: str
) -> None:
    before = lying(sandbox, "INBOX")
    target = {"after-fetch-folder": folder} if action == "move" else {}
    client = reader(proxy, **{"after-fetch": action, **target})
    assert fetched(client).outcome == Outcome.OK
    assert lying(sandbox, folder) == before
    if action == "mark-read":
        found = sandbox.messages(ADDRESS)
        assert {one["flags"] for one in found} == {"\\Seen"}
    else:
        assert lying(sandbox, "INBOX") == []
    assert fetched(client).outcome == Outcome.OK
    assert Message.objects.filter(pop_client=client).count() == 12


def test_application_reads_by_impersonation(
    sandbox: Sandbox, proxy: Proxy, cell: Claim
) -> None:
    cell("EWS", "client_credentials", MICROSOFT, SANDBOX, "")
    client = reader(proxy, **AS_APP)
    assert fetched(client).outcome == Outcome.OK
    assert Message.objects.filter(pop_client=client).count() == 12


def test_own_server_takes_a_password(
    sandbox: Sandbox, proxy: Proxy, cell: Claim
) -> None:
    cell("EWS", BASIC, MICROSOFT, SANDBOX, "")
    client = reader(proxy, LEGACY, **by_password())
    assert fetched(client).outcome == Outcome.OK
    assert Message.objects.filter(pop_client=client).count() == 12


def test_folder_is_found_by_its_path(sandbox: Sandbox, proxy: Proxy) -> None:
    client = reader(proxy, **{"folder-path": "sent items"})
    assert fetched(client).outcome == Outcome.OK
    assert Message.objects.filter(pop_client=client).count() == 0


@pytest.mark.parametrize(
    "fault",
    [
        "ews-drop-at-login",
        "ews-drop-in-list",
        "ews-drop-in-fetch",
        "ews-drop-in-settle",
        "ews-drop-after-settle",
    ],
)
def test_cut_at_any_step_loses_and_doubles_nothing(
    sandbox: Sandbox, proxy: Proxy, fault: str
) -> None:
    before = lying(sandbox, "INBOX")
    client = reader(proxy, **{"after-fetch": "move", "after-fetch-folder": "Archive"})
    sandbox.fault(ADDRESS, fault, times=1)
    broken = fetched(client)
    again = fetched(client)
    assert again.outcome == Outcome.OK
    assert broken.outcome in (Outcome.FAILED, Outcome.OK)
    assert len(digests(client)) == 12
    assert lying(sandbox, "Archive") == before
    assert lying(sandbox, "INBOX") == []


def queued(client: SmtpClient, address: str = ADDRESS) -> OutboundMessage:
    letter = (
        f"From: {address}\r\nTo: Anna <{CUSTOMER}>\r\nSubject: Order\r\n\r\nHello\r\n"
    )
    return compose.queue(
        message=letter.encode(),
        smtp_client=client,
        envelope_from=address,
        recipients=[CUSTOMER, HIDDEN],
    )


def sent(client: SmtpClient) -> Sender:
    row = Sender.objects.get(smtp_client=client)
    SendCycle(row.pk, lambda: False).run()
    row.refresh_from_db()
    return row


@pytest.mark.parametrize("way", ["user", "application", "own server"])
def test_message_is_sent_to_all_of_its_envelope(
    sandbox: Sandbox, proxy: Proxy, way: str
) -> None:
    address = LEGACY if way == "own server" else ADDRESS
    more = {"user": {}, "application": AS_APP, "own server": by_password()}[way]
    client = sender(proxy, address, **more)
    message = queued(client, address)
    assert sent(client).state == RunState.ACTIVE
    message.refresh_from_db()
    assert message.state == OutboxState.SENT
    [taken] = sandbox.delivered()
    assert sorted(taken["to"]) == [CUSTOMER, HIDDEN]
    assert taken["message_id"] == message.message_id
    assert lying(sandbox, "Sent Items", address) == [taken["sha256"]]


def test_bcc_is_not_shown_to_anybody(sandbox: Sandbox, proxy: Proxy) -> None:
    client = sender(proxy)
    queued(client)
    sent(client)
    [taken] = sandbox.delivered()
    content = b"".join(_content(sandbox, taken["sha256"]))
    assert HIDDEN.encode() not in content
    assert hashlib.sha256(content).hexdigest() == taken["sha256"]


def _content(sandbox: Sandbox, digest: str) -> list[bytes]:
    def read() -> list[bytes]:
        store = sandbox.box.store
        place = store.folder(ADDRESS, "Sent Items")
        assert place is not None
        entries = [e for e in store.entries(place.id) if e.sha256 == digest]
        return [body or b"" for body in store.bodies([e.body for e in entries])]

    return sandbox._call(read)


def test_line_cut_before_a_message_is_taken_leaves_it_queued(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = sender(proxy)
    message = queued(client)
    sandbox.fault(ADDRESS, "ews-drop-at-login", times=1)
    sent(client)
    message.refresh_from_db()
    assert message.state == OutboxState.QUEUED
    Sender.objects.update(state=RunState.ACTIVE, not_before=None)
    sent(client)
    message.refresh_from_db()
    assert (message.state, len(sandbox.delivered())) == (OutboxState.SENT, 1)


@pytest.mark.parametrize(
    ("fault", "taken"), [("ews-drop-before-send", 0), ("ews-drop-after-send", 1)]
)
def test_lost_answer_is_unconfirmed_and_looked_up(
    sandbox: Sandbox, proxy: Proxy, fault: str, taken: int
) -> None:
    client = sender(proxy)
    message = queued(client)
    sandbox.fault(ADDRESS, fault, times=1)
    sent(client)
    sent(client)
    message.refresh_from_db()
    assert message.state == OutboxState.UNCONFIRMED
    assert len(sandbox.delivered()) == taken
    with connect.outbound(snapshots.take(client)) as transport:
        found = transport.find_sent(message.message_id)
    assert found is bool(taken)


def test_token_that_ends_between_two_messages_is_renewed_once(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    client = sender(proxy)
    messages = [queued(client), queued(client), queued(client)]
    row = Sender.objects.get(smtp_client=client)
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        if asked == 2:
            sandbox.fault(ADDRESS, "ews-refuse-token", times=1)
        return False

    SendCycle(row.pk, stop).run()
    states = [OutboundMessage.objects.get(pk=one.pk).state for one in messages]
    assert states == [OutboxState.SENT] * 3
    assert len(sandbox.delivered()) == 3
    assert sandbox.requests(ADDRESS)["token"] == {"ok": 2}
    assert Fetcher.objects.count() == 0


def test_connection_test_of_ews_has_every_check(sandbox: Sandbox, proxy: Proxy) -> None:
    run = carried_out(reader(proxy))
    assert run.state == "passed"
    assert shown(run)[-4:] == [
        "s:proxy passed",
        "s:tls passed",
        "s:sign-in passed",
        "s:mailbox passed",
    ]
    checks = {check.stage: check for check in run.checks.all()}
    assert checks["sign-in"].evidence["host"] == "outlook.office365.com"
    assert checks["mailbox"].evidence["messages"] == 12


def test_connection_test_sends_by_ews_when_asked(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    run = carried_out(sender(proxy, **AS_APP), send_to=CUSTOMER)
    assert run.state == "passed"
    [mail] = sandbox.delivered()
    assert mail["to"] == [CUSTOMER]


def test_change_of_protocol_stores_nothing_twice(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    """Sizes differ by protocol: Exchange tells another one than that of the MIME."""
    client = reader(proxy, **{"type": "IMAP", "server": "outlook.office365.com"})
    assert fetched(client).outcome == Outcome.OK
    sandbox.write(ADDRESS)
    client.refresh_from_db()
    revisions.save_pop_client(
        client=client,
        address=ADDRESS,
        raw={"type": "EWS", "server": ONLINE},
        base_revision=client.revision,
    )
    assert fetched(client).outcome == Outcome.OK
    assert len(digests(client)) == 13

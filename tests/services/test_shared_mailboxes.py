"""Shared mailboxes: the token of one account opens the mailbox of another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mailboxes.core.choices import Grant, OutboxState, Outcome
from mailboxes.models import (
    Message,
    OutboundMessage,
    PopClient,
    Proxy,
    Sender,
    SmtpClient,
    TokenCache,
)
from mailboxes.models.clients import MECHANISMS
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import connect, fetch, revisions, sign_ins, tokens
from mailboxes.services.connection_test import checks as connection_checks
from mailboxes.services.findings import find
from mailboxes.services.option_rules import clean, options_by_name
from mailboxes.services.options import pins, snapshots
from mailboxes.services.outbox import compose
from mailboxes.services.outbox.cycle import SendCycle
from mailboxes.services.outbox.open_connections import connections
from mailboxes.services.sign_ins import work as sign_in_work
from mailboxes.services.worker.pool import pool
from tests.fixtures import person
from tests.fixtures.connection_tests import carried_out, failed, oauth, pop, smtp
from tests.services.sign_ins.test_sign_ins import BACK, came_back

pytestmark = pytest.mark.django_db

SHARED = "service@contoso.example"
PERSON = "support@contoso.example"  # Full Access and Send As
READER = "orders@contoso.example"  # Full Access alone
NOBODY = "returns@contoso.example"  # no rights
ANNA = "anna@customers.example"
EWS = "https://outlook.office365.com/EWS/Exchange.asmx"
GRAPH = {
    "server": "",
    "scope": "https://graph.microsoft.com/.default",
    "grant-type": "user_password",
}
IN: dict[str, dict[str, object]] = {
    "IMAP": {},
    "POP3": {"type": "POP3"},
    "EWS": {"type": "EWS", "server": EWS},
    "GRAPH": {"type": "GRAPH", **GRAPH},
}
OUT: dict[str, dict[str, object]] = {
    "SMTP": {},
    "EWS": {"server-type": "EWS", "server": EWS},
    "GRAPH": {"server-type": "GRAPH", **GRAPH},
}


@pytest.fixture(autouse=True)
def connections_closed() -> Iterator[None]:
    yield
    pool.close_all()
    connections.close_all()


def by(account: str, **more: object) -> dict[str, Any]:
    """Who signs in, with which password."""
    return {
        "account": account,
        "password": world.accounts()[account].password,
        **more,
    }


def fetching(proxy: Proxy, account: str, protocol: str, **more: object) -> PopClient:
    return pop(proxy, SHARED, **{**by(account), **IN[protocol], **more})


def sending(proxy: Proxy, account: str, protocol: str, **more: object) -> SmtpClient:
    return smtp(proxy, SHARED, **{**by(account), **OUT[protocol], **more})


def sent(client: SmtpClient) -> OutboundMessage:
    letter = f"From: {SHARED}\r\nTo: {ANNA}\r\nSubject: Hi\r\n\r\nHello\r\n"
    message = compose.queue(
        message=letter.encode(),
        smtp_client=client,
        envelope_from=SHARED,
        recipients=[ANNA],
    )
    SendCycle(Sender.objects.get(smtp_client=client).pk, lambda: False).run()
    return OutboundMessage.objects.get(pk=message.pk)


@pytest.mark.parametrize("protocol", IN)
def test_mail_is_fetched_with_the_token_of_another(
    sandbox: Sandbox, proxy: Proxy, protocol: str
) -> None:
    client = fetching(proxy, READER, protocol, **{"first-fetch": "everything"})
    found = fetch.fetch_now(client.pk)
    assert (found.outcome, Message.objects.count()) == (Outcome.OK, 12)
    # The person signed in at the authority, and the mailbox was opened.
    assert sandbox.requests(READER)["token"] == {"ok": 1}
    assert sandbox.requests(SHARED).keys() & {"token"} == set()
    [cache] = TokenCache.objects.all()
    assert cache.username == READER


@pytest.mark.parametrize("protocol", OUT)
def test_mail_is_sent_in_its_name(
    sandbox: Sandbox, proxy: Proxy, protocol: str
) -> None:
    client = sending(proxy, PERSON, protocol)
    assert sent(client).state == OutboxState.SENT
    [delivered] = sandbox.delivered()
    assert (delivered["from"], delivered["to"]) == (SHARED, [ANNA])


@pytest.mark.parametrize("protocol", OUT)
def test_who_may_only_read_does_not_send(
    sandbox: Sandbox, proxy: Proxy, protocol: str
) -> None:
    message = sent(sending(proxy, READER, protocol))
    assert (message.state, sandbox.delivered()) == (OutboxState.FAILED, [])
    finding = find(message.code, message.evidence, stage=message.stage)
    assert finding.step == "mailbox-rights"
    assert finding.copy == (
        f"Add-RecipientPermission '{SHARED}' -Trustee '{READER}' -AccessRights SendAs",
    )


@pytest.mark.parametrize("protocol", IN)
def test_missing_full_access_is_named(
    sandbox: Sandbox, proxy: Proxy, protocol: str
) -> None:
    check = failed(carried_out(fetching(proxy, NOBODY, protocol)))
    finding = find(check.code, check.evidence, stage=check.stage)
    assert (finding.id, finding.option) == ("shared-rights-missing", "account")
    assert finding.copy == (
        f"Add-MailboxPermission -Identity '{SHARED}' -User '{NOBODY}'"
        " -AccessRights FullAccess",
    )
    assert NOBODY in str(finding.cause)


def test_shared_mailbox_itself_cannot_sign_in(sandbox: Sandbox, proxy: Proxy) -> None:
    own = world.accounts()[SHARED].password
    check = failed(carried_out(pop(proxy, SHARED, password=own)))
    finding = find(check.code, check.evidence, stage=check.stage)
    assert (check.code, finding.option) == ("AADSTS50057", "account")
    assert not finding.portal_first  # the field comes first


def test_graph_permission_for_ones_own_mailbox_is_not_enough(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    taken = snapshots.take(fetching(proxy, READER, "GRAPH"))
    claims = {"scp": "Mail.ReadWrite User.Read", "upn": READER}
    assert connection_checks._graph_needs(taken) == (
        "Mail.Read.Shared",
        "Mail.ReadWrite.Shared",
    )
    refused = find(
        "graph-access-denied",
        {"user": SHARED, "account": READER, "protocol": "GRAPH", "claims": claims},
    )
    assert refused.id == "refused-token-permission"
    assert "Mail.ReadWrite.Shared" in str(refused.fix)


def test_token_of_a_third_person_is_another_finding() -> None:
    facts = {"user": SHARED, "account": READER, "protocol": "IMAP", "at": 0}
    claims = {"upn": NOBODY, "scp": "IMAP.AccessAsUser.All"}
    found = find("token-not-accepted", facts | {"claims": claims})
    assert found.id == "refused-token-other-user"


# the option


def test_one_token_serves_the_mailboxes_of_a_person(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    """Two shared mailboxes and the own one: one account, one cache, one request."""
    clients = [fetching(proxy, PERSON, "IMAP"), pop(proxy, PERSON)]
    password = snapshots.take(clients[0])["password"]
    revisions.put_password(clients[1], password, None, "the same")
    keys = [tokens.cache_key(snapshots.take(client)) for client in clients]
    assert keys[0] == keys[1]


def test_account_has_an_effect_only_where_a_person_signs_in() -> None:
    """The condition for pages is the one that requests go by."""
    for kind, type_ in (("pop-client", "type"), ("smtp-client", "server-type")):
        option = options_by_name(kind)["account"]
        for grant in Grant:
            for protocol in ("IMAP", "SMTP", "EWS", "GRAPH"):
                for mechanism in ("", "XOAUTH2"):
                    for host in ("login.microsoftonline.com", "accounts.google.com"):
                        values = {
                            type_: protocol,
                            MECHANISMS: mechanism,
                            "grant-type": grant.value,
                            "tenant-authority": f"https://{host}",
                        }
                        applies = option.applies(values)
                        assert applies == pins.signs_in_as_person(values), values


@pytest.mark.parametrize(
    "changes",
    [
        {"grant-type": "client_credentials"},
        {"type": "GRAPH"},
        {MECHANISMS: ""},
        {"tenant-authority": "https://accounts.google.com"},
    ],
)
def test_account_without_effect_is_kept_and_marked(changes: dict[str, str]) -> None:
    raw = {**oauth(PERSON), "account": READER, "enable-client": False, **changes}
    cleaned = clean("pop-client", raw, address=SHARED)
    said = {one.option: one.rule for one in cleaned.warnings}
    assert said["account"] == "F04-no-effect"
    assert pins.account(cleaned.effective, SHARED) == SHARED


def test_revision_from_before_the_option_signs_in_as_the_mailbox(proxy: Proxy) -> None:
    revision = snapshots.newest(pop(proxy, PERSON))
    del revision.values["account"]
    taken = snapshots.of(revision)
    assert (taken.account, taken.is_shared) == (PERSON, False)


def test_transport_is_told_both(sandbox: Sandbox, proxy: Proxy) -> None:
    taken = snapshots.take(fetching(proxy, READER, "IMAP"))
    credential = connect.inbound(taken).credential
    assert (credential.login, credential.account) == (SHARED, READER)


# the sign-in of an owner


def test_person_signs_in_once_for_shared_mailbox_and_own(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    link: dict[str, Any] = {"grant-type": "authorization_code", "password": None}
    off = {"enable-client": False, **link}
    shared = fetching(proxy, PERSON, "IMAP", **off)
    sends = sending(proxy, PERSON, "SMTP", **off)
    own = pop(proxy, PERSON, **off)
    other = pop(proxy, READER, **off)
    row = sign_ins.begin(shared, None, BACK)
    assert row.login == PERSON
    back = person.sent_back(sandbox, PERSON, sign_ins.address(row))
    assert came_back(back) is not None
    assert sign_in_work.carry_out(row.pk) is True
    held = [snapshots.take(one)["password"] for one in (shared, sends, own, other)]
    assert (len(set(held[:3])), held[0] is not None, held[3]) == (1, True, None)
    with connect.inbound(snapshots.take(shared)) as transport:
        assert transport.alive()


def test_sign_in_of_another_is_refused_at_the_account(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    link = {"grant-type": "authorization_code", "password": None}
    client = fetching(proxy, PERSON, "IMAP", **{"enable-client": False, **link})
    row = sign_ins.begin(client, None, BACK)
    back = person.sent_back(sandbox, READER, sign_ins.address(row))
    came_back(back)
    sign_in_work.carry_out(row.pk)
    row.refresh_from_db()
    assert (row.state, row.code) == ("failed", "sign-in-other-account")
    finding = sign_ins.finding(row)
    assert finding is not None and finding.option == "account"

"""50 mailboxes on one registration: its secret is replaced in one edit.

The pop-clients use it at their next cycle, the smtp-client after Restart sending, and
the pages say so in between. The authority is played here: the token that it gives for a
client secret is that very secret, so that the server in memory sees which one was used.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from mailboxes.core.choices import Outcome, Protocol
from mailboxes.models import AuditEvent, Fetcher, PopClient, SecretValue, SmtpClient
from mailboxes.services import secrets, tokens
from mailboxes.services.fetch import cycle as fetch_cycle
from mailboxes.services.outbox import open_connections as outbox_connections
from mailboxes.services.outbox.cycle import SendCycle
from mailboxes.services.worker import leases, pool
from mailboxes.transports import registry
from mailboxes.transports.base import Credential
from mailboxes.transports.memory import MemoryInbound, MemoryOutbound, MemoryServer
from tests import factories
from tests.services import sending
from tests.services.option_sets import saved_pop, saved_smtp

pytestmark = pytest.mark.django_db

MANY = 50
FIRST, SECOND = "first~client-secret", "second~client-secret"
APP_ONLY = {
    "grant-type": "client_credentials",
    "directory-id": "",
    "client-id": "",
    "password": "",
}


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Which client secret each section last signed in with."""
    used: dict[str, str] = {}

    def credential(snapshot, policy, **more):
        secret = secrets.reveal(snapshot["password"])
        used[snapshot.section] = secret
        return Credential(login=snapshot.login, token=secret), True

    monkeypatch.setattr(tokens, "credential", credential)
    return used


@pytest.fixture
def servers(authority: dict[str, str]) -> Iterator[list[MemoryServer]]:
    with (
        MemoryServer("outlook.office365.com") as inbound,
        MemoryServer("smtp.office365.com") as outbound,
        registry.override(
            inbound={Protocol.IMAP: MemoryInbound},
            outbound={Protocol.SMTP: MemoryOutbound},
        ),
    ):
        yield [inbound, outbound]
        pool.pool.close_all()
        outbox_connections.connections.close_all()


def take(servers: list[MemoryServer], secret: str) -> None:
    """The provider takes this secret only, for every mailbox."""
    logins = [f"team{number}@contoso.com" for number in range(MANY)]
    for login in [*logins, "support@contoso.com"]:
        for server in servers:
            if login in server.accounts:
                server.accounts[login].token = secret
            else:
                server.add_account(login, token=secret)


def fetch_all() -> set[str]:
    """One cycle of every mailbox; their outcomes."""
    outcomes = set()
    for pk in Fetcher.objects.values_list("pk", flat=True):
        fetcher = leases.claim(Fetcher.objects.all(), pk)
        assert fetcher is not None
        outcomes.add(fetch_cycle.FetchCycle(fetcher, lambda: False).run().outcome)
    return outcomes


def send_one(client: SmtpClient) -> None:
    message = sending.queue(client)
    SendCycle(client.sender.pk, lambda: False).run()
    message.refresh_from_db()
    assert message.state == "sent"


def states(browser: Client, client: PopClient | SmtpClient) -> tuple[int, int, int]:
    """(saved, in effect, pending changes) as the JSON of the compare page has it."""
    kind = "pop" if isinstance(client, PopClient) else "smtp"
    page = browser.get(f"/option-sets/{kind}/{client.pk}/compare.json").json()
    return page["revision_saved"], page["revision_in_effect"], page["pending"]


@pytest.mark.timeout(300)
def test_secret_of_50_mailboxes_is_replaced_in_one_edit(
    servers: list[MemoryServer], authority: dict[str, str]
) -> None:
    browser = Client()
    browser.force_login(factories.superuser())
    row = factories.registration(secret=FIRST)
    names_it = APP_ONLY | {"registration": str(row.pk)}
    pops = [saved_pop(f"team{n}@contoso.com", **names_it) for n in range(MANY)]
    smtp = saved_smtp(**names_it)
    take(servers, FIRST)
    assert fetch_all() == {Outcome.OK}
    send_one(smtp)
    assert set(authority.values()) == {FIRST}

    page = browser.post(
        f"/registrations/{row.pk}/secret/",
        {"secret": SECOND, "secret_ends_on": "2028-11-30"},
        follow=True,
    )
    text = page.content.decode()
    assert f"The secret of {row.name} was replaced" in text
    assert (
        "51 sections got a new revision: 50 pop-clients, which use it at their next"
        " cycle; 1 smtp-client, which uses it after Restart sending." in text
    )
    assert (FIRST in text, SECOND in text) == (False, False)
    assert {states(browser, client) for client in [*pops, smtp]} == {(2, 1, 1)}
    compared = browser.get(f"/option-sets/pop/{pops[0].pk}/").context["differing"]
    assert [(s.name, s.saved, s.replaced, s.registration) for s in compared] == [
        ("password", "set", True, row.name)
    ]

    # The provider does not take the new one yet: it is used all the same.
    assert fetch_all() == {Outcome.FAILED}
    take(servers, SECOND)
    Fetcher.objects.update(not_before=None, state="active")
    assert fetch_all() == {Outcome.OK}
    sections = {client.section for client in pops}
    assert {authority[name] for name in sections} == {SECOND}
    assert {states(browser, client) for client in pops} == {(2, 2, 0)}
    assert (authority[smtp.section], states(browser, smtp)) == (FIRST, (2, 1, 1))

    page = browser.get(f"/setup/registrations/{row.pk}/restart/")
    assert [one.pk for one, _ in page.context["clients"]] == [smtp.pk]
    browser.post(f"/setup/registrations/{row.pk}/restart/")
    send_one(smtp)
    assert (authority[smtp.section], states(browser, smtp)) == (SECOND, (2, 2, 0))
    text = browser.get(page.context["back"]).content.decode()
    assert "Restart sending of" not in text

    events = AuditEvent.objects.filter(action__startswith="registration.")
    assert [
        (e.action, e.details.get("pop_clients")) for e in events.order_by("pk")
    ] == [
        ("registration.created", 0),
        ("registration.saved", MANY),
    ]
    audit = str(list(AuditEvent.objects.values_list("details", flat=True)))
    sealed = SecretValue.objects.filter(purpose="client-secret").count()
    assert (FIRST in audit, SECOND in audit, sealed) == (False, False, 2)

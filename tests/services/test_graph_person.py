"""Graph with the token of a person: by password, by link, by a code for a device."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailboxes.core.choices import Grant, Outcome
from mailboxes.models import Message, PopClient, Proxy, SmtpClient
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import connect, fetch
from mailboxes.services.option_rules import clean
from mailboxes.services.options import pins, snapshots
from mailboxes.services.worker.pool import pool
from tests.fixtures.connection_tests import ADDRESS, carried_out, failed
from tests.fixtures.graph import graph_pop, graph_smtp
from tests.fixtures.matrix import Claim
from tests.matrix.cells import MICROSOFT, SANDBOX

pytestmark = pytest.mark.django_db

ACCOUNT = world.accounts()[ADDRESS]
PERSON = {"client-id": world.PUBLIC_APP_ID, "password": ACCOUNT.password}
BY_PASSWORD = PERSON | {"grant_type": "user_password"}


@pytest.fixture(autouse=True)
def connections_closed() -> Iterator[None]:
    yield
    pool.close_all()


def by_owner(sandbox: Sandbox, grant: str) -> dict[str, str]:
    return PERSON | {"password": sandbox.refresh_token(ADDRESS), "grant_type": grant}


@pytest.mark.parametrize(
    "grant", ["user_password", "authorization_code", "device_code"]
)
def test_person_reads_and_sends_by_graph(
    sandbox: Sandbox, proxy: Proxy, grant: str, cell: Claim
) -> None:
    word = "password" if grant == "user_password" else grant
    cell("GRAPH", word, MICROSOFT, SANDBOX, "")
    given = BY_PASSWORD if grant == "user_password" else by_owner(sandbox, grant)
    client = graph_pop(proxy, first_fetch="everything", **given)
    found = fetch.fetch_now(client.pk)
    assert (found.outcome, Message.objects.count()) == (Outcome.OK, 12)
    assert client.sources.get().state.startswith("/v1.0/me/mailFolders/")
    sends = graph_smtp(proxy, **given)
    for one in (client, sends):
        assert carried_out(one).state == "passed"


def test_transport_is_given_a_persons_token(sandbox: Sandbox, proxy: Proxy) -> None:
    taken = snapshots.take(graph_pop(proxy, **BY_PASSWORD))
    credential = connect.inbound(taken).credential
    assert (credential.login, credential.app_only) == (ADDRESS, False)


def test_password_without_that_word_is_the_applications(proxy: Proxy) -> None:
    """As sections of the old server, and those saved before there was the word."""
    own = {"type": "GRAPH", "grant-type": "password"}
    assert pins.grant(own) is Grant.CLIENT_CREDENTIALS
    assert pins.grant({"type": "GRAPH"}) is Grant.CLIENT_CREDENTIALS
    assert pins.grant(own | {"grant-type": "user_password"}) is Grant.PASSWORD
    assert pins.grant({"type": "IMAP", "grant-type": "user_password"}) is Grant.PASSWORD


def test_permission_that_lacks_is_named(sandbox: Sandbox, proxy: Proxy) -> None:
    given = BY_PASSWORD | {"client-id": world.UNCONSENTED_APP_ID}
    check = failed(carried_out(graph_pop(proxy, **given)))
    assert (check.stage, check.code) == ("token", "AADSTS65001")


@pytest.mark.parametrize("kind", ["pop-client", "smtp-client"])
def test_server_has_no_effect_with_graph(kind: str) -> None:
    model = PopClient if kind == "pop-client" else SmtpClient
    [server] = [o for o in model.options().values() if o.name == "server"]
    assert server.applies({model.type_option: "IMAP"})
    assert not server.applies({model.type_option: "GRAPH"})


def test_server_of_graph_is_kept_and_said_to_have_no_effect() -> None:
    for server in ("outlook.office365.com", "partner.outlook.cn", "imap.gmail.com"):
        raw = {"type": "GRAPH", "server": server, "enable-client": False}
        cleaned = clean("pop-client", raw, address=ADDRESS)
        said = {w.option: (w.rule, w.message) for w in cleaned.warnings}["server"]
        assert said == (
            "F04-no-effect",
            "Kept, without effect now. Takes effect only with the other types: the"
            " address of GRAPH follows from the scope.",
        )

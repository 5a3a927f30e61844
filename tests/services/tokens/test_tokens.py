"""Tokens for snapshots: one request, an encrypted cache, compare-and-set."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import Protocol, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import Mailbox, PopClient, Revision, SecretValue, TokenCache
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import connect, secrets, tokens
from mailboxes.services.options import snapshots
from mailboxes.services.options.snapshots import Snapshot
from mailboxes.services.tokens import caches as token_caches

pytestmark = pytest.mark.django_db
ADDRESS = "support@contoso.example"


@pytest.fixture
def snapshot(sandbox: Sandbox) -> Snapshot:
    mailbox = Mailbox.objects.create(address=ADDRESS)
    client = PopClient.objects.create(section="s", mailbox_row=mailbox, revision=1)
    revision = Revision.objects.create(
        pop_client=client,
        number=1,
        values={
            "type": "IMAP",
            "server": "outlook.office365.com",
            "mail.<type>.auth.mechanisms": "XOAUTH2",
            "directory-id": world.TENANT_ID,
            "client-id": world.PUBLIC_APP_ID,
            "password": secrets.seal(sandbox.account(ADDRESS).password).pk,
        },
        pinned={
            "proxy": {
                "host": "127.0.0.1",
                "port": sandbox.proxy_port,
                "ca_pem": sandbox.ca_pem,
            }
        },
    )
    return snapshots.of(revision)


def test_second_cycle_asks_nobody(snapshot: Snapshot, sandbox: Sandbox) -> None:
    policy = connect.policy(snapshot)
    first, asked = tokens.credential(snapshot, policy)
    again, asked_again = tokens.credential(snapshot, policy)
    assert (asked, asked_again, again.token) == (True, False, first.token)
    assert sandbox.requests(ADDRESS)["token"] == {"ok": 1}


def test_cache_is_encrypted_in_one_place(snapshot: Snapshot) -> None:
    credential, _ = tokens.credential(snapshot, connect.policy(snapshot))
    row = TokenCache.objects.get()
    assert (row.username, row.version) == (ADDRESS, 1)
    sealed = SecretValue.objects.get(purpose=SecretValue.Purpose.TOKEN_CACHE)
    assert credential.token not in sealed.ciphertext
    assert credential.token in secrets.reveal(sealed.pk)
    assert credential.token not in repr(credential)


def test_loser_of_a_race_leaves_nothing_behind(snapshot: Snapshot) -> None:
    tokens.credential(snapshot, connect.policy(snapshot))
    stale, winner = TokenCache.objects.get(), TokenCache.objects.get()
    assert token_caches.write(winner, "winner") is True
    assert token_caches.write(stale, "loser") is False
    row = TokenCache.objects.get()
    assert row.value_id is not None
    assert (row.version, secrets.reveal(row.value_id)) == (2, "winner")
    caches = SecretValue.objects.filter(purpose=SecretValue.Purpose.TOKEN_CACHE)
    assert caches.count() == 1


def test_forgotten_token_is_asked_for_anew(snapshot: Snapshot) -> None:
    policy = connect.policy(snapshot)
    tokens.credential(snapshot, policy)
    tokens.forget(snapshot)
    caches = SecretValue.objects.filter(purpose=SecretValue.Purpose.TOKEN_CACHE)
    assert caches.count() == 0
    assert tokens.credential(snapshot, policy)[1] is True


def test_password_goes_to_the_server_without_xoauth2(snapshot: Snapshot) -> None:
    snapshot.values["mail.<type>.auth.mechanisms"] = ""
    credential, asked = tokens.credential(snapshot, connect.policy(snapshot))
    assert (credential.is_token, asked, TokenCache.objects.count()) == (False, False, 0)


def test_unreadable_password_is_a_failure_of_the_fields(snapshot: Snapshot) -> None:
    snapshot.values["password"] = 987654
    with pytest.raises(MailError) as caught:
        tokens.credential(snapshot, connect.policy(snapshot))
    assert (caught.value.code, caught.value.stage) == (
        "secret-unreadable",
        Stage.FIELDS,
    )


def test_connection_is_built_from_the_snapshot(snapshot: Snapshot) -> None:
    transport = connect.inbound(snapshot)
    assert transport.protocol is Protocol.IMAP
    assert (transport.endpoint.host, transport.endpoint.port) == (
        "outlook.office365.com",
        993,
    )
    with transport:
        assert transport.select("").next_id == 13


def test_missing_server_is_named(snapshot: Snapshot) -> None:
    snapshot.values["server"] = ""
    with pytest.raises(MailError) as caught:
        connect.inbound(snapshot)
    assert (caught.value.code, caught.value.evidence) == (
        "config-incomplete",
        {"option": "server"},
    )


def test_refused_token_is_explained_by_its_claims(snapshot: Snapshot) -> None:
    transport = connect.inbound(snapshot)
    error = connect.explain(
        MailError(Code.TOKEN_NOT_ACCEPTED, Stage.SIGN_IN), transport
    )
    assert error.evidence["user"] == ADDRESS
    assert error.evidence["claims"]["upn"] == ADDRESS
    assert transport.credential.token not in repr(error.evidence)

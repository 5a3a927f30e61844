"""Refresh tokens: used by one at a time, and what replaces one is never lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from mailboxes.core.choices import Stage
from mailboxes.core.errors import MailError
from mailboxes.models import Mailbox, PopClient, Revision, SecretValue, TokenCache
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import connect, secrets, tokens
from mailboxes.services.findings import find
from mailboxes.services.options import snapshots
from mailboxes.services.options.snapshots import Snapshot
from mailboxes.services.tokens import caches as token_caches

ADDRESS = "support@contoso.example"
REFRESH = SecretValue.Purpose.REFRESH_TOKEN


def snapshot_of(sandbox: Sandbox, token: str, **more: object) -> Snapshot:
    mailbox = Mailbox.objects.create(address=ADDRESS)
    password = secrets.seal(token, REFRESH).pk if token else None
    client = PopClient.objects.create(
        section="s", mailbox_row=mailbox, revision=1, password_id=password
    )
    revision = Revision.objects.create(
        pop_client=client,
        number=1,
        values={
            "type": "IMAP",
            "server": "outlook.office365.com",
            "mail.<type>.auth.mechanisms": "XOAUTH2",
            "grant-type": "authorization_code",
            "directory-id": world.TENANT_ID,
            "client-id": world.PUBLIC_APP_ID,
            "password": password,
            **more,
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


@pytest.fixture
def snapshot(db, sandbox: Sandbox) -> Snapshot:
    return snapshot_of(sandbox, sandbox.refresh_token(ADDRESS))


def renew(snapshot: Snapshot) -> str:
    return tokens.credential(snapshot, connect.policy(snapshot), fresh=True)[0].token


def stored() -> list[str]:
    """Refresh tokens that were kept in place of the credential."""
    rows = TokenCache.objects.exclude(refresh=None)
    return [token_caches.refresh_token(row) for row in rows]


@pytest.mark.parametrize("grant", ["authorization_code", "device_code"])
def test_owners_sign_in_gives_tokens_without_a_person(
    db, sandbox: Sandbox, grant: str
) -> None:
    own = sandbox.refresh_token(ADDRESS)
    snapshot = snapshot_of(sandbox, own, **{"grant-type": grant})
    policy = connect.policy(snapshot)
    first, asked = tokens.credential(snapshot, policy)
    again, asked_again = tokens.credential(snapshot, policy)
    assert (asked, asked_again, again.token) == (True, False, first.token)
    with connect.inbound(snapshot) as transport:
        assert transport.select("").next_id == 13
    assert stored() != [own]
    assert sandbox.requests(ADDRESS)["token"] == {"ok": 1}


def test_one_account_keeps_a_token_for_each_resource(
    snapshot: Snapshot, sandbox: Sandbox
) -> None:
    """It reads by IMAP and sends by GRAPH: one renewal does not drop the other's."""
    values = {**snapshot.values, "scope": "https://graph.microsoft.com/.default"}
    sends, policy = replace(snapshot, values=values), connect.policy(snapshot)
    for _ in range(3):
        tokens.credential(snapshot, policy)
        tokens.credential(sends, policy)
    assert sandbox.requests(ADDRESS)["token"] == {"ok": 2}


def test_each_refresh_token_is_used_once_by_a_strict_authority(
    snapshot: Snapshot, sandbox: Sandbox
) -> None:
    sandbox.refresh_once()
    seen = set()
    for _ in range(4):
        renew(snapshot)
        (newest,) = stored()
        seen.add(newest)
    assert len(seen) == 4
    # Of those that were replaced nothing is left.
    assert SecretValue.objects.filter(purpose=REFRESH).count() == 2
    assert sandbox.requests(ADDRESS)["token"] == {"ok": 4}


def test_tenant_that_is_written_otherwise_costs_no_new_sign_in(
    snapshot: Snapshot, sandbox: Sandbox
) -> None:
    """The credential has been replaced long ago; an authority ends it for its age."""
    sandbox.refresh_once()
    renew(snapshot)
    by_name = replace(
        snapshot, values={**snapshot.values, "directory-id": world.TENANT_DOMAINS[0]}
    )
    renew(by_name)
    renew(snapshot)  # as a sender that was not restarted yet
    assert sandbox.requests(ADDRESS)["token"] == {"ok": 3}


def test_newest_refresh_token_stays_so_where_only_access_tokens_are_written(
    snapshot: Snapshot,
) -> None:
    """A row with an older one was used last, and no new one came of that."""
    key = tokens.cache_key(snapshot)
    other = {**key, "directory_id": world.TENANT_DOMAINS[0]}
    first, second = token_caches.row_of(key), token_caches.row_of(other)
    token_caches.write_renewed(first, None, "older")
    token_caches.write_renewed(second, None, "newer")
    assert token_caches.write(token_caches.row_of(key), "cache") is True
    found = [token_caches.refresh_token(token_caches.row_of(k)) for k in (key, other)]
    assert found == ["newer", "newer"]


def test_refresh_token_that_is_replaced_as_it_is_read_is_no_failure(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two rows of one credential have a lease each."""
    renew(snapshot)
    row = TokenCache.objects.get()
    found, reads = token_caches.secrets.reveal, []

    def reveal(secret: int) -> str:
        if not reads:
            reads.append(secret)
            token_caches.write_renewed(row, None, "newer")
        return found(secret)

    monkeypatch.setattr(token_caches.secrets, "reveal", reveal)
    key = {**tokens.cache_key(snapshot), "directory_id": world.TENANT_DOMAINS[0]}
    assert token_caches.refresh_token(token_caches.row_of(key)) == "newer"


def test_refresh_token_of_another_application_is_not_taken(snapshot: Snapshot) -> None:
    renew(snapshot)
    key = {**tokens.cache_key(snapshot), "client_id": world.CONFIDENTIAL_APP_ID}
    assert token_caches.refresh_token(token_caches.row_of(key)) == ""


@pytest.mark.django_db(transaction=True)
def test_two_that_renew_at_once_do_not_end_the_sign_in(sandbox: Sandbox) -> None:
    """A strict authority ends it when it sees one refresh token twice."""
    snapshot = snapshot_of(sandbox, sandbox.refresh_token(ADDRESS))
    sandbox.refresh_once()
    sandbox.fault("*", "slow", seconds=0.3)
    begin, found = threading.Barrier(4), []

    def work() -> None:
        begin.wait()
        try:
            found.append(renew(snapshot))
        except MailError as error:
            found.append(str(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    sandbox.fault("*", None)
    assert sandbox.requests(ADDRESS)["token"] == {"ok": 4}
    assert len(set(found)) == 4
    renew(snapshot)


@pytest.mark.django_db(transaction=True)
def test_two_rows_of_one_credential_do_not_end_the_sign_in(sandbox: Sandbox) -> None:
    """A sender that was not restarted yet has the tenant as it was written before."""
    by_id = snapshot_of(sandbox, sandbox.refresh_token(ADDRESS))
    values = {**by_id.values, "directory-id": world.TENANT_DOMAINS[0]}
    by_name = replace(by_id, values=values)
    sandbox.refresh_once()
    sandbox.fault("*", "slow", seconds=0.3)
    begin, found = threading.Barrier(4), []

    def work(snapshot: Snapshot) -> None:
        begin.wait()
        try:
            found.append(renew(snapshot))
        except MailError as error:
            found.append(str(error))
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=work, args=(one,)) for one in (by_id, by_name) * 2
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    sandbox.fault("*", None)
    assert sandbox.requests(ADDRESS)["token"] == {"ok": 4}
    renew(by_id)
    renew(by_name)


def test_those_who_waited_take_the_token_that_is_there(
    snapshot: Snapshot, sandbox: Sandbox
) -> None:
    policy = connect.policy(snapshot)
    key = tokens.cache_key(snapshot)
    held = token_caches.hold(key, 30)
    assert held is not None
    assert token_caches.hold(key, 0.2) is None
    token_caches.let_go(held)
    tokens.credential(snapshot, policy)
    assert tokens.credential(snapshot, policy)[1] is False
    assert TokenCache.objects.get().lease_owner == ""


def test_token_is_kept_although_the_access_tokens_were_forgotten_meanwhile(
    snapshot: Snapshot,
) -> None:
    renew(snapshot)
    key = tokens.cache_key(snapshot)
    held = token_caches.hold(key, 30)
    assert held is not None
    token_caches.forget(key)
    assert token_caches.write_renewed(held, "cache", "newer") is True
    assert stored() == ["newer"]


def test_older_token_does_not_replace_a_newer_one(snapshot: Snapshot) -> None:
    renew(snapshot)
    row = TokenCache.objects.get()
    stale = TokenCache.objects.get()
    assert token_caches.write_renewed(row, "cache", "newer") is True
    assert token_caches.write_renewed(stale, "late", "lost") is False
    assert stored() == ["newer"]


def test_forgotten_access_token_leaves_the_refresh_token(snapshot: Snapshot) -> None:
    renew(snapshot)
    before = stored()
    tokens.forget(snapshot)
    assert (TokenCache.objects.get().value_id, stored()) == (None, before)
    assert tokens.credential(snapshot, connect.policy(snapshot))[1] is True


def test_sweep_keeps_what_a_section_still_signs_in_by(snapshot: Snapshot) -> None:
    renew(snapshot)
    later = timezone.now() + timedelta(days=30)
    assert token_caches.sweep(later) == 0
    assert len(stored()) == 1
    PopClient.objects.update(password=None)
    assert token_caches.sweep(later) == 1
    assert SecretValue.objects.filter(purpose=REFRESH).count() == 1


def test_refused_refresh_token_is_the_owners_move(
    snapshot: Snapshot, sandbox: Sandbox
) -> None:
    sandbox.refresh_once()
    renew(snapshot)
    TokenCache.objects.update(refresh=None)
    with pytest.raises(MailError) as caught:
        renew(snapshot)
    error = caught.value
    found = find(error.code, error.evidence, stage=error.stage)
    assert (error.code, found.id, str(found.retry)) == (
        "AADSTS70000",
        "entra-refresh-token-ended",
        "U",
    )
    assert TokenCache.objects.get().lease_owner == ""


def test_second_factor_that_is_asked_for_later_is_the_owners_move(
    snapshot: Snapshot, sandbox: Sandbox
) -> None:
    sandbox.fault(ADDRESS, "AADSTS50076")
    with pytest.raises(MailError) as caught:
        renew(snapshot)
    error = caught.value
    found = find(error.code, error.evidence, stage=error.stage)
    assert (error.code, found.id, str(found.step), str(found.retry)) == (
        "AADSTS50076",
        "entra-mfa-required",
        "refresh-token",
        "U",
    )


def test_missing_sign_in_is_told_before_anybody_is_asked(db, sandbox: Sandbox) -> None:
    snapshot = snapshot_of(sandbox, "")
    with pytest.raises(MailError) as caught:
        renew(snapshot)
    assert (caught.value.code, caught.value.stage) == ("sign-in-missing", Stage.TOKEN)
    assert sandbox.requests(ADDRESS) == {}

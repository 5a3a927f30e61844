"""The certificate of a registration: a new one waits until it is uploaded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone

from mailboxes.core import certificates
from mailboxes.core.choices import Outcome
from mailboxes.core.errors import OptionError
from mailboxes.models import (
    AppRegistration,
    AuditEvent,
    PopClient,
    Proxy,
    Revision,
    SecretValue,
    TokenCache,
)
from mailboxes.models.clients import MECHANISMS
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import (
    clients,
    connect,
    ends_soon,
    fetch,
    registrations,
    revisions,
    secrets,
    tokens,
)
from mailboxes.services.fetch import seen
from mailboxes.services.options import snapshots
from mailboxes.services.proxies import save_proxy
from mailboxes.services.registrations import certificates as registration_certificates
from mailboxes.services.worker.pool import pool

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 25)
SECRET = "first~secret~value~0000000000000000000"
MADE = certificates.make("Contoso", datetime(2026, 11, 20, tzinfo=UTC))


def registration(**changes: str) -> AppRegistration:
    return registrations.save(
        **{
            "name": "Contoso mail",
            "tenant_authority": "https://login.microsoftonline.com",
            "directory_id": world.TENANT_ID,
            "client_id": world.CONFIDENTIAL_APP_ID,
            "secret": SECRET,
        }
        | changes
    ).registration


def section(row: AppRegistration, **more: object) -> PopClient:
    saved = revisions.save_pop_client(
        client=None,
        address="support@contoso.example",
        raw={
            "server": "outlook.office365.com",
            MECHANISMS: "XOAUTH2",
            "grant-type": "client_credentials",
            "scope": "https://outlook.office365.com/.default",
            "registration": row.pk,
            **more,
        },
    )
    assert isinstance(saved.client, PopClient)
    return saved.client


def credential(client: PopClient) -> str:
    return secrets.reveal(snapshots.take(client)["password"])


def test_certificate_takes_the_place_of_the_secret_and_gives_it_back() -> None:
    row = registration()
    registration_certificates.enter(row, MADE.pem, None, today=TODAY)
    client = section(row)
    assert credential(client) == MADE.pem
    row.refresh_from_db()
    assert (row.certificate_thumbprint, row.certificate_ends_on) == (
        MADE.thumbprint,
        MADE.last_day,
    )
    registration_certificates.take_away(row, None)
    row.refresh_from_db()
    assert (row.certificate_id, row.certificate_thumbprint, credential(client)) == (
        None,
        "",
        SECRET,
    )


def test_certificate_is_sealed_and_only_its_public_part_comes_out() -> None:
    row = registration()
    registration_certificates.make(row, None)
    stored = SecretValue.objects.get(purpose=SecretValue.Purpose.CERTIFICATE)
    assert "PRIVATE" not in stored.ciphertext
    public = registration_certificates.public(row)
    assert "PRIVATE" not in public
    assert certificates.read(secrets.reveal(stored.pk)).public == public
    told = AuditEvent.objects.filter(action="registration.saved").latest("pk").details
    assert (told["fields"], told["thumbprint"]) == (
        ["certificate"],
        row.certificate_thumbprint,
    )


@pytest.mark.parametrize(
    ("authority", "pem", "today", "message"),
    [
        (
            "https://accounts.google.com",
            MADE.pem,
            TODAY,
            "Google takes no certificate.",
        ),
        (None, " ", TODAY, "Paste the private key and its certificate."),
        (None, "x", TODAY, "the private key was not found."),
        (None, MADE.pem, date(2028, 1, 1), "This certificate ended on 2027-11-19."),
        ("in use", MADE.pem, TODAY, "signs in by this certificate already."),
    ],
)
def test_unusable_certificate_is_refused_at_its_field(
    authority, pem, today, message
) -> None:
    changes = {}
    in_use = authority == "in use"
    if authority and not in_use:
        changes = {
            "tenant_authority": authority,
            "client_id": "1234-abcd.apps.googleusercontent.com",
            "directory_id": "",
        }
    row = registration(**changes)
    if in_use:
        registration_certificates.enter(row, pem, None, today=today)
    with pytest.raises(OptionError) as caught:
        registration_certificates.enter(row, pem, None, today=today)
    (problem,) = caught.value.problems
    assert problem.option == "certificate"
    assert message in problem.message


def test_certificate_that_ends_is_told_in_place_of_the_secret() -> None:
    row = registration(secret_ends_on="2026-11-26")
    registration_certificates.enter(row, MADE.pem, None, today=TODAY)
    then = datetime(2027, 11, 1, tzinfo=UTC)
    assert ends_soon.soon(then - timedelta(days=300)) == []
    (ending,) = ends_soon.soon(then)
    assert (ending.registration, ending.day, ending.certificate) == (
        row,
        MADE.last_day,
        True,
    )


def test_section_gets_its_token_by_the_certificate(sandbox: Sandbox) -> None:
    proxy = save_proxy(
        name="sandbox",
        host="127.0.0.1",
        port=sandbox.proxy_port,
        ca_pem=sandbox.ca_pem,
        sandbox=True,
    )
    row = registration()
    registration_certificates.make(row, None)
    client = section(row, proxy=proxy.pk)
    sandbox.trust(registration_certificates.public(row))
    taken = snapshots.take(client)
    found, asked = tokens.credential(taken, connect.policy(taken))
    assert (found.is_token, asked) == (True, True)
    with connect.inbound(taken) as transport:
        assert transport.select("").next_id == 13


# one that waits


def refused(change: Callable[[], object]) -> str:
    with pytest.raises(OptionError) as caught:
        change()
    (problem,) = caught.value.problems
    return problem.message


def last_details() -> dict[str, object]:
    details = AuditEvent.objects.filter(action="registration.saved").latest("pk")
    return dict(details.details)


@pytest.mark.parametrize("state", ["draft", "on"])
def test_new_one_waits_where_a_section_signs_in(state: str) -> None:
    row = registration()
    client = section(row, **{"enable-client": state == "on"})
    before = Revision.objects.count()
    assert registration_certificates.enter(row, MADE.pem, None, today=TODAY) == []
    row.refresh_from_db()
    assert (
        row.certificate_id,
        row.next_certificate_thumbprint,
        row.next_certificate_ends_on,
    ) == (None, MADE.thumbprint, MADE.last_day)
    assert (credential(client), Revision.objects.count()) == (SECRET, before)
    assert registration_certificates.public(row) == ""
    assert registration_certificates.public(row, waiting=True) == MADE.public
    assert last_details() == {
        "fields": ["next_certificate"],
        "thumbprint": MADE.thumbprint,
        "discarded": "",
        "pop_clients": 0,
        "smtp_clients": 0,
    }


def test_new_one_waits_beside_the_one_in_use_without_any_section() -> None:
    row = registration()
    registration_certificates.enter(row, MADE.pem, None, today=TODAY)
    registration_certificates.make(row, None)
    row.refresh_from_db()
    assert row.certificate_thumbprint == MADE.thumbprint
    assert row.next_certificate_id is not None


def test_section_in_the_archive_lets_nothing_wait() -> None:
    row = registration()
    clients.archive(section(row), None)
    registration_certificates.enter(row, MADE.pem, None, today=TODAY)
    assert (row.certificate_thumbprint, row.next_certificate_id) == (
        MADE.thumbprint,
        None,
    )


def test_waiting_one_is_used_when_somebody_says_that_it_is_uploaded() -> None:
    row = registration()
    registration_certificates.make(row, None)
    old = row.certificate_thumbprint
    client = section(row)
    registration_certificates.enter(row, MADE.pem, None, today=TODAY)
    moved = registration_certificates.use_next(row, None, today=TODAY)
    assert (moved, credential(client)) == ([client], MADE.pem)
    row.refresh_from_db()
    assert (row.certificate_thumbprint, row.certificate_ends_on) == (
        MADE.thumbprint,
        MADE.last_day,
    )
    assert (
        row.next_certificate_id,
        row.next_certificate_thumbprint,
        row.next_certificate_ends_on,
    ) == (None, "", None)
    assert last_details() == {
        "fields": ["certificate"],
        "thumbprint": MADE.thumbprint,
        "replaced": old,
        "pop_clients": 1,
        "smtp_clients": 0,
    }


def test_only_one_waits_and_the_key_of_another_is_deleted() -> None:
    row = registration()
    section(row)
    registration_certificates.make(row, None)
    first = row.next_certificate_thumbprint
    registration_certificates.enter(row, MADE.pem, None, today=TODAY)
    stored = SecretValue.objects.get(purpose=SecretValue.Purpose.CERTIFICATE)
    assert (row.next_certificate_id, last_details()["discarded"]) == (stored.pk, first)
    registration_certificates.drop_next(row, None)
    row.refresh_from_db()
    assert (row.next_certificate_id, row.next_certificate_thumbprint) == (None, "")
    assert not SecretValue.objects.filter(purpose="certificate").exists()
    assert last_details()["discarded"] == MADE.thumbprint


def test_deleted_registration_takes_the_waiting_key_with_it() -> None:
    row = registration()
    for _ in range(2):
        registration_certificates.make(row, None)
    used = row.certificate_id
    registrations.delete(row, None)
    stored = SecretValue.objects.filter(purpose="certificate")
    assert [one.pk for one in stored] == [used]


def test_one_that_waits_outlives_the_way_back_to_the_secret() -> None:
    row = registration()
    registration_certificates.make(row, None)
    registration_certificates.enter(row, MADE.pem, None, today=TODAY)
    registration_certificates.take_away(row, None)
    row.refresh_from_db()
    assert (row.certificate_id, row.next_certificate_thumbprint) == (
        None,
        MADE.thumbprint,
    )


def test_use_and_discard_are_refused_where_none_waits() -> None:
    row = registration()
    message = "No new certificate waits."
    use = partial(registration_certificates.use_next, row, None, today=TODAY)
    assert refused(use) == f"{message} Make or enter one."
    assert refused(lambda: registration_certificates.drop_next(row, None)) == message


def test_waiting_one_that_has_ended_is_not_used() -> None:
    row = registration()
    client = section(row)
    registration_certificates.enter(row, MADE.pem, None, today=TODAY)
    use = partial(registration_certificates.use_next, row, None)
    assert refused(partial(use, today=date(2027, 11, 20))) == (
        "The new certificate ended on 2027-11-19. Discard it and make another."
    )
    assert credential(client) == SECRET
    assert use(today=date(2027, 11, 19)) == [client]


def test_only_the_one_that_was_seen_is_used_or_discarded() -> None:
    """Somebody else replaced it meanwhile: that one may not be uploaded yet."""
    row = registration()
    client = section(row)
    registration_certificates.enter(row, MADE.pem, None, today=TODAY)
    opened = AppRegistration.objects.get()
    then = seen.fingerprint(opened, registrations.SEEN)
    registration_certificates.make(row, None)
    for known in ("", then):
        for change in (
            partial(registration_certificates.use_next, today=TODAY),
            registration_certificates.drop_next,
        ):
            assert refused(partial(change, opened, None, seen=known)) == seen.STALE
    new = AppRegistration.objects.get()
    use = partial(registration_certificates.use_next, new, None, today=TODAY)
    assert refused(partial(use, seen=then)) == seen.STALE
    assert credential(client) == SECRET
    assert new.next_certificate_thumbprint == row.next_certificate_thumbprint


def test_save_of_other_fields_keeps_one_that_came_meanwhile() -> None:
    row = registration()
    section(row)
    opened = AppRegistration.objects.get()
    registration_certificates.enter(row, MADE.pem, None, today=TODAY)
    registrations.replace_secret(
        opened, secret=f"{SECRET}~2", secret_ends_on=None, user=None
    )
    row.refresh_from_db()
    assert row.next_certificate_thumbprint == MADE.thumbprint


def test_section_fetches_on_while_a_new_one_waits(
    sandbox: Sandbox, proxy: Proxy
) -> None:
    row = registration()
    registration_certificates.make(row, None)
    sandbox.trust(registration_certificates.public(row))
    client = section(row, proxy=proxy.pk, **{"first-fetch": "everything"})
    registration_certificates.make(row, None)

    def cycle() -> tuple[object, str, dict[str, int]]:
        pool.close_all()  # the next one signs in again
        TokenCache.objects.all().delete()
        done = fetch.fetch_now(client.pk)
        return done.outcome, done.code, sandbox.requests(row.client_id)["token"]

    assert cycle() == (Outcome.OK, "", {"ok": 1})
    waiting = registration_certificates.public(row, waiting=True)
    sandbox.trust(waiting)
    assert cycle() == (Outcome.OK, "", {"ok": 2})
    sandbox.distrust(registration_certificates.public(row))
    registration_certificates.use_next(row, None, today=timezone.now().date())
    assert cycle() == (Outcome.OK, "", {"ok": 3})
    assert registration_certificates.public(row) == waiting

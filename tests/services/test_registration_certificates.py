"""The certificate of a registration: every section signs in by it at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from mailboxes.core import certificates
from mailboxes.core.errors import OptionError
from mailboxes.models import AppRegistration, AuditEvent, PopClient, SecretValue
from mailboxes.models.clients import MECHANISMS
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import (
    connect,
    ends_soon,
    registration_certificates,
    registrations,
    revisions,
    secrets,
    snapshots,
    tokens,
)
from mailboxes.services.proxies import save_proxy

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
    client = section(row)
    assert credential(client) == SECRET
    moved = registration_certificates.enter(row, MADE.pem, None, today=TODAY)
    assert (moved, credential(client)) == ([client], MADE.pem)
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
    ],
)
def test_unusable_certificate_is_refused_at_its_field(
    authority, pem, today, message
) -> None:
    changes = {}
    if authority:
        changes = {
            "tenant_authority": authority,
            "client_id": "1234-abcd.apps.googleusercontent.com",
            "directory_id": "",
        }
    row = registration(**changes)
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
    client = section(row, proxy=proxy.pk)
    registration_certificates.make(row, None)
    sandbox.trust(registration_certificates.public(row))
    taken = snapshots.take(client)
    found, asked = tokens.credential(taken, connect.policy(taken))
    assert (found.is_token, asked) == (True, True)
    with connect.inbound(taken) as transport:
        assert transport.select("").next_id == 13

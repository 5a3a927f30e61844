"""Migration 0008 on a database with an app registration that signs in already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("mailboxes", "0007_accounts")]
AFTER = [("mailboxes", "0008_waiting_certificates")]
FIELDS = ("name", "secret_id", "certificate_id", "certificate_ends_on")
NEXT = (
    "next_certificate_id",
    "next_certificate_thumbprint",
    "next_certificate_ends_on",
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def newest() -> Iterator[None]:
    """Whatever happens, the next test finds all tables."""
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_registration_keeps_what_it_has_and_nothing_waits(newest: None) -> None:
    old = MigrationExecutor(connection).migrate(BEFORE).apps
    sealed = old.get_model("mailboxes", "SecretValue").objects.create
    model = old.get_model("mailboxes", "AppRegistration")
    row = model.objects.create(
        name="Contoso",
        secret=sealed(purpose="client-secret"),
        certificate=sealed(purpose="certificate"),
        certificate_ends_on=date(2027, 11, 19),
    )
    mailbox = old.get_model("mailboxes", "Mailbox").objects.create(address="a@b.c")
    old.get_model("mailboxes", "PopClient").objects.create(
        section="a", mailbox_row=mailbox, registration=row
    )
    kept = model.objects.values_list(*FIELDS).get()
    new = MigrationExecutor(connection).migrate(AFTER).apps
    model = new.get_model("mailboxes", "AppRegistration")
    assert model.objects.values_list(*FIELDS).get() == kept
    assert model.objects.values_list(*NEXT).get() == (None, "", None)
    client = new.get_model("mailboxes", "PopClient").objects.get()
    assert client.registration_id == row.pk

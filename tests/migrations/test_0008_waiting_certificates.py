"""Migration 0008 on a database with an app registration that signs in already."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.apps.registry import Apps

BEFORE = "0007_accounts"
AFTER = "0008_waiting_certificates"
FIELDS = ("name", "secret_id", "certificate_id", "certificate_ends_on")
NEXT = (
    "next_certificate_id",
    "next_certificate_thumbprint",
    "next_certificate_ends_on",
)

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_registration_keeps_what_it_has_and_nothing_waits(
    migrate: Callable[[str], Apps],
) -> None:
    old = migrate(BEFORE)
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
    new = migrate(AFTER)
    model = new.get_model("mailboxes", "AppRegistration")
    assert model.objects.values_list(*FIELDS).get() == kept
    assert model.objects.values_list(*NEXT).get() == (None, "", None)
    client = new.get_model("mailboxes", "PopClient").objects.get()
    assert client.registration_id == row.pk

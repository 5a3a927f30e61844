"""Migration 0009 on a database with folders that were read by EWS and otherwise."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from django.apps.registry import Apps
from django.db import connection

from mailboxes.transports.keyed import validity_of

BEFORE = "0008_waiting_certificates"
AFTER = "0009_ews_validities"
# What the columns of PostgreSQL take of an id; SQLite took it whole.
LENGTH = 120 if connection.vendor == "sqlite" else 64
ID = base64.b64encode(bytes(range(90))).decode()[:LENGTH]
GIVEN_UP = "AAMkADAwATM0MDAAMS0zNDk5LTdhZj until 2026-11-20T10:00:00+00:00"

pytestmark = pytest.mark.django_db(transaction=True)


def test_sources_of_ews_go_on_where_they_were(
    migrate: Callable[[str], Apps],
) -> None:
    old = migrate(BEFORE)
    mailbox = old.get_model("mailboxes", "Mailbox").objects.create(address="a@b.c")
    client = old.get_model("mailboxes", "PopClient").objects.create(
        section="a", mailbox_row=mailbox
    )
    for kind, validity in (
        ("EWS", ID),
        ("EWS", GIVEN_UP),
        ("GRAPH", validity_of("AQMk")),
        ("IMAP", "1700000000"),
    ):
        old.get_model("mailboxes", "Source").objects.create(
            pop_client=client, type=kind, validity=validity, cursor="7"
        )
    expected = [
        ("EWS", validity_of(ID), "7"),
        ("EWS", GIVEN_UP, "7"),
        ("GRAPH", validity_of("AQMk"), "7"),
        ("IMAP", "1700000000", "7"),
    ]
    for target in (AFTER, BEFORE, AFTER):
        apps = migrate(target)
        rows = apps.get_model("mailboxes", "Source").objects.order_by("pk")
        found = list(rows.values_list("type", "validity", "cursor"))
        assert found == expected

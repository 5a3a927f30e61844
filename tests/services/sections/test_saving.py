"""Many rows at once are the rows that a save of each option set makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from mailboxes.core.choices import RunState
from mailboxes.models import (
    AppRegistration,
    AuditEvent,
    Fetcher,
    Mailbox,
    NamedSecret,
    PopClient,
    Proxy,
    Revision,
    SecretValue,
    Sender,
    SmtpClient,
)
from mailboxes.models.clients import MECHANISMS
from mailboxes.services import revisions, secrets
from mailboxes.services.sections import importing
from mailboxes.services.sections.saving import NOTE
from tests.services.option_sets import CANARY, CLIENT, DIRECTORY
from tests.services.sections.files import POP, SMTP, replaced

pytestmark = pytest.mark.django_db(transaction=True)
MODELS = (
    Mailbox,
    PopClient,
    SmtpClient,
    Revision,
    Fetcher,
    Sender,
    SecretValue,
    AuditEvent,
)
OAUTH = {
    MECHANISMS: "XOAUTH2",
    "client-id": CLIENT,
    "directory-id": DIRECTORY,
    "mailbox": "sales@contoso.com",
    "password": CANARY,
}
INBOUND = OAUTH | {"type": "IMAP", "server": "outlook.office365.com"}
OUTBOUND = OAUTH | {"server-type": "smtp", "server": "smtp.office365.com"}


NAMED_BY = {  # columns that hold keys, by the model that they name
    "mailbox_row_id": "Mailbox",
    "pop_client_id": "PopClient",
    "smtp_client_id": "SmtpClient",
    "revision_id": "Revision",
    "password_id": "SecretValue",
    "password": "SecretValue",  # in the values of a revision
}
KINDS = {"pop-client": "PopClient", "smtp-client": "SmtpClient"}


def rows() -> dict[str, list[dict[str, Any]]]:
    """All rows; keys by place, times as such, ciphertext opened."""
    found = {m.__name__: list(m.objects.order_by("pk").values()) for m in MODELS}
    for row in found["SecretValue"]:
        row["ciphertext"] = secrets.keyring().open(row["ciphertext"])
    found["SecretValue"].sort(key=lambda row: row["ciphertext"])
    places = {
        name: {row["id"]: place for place, row in enumerate(alike)}
        for name, alike in found.items()
    }
    for alike in found.values():
        for row in alike:
            del row["id"]
            _place(row, places)
    return found


def _place(row: dict[str, Any], places: dict[str, dict[int, int]]) -> None:
    for name, value in row.items():
        if name in NAMED_BY and value is not None:
            row[name] = places[NAMED_BY[name]][value]
        elif hasattr(value, "tzinfo"):
            row[name] = "a time"
        elif name == "values":
            _place(value, places)
        elif name == "object_id" and row["object_type"] in KINDS:
            row[name] = places[KINDS[row["object_type"]]][int(value)]


def by_both(
    one_by_one: Callable[[], None], by_file: Callable[[], None]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rows that each of two ways makes from the same start."""
    found = []
    for way in (one_by_one, by_file):
        with transaction.atomic():
            way()
            found.append(rows())
            transaction.set_rollback(True)
    made = found[1]["AuditEvent"]
    assert made.pop()["action"] == "options.imported"
    return found[0], found[1]


def import_(content: str, user: Any = None) -> None:
    report = importing.run(content, user=user)
    assert report.errors == []


@pytest.fixture
def anna():
    return get_user_model().objects.create_user("anna")


def test_new_option_sets_are_equal(anna):
    Proxy.objects.create(name="squid", host="squid", port=1)
    sealed = secrets.seal("one")
    AppRegistration.objects.create(
        name="contoso",
        tenant_authority="https://login.microsoftonline.com",
        directory_id=DIRECTORY,
        client_id=CLIENT,
        secret=sealed,
    )
    NamedSecret.objects.create(name="a", value=sealed)
    Mailbox.objects.create(address="Alone@contoso.com", alias="Old", tags="old")
    smtp = "[smtp-client]\n" + SMTP.partition("\n")[2]
    app = replaced(POP, "client-id", None) + "registration = contoso\n"
    app = replaced(app.replace("-sales]", "-app]"), "mailbox", "alone@contoso.com")

    def one_by_one() -> None:
        sender = revisions.save_smtp_client(
            client=None, section="smtp-client", raw=OUTBOUND, user=anna, note=NOTE
        ).client
        revisions.save_pop_client(
            client=None,
            section="pop-client-sales",
            address="sales@contoso.com",
            alias="Sales",
            tags="a b",
            smtp_client=sender,
            raw=INBOUND | {"proxy": "squid", "cycle-time": "00:02:00", "secret": "a"},
            extra={"mail.x": "1"},
            user=anna,
            note=NOTE,
        )
        revisions.save_pop_client(
            client=None,
            section="pop-client-app",
            address="alone@contoso.com",
            raw=INBOUND
            | {"registration": "contoso", "mailbox": "alone@contoso.com"}
            | {"client-id": "", "directory-id": ""},
            user=anna,
            note=NOTE,
        )

    def by_file() -> None:
        beside = "alias = Sales\ntags = a b\nsmtp-client = smtp-client\nmail.x = 1\n"
        options = "proxy = squid\ncycle-time = 00:02:00\nsecret = a\n"
        import_(smtp + POP + beside + options + app, anna)

    first, second = by_both(one_by_one, by_file)
    assert first == second


@pytest.mark.parametrize(
    ("option", "typed"),
    [
        ("folder-path", "Sales"),
        ("password", "another"),
        ("cycle-time", "00:02:00"),
        ("enable-client", "no"),
        ("mailbox", "desk@contoso.com"),
    ],
)
@pytest.mark.parametrize("state", [RunState.STOPPED, RunState.ACTIVE])
def test_changed_pop_client_is_equal(anna, option, typed, state):
    import_(POP + SMTP)
    Fetcher.objects.update(state=state, failures=3)
    client = PopClient.objects.get()
    raw = INBOUND | {option: typed}
    if option != "password":
        raw.pop("password")

    def one_by_one() -> None:
        revisions.save_pop_client(
            client=PopClient.objects.get(),
            address="desk@contoso.com",
            alias="Desk",
            raw=raw,
            base_revision=1,
            user=anna,
            note=NOTE,
        )

    def by_file() -> None:
        content = POP if option in POP else POP + f"{option} = x\n"
        beside = "alias = Desk\naddress = desk@contoso.com\n"
        import_(replaced(content, option, typed) + beside, anna)

    first, second = by_both(one_by_one, by_file)
    assert first == second
    assert client.revision == 1


def test_changed_smtp_client_is_equal(anna):
    import_(SMTP)

    def one_by_one() -> None:
        revisions.save_smtp_client(
            client=SmtpClient.objects.get(),
            section="",
            raw={"port": "2525"},
            extra={"mail.x": "1"},
            base_revision=1,
            user=anna,
            note=NOTE,
        )

    first, second = by_both(
        one_by_one, lambda: import_(SMTP + "port = 2525\nmail.x = 1\n", anna)
    )
    assert first == second


def test_fields_beside_alone_are_equal(anna):
    import_(POP)

    def one_by_one() -> None:
        revisions.save_pop_client(
            client=PopClient.objects.get(),
            address="sales@contoso.com",
            alias="Desk",
            raw={},
            base_revision=1,
            user=anna,
            note=NOTE,
        )

    first, second = by_both(one_by_one, lambda: import_(POP + "alias = Desk\n", anna))
    assert first == second


@pytest.mark.parametrize("again", [False, True], ids=["new", "unchanged"])
def test_queries_do_not_grow_with_sections(again):
    def content(count: int) -> str:
        parts = (
            POP.replace("-sales]", f"-{n}]").replace("sales@", f"s{n}@")
            for n in range(count)
        )
        return "".join(parts) + SMTP

    counted = []
    for count in (2, 12):  # SQLite takes so many in one query
        with transaction.atomic():
            if again:
                import_(content(count))
            with CaptureQueriesContext(
                connection,
            ) as queries:
                import_(content(count))
            counted.append(len(queries))
            transaction.set_rollback(True)
    assert counted[0] == counted[1]

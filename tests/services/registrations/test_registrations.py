"""One registration for many sections: inherited, pinned, rotated in one edit."""

from __future__ import annotations

import pytest

from mailboxes.core.errors import OptionError
from mailboxes.models import (
    AppRegistration,
    AuditEvent,
    PopClient,
    Revision,
    SecretValue,
    SmtpClient,
    TokenCache,
)
from mailboxes.models.clients import MECHANISMS
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import (
    clients,
    connect,
    registrations,
    revisions,
    secrets,
    tokens,
)
from mailboxes.services.options import changes, snapshots
from mailboxes.services.proxies import save_proxy
from tests.services.option_sets import CLIENT, DIRECTORY, pop_oauth

pytestmark = pytest.mark.django_db
OTHER = "99999999-7777-8888-9999-aaaaaaaaaaaa"
FIRST = "first~secret~value~0000000000000000000"
SECOND = "second~secret~value~000000000000000000"


def made(**changes: str) -> AppRegistration:
    return registrations.save(
        **{
            "name": "Contoso mail",
            "tenant_authority": "https://login.microsoftonline.com/",
            "directory_id": DIRECTORY,
            "client_id": CLIENT,
            "secret": FIRST,
            "secret_ends_on": "2027-05-31",
        }
        | changes
    ).registration


def app_only(registration: AppRegistration, **changes: object) -> dict[str, object]:
    return {
        "server": "outlook.office365.com",
        MECHANISMS: "XOAUTH2",
        "grant-type": "client_credentials",
        "registration": registration.pk,
    } | changes


def pop(registration: AppRegistration, address: str, **changes: object) -> PopClient:
    raw = app_only(registration, **changes)
    saved = revisions.save_pop_client(client=None, address=address, raw=raw)
    assert isinstance(saved.client, PopClient)
    return saved.client


def smtp(registration: AppRegistration, section: str) -> SmtpClient:
    raw = app_only(
        registration, server="smtp.office365.com", mailbox="support@contoso.com"
    )
    saved = revisions.save_smtp_client(client=None, section=section, raw=raw)
    assert isinstance(saved.client, SmtpClient)
    return saved.client


@pytest.mark.parametrize("directory", ["common", "consumers", "organizations"])
def test_directory_of_owners_is_taken_and_can_get_a_secret(directory: str) -> None:
    row = made(directory_id=directory)
    registrations.replace_secret(row, secret="new~1", secret_ends_on=None, user=None)
    row.refresh_from_db()
    assert (row.directory_id, secrets.reveal(row.secret_id)) == (directory, "new~1")


def test_directory_is_judged_by_the_sections_that_name_it() -> None:
    row = made()
    pop(row, "support@contoso.com")
    with pytest.raises(OptionError, match="an application cannot"):
        registrations.save(
            registration=row,
            name=row.name,
            tenant_authority=row.tenant_authority,
            directory_id="organizations",
            client_id=row.client_id,
        )


def test_section_inherits_what_the_registration_says() -> None:
    registration = made()
    snapshot = snapshots.take(pop(registration, "a@contoso.com"))
    assert registration.tenant_authority == "https://login.microsoftonline.com"
    assert {name: snapshot[name] for name in ("directory-id", "client-id")} == {
        "directory-id": DIRECTORY,
        "client-id": CLIENT,
    }
    assert secrets.reveal(snapshot["password"]) == FIRST
    assert (snapshot.own["directory-id"], snapshot.own["password"]) == ("", None)


def test_password_of_the_mailbox_is_not_inherited() -> None:
    registration = made()
    raw = pop_oauth(registration=registration.pk, directory_id="", client_id="")
    client = revisions.save_pop_client(
        client=None, address="a@contoso.com", raw=raw
    ).client
    snapshot = snapshots.take(client)
    assert snapshot["client-id"] == CLIENT
    assert snapshot["password"] == snapshot.own["password"] is not None


def test_new_secret_is_one_edit_and_pending_in_every_section() -> None:
    registration = made()
    inbound = [pop(registration, f"box{n}@contoso.com") for n in range(3)]
    outbound = smtp(registration, "smtp-client-all")
    result = registrations.save(
        registration=registration,
        name=registration.name,
        tenant_authority=registration.tenant_authority,
        directory_id=DIRECTORY,
        client_id=CLIENT,
        secret=SECOND,
        secret_ends_on="2028-05-31",
    )
    assert [c.section for c in result.sections] == [
        *(client.section for client in inbound),
        "smtp-client-all",
    ]
    for client in (*inbound, outbound):
        client.refresh_from_db()
        assert client.revision == 2
        assert [
            (c.option, c.label, c.old_text, c.new_text)
            for c in changes.diff(
                client.revisions.get(number=1), client.revisions.get(number=2)
            )
        ] == [("password", "Client secret", "set", "replaced")]
    assert secrets.reveal(snapshots.take(inbound[0])["password"]) == SECOND
    assert [c.option for c in changes.pending(outbound)] == ["password"]
    in_effect = changes.in_effect(outbound)
    assert in_effect is not None
    assert secrets.reveal(snapshots.of(in_effect)["password"]) == FIRST
    clients.restart_sending(outbound, None)
    assert changes.pending(outbound) == []


def test_other_ids_are_shown_at_the_options_that_inherit_them() -> None:
    registration = made()
    client = pop(registration, "a@contoso.com")
    registrations.save(
        registration=registration,
        name="Renamed",
        tenant_authority=registration.tenant_authority,
        directory_id=DIRECTORY,
        client_id=OTHER,
    )
    client.refresh_from_db()
    first, second = (client.revisions.get(number=n) for n in (1, 2))
    assert [
        (c.option, c.old_text, c.new_text) for c in changes.diff(first, second)
    ] == [
        ("client-id", CLIENT, OTHER),
    ]


def test_nothing_changed_makes_no_revision() -> None:
    registration = made()
    client = pop(registration, "a@contoso.com")
    result = registrations.save(
        registration=registration,
        name=registration.name,
        tenant_authority=registration.tenant_authority,
        directory_id=DIRECTORY,
        client_id=CLIENT,
        secret_ends_on="2029-01-01",
    )
    assert result.sections == []
    assert Revision.objects.filter(pop_client=client).count() == 1
    assert registration.secret_ends_on.isoformat() == "2029-01-01"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "Enter a name of 1 to 40 characters."),
        ("client_id", "", "Enter the Application (client) ID"),
        ("directory_id", CLIENT, "This is the same as the Application (client) ID."),
        ("secret_ends_on", "31.5.2027", "Enter a date such as 2027-05-31."),
        ("secret", "a\nb", "Enter the password again: it held a line break"),
    ],
)
def test_mistake_stands_at_its_field(field: str, value: str, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        made(**{field: value})
    assert [p.option for p in caught.value.problems] == [field]
    assert caught.value.problems[0].message.startswith(message)
    assert AppRegistration.objects.count() == 0


def test_registration_in_use_is_not_deleted() -> None:
    registration = made()
    pop(registration, "a@contoso.com")
    with pytest.raises(OptionError) as caught:
        registrations.delete(registration, None)
    assert str(caught.value) == (
        ": These sections name it: pop-client-a. Change them first."
    )


def test_secret_is_sealed_and_not_in_the_audit() -> None:
    registration = made()
    assert registration.secret is not None
    assert registration.secret.purpose == SecretValue.Purpose.CLIENT_SECRET
    event = AuditEvent.objects.get(action="registration.created")
    assert FIRST not in str(event.details)
    assert event.details["fields"][-1] == "secret"


def test_new_secret_is_proven_at_once_and_one_token_serves_all(
    sandbox: Sandbox,
) -> None:
    app = sandbox.app()
    proxy = save_proxy(
        name="sandbox",
        host="127.0.0.1",
        port=sandbox.proxy_port,
        ca_pem=sandbox.ca_pem,
        sandbox=True,
    )
    registration = made(
        directory_id=world.TENANT_ID, client_id=app.client_id, secret="wrong~secret"
    )
    addresses = ("support@contoso.example", "orders@contoso.example")
    boxes = [pop(registration, address, proxy=proxy.pk) for address in addresses]
    registrations.save(
        registration=registration,
        name=registration.name,
        tenant_authority=registration.tenant_authority,
        directory_id=world.TENANT_ID,
        client_id=app.client_id,
        secret=app.secret or "",
    )
    for box in boxes:
        with connect.inbound(snapshots.take(box)) as transport:
            assert transport.select("").next_id == 13
    assert sandbox.requests(app.client_id)["token"] == {"ok": 1}
    assert TokenCache.objects.get().username == ""
    tokens.forget(snapshots.take(boxes[0]))
    assert TokenCache.objects.get().value is None


def test_last_day_that_is_past_is_warned_of_where_it_is_typed() -> None:
    row = made()
    result = registrations.replace_secret(
        row, secret="new~1", secret_ends_on="2020-05-31", user=None
    )
    assert [(p.option, p.message) for p in result.warnings] == [
        (
            "secret_ends_on",
            "2020-05-31 is past: no token is given for a secret that has ended.",
        )
    ]
    again = registrations.save(
        registration=row,
        name="Other name",
        tenant_authority=row.tenant_authority,
        directory_id=row.directory_id,
        client_id=row.client_id,
        secret_ends_on="2020-05-31",
    )
    assert again.warnings == []

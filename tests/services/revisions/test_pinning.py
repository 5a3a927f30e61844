"""A changed row is pinned anew by every section that names it: at once, by few queries.

What each kind of row leaves behind: test_registrations, test_proxies and
test_google_sections. A stale section: test_uses. Run on PostgreSQL too, for its locks.
"""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailboxes.models import (
    AppRegistration,
    AuditEvent,
    NamedSecret,
    PopClient,
    Proxy,
    Revision,
    SmtpClient,
)
from mailboxes.services import proxies, registrations, revisions, uses
from mailboxes.services.options import snapshots
from mailboxes.services.revisions import pinning
from mailboxes.services.secrets import named as named_secrets
from tests import factories
from tests.services.option_sets import pop_oauth, saved_pop, saved_smtp


def make(kind: type[uses.Shared], name: str) -> uses.Shared:
    if kind is Proxy:
        return proxies.save_proxy(name=name, host="proxy.example", port=3128)
    if kind is NamedSecret:
        return named_secrets.save(name=name, password="old-one")[0]
    return factories.registration(name)


def change(row: uses.Shared) -> None:
    """As a person does it."""
    if isinstance(row, Proxy):
        proxies.save_proxy(proxy=row, name=row.name, host="proxy.example", port=8080)
    elif isinstance(row, NamedSecret):
        named_secrets.save(secret=row, name=row.name, password="new-one")
    else:
        registrations.save(
            registration=row,
            name=row.name,
            tenant_authority=row.tenant_authority,
            directory_id=row.directory_id,
            client_id="99999999-7777-8888-9999-aaaaaaaaaaaa",
        )


def name_it(row: uses.Shared, number: int) -> tuple[PopClient, SmtpClient]:
    """A section of each kind; each names a row of its own beside."""
    other = Proxy if isinstance(row, AppRegistration) else AppRegistration
    named = {
        uses.OPTION[kind]: one.pk
        for kind, one in (
            (type(row), row),
            (other, make(other, f"{row.name} {number}")),
        )
    }
    name = f"{row.name}-{number}"
    pop = saved_pop(f"{name}@contoso.com", enable_client=False, **named)
    return pop, saved_smtp(name, enable_client=False, **named)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [AppRegistration, NamedSecret, Proxy])
def test_queries_do_not_grow_with_the_sections(kind: type[uses.Shared]) -> None:
    asked, made = [], []
    for name, sections in (("few", 2), ("many", 20)):
        row = make(kind, name)
        for number in range(sections):
            name_it(row, number)
        before = Revision.objects.count()
        with CaptureQueriesContext(connection) as queries:
            change(row)
        asked.append(len(queries))
        made.append(Revision.objects.count() - before)
    assert made == [4, 40]
    assert asked[0] == asked[1] < 30


@pytest.mark.django_db
def test_pinned_anew_is_what_a_save_of_the_section_leaves() -> None:
    """But for what is pinned nothing differs, and one event tells of each section."""
    row = make(Proxy, "squid")
    other = make(Proxy, "other")
    pop = saved_pop(proxy=row.pk)
    never, kept = saved_pop("b@contoso.com", proxy=other.pk), pop.revisions.get()
    change(row)
    for client in (pop, never):
        client.refresh_from_db()
    new = snapshots.newest(pop)
    assert (pop.revision, new.number, never.revision) == (2, 2, 1)
    assert (new.values, new.extra) == (kept.values, kept.extra)
    assert new.pinned == {"proxy": kept.pinned["proxy"] | {"port": 8080}}
    event = AuditEvent.objects.get(action="option-set.saved")
    assert (event.object_name, event.details) == (
        str(pop),
        {
            "revision": 2,
            "changes": [
                {
                    "option": "proxy",
                    "old": "squid (proxy.example:3128)",
                    "new": "squid (proxy.example:8080)",
                }
            ],
            "note": "Proxy squid was changed",
        },
    )


@pytest.mark.django_db
def test_section_in_the_archive_is_pinned_too() -> None:
    row = make(Proxy, "squid")
    client = saved_smtp(proxy=row.pk)
    SmtpClient.objects.update(archived_at=timezone.now())
    change(row)
    client.refresh_from_db()
    assert client.revision == 2


@pytest.mark.django_db(transaction=True)
def test_save_of_a_section_that_goes_on_meanwhile_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And what it saves is pinned anew: nothing is lost, nobody has to try again."""
    row = make(Proxy, "squid")
    client = saved_pop(proxy=row.pk)
    asks, real = threading.Event(), pinning._newest

    def newest(*args: object) -> list[Revision]:
        asks.set()
        return real(*args)  # type: ignore[arg-type]

    def other() -> None:
        try:
            change(Proxy.objects.get())
        finally:
            connections.close_all()

    monkeypatch.setattr(pinning, "_newest", newest)
    beside = threading.Thread(target=other)
    with transaction.atomic():
        revisions.save_pop_client(
            client=client,
            address="support@contoso.com",
            raw=pop_oauth(proxy=row.pk, folder_path="Other"),
            base_revision=1,
        )
        beside.start()
        asks.wait(0.5)  # SQLite holds the other one up before
    beside.join()
    new = snapshots.take(client)
    assert (new.number, new["folder-path"], new.pinned["proxy"]["port"]) == (
        3,
        "Other",
        8080,
    )

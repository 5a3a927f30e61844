"""Which sections use a shared row, and where each stands."""

from __future__ import annotations

import pytest

from mailboxes.core.errors import OptionError, StaleEdit
from mailboxes.core.options import Effect
from mailboxes.models import AppRegistration, Fetcher, NamedSecret, Proxy
from mailboxes.services import clients, proxies, registrations, uses
from mailboxes.services.options import snapshots
from mailboxes.services.revisions import pinning
from mailboxes.services.secrets import named as named_secrets
from tests import factories
from tests.services import sending
from tests.services.option_sets import saved_pop, saved_smtp

pytestmark = pytest.mark.django_db


def stand(row) -> list[tuple[str, int | None, Effect | None, bool]]:
    return [(u.client.section, u.in_effect, u.effect, u.idle) for u in uses.of(row)]


def test_each_section_says_what_is_in_effect():
    row = factories.registration()
    names_it = {"registration": str(row.pk)}
    pop, draft = (
        saved_pop(**names_it),
        saved_pop("b@contoso.com", **names_it, enable_client="no"),
    )
    smtp = saved_smtp(**names_it)
    Fetcher.objects.filter(pop_client=pop).update(revision=snapshots.newest(pop))
    assert stand(row) == [
        (draft.section, None, Effect.NEXT_CYCLE, True),
        (pop.section, 1, None, False),
        (smtp.section, 1, None, False),
    ]
    registrations.save(
        registration=row,
        name=row.name,
        tenant_authority=row.tenant_authority,
        directory_id="contoso.com",
        client_id=row.client_id,
    )
    assert stand(row) == [
        (draft.section, None, Effect.NEXT_CYCLE, True),
        (pop.section, 1, Effect.NEXT_CYCLE, False),
        (smtp.section, 1, Effect.RESTART, False),
    ]
    event = uses.last_save(row)
    assert event is not None
    assert event.details == {
        "fields": ["directory_id"],
        "pop_clients": 2,
        "smtp_clients": 1,
    }


def test_only_pending_smtp_clients_are_restarted_and_not_the_archive():
    proxy = proxies.save_proxy(name="squid", host="proxy.example", port=3128)
    first, second, third = (
        saved_smtp(f"out-{n}", proxy="squid") for n in ("a", "b", "c")
    )
    assert uses.to_restart(uses.of(proxy)) == []
    proxies.save_proxy(proxy=proxy, name="squid", host="proxy.example", port=3129)
    second.refresh_from_db()
    clients.restart_sending(second, None)
    clients.archive(third, None)
    assert uses.to_restart(uses.of(proxy)) == [first]
    sending.queue(first)
    assert uses.waiting([first, second]) == {first.pk: 1}


@pytest.mark.parametrize("model", [AppRegistration, NamedSecret, Proxy])
def test_counts_do_not_multiply(model):
    row = factories.registration()
    named_secrets.save(name="gmail", password="x")
    proxies.save_proxy(name="squid", host="proxy.example", port=3128)
    assert [(one.pops, one.smtps) for one in uses.counted(model)] == [(0, 0)]
    names_it = {"registration": str(row.pk), "proxy": "squid", "secret": "gmail"}
    for n in range(3):
        saved_pop(f"a{n}@contoso.com", **names_it)
    for n in range(2):
        saved_smtp(f"out-{n}", **names_it)
    assert [(one.pops, one.smtps) for one in uses.counted(model)] == [(3, 2)]


@pytest.mark.parametrize("count", [1, 12])
def test_number_of_queries_is_fixed(count, django_assert_num_queries):
    row = factories.registration()
    for number in range(count):
        saved_pop(f"a{number}@contoso.com", registration=str(row.pk))
    with django_assert_num_queries(2):
        for use in uses.of(row):
            assert (use.client.mailbox_row.address, use.effect) != ("", None)


def test_nothing_changed_is_no_save():
    row = factories.registration()
    registrations.save(
        registration=row,
        name=row.name,
        tenant_authority=row.tenant_authority,
        directory_id=row.directory_id,
        client_id=row.client_id,
    )
    assert uses.last_save(row) is None


def test_stale_section_is_told_not_lost(monkeypatch):
    """Somebody saves a section while its registration is saved."""
    row = factories.registration()
    client = saved_pop(registration=row.pk, grant_type="client_credentials")
    real = pinning._move_on

    def late(model, before):
        model.objects.update(revision=7)
        real(model, before)

    monkeypatch.setattr(pinning, "_move_on", late)
    before = row.secret_id
    with pytest.raises(StaleEdit):
        registrations.replace_secret(
            row, secret="new~one", secret_ends_on=None, user=None
        )
    client.refresh_from_db()
    assert (client.revision, AppRegistration.objects.get().secret_id) == (1, before)


def refusal(proxy: Proxy) -> str:
    with pytest.raises(OptionError) as refused:
        proxies.delete_proxy(proxy, None)
    return refused.value.problems[0].message


def test_refusal_names_ten_sections_and_says_which_are_in_the_archive():
    proxy = proxies.save_proxy(name="squid", host="p.example", port=3128)
    first = saved_pop("a0@contoso.com", proxy=proxy.pk)
    clients.archive(first, None)
    assert refusal(proxy) == (
        "These sections name it: pop-client-a0 (in the archive). Change them first."
    )
    for number in range(1, 12):
        saved_pop(f"a{number}@contoso.com", proxy=proxy.pk)
    assert refusal(proxy).endswith(" and 2 more. Change them first.")

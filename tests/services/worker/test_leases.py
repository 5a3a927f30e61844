"""Leases: one winner, and a holder past its time writes nothing."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from mailboxes.core.errors import LeaseLost
from mailboxes.models import Fetcher, Lease
from mailboxes.services import fetch
from mailboxes.services.worker import leases
from tests import factories


@pytest.fixture
def row(db: None) -> Lease:
    return Lease.objects.create(name="drill")


def _claim(row: Lease) -> Lease | None:
    return leases.claim(Lease.objects.all(), row.pk)


def test_claim_raises_the_fence_and_holds_for_thirty_seconds(row: Lease) -> None:
    held = _claim(row)
    assert held is not None and held.lease_until is not None
    assert (held.fence, held.lease_owner) == (1, leases.owner())
    left = (held.lease_until - timezone.now()).total_seconds()
    assert 28 < left <= 30
    assert _claim(row) is None


def test_claim_looks_at_the_rows_it_was_given(row: Lease) -> None:
    assert leases.claim(Lease.objects.filter(name="other"), row.pk) is None


def test_lease_that_ran_out_is_taken_over(row: Lease) -> None:
    first = _claim(row)
    Lease.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    second = _claim(row)
    assert first is not None and second is not None
    assert second.fence == 2
    assert leases.renew(second) is True
    # The same process, but an older claim: its fence tells them apart.
    assert leases.renew(first) is False
    with pytest.raises(LeaseLost):
        leases.guard(first)
    assert leases.release(first) is False
    assert leases.release(second) is True
    assert _claim(row) is not None


def test_guard_writes_and_holds_on(row: Lease) -> None:
    held = _claim(row)
    assert held is not None
    Lease.objects.update(lease_until=timezone.now() + timedelta(seconds=1))
    with transaction.atomic():
        leases.guard(held, name="changed")
    after = Lease.objects.get()
    assert after.name == "changed"
    assert after.lease_until is not None
    assert after.lease_until > timezone.now() + timedelta(seconds=20)


@pytest.mark.parametrize("hours", [-1, 1])
def test_hosts_need_not_agree_on_the_time(
    row: Lease, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """The database's clock counts; with its own, a host ahead would steal."""
    held = _claim(row)
    assert held is not None
    wrong = timezone.now() + timedelta(hours=hours)
    with monkeypatch.context() as other_host:
        other_host.setattr(timezone, "now", lambda: wrong)
        assert _claim(row) is None
        assert leases.renew(held) is True
        assert _claim(row) is None
    assert leases.renew(held) is True
    Lease.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    with monkeypatch.context() as other_host:
        other_host.setattr(timezone, "now", lambda: wrong)
        assert _claim(row) is not None
    assert _claim(row) is None


def test_many_threads_have_one_winner(transactional_db: None) -> None:
    row = Lease.objects.create(name="race")
    won: list[int] = []
    start = threading.Barrier(8)

    def race() -> None:
        try:
            start.wait(10)
            held = _claim(row)
            if held is not None:
                won.append(held.fence)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [1]


def test_claims_that_race_through_a_join_have_one_winner(
    transactional_db: None,
) -> None:
    """The row is looked for among joined rows, as every batch does.

    PostgreSQL does not look again at a subselect when a claim that waited for another
    goes on; only there are so many races worth their time.
    """
    fetcher = factories.pop_client().fetcher
    racers, rounds = 6, 300 if connection.vendor == "postgresql" else 10
    start = threading.Barrier(racers)
    won: list[list[tuple[int, str]]] = [[] for _ in range(rounds)]
    broken: list[BaseException] = []

    def race() -> None:
        try:
            for number in range(rounds):
                start.wait(60)
                held = leases.claim(fetch.due(), fetcher.pk)
                if held is not None:
                    won[number].append((held.fence, held.lease_owner))
                if start.wait(60) == 0:
                    Fetcher.objects.update(lease_until=None, lease_owner="")
        except BaseException as error:  # noqa: BLE001 - shown by the test
            broken.append(error)
            start.abort()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race) for _ in range(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    assert [[fence for fence, _owner in round_] for round_ in won] == [
        [number + 1] for number in range(rounds)
    ]

"""Leases: one winner, and a holder past its time writes nothing."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from mailboxes.core.errors import LeaseLost
from mailboxes.models import Lease
from mailboxes.services import leases


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

"""The same failure at many mailboxes of a provider stops nobody; one goes on trying."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes.core.choices import RunState
from mailboxes.models import Fetcher, PopClient
from mailboxes.services import provider
from tests import factories

pytestmark = pytest.mark.django_db


def _failing(number: int, **fields: object) -> PopClient:
    now = timezone.now()
    given = {
        "state": RunState.FAILING,
        "code": "AADSTS50126",
        "last_try_at": now,
        "not_before": now + timedelta(minutes=5),
    }
    return factories.pop_client(f"team{number}@contoso.example", **(given | fields))


@pytest.mark.parametrize(("others", "shared"), [(3, False), (4, True)])
def test_five_alike_are_many(others: int, shared: bool) -> None:
    clients = [_failing(number) for number in range(others + 1)]
    now = timezone.now()
    first = provider.shares(clients[0], "AADSTS50126", now)
    last = provider.shares(clients[-1], "AADSTS50126", now)
    assert (first, last) == ((shared, shared), (shared, False))


def test_other_codes_servers_and_times_do_not_count() -> None:
    now = timezone.now()
    client = _failing(0)
    _failing(1, code="AADSTS50053")
    _failing(2, last_try_at=now - timedelta(minutes=11))
    for number in range(3, 6):
        PopClient.objects.filter(pk=_failing(number).pk).update(server="other.example")
    assert provider.shares(client, "AADSTS50126", now) == (False, False)


def test_one_success_lets_the_others_go_on() -> None:
    clients = [_failing(number) for number in range(3)]
    stopped = _failing(9, state=RunState.STOPPED)
    assert provider.recovered(clients[0], "AADSTS50126") == 3
    waiting = Fetcher.objects.exclude(not_before=None)
    assert [fetcher.pop_client for fetcher in waiting] == [stopped]

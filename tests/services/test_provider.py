"""The same failure at many clients of a provider stops nobody; one goes on trying."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mailboxes.core.choices import RunState, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import (
    AppRegistration,
    Fetcher,
    PopClient,
    Sender,
    SmtpClient,
)
from mailboxes.services import provider
from mailboxes.services.outbox import senders as outbox_senders
from mailboxes.services.provider import Client
from tests import factories

pytestmark = pytest.mark.django_db
BLOCKED = "AADSTS53003"  # a policy of the tenant
DOWN = Code.CONNECT_TIMEOUT


def _fields(code: str, **fields: Any) -> dict[str, Any]:
    now = timezone.now()
    given = {
        "state": RunState.FAILING,
        "code": code,
        "last_try_at": now,
        "last_success_at": now - timedelta(hours=2),
        "not_before": now + timedelta(minutes=5),
    }
    return given | fields


def _failing(number: int, code: str = BLOCKED, **fields: Any) -> PopClient:
    return factories.pop_client(
        f"team{number}@contoso.example", **_fields(code, **fields)
    )


def _stopped(number: int, code: str = BLOCKED, **fields: Any) -> PopClient:
    return _failing(number, code, state=RunState.STOPPED, not_before=None, **fields)


def _shared(client: Client, code: str = BLOCKED) -> tuple[bool, bool]:
    return provider.shares(client, code, timezone.now())


def _works(number: int) -> PopClient:
    return factories.pop_client(f"well{number}@contoso.example")


def _states() -> list[str]:
    return list(
        Fetcher.objects.order_by("pop_client_id").values_list("state", flat=True)
    )


def _minutes(client: PopClient) -> int | None:
    wait = Fetcher.objects.get(pop_client=client).not_before
    return wait and round((wait - timezone.now()).total_seconds() / 60)


@pytest.mark.parametrize("code", [BLOCKED, DOWN])
@pytest.mark.parametrize(("others", "shared"), [(3, False), (4, True)])
def test_five_alike_are_many(code: str, others: int, shared: bool) -> None:
    _works(0)
    clients = [_stopped(number, code) for number in range(others + 1)]
    assert (_shared(clients[0], code), _shared(clients[-1], code)) == (
        (shared, shared),
        (shared, False),
    )


@pytest.mark.parametrize(("others", "shared"), [(1, False), (2, True)])
def test_all_of_a_small_tenant_are_many(others: int, shared: bool) -> None:
    clients = [_stopped(number) for number in range(others + 1)]
    assert _shared(clients[0]) == (shared, shared)
    _works(0)
    assert _shared(clients[0]) == (False, False)


def test_other_codes_servers_and_times_do_not_count() -> None:
    now = timezone.now()
    client = _failing(0, DOWN)
    _failing(1, Code.CONNECT_REFUSED)
    _failing(2, DOWN, last_try_at=now - timedelta(minutes=11))
    for number in range(3, 7):
        PopClient.objects.filter(pk=_failing(number, DOWN).pk).update(server="other")
    assert _shared(client, DOWN) == (False, False)


def test_authority_counts_whatever_the_server_and_direction() -> None:
    """Of a registration where there is one; a sender is refused there just as well."""
    _works(0)
    clients: list[Client] = [_stopped(number) for number in range(3)]
    PopClient.objects.filter(pk=clients[0].pk).update(server="other")
    sender = factories.smtp_client(**_fields(BLOCKED, state=RunState.STOPPED))
    clients.append(sender)
    asked = _stopped(9)
    assert _shared(asked) == (True, False)
    assert _shared(sender) == (True, False)
    elsewhere = AppRegistration.objects.create(
        name="other", tenant_authority="https://login.microsoftonline.us"
    )
    SmtpClient.objects.update(registration=elsewhere)
    assert _shared(asked) == (False, False)


@pytest.mark.parametrize(
    "code",
    [
        "AADSTS50126", "AADSTS50034", "AADSTS50053", "AADSTS50055", "AADSTS50056",
        "AADSTS50057", "AADSTS50144", "AADSTS7000222", "AADSTS7000215",
        Code.PASSWORD_REFUSED, Code.BASIC_AUTH_BLOCKED, Code.TOKEN_INVALID_GRANT,
        Code.AUTHORIZATION_FAILED, Code.NOT_CONNECTED, Code.FOLDER_MISSING,
        Code.QUOTA_FULL, Code.SERVER_THROTTLED, Code.TOKEN_THROTTLED, "AADSTS90055",
        Code.TOO_MANY_CONNECTIONS, Code.SENDING_QUOTA, Code.CONFIG_INCOMPLETE,
        Code.SECRET_UNREADABLE, Code.DATABASE_BUSY, Code.INTERNAL, Code.LEASE_LOST,
    ],
)  # fmt: skip
def test_failure_of_one_account_or_of_ours_is_never_shared(code: str) -> None:
    clients = [_failing(number, code) for number in range(9)]
    stopped = _stopped(10, code)
    now = timezone.now()
    assert provider.shares(clients[0], code, now) == (False, False)
    assert provider.relieve(clients[0], code, now) == 0
    assert provider.recovered(clients[0], code) == 0
    assert _minutes(clients[1]) == 5
    assert Fetcher.objects.get(pop_client=stopped).state == RunState.STOPPED


def test_number_without_a_row_is_judged_by_its_evidence() -> None:
    clients = [_failing(number, "AADSTS50999") for number in range(6)]
    evidence: dict[str, object] = {"error": "invalid_grant"}
    error = MailError("AADSTS50999", Stage.TOKEN, permanent=True, evidence=evidence)
    assert provider.shares(clients[0], error, timezone.now()) == (False, False)


def test_those_that_stopped_before_there_were_many_are_freed() -> None:
    _works(0)
    now = timezone.now()
    clients = [_stopped(number) for number in range(4)]
    assert provider.relieve(clients[-1], BLOCKED, now) == 0
    clients.append(_failing(4))
    old = _stopped(5, last_try_at=now - timedelta(minutes=11))
    assert provider.relieve(clients[-1], BLOCKED, now) == 4
    assert _states() == ["active"] + ["failing"] * 5 + ["stopped"]
    # The first goes on trying, the others wait for it.
    assert [_minutes(client) for client in clients] == [1, 60, 60, 60, 5]
    assert _minutes(old) is None


def test_failures_at_one_moment_are_freed_by_the_last() -> None:
    """None of them has seen the others: all have stopped."""
    clients = [_stopped(number) for number in range(5)]
    assert provider.relieve(clients[2], BLOCKED, timezone.now()) == 5
    assert [_minutes(client) for client in clients] == [1, 60, 60, 60, 60]


def test_refusal_stays_shared_while_somebody_waits_for_its_end() -> None:
    _works(0)
    now = timezone.now()
    late = [
        _failing(number, last_try_at=now - timedelta(minutes=59)) for number in (1, 2)
    ]
    assert _shared(_works(1)) == (True, False)
    assert (_shared(late[0]), _shared(late[1])) == ((True, True), (True, False))
    Fetcher.objects.update(last_try_at=now - timedelta(minutes=71))
    assert _shared(late[0]) == (False, False)


def test_paused_and_archived_clients_do_not_probe() -> None:
    clients = [_failing(number) for number in range(6)]
    now = timezone.now()
    Fetcher.objects.filter(pop_client=clients[0]).update(paused_at=now)
    PopClient.objects.filter(pk=clients[1].pk).update(archived_at=now)
    PopClient.objects.filter(pk=clients[2].pk).update(enable_client=False)
    assert [_shared(client)[1] for client in clients[3:]] == [True, False, False]


def test_one_success_lets_the_many_go_on() -> None:
    _works(0)
    clients = [_failing(number) for number in range(4)]
    stopped = _stopped(8)
    long_ago = _stopped(9, last_try_at=timezone.now() - timedelta(hours=25))
    sender = factories.smtp_client(**_fields(BLOCKED))
    assert provider.recovered(clients[0], BLOCKED) == 5
    assert [_minutes(client) for client in [*clients, stopped]] == [5, 0, 0, 0, 0]
    assert Fetcher.objects.get(pop_client=stopped).state == RunState.FAILING
    assert Fetcher.objects.get(pop_client=long_ago).state == RunState.STOPPED
    row = Sender.objects.get(smtp_client=sender)
    assert row.not_before is not None and row.not_before <= timezone.now()


def test_success_in_a_small_tenant_lets_the_others_go_on() -> None:
    well = _works(0)
    clients = [_failing(1), _stopped(2)]
    assert provider.recovered(well, BLOCKED) == 2
    assert [_minutes(client) for client in clients] == [0, 0]


def test_success_of_one_among_few_refused_lets_nobody_go_on() -> None:
    _works(0)
    clients = [_failing(number) for number in range(3)]
    assert provider.recovered(clients[0], BLOCKED) == 0
    assert [_minutes(client) for client in clients] == [5, 5, 5]


def test_success_after_a_network_fault_lets_everybody_go_on() -> None:
    clients = [_failing(number, DOWN) for number in range(3)]
    assert provider.recovered(clients[0], DOWN) == 2
    assert [_minutes(client) for client in clients] == [5, 0, 0]


def test_sender_shares_what_the_mailboxes_meet() -> None:
    for number in range(5):
        _failing(number)
    client = factories.smtp_client()
    sender = Sender.objects.get(smtp_client=client)
    now = timezone.now()
    error = MailError(BLOCKED, Stage.TOKEN, permanent=True)
    outbox_senders.note_failure(sender, error, now)
    sender.refresh_from_db()
    assert (sender.state, sender.not_before) == (
        RunState.FAILING,
        now + timedelta(hours=1),
    )
    Fetcher.objects.update(not_before=now + timedelta(hours=1))
    outbox_senders.note_success(sender, now)
    assert [_minutes(client) for client in PopClient.objects.all()] == [0] * 5

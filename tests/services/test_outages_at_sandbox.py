"""D9 counted where it matters: how often the sandbox was asked to sign somebody in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from mailboxes.core.choices import RunState
from mailboxes.models import Fetcher, PopClient, Proxy
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import clients, fetch, registrations, revisions
from mailboxes.services.fetch.cycle import FetchCycle
from mailboxes.services.worker.pool import pool
from tests.fixtures.connection_tests import ADDRESS, oauth, pop

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
STEP = timedelta(seconds=30)
DAY = timedelta(days=1)
DOMAIN = "contoso.example"
ORDERS = f"orders@{DOMAIN}"
APP = world.APPS[world.CONFIDENTIAL_APP_ID]
CALM = {"cycle_time": "06:00:00"}  # a healthy mailbox costs no time of the test

Run = Callable[[timedelta], None]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Lets time pass; every cycle that falls due runs, each over a new connection."""
    now = BEGIN

    def pass_by(span: timedelta) -> None:
        nonlocal now
        end, step = now + span, max(STEP, span / 400)
        while now < end:
            while (held := fetch.claim_next()) is not None:
                pool.close_all()
                FetchCycle(held, lambda: False).run()
            now += step

    monkeypatch.setattr(timezone, "now", lambda: now)
    yield pass_by
    pool.close_all()


def asked(sandbox: Sandbox, who: str = ADDRESS) -> dict[str, int]:
    """Requests for a token, by outcome."""
    return sandbox.requests(who).get("token", {})


def state(client: PopClient) -> str:
    return Fetcher.objects.get(pop_client=client).state


def saved(client: PopClient, **raw: Any) -> revisions.SaveResult:
    client.refresh_from_db()
    return revisions.save_pop_client(
        client=client,
        address=client.mailbox_row.address,
        raw=raw,
        base_revision=client.revision,
    )


@pytest.mark.parametrize(
    ("scenario", "number"),
    [
        ("entra-wrong-password", "AADSTS50126"),
        ("entra-account-locked", "AADSTS50053"),
        ("entra-consent-missing", "AADSTS65001"),
    ],
)
def test_refusal_of_the_token_ends_sign_ins_until_somebody_acts(
    sandbox: Sandbox, proxy: Proxy, run: Run, scenario: str, number: str
) -> None:
    client, neighbour = pop(proxy, **CALM), pop(proxy, ORDERS, **CALM)
    sandbox.switch(ADDRESS, scenario)
    run(DAY)
    assert asked(sandbox) == {number: 1}
    assert state(client) == RunState.STOPPED
    assert state(neighbour) == RunState.ACTIVE
    assert clients.resume_stopped(client, None)
    run(DAY)
    assert asked(sandbox) == {number: 2}
    assert state(client) == RunState.STOPPED


def test_saved_new_password_is_tried_once_at_once(
    sandbox: Sandbox, proxy: Proxy, run: Run
) -> None:
    wrong = pop(proxy, password="Sunny-Harbour-40", **CALM)
    run(DAY)
    assert asked(sandbox) == {"AADSTS50126": 1}
    assert saved(wrong, password="Sunny-Harbour-42").trial
    run(STEP)
    assert asked(sandbox) == {"AADSTS50126": 2}
    run(DAY)
    assert asked(sandbox) == {"AADSTS50126": 2}
    assert saved(wrong, password=sandbox.account(ADDRESS).password).trial
    run(STEP)
    assert asked(sandbox) == {"AADSTS50126": 2, "ok": 1}
    assert state(wrong) == RunState.ACTIVE


def test_new_secret_of_a_registration_is_tried_once_by_each_mailbox(
    sandbox: Sandbox, proxy: Proxy, run: Run
) -> None:
    """One secret serves three mailboxes: rotating it is one edit, and starts them."""
    given = {
        "name": "Contoso mail gateway",
        "tenant_authority": "https://login.microsoftonline.com",
        "directory_id": world.TENANT_ID,
        "client_id": APP.client_id,
    }
    registration = registrations.save(
        **given, secret=APP.expired_secret or ""
    ).registration
    inherited: dict[str, Any] = {
        "registration": registration.pk,
        "grant-type": "client_credentials",
        "tenant-authority": "",
        "directory-id": "",
        "client-id": "",
        "password": "",
        **CALM,
    }
    here = [pop(proxy, a, **inherited) for a in (ADDRESS, ORDERS, f"returns@{DOMAIN}")]
    run(DAY)
    assert asked(sandbox, APP.client_id) == {"AADSTS7000222": 3}
    assert {state(client) for client in here} == {RunState.STOPPED}
    registrations.save(registration=registration, **given, secret=APP.secret or "")
    run(STEP)
    assert {state(client) for client in here} == {RunState.ACTIVE}
    after = asked(sandbox, APP.client_id)
    assert after["AADSTS7000222"] == 3 and 1 <= after["ok"] <= 3


TEAM = [f"team{number:02}@{DOMAIN}" for number in range(8)]


def signed_in(sandbox: Sandbox) -> Counter[str]:
    """Sign-ins at the mail server, by mailbox."""
    return Counter(
        {
            who: sum(sandbox.requests(who).get("imap", {}).values())
            for who in TEAM
            if sandbox.requests(who)
        }
    )


def test_outage_that_refuses_good_tokens_stops_nobody_and_ends_by_itself(
    sandbox: Sandbox, proxy: Proxy, run: Run
) -> None:
    for who in TEAM:
        own = {"password": sandbox.make(who).password, "cycle-time": "06:00:00"}
        raw = oauth(proxy=proxy.pk, server="outlook.office365.com", **own)
        revisions.save_pop_client(client=None, address=who, raw=raw)
    run(STEP)
    states = Fetcher.objects.values_list("state", flat=True)
    assert set(states) == {RunState.ACTIVE}
    healthy = signed_in(sandbox)
    sandbox.fault("*", "imap-refuse-token")
    for client in PopClient.objects.all():
        clients.fetch_now(client, None)
    run(timedelta(hours=6))
    assert Counter(states.all()) == {RunState.FAILING: len(TEAM)}
    tried = signed_in(sandbox) - healthy
    # The probe at 0, 1, 3, 8, 23 and 83 minutes and hourly; the others hourly.
    assert max(tried.values()) <= 10
    assert sorted(tried.values())[:-1] <= [7] * (len(TEAM) - 1)
    sandbox.fault("*", None)
    run(timedelta(hours=1, minutes=1))
    assert Counter(states.all()) == {RunState.ACTIVE: len(TEAM)}

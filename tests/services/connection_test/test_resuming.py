"""Tests that go on where one failed: what is taken over, and what never is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mailboxes.core.choices import Stage
from mailboxes.models import PopClient, Proxy, TestRun
from mailboxes.oauth import probe
from mailboxes.sandbox import world
from mailboxes.services import connection_test, proxies, revisions
from mailboxes.services.connection_test import batch, report, resuming
from tests.fixtures.connection_tests import (
    ADDRESS,
    QUICK,
    carried_out,
    failed,
    pop,
    shown,
)

pytestmark = pytest.mark.django_db

WAY = ["a:proxy", "a:tls", "a:clock", "a:tenant"]


def mended(client: PopClient, **changes: object) -> PopClient:
    raw = {name.replace("_", "-"): value for name, value in changes.items()}
    saved = revisions.save_pop_client(
        client=client,
        address=ADDRESS,
        raw=raw,
        base_revision=client.revision,
    )
    assert isinstance(saved.client, PopClient)
    return saved.client


def seen(run: TestRun) -> list[str]:
    """The checks that an earlier test has made, and whose they were."""
    return [
        f"{check.evidence['side'][:1]}:{check.stage} {check.evidence['seen_by']}"
        for check in run.checks.all()
        if "seen_by" in check.evidence
    ]


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Authorities that were spoken to without a credential."""
    urls: list[str] = []

    def noted(call: Callable[..., Any]) -> Callable[..., Any]:
        def probing(url: str, *arguments: Any) -> Any:
            urls.append(url)
            return call(url, *arguments)

        return probing

    monkeypatch.setattr(probe, "reach", noted(probe.reach))
    monkeypatch.setattr(probe, "discover", noted(probe.discover))
    return urls


def test_a_mended_password_is_tried_without_the_way_to_the_authority(
    proxy: Proxy, reached: list[str]
) -> None:
    client = pop(proxy, password="wrong-Password")
    first = carried_out(client)
    assert failed(first).stage == "token" and resuming.can_go_on(first)
    client = mended(client, password=world.accounts()[ADDRESS].password)
    before = len(reached)
    run = carried_out(client, going_on=first)
    assert (run.state, run.revision.number, len(reached)) == ("passed", 2, before)
    assert seen(run) == [f"{check} {first.pk}" for check in WAY]
    assert [line.split(" ")[1] for line in shown(run)] == ["passed"] * 12
    tenant = run.checks.get(stage=Stage.TENANT)
    assert (tenant.milliseconds, report.told(tenant)) == (
        None,
        f"Tenant {world.TENANT_ID}, region EU. Seen by test {first.pk}",
    )
    assert not resuming.can_go_on(run)  # nothing failed


def test_a_server_that_refuses_is_reached_with_a_new_token(proxy: Proxy) -> None:
    client = pop(proxy, folder_path="Nowhere")
    first = carried_out(client)
    assert failed(first).stage == "mailbox"
    run = carried_out(mended(client, folder_path="INBOX"), going_on=first)
    assert (run.state, seen(run)) == ("passed", [f"{c} {first.pk}" for c in WAY])
    token = run.checks.get(stage=Stage.TOKEN)
    assert token.state == "passed" and token.milliseconds is not None


def test_what_the_test_would_check_elsewhere_is_checked(
    proxy: Proxy, reached: list[str]
) -> None:
    client = pop(proxy, password="wrong-Password")
    first = carried_out(client)
    client = mended(client, directory_id="contoso.example")
    before = len(reached)
    run = carried_out(client, going_on=first)
    assert (seen(run), len(reached)) == ([], before + 2)


def test_a_changed_proxy_is_gone_through_anew(proxy: Proxy) -> None:
    """Its address is the same: its kind, password or authorities may not be."""
    client = pop(proxy, password="wrong-Password")
    first = carried_out(client)
    proxies.save_proxy(
        proxy=proxy,
        name="sandbox",
        host=proxy.host,
        port=proxy.port,
        username="somebody",
        password="and-a-password",
        ca_pem=proxy.ca_pem,
        sandbox=True,
    )
    client.refresh_from_db()
    assert not resuming.can_go_on(TestRun.objects.get(pk=first.pk))
    assert seen(connection_test.ask(client, None, going_on=first)) == []


@pytest.mark.django_db(transaction=True)
def test_a_terminal_shows_each_check_once(proxy: Proxy) -> None:
    client = pop(proxy, password="wrong-Password")
    first = carried_out(client)
    run = connection_test.ask(client, None, going_on=first)
    shown = [check.number for check in batch.follow(run)]
    assert sorted(shown) == list(range(1, len(shown) + 1))
    assert 1 in shown  # the fields, which are checked after what is taken over


def test_what_is_old_is_checked(proxy: Proxy) -> None:
    client = pop(proxy, password="wrong-Password")
    first = carried_out(client)
    late = timezone.now() - resuming.GOOD_FOR - timedelta(seconds=1)
    TestRun.objects.filter(pk=first.pk).update(ended_at=late)
    first.refresh_from_db()
    assert not resuming.can_go_on(first)
    assert seen(carried_out(client, going_on=first)) == []


def test_a_second_test_that_goes_on_is_as_old_as_the_first(proxy: Proxy) -> None:
    client = pop(proxy, password="wrong-Password")
    first = carried_out(client)
    second = carried_out(client, going_on=first)
    third = connection_test.ask(client, None, going_on=second)
    assert seen(second) == seen(third) == [f"{check} {first.pk}" for check in WAY]
    connection_test.cancel(third, None)
    late = timezone.now() - resuming.GOOD_FOR - timedelta(seconds=1)
    TestRun.objects.filter(pk=first.pk).update(ended_at=late)
    assert seen(connection_test.ask(client, None, going_on=second)) == []


def test_a_failure_on_the_way_leaves_nothing_to_take_over(proxy: Proxy) -> None:
    client = pop(proxy, directory_id="fabrikam.example")
    first = carried_out(client)
    assert failed(first).stage == "tenant"
    assert not resuming.can_go_on(first)
    assert seen(carried_out(client, going_on=first)) == []


def test_a_mailbox_without_a_token_has_no_such_way(proxy: Proxy) -> None:
    raw = {"server": "imap.other.example", "password": "x", "proxy": proxy.pk, **QUICK}
    client = revisions.save_pop_client(client=None, address=ADDRESS, raw=raw).client
    assert isinstance(client, PopClient)
    first = carried_out(client)
    assert failed(first).evidence["side"] == "server"
    assert not resuming.can_go_on(first)


def test_the_run_of_another_client_is_none_to_go_on_from(proxy: Proxy) -> None:
    one = pop(proxy, password="wrong-Password")
    other = pop(proxy, "billing@contoso.example")
    run = carried_out(one)
    assert connection_test.ended(one, run.pk) == run
    assert connection_test.ended(other, run.pk) is None
    again = connection_test.ask(one, None)
    assert connection_test.ended(one, again.pk) is None  # still open

"""The audit log: rows, what narrows them, the table to download, where from."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from mailboxes.models import AuditEvent
from mailboxes.services import audit, clients
from tests import factories
from tests.services.option_sets import CANARY, saved_pop, saved_smtp
from tests.views.test_option_sets import edit_url, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(factories.superuser("anna"))
    return client


def shown(browser: Client, query: str = "") -> list[str]:
    page = browser.get(f"/audit/{query}")
    assert page.status_code == 200
    return [event.action for event in page.context["page"]]


def at(event: AuditEvent, day: str) -> None:
    AuditEvent.objects.filter(pk=event.pk).update(at=f"{day}T12:00:00Z")


def test_change_says_who_what_and_from_where(browser):
    client = saved_pop()
    data = typed(browser, edit_url(client), folder_path="Sales", password="another")
    browser.post(edit_url(client), data, REMOTE_ADDR="10.1.2.3")
    event = AuditEvent.objects.get(action="option-set.saved")
    assert (event.actor_name, event.address) == ("anna", "10.1.2.3")
    text = browser.get("/audit/").content.decode()
    for words in (
        "10.1.2.3",
        f'changed the options of <a href="/option-sets/pop/{client.pk}/">',
        "folder-path: <code>–</code> → <code>Sales</code>",
        "password: <code>set</code> → <code>replaced</code>",
    ):
        assert words in text
    assert CANARY not in text and "another" not in text


def test_address_of_a_request_ends_with_it(browser):
    browser.get("/audit/", REMOTE_ADDR="10.1.2.3")
    assert audit.record(None, "instance.held").address is None


def test_rows_are_narrowed_by_thing_words_and_days(browser):
    pop = saved_pop()
    saved_smtp()
    clients.archive(pop, None)
    held = audit.record(None, "instance.held")
    at(held, "2026-05-31")
    archived, made_out, made_in = (
        "client.archived",
        "option-set.created",
        "option-set.created",
    )
    assert shown(browser) == [archived, made_out, made_in, "instance.held"]
    assert shown(browser, f"?kind=pop-client&key={pop.pk}") == [archived, made_in]
    assert shown(browser, "?q=command+support") == [archived, made_in]
    assert shown(browser, "?q=held") == ["instance.held"]
    assert shown(browser, "?since=2026-05-31&until=2026-05-31") == ["instance.held"]
    assert shown(browser, "?until=2026-05-30") == []
    assert shown(browser, "?until=9999-12-31&since=0001-01-01&q=%00") != []
    page = browser.get("/audit/?since=yesterday").content.decode()
    assert "Enter days such as 2026-05-31." in page


def test_table_has_all_of_them_and_no_formula(browser):
    for _ in range(60):
        audit.record(None, "instance.held", None, reason="=1+1")
    factories.user("=cmd")
    AuditEvent.objects.filter(pk=AuditEvent.objects.first().pk).update(
        actor_name="=cmd"
    )
    page = browser.get("/audit/audit.csv?q=held")
    text = b"".join(page.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 60
    assert {row["who"] for row in rows} == {"command line", "'=cmd"}
    assert rows[1]["details"] == '{"reason": "=1+1"}'


def test_log_needs_a_right_of_its_own():
    user = factories.user("nobody")
    client = Client()
    client.force_login(user)
    assert client.get("/audit/").status_code == 403
    assert "/audit/" not in client.get("/").content.decode()
    user.user_permissions.add(Permission.objects.get(codename="view_auditevent"))
    assert client.get("/audit/").status_code == 200
    assert 'href="/audit/"' in client.get("/").content.decode()


def test_row_of_what_is_gone_or_has_no_page_has_no_link(browser):
    event = audit.record(None, "proxy.deleted")
    AuditEvent.objects.filter(pk=event.pk).update(
        object_type="proxy", object_id="7", object_name="squid"
    )
    text = browser.get("/audit/").content.decode()
    assert "deleted the proxy squid" in text
    assert "/proxies/7/" not in text


def test_queries_do_not_grow_with_the_rows(browser, django_assert_max_num_queries):
    for _ in range(50):
        audit.record(None, "instance.held")
    with django_assert_max_num_queries(14):
        browser.get("/audit/")


def test_history_of_one_thing_says_so_and_ends_with_another_kind(browser):
    pop = saved_pop()
    for key in (pop.pk, pop.pk + 1):
        AuditEvent.objects.create(
            at=timezone.now(),
            action="proxy.created",
            object_type="proxy",
            object_id=str(key),
        )
    history = f"?kind=pop-client&key={pop.pk}"
    page = browser.get(f"/audit/{history}").content.decode()
    assert f"Only pop-client number {pop.pk}</label>" in page
    assert '<input type="hidden" name="of" value="pop-client">' in page
    searched = f"?key={pop.pk}&of=pop-client&kind="
    assert len(shown(browser, f"{searched}pop-client")) == len(shown(browser, history))
    assert shown(browser, f"{searched}proxy") == ["proxy.created"] * 2
    assert "Only " not in browser.get(f"/audit/{searched}proxy").content.decode()

"""Archiving an option set from its page, the archive, and the way back."""

from __future__ import annotations

import pytest
from django.test import Client

from mailboxes.models import AuditEvent, Mailbox, PopClient, SmtpClient
from mailboxes.services import clients
from tests import factories
from tests.services import sending
from tests.services.option_sets import saved_pop, saved_smtp

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(factories.superuser("anna"))
    return client


def test_page_explains_and_asks_first(browser):
    client = saved_pop()
    factories.message(client)
    url = f"/option-sets/pop/{client.pk}/archive/"
    assert (
        f'href="{url}"'
        in browser.get(f"/option-sets/pop/{client.pk}/").content.decode()
    )
    text = browser.get(url).content.decode()
    assert "1 stored message stays" in text
    client.refresh_from_db()
    assert client.archived_at is None


def test_smtp_client_names_what_waits_and_who_cannot_send(browser):
    client = saved_smtp()
    mailbox = saved_pop().mailbox_row
    Mailbox.objects.update(smtp_client=client)
    sending.queue(client)
    page = browser.get(f"/option-sets/smtp/{client.pk}/archive/")
    text = page.content.decode()
    assert "1 message waits to be sent by it." in text
    assert f'href="/mailboxes/{mailbox.pk}/"' in text


@pytest.mark.parametrize("kind", ["pop", "smtp"])
def test_archived_set_stands_in_the_archive_and_comes_back(browser, kind):
    client = saved_pop() if kind == "pop" else saved_smtp()
    url = f"/option-sets/{kind}/{client.pk}/"
    page = browser.post(f"{url}archive/", follow=True)
    text = page.content.decode()
    assert page.redirect_chain == [(url, 302)]
    assert "Restore from archive" in text and "Edit options" not in text
    assert f'href="{url}"' not in browser.get("/option-sets/").content.decode()
    archive = browser.get("/option-sets/?archived=1").content.decode()
    assert f'href="{url}"' in archive and "Archived option sets" in archive
    for verb in ("edit/", "archive/"):
        assert browser.get(url + verb).status_code == 404
    assert browser.get(f"{url}saved/1/").status_code == 200
    page = browser.post(f"{url}unarchive/", follow=True)
    assert "Edit options" in page.content.decode()
    client.refresh_from_db()
    assert client.archived_at is None
    actions = list(
        AuditEvent.objects.filter(action__contains="archived")
        .order_by("pk")
        .values_list("action", "actor_name")
    )
    assert actions == [("client.archived", "anna"), ("client.unarchived", "anna")]
    assert browser.post(f"{url}unarchive/").status_code == 404


def test_mailbox_page_says_it_is_archived_and_offers_nothing_else(browser):
    client = saved_pop()
    clients.archive(client, None)
    text = browser.get(f"/mailboxes/{client.mailbox_row_id}/").content.decode()
    assert "In the archive" in text
    assert "Fetch now" not in text and "Edit options" not in text


def test_list_searches_filters_and_pages(browser):
    for number in range(30):
        factories.pop_client(f"team{number:02}@contoso.example")
    factories.smtp_client("out")
    page = browser.get("/option-sets/")
    shown = {panel["kind"]: len(panel["rows"]) for panel in page.context["panels"]}
    assert shown == {"pop": 25, "smtp": 1}
    text = page.content.decode()
    assert "Show all 30" in text and "?kind=pop" in text
    page = browser.get("/option-sets/?kind=pop")
    assert [len(panel["rows"]) for panel in page.context["panels"]] == [30]
    page = browser.get("/option-sets/?q=team07")
    rows = [row.status.address for p in page.context["panels"] for row in p["rows"]]
    assert rows == ["team07@contoso.example"]
    text = browser.get("/option-sets/?q=nobody").content.decode()
    assert "No option set has “nobody”" in text
    assert (PopClient.objects.count(), SmtpClient.objects.count()) == (30, 1)

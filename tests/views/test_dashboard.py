"""The dashboard answers: is mail flowing, and if not, what first."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mailboxes.core.choices import OutboxState
from mailboxes.models import Fetcher, PopClient, Worker
from mailboxes.services import instance, status
from mailboxes.services.findings import find
from mailboxes.views import dashboard, mailbox_list
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(client: Client) -> Client:
    client.force_login(factories.user("anna"))
    return client


def _heading(response) -> str:
    html = response.content.decode()
    return html.split("<h1")[1].split(">", 1)[1].split("</h1>")[0].strip()


def test_empty_console_says_what_to_do(anna: Client) -> None:
    assert _heading(anna.get("/")) == "No mailbox yet"


def test_flowing_mail_is_the_answer(anna: Client) -> None:
    factories.live_worker()
    factories.pop_client()
    assert _heading(anna.get("/")) == "Mail is flowing"


def test_dead_worker_is_the_answer_whatever_else(anna: Client) -> None:
    factories.pop_client()
    assert _heading(anna.get("/")) == (
        "No worker is running: no mail is fetched or sent"
    )


def test_a_worker_that_has_just_been_started_is_no_alarm(anna: Client) -> None:
    factories.smtp_client()
    factories.live_worker()
    Worker.objects.update(probe_at=None)
    text = anna.get("/").content.decode()
    assert "The worker is starting: mail is fetched and sent within seconds" in text
    for word in ("stands still", "No worker", "What to do"):
        assert word not in text


def test_a_queue_that_stands_still_is_told_from_a_dead_worker(anna: Client) -> None:
    factories.pop_client()
    factories.live_worker()
    Worker.objects.update(probe_at=timezone.now() - timedelta(minutes=1))
    assert _heading(anna.get("/")) == (
        "The queue stands still: no mail is fetched or sent"
    )
    assert "The queue stands still" in anna.get("/system/").content.decode()


def test_hold_is_the_answer_before_what_fails(anna: Client) -> None:
    factories.live_worker()
    factories.stopped()
    instance.hold("A copy is made")
    assert _heading(anna.get("/")) == "Held: nothing is fetched or sent"


# What inbound and outbound clients do: run, wait for a person, or fail.
RUN: dict[str, Any] = {}
PAUSED: dict[str, Any] = {"paused_at": timezone.now()}
STOPPED: dict[str, Any] = {"state": "stopped", "code": "AADSTS50126"}


@pytest.mark.parametrize(
    ("inbound", "outbound", "answer"),
    [
        ([PAUSED], [], "Nothing runs: all paused or drafts"),
        ([PAUSED, PAUSED], [PAUSED], "Nothing runs: all paused or drafts"),
        ([], [PAUSED], "Nothing runs: all paused or drafts"),
        ([], [{"enabled": False}], "Nothing runs: all paused or drafts"),
        ([PAUSED, RUN], [], "Mail is flowing"),
        ([RUN], [RUN, PAUSED], "Mail is flowing"),
        ([], [RUN], "Mail is flowing"),
        ([PAUSED], [RUN], "Nothing is fetched: every mailbox is paused or a draft"),
        (
            [RUN],
            [PAUSED],
            "Mail is fetched, but every smtp-client is paused or a draft",
        ),
        ([RUN], [STOPPED], "Mail is fetched, but 1 of 1 smtp-clients cannot send"),
        ([PAUSED], [STOPPED, RUN], "1 of 2 smtp-clients cannot send"),
        ([], [STOPPED], "1 of 1 smtp-clients cannot send"),
    ],
)
def test_answer_says_what_runs(
    anna: Client,
    inbound: list[dict[str, Any]],
    outbound: list[dict[str, Any]],
    answer: str,
) -> None:
    factories.live_worker()
    for number, fields in enumerate(inbound):
        factories.pop_client(f"team{number}@contoso.example", **fields)
    for number, fields in enumerate(outbound):
        factories.smtp_client(f"smtp-client-{number}", **fields)
    assert _heading(anna.get("/")) == answer


def test_drafts_alone_do_not_make_mail_flow(anna: Client) -> None:
    factories.live_worker()
    factories.pop_client()
    PopClient.objects.update(enable_client=False)
    assert _heading(anna.get("/")) == "Nothing runs: all paused or drafts"


def test_messages_that_failed_are_counted_and_led_to(anna: Client) -> None:
    factories.outbound(factories.smtp_client(), state=OutboxState.FAILED)
    sent = anna.get("/").context["numbers"][1]
    assert (sent["hint"], sent["url"]) == ("1 failed", "/outbox/?state=failed")


def test_failed_messages_are_not_hidden_by_unconfirmed_ones(anna: Client) -> None:
    sender = factories.smtp_client()
    for state in (OutboxState.FAILED, OutboxState.FAILED, OutboxState.UNCONFIRMED):
        factories.outbound(sender, state=state)
    sent = anna.get("/").context["numbers"][1]
    assert (sent["hint"], sent["url"]) == (
        "1 unconfirmed, 2 failed",
        "/outbox/?state=unconfirmed",
    )


def test_clients_of_one_mailbox_that_fail_alike_have_names_of_their_own(
    anna: Client,
) -> None:
    factories.live_worker()
    stopped = factories.stopped("billing@contoso.example")
    way_out = factories.smtp_client(
        "smtp-client-billing", state="stopped", code="AADSTS50126", stage="token"
    )
    way_out.mailbox = "billing@contoso.example"
    way_out.save()
    [problem] = anna.get("/").context["problems"]
    assert problem.named == [
        {
            "name": "billing@contoso.example",
            "url": f"/mailboxes/{stopped.mailbox_row_id}/",
        },
        {"name": "smtp-client-billing", "url": f"/option-sets/smtp/{way_out.pk}/"},
    ]


def test_poll_brings_the_title_of_the_page(anna: Client) -> None:
    """It is what a tab in the background tells."""
    factories.live_worker()
    factories.stopped()
    whole, region = (anna.get(path).content.decode() for path in ("/", "/?region=1"))
    [title] = re.findall("<title>[^<]*</title>", whole)
    assert re.findall("<title>[^<]*</title>", region) == [title]
    assert title == "<title>1 of 1 mailboxes needs attention · mailadmin</title>"


def test_stopped_mailbox_is_told_with_evidence_and_one_link(client: Client) -> None:
    client.force_login(factories.user("anna", "change_popclient"))
    factories.live_worker()
    stopped = factories.stopped()
    factories.pop_client()
    response = client.get("/")
    html = response.content.decode()
    assert _heading(response) == "1 of 2 mailboxes needs attention"
    assert "AADSTS50126: Error validating credentials" in html
    assert f'href="/option-sets/pop/{stopped.pk}/edit/#id_password"' in html


def test_equal_causes_are_told_once(anna: Client) -> None:
    factories.live_worker()
    for number in range(14):
        factories.stopped(f"team{number}@contoso.example")
    problems = anna.get("/").context["problems"]
    assert [len(problem.clients) for problem in problems] == [14]


@pytest.mark.parametrize("count", [1, 30])
def test_queries_do_not_grow_with_mailboxes(
    anna: Client, count: int, django_assert_max_num_queries
) -> None:
    factories.live_worker()
    for number in range(count):
        client = factories.pop_client(f"team{number}@contoso.example")
        factories.message(client, stored_at=timezone.now())
    with django_assert_max_num_queries(17):  # two ask for the rights of the person
        assert anna.get("/").status_code == 200


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Codes whose finding was looked up, while lists show three rows."""
    codes: list[str] = []

    def counted(code: str, *args: Any, **kwargs: Any) -> Any:
        codes.append(code)
        return find(code, *args, **kwargs)

    monkeypatch.setattr(status, "find", counted)
    monkeypatch.setattr(dashboard, "ROWS", 3)
    monkeypatch.setattr(mailbox_list, "PER_PAGE", 3)
    return codes


def _refused(count: int) -> None:
    """Clients that Entra refuses, each in other words."""
    for number in range(count):
        pop_client = factories.stopped(f"team{number}@contoso.example")
        answer = {"answer": f"AADSTS50126: Invalid. Trace ID: {number}"}
        Fetcher.objects.filter(pop_client=pop_client).update(evidence=answer)


@pytest.mark.parametrize("count", [5, 15])
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", 3),
        ("/?region=1", 3),
        ("/mailboxes/", 3),
        ("/mailboxes/?region=1", 3),
        ("/system/", 0),
        ("/option-sets/", 0),
        ("/outbox/", 0),
    ],
)
def test_lookups_of_findings_do_not_grow_with_mailboxes_that_fail(
    anna: Client, looked_up: list[str], path: str, expected: int, count: int
) -> None:
    factories.live_worker()
    _refused(count)
    assert anna.get(path).status_code == 200
    assert looked_up == ["AADSTS50126"] * expected


def test_equal_failures_are_looked_up_once(anna: Client, looked_up: list[str]) -> None:
    for number in range(5):
        factories.stopped(f"team{number}@contoso.example")
    assert anna.get("/").status_code == 200
    assert looked_up == ["AADSTS50126"]


def test_clients_that_send_are_cut_worst_first_with_a_way_to_all(
    anna: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "ROWS", 3)
    for number in range(5):
        state = "stopped" if number == 4 else "active"
        factories.smtp_client(f"smtp-client-{number}", state=state)
    page = anna.get("/?region=1")
    shown = [one.name for one in page.context["outbound"]]
    assert shown == ["smtp-client-4", "smtp-client-0", "smtp-client-1"]
    html = page.content.decode()
    assert 'href="/option-sets/?kind=smtp">Show all 5</a>' in html
    assert "smtp-client-2" not in html


def test_poll_of_an_unchanged_page_is_not_modified(anna: Client) -> None:
    factories.live_worker()
    first = anna.get("/", {"region": "1"})
    again = anna.get(
        "/",
        {"region": "1"},
        headers={"HX-Request": "true", "If-None-Match": first["ETag"]},
    )
    assert (first.status_code, again.status_code) in {(200, 304), (200, 200)}
    assert "<html" not in first.content.decode()


def test_problem_names_each_client_and_leads_to_it(anna: Client) -> None:
    factories.live_worker()
    mailbox = factories.stopped().mailbox_row
    smtp = factories.smtp_client("smtp-orders", state="stopped", code="AADSTS50126")
    page = anna.get("/").content.decode()
    assert f'href="/mailboxes/{mailbox.pk}/">billing@contoso.example</a>,' in page
    assert f'href="/option-sets/smtp/{smtp.pk}/">smtp-orders</a></p>' in page


def test_problem_of_a_client_without_an_address_has_a_name(anna: Client) -> None:
    factories.live_worker()
    factories.smtp_client("smtp-orders", state="stopped", code="AADSTS50126")
    page = anna.get("/").content.decode()
    assert "<span>smtp-orders: Microsoft refused" in page


def test_late_mailboxes_are_told_while_a_worker_runs(anna: Client) -> None:
    factories.live_worker()
    factories.pop_client(last_success_at=timezone.now() - timedelta(hours=2))
    assert "<span>One mailbox is late</span>" in anna.get("/").content.decode()
    instance.hold("A copy is made")
    assert "is late" not in anna.get("/").content.decode()

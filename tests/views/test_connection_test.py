"""Pages of connection tests: asking, watching, what a failed check shows, rights."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from mailboxes.models import Check, Revision, TestRun
from mailboxes.services import connection_test, instance
from mailboxes.services.connection_test import rows
from tests import factories
from tests.services.option_sets import CANARY, saved_pop, saved_smtp

pytestmark = pytest.mark.django_db

ANSWER = (
    "AADSTS50126: Error validating credentials due to invalid username or password."
)
TRACE = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def anna() -> Client:
    """May do everything."""
    visitor = Client()
    visitor.force_login(factories.superuser("anna"))
    return visitor


def text(response: Any) -> str:
    """What a person reads of a page."""
    body = re.sub(
        r"<textarea.*?</textarea>", " ", response.content.decode(), flags=re.S
    )
    body = re.sub(r"<(script|style|head).*?</\1>", " ", body, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def page(run: TestRun) -> str:
    return reverse("connection-test", args=[run.pk])


def ended(run: TestRun, state: str) -> TestRun:
    TestRun.objects.filter(pk=run.pk).update(state=state, ended_at=timezone.now())
    return TestRun.objects.get(pk=run.pk)


def refused() -> TestRun:
    """A run whose token check failed, as Entra refuses a wrong password."""
    run = connection_test.ask(saved_pop(), None)
    checks = run.checks.all()
    failed = next(check for check in checks if check.stage == "token")
    checks.filter(number__lt=failed.number).update(state="passed", milliseconds=7)
    Check.objects.filter(pk=failed.pk).update(
        state="failed",
        code="AADSTS50126",
        milliseconds=203,
        evidence=failed.evidence | {"answer": ANSWER, "trace_id": TRACE},
    )
    return ended(run, "failed")


# going on


def test_a_failed_check_offers_to_go_on_from_there(anna: Client) -> None:
    run = refused()
    shown = anna.get(page(run))
    assert "Run from here" in text(shown)
    assert f'name="from" value="{run.pk}"' in shown.content.decode()
    start = reverse("connection-test-start", args=["pop", run.pop_client_id])
    anna.post(start, {"from": str(run.pk)})
    again = TestRun.objects.exclude(pk=run.pk).get()
    states = {check.stage: check.state for check in again.checks.all()[:7]}
    assert states["tenant"] == "passed" and states["token"] == "not-run"
    assert f"Seen by test {run.pk}" in text(anna.get(page(again)))


@pytest.mark.parametrize("typed", ["", "0", "x", "999", "9" * 40, "-1"])
def test_a_number_that_names_no_test_begins_a_whole_one(
    anna: Client, typed: str
) -> None:
    run = refused()
    start = reverse("connection-test-start", args=["pop", run.pop_client_id])
    assert anna.post(start, {"from": typed}).status_code == 302
    again = TestRun.objects.exclude(pk=run.pk).get()
    assert set(again.checks.values_list("state", flat=True)) == {"not-run"}


def test_a_message_goes_where_it_was_to_go(anna: Client) -> None:
    client = saved_smtp()
    run = connection_test.ask(client, None, send_to="anna@customers.example")
    checks = run.checks.all()
    token = next(check for check in checks if check.stage == "token")
    checks.filter(number__lt=token.number).update(state="passed")
    checks.filter(pk=token.pk).update(state="failed", code="AADSTS50126")
    ended(run, "failed")
    shown = anna.get(page(run)).content.decode()
    assert 'name="send_to" value="anna@customers.example"' in shown


def test_nobody_goes_on_who_may_not_test(client: Client) -> None:
    run = refused()
    client.force_login(factories.user("nobody"))
    assert "Run from here" not in text(client.get(page(run)))


# asking


def test_asking_makes_a_run_and_leads_to_its_page(anna: Client) -> None:
    client = saved_pop()
    response = anna.post(reverse("connection-test-start", args=["pop", client.pk]))
    run = TestRun.objects.get()
    assert (response.status_code, response["Location"]) == (302, page(run))
    assert (run.pop_client, run.state, run.asked_by.get_username()) == (
        client,
        "queued",
        "anna",
    )


def test_asking_again_leads_to_the_open_run(anna: Client) -> None:
    client = saved_pop()
    path = reverse("connection-test-start", args=["pop", client.pk])
    anna.post(path)
    response = anna.post(path, follow=True)
    assert TestRun.objects.count() == 1
    assert "A test was running already: this is it." in text(response)


def test_page_never_runs_a_test(anna: Client) -> None:
    run = connection_test.ask(saved_pop(), None)
    for _ in range(3):
        assert anna.get(page(run)).status_code == 200
    assert TestRun.objects.count() == 1
    assert (
        anna.get(
            reverse("connection-test-start", args=["pop", run.client.pk])
        ).status_code
        == 405
    )


def test_message_is_asked_for_at_smtp_clients(anna: Client) -> None:
    client = saved_smtp()
    path = reverse("connection-test-start", args=["smtp", client.pk])
    anna.post(path, {"send_to": " anna@customers.example "})
    assert TestRun.objects.get().send_to == "anna@customers.example"


@pytest.mark.parametrize(
    ("send_to", "held", "sentence"),
    [
        ("nobody", False, "“nobody” is not an e-mail address."),
        ("anna@customers.example", True, "The instance is held, so nothing is sent."),
    ],
)
def test_message_that_cannot_be_sent_is_refused_in_words(
    anna: Client, send_to: str, held: bool, sentence: str
) -> None:
    client = saved_smtp()
    if held:
        instance.hold("test")
    path = reverse("connection-test-start", args=["smtp", client.pk])
    response = anna.post(path, {"send_to": send_to}, follow=True)
    assert sentence in text(response)
    assert TestRun.objects.count() == 0


@pytest.mark.parametrize(
    ("kind", "right", "other"),
    [
        ("pop", "change_fetcher", "change_sender"),
        ("smtp", "change_sender", "change_fetcher"),
    ],
)
def test_who_may_operate_a_client_may_test_it(
    kind: str, right: str, other: str
) -> None:
    client = saved_pop() if kind == "pop" else saved_smtp()
    path = reverse("connection-test-start", args=[kind, client.pk])
    for codename, status in ((other, 403), (right, 302)):
        visitor = Client()
        visitor.force_login(factories.user(codename, codename))
        assert visitor.post(path).status_code == status


def test_viewer_sees_results_and_no_buttons() -> None:
    run = refused()
    visitor = Client()
    visitor.force_login(factories.user("viewer"))
    body = visitor.get(page(run)).content.decode()
    assert ANSWER in html.unescape(body)
    assert "/test/" not in body and "/edit/" not in body
    assert (
        visitor.post(reverse("connection-test-cancel", args=[run.pk])).status_code
        == 403
    )


# watching


@pytest.mark.parametrize(("who", "offered"), [("root", True), ("viewer", False)])
def test_mailbox_page_offers_a_test_to_who_may_make_it(who: str, offered: bool) -> None:
    client = saved_pop()
    visitor = Client()
    visitor.force_login(
        factories.superuser(who) if who == "root" else factories.user(who)
    )
    page = visitor.get(reverse("mailbox-detail", args=[client.mailbox_row_id]))
    start = reverse("connection-test-start", args=["pop", client.pk])
    assert (f'action="{start}"' in page.content.decode()) is offered


def test_rows_stand_there_from_the_start(anna: Client) -> None:
    factories.live_worker()
    run = connection_test.ask(saved_pop(), None)
    response = anna.get(page(run))
    assert text(response).count("Not run") == 14
    body = response.content.decode()
    assert '<meta http-equiv="refresh" content="2">' in body.partition("</noscript>")[0]
    assert 'hx-trigger="every 500ms"' in body and "Cancel the test" in body
    assert "Testing pop-client-support" in text(response)


def test_region_is_what_a_poll_replaces_and_304_while_nothing_changes(
    anna: Client,
) -> None:
    factories.live_worker()
    run = connection_test.ask(saved_pop(), None)
    first = anna.get(page(run) + "?region=1", headers={"HX-Request": "true"})
    assert first.status_code == 200 and b"<html" not in first.content
    assert b"<input" not in first.content and b"<details" not in first.content
    assert "HX-Refresh" not in first
    headers = {"HX-Request": "true", "If-None-Match": first["ETag"]}
    assert anna.get(page(run) + "?region=1", headers=headers).status_code == 304
    Check.objects.filter(run=run, number=1).update(state="passed", milliseconds=2)
    again = anna.get(page(run) + "?region=1", headers=headers)
    assert again.status_code == 200 and b"Passed" in again.content


def test_poll_after_the_end_loads_the_whole_page_once(anna: Client) -> None:
    run = refused()
    response = anna.get(page(run) + "?region=1", headers={"HX-Request": "true"})
    assert response["HX-Refresh"] == "true"
    body = anna.get(page(run)).content.decode()
    assert "hx-get" not in body and "http-equiv" not in body


def test_slow_check_says_what_it_waits_for_after_three_seconds(anna: Client) -> None:
    run = connection_test.ask(saved_pop(), None)
    rows.claim(run.pk)
    check = run.checks.get(number=3)
    Check.objects.filter(pk=check.pk).update(
        state="running",
        started_at=timezone.now() - timedelta(seconds=2),
        evidence=check.evidence | {"limit": 30},
    )
    assert "Still waiting" not in text(anna.get(page(run)))
    Check.objects.filter(pk=check.pk).update(
        started_at=timezone.now() - timedelta(seconds=7)
    )
    assert "Still waiting, 7 s of 30 s." in text(anna.get(page(run)))


def test_no_worker_within_three_seconds_is_said(anna: Client) -> None:
    run = connection_test.ask(saved_pop(), None)
    assert "The test waits until one takes it" not in text(anna.get(page(run)))
    TestRun.objects.update(asked_at=timezone.now() - timedelta(seconds=4))
    shown = text(anna.get(page(run)))
    assert "The test waits until one takes it" in shown
    assert "manage.py worker" in shown
    factories.live_worker()
    assert "The worker has not begun yet" in text(anna.get(page(run)))


def test_cancel_ends_the_run_and_says_so(anna: Client) -> None:
    run = connection_test.ask(saved_pop(), None)
    path = reverse("connection-test-cancel", args=[run.pk])
    response = anna.post(path, follow=True)
    assert "pop-client-support: the test was cancelled" in text(response)
    assert TestRun.objects.get().state == "cancelled"
    assert "The test was over already." in text(anna.post(path, follow=True))


# a failed check


def test_failed_check_says_what_why_who_and_leads_to_the_field(anna: Client) -> None:
    run = refused()
    response = anna.get(page(run))
    shown = text(response)
    title = "Microsoft refused the user name or password"
    for words in (
        f"pop-client-support: {title}",
        ANSWER,
        TRACE,
        "Who can mend it: an admin of this console",
        "AADSTS50126",
        "https://login.microsoftonline.com/error?code=50126",
        "203 ms",
    ):
        assert words in shown
    edit = reverse("option-set-edit", args=["pop", run.client.pk])
    link = f"{edit}?test={run.pk}#id_password"
    assert response.content.decode().count(f'href="{link}"') == 1
    assert anna.get(edit).content.decode().count('id="id_password"') == 1
    assert shown.count("Not run") == 7


def test_report_holds_everything_but_secrets(anna: Client) -> None:
    body = anna.get(page(refused())).content.decode()
    [report] = re.findall(r'<textarea id="report"[^>]*>(.*?)</textarea>', body, re.S)
    report = html.unescape(report)
    assert report.startswith("Connection test ")
    assert "FAILED: Get a token for support@contoso.com (203 ms)" in report
    assert f"answer: {ANSWER}" in report and f"trace_id: {TRACE}" in report
    assert "Option: password" in report
    assert CANARY not in body


def test_newer_revision_is_said(anna: Client) -> None:
    run = refused()
    client = run.client
    first = client.revisions.get(number=1)
    Revision.objects.create(
        pop_client=client, number=2, values=first.values, pinned=first.pinned
    )
    type(client).objects.filter(pk=client.pk).update(revision=2)
    assert "This is about revision 1; revision 2 is saved." in text(anna.get(page(run)))


def test_history_shows_the_last_runs(anna: Client) -> None:
    run = refused()
    green = ended(connection_test.ask(run.client, None), "passed")
    shown = text(anna.get(page(green)))
    assert "pop-client-support: everything works" in shown
    assert shown.count("Microsoft refused the user name or password") == 1


@pytest.mark.parametrize("count", [1, 9])
def test_queries_do_not_grow_with_the_history(
    anna: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    run = refused()
    for _ in range(count):
        ended(connection_test.ask(run.client, None), "passed")
    with django_assert_max_num_queries(15):
        anna.get(page(run))


# tags for other pages


def rendered(source: str, user: Any, **context: Any) -> str:
    request = RequestFactory().get("/")
    request.user = user
    made = Template("{% load connection_tests %}" + source)
    shown = made.render(Context({"request": request, "csrf_token": "x", **context}))
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def test_newest_test_is_shown_beside_an_option_set() -> None:
    root, viewer = factories.superuser(), factories.user("viewer")
    client = saved_pop()
    shown = rendered("{% newest_test client %}", root, client=client)
    assert "Not tested yet." in shown and "Test the connection" in shown
    assert "Test the connection" not in rendered(
        "{% newest_test client %}", viewer, client=client
    )
    connection_test.ask(client, None)
    assert "Watch the test" in rendered("{% newest_test client %}", root, client=client)


def test_newest_test_says_what_failed_and_what_is_older() -> None:
    run = refused()
    client = run.client
    source = "{% newest_test client %}"
    shown = rendered(source, factories.superuser(), client=client)
    assert "Microsoft refused the user name or password." in shown
    assert "Not tested since the last save" not in shown
    type(client).objects.filter(pk=client.pk).update(revision=2)
    shown = rendered(source, factories.superuser("bert"), client=client)
    assert "Not tested since the last save" in shown


def test_finding_can_stand_at_its_field() -> None:
    run = refused()
    [(field, finding)] = connection_test.finding_at(
        run.client, connection_test.newest(run.client)
    ).items()
    shown = rendered(
        "{% finding_at_field finding run %}", None, finding=finding, run=run
    )
    assert field == "password"
    assert shown.startswith("Microsoft refused the user name or password")
    assert "See the connection test" in shown


def test_form_of_the_options_shows_it_above_the_field(anna: Client) -> None:
    run = refused()
    page = anna.get(reverse("option-set-edit", args=["pop", run.client.pk]))
    said = html.unescape(page.content.decode())
    assert said.count("See the connection test") == 1
    told = said.index("See the connection test")
    fields = re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', said[told:])
    assert fields[0] == "password"

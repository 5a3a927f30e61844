"""What lists say of clients, and how many of them need attention."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mailboxes.core import choices
from mailboxes.core.choices import Health
from mailboxes.models import PopClient, Sender, SmtpClient, TestRun, Worker
from mailboxes.services import status
from tests import factories

pytestmark = pytest.mark.django_db


def _tested(client: SmtpClient, state: choices.TestState) -> None:
    TestRun.objects.create(
        smtp_client=client,
        revision=client.revisions.get(),
        asked_at=timezone.now(),
        state=state,
    )


@pytest.fixture
def client() -> SmtpClient:
    """An smtp-client that is turned on and has sent nothing yet."""
    made = factories.smtp_client()
    Sender.objects.update(revision=made.revisions.get(), last_success_at=None)
    return made


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (None, Health.NOT_TESTED),
        (choices.TestState.FAILED, Health.NOT_TESTED),
        (choices.TestState.PASSED, Health.HEALTHY),
    ],
)
def test_a_passed_test_proves_an_smtp_client(
    client: SmtpClient, state: choices.TestState | None, expected: Health
) -> None:
    if state:
        _tested(client, state)
    alone = SmtpClient.objects.select_related("sender__revision").get()
    found = [status.smtp_clients()[0], status.of_smtp_client(alone, timezone.now())]
    assert [one.health for one in found] == [expected, expected]


def test_a_test_of_other_options_proves_nothing(client: SmtpClient) -> None:
    _tested(client, choices.TestState.PASSED)
    Sender.objects.update(revision=None)
    assert status.smtp_clients()[0].health == Health.NOT_TESTED


def test_failing_mailboxes_are_counted_in_one_query(django_assert_num_queries) -> None:
    now = timezone.now()
    factories.pop_client()
    factories.stopped()
    factories.pop_client("failing@contoso.example", state=choices.RunState.FAILING)
    long_ago = now - timedelta(hours=1)
    factories.pop_client("late@contoso.example", last_success_at=long_ago)
    factories.pop_client("paused@contoso.example", paused_at=now, state="stopped")
    archived = factories.stopped("archived@contoso.example")
    PopClient.objects.filter(pk=archived.pk).update(archived_at=now)
    with django_assert_num_queries(1):
        assert status.failing_count() == 3
    assert status.failing_count(status.pop_clients()) == 3


def _worker(name: str, beat: float, probe: float | None) -> None:
    """Seconds since its supervisor and its queue gave a sign of life."""
    now = timezone.now()
    Worker.objects.create(
        name=name,
        started_at=now,
        beat_at=now - timedelta(seconds=beat),
        probe_at=None if probe is None else now - timedelta(seconds=probe),
    )


@pytest.mark.parametrize(
    ("probe", "expected"), [(None, "a:1"), (90.0, "a:1"), (0.0, "b:2")]
)
def test_worker_that_works_stands_for_all(probe: float | None, expected: str) -> None:
    _worker("a:1", 0.9, 3)
    _worker("b:2", 0.1, probe)
    found = status.machinery()
    assert (found.worker and found.worker.name, found.alive) == (expected, True)


def test_where_no_worker_works_the_newest_is_shown() -> None:
    assert status.machinery().worker is None
    _worker("a:1", 90, 90)
    _worker("b:2", 0.1, 90)
    found = status.machinery()
    assert found.worker is not None
    assert (found.worker.name, found.alive, found.stuck) == ("b:2", False, True)

"""/healthz: one JSON object, 503 when no work is done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mailadmin import __version__
from mailboxes.models import Instance, Worker
from tests import factories

pytestmark = pytest.mark.django_db


def test_health_is_ok_with_a_live_worker(client: Client) -> None:
    factories.live_worker()
    response = client.get("/healthz")
    answer = response.json()
    age = answer.pop("worker_heartbeat_age")
    assert (response.status_code, answer) == (
        200,
        {"status": "ok", "database": "ok", "version": __version__},
    )
    assert 0 <= age < 5


def test_health_without_a_worker(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()["status"]) == (503, "no-worker")
    assert response.json()["worker_heartbeat_age"] is None


def test_health_with_a_cluster_that_hangs(client: Client) -> None:
    factories.live_worker()
    Worker.objects.update(probe_at=timezone.now() - timedelta(seconds=40))
    response = client.get("/healthz")
    assert (response.status_code, response.json()["status"]) == (503, "no-worker")


def test_held_is_said_and_is_no_failure(client: Client) -> None:
    factories.live_worker()
    Instance.objects.create(held=True)
    response = client.get("/healthz")
    assert (response.status_code, response.json()["status"]) == (200, "held")


def test_post_is_refused(client: Client) -> None:
    assert client.post("/healthz").status_code == 405


def test_log_holds_no_line_for_each_question_of_a_monitor(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/healthz").status_code == 503
    assert caplog.records == []

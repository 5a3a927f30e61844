"""The system page holds and releases, and says where that changed nothing."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from mailboxes.models import Instance, Worker
from mailboxes.services.instance import installation
from tests.views.test_mailbox_actions import said

pytestmark = pytest.mark.django_db
AGO = datetime(2026, 1, 1, tzinfo=UTC)


def test_second_hold_says_that_the_first_reason_stays(visitor: Client) -> None:
    first = visitor.post("/system/hold/", {"reason": "A copy"}, follow=True)
    assert said(first) == [("success", "Held: nothing is fetched, settled or sent.")]
    again = visitor.post("/system/hold/", {"reason": "A restore"}, follow=True)
    assert said(again) == [
        (
            "info",
            "Nothing was changed: everything is held already, for the first reason.",
        )
    ]
    assert Instance.objects.get().held_reason == "A copy"


def test_release_says_whether_something_was_held(visitor: Client) -> None:
    visitor.post("/system/hold/", {"reason": "A copy"}, follow=True)
    first = visitor.post("/system/release/", follow=True)
    assert said(first) == [("success", "Released: fetching and sending go on.")]
    again = visitor.post("/system/release/", follow=True)
    assert said(again) == [("info", "Nothing was changed: nothing was held.")]


def shown(someone: Client) -> str:
    page = someone.get("/system/").content.decode()
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.parametrize(
    ("changes", "heading", "state"),
    [
        ({}, "System: the worker is alive", "Running"),
        ({"probe_at": None}, "System: the worker is starting", "Starting"),
        (
            {"probe_at": None, "started_at": AGO},
            "System: the queue stands still",
            "Stands still",
        ),
        ({"probe_at": AGO}, "System: the queue stands still", "Stands still"),
        ({"probe_at": AGO, "beat_at": AGO}, "System: no worker is alive", "Silent"),
        ({"stopped_at": AGO}, "System: no worker is alive", "Stopped"),
    ],
)
def test_state_of_a_worker_is_what_its_heartbeat_says(
    visitor: Client, changes: dict[str, datetime | None], heading: str, state: str
) -> None:
    Worker.objects.update(**changes)
    page = visitor.get("/system/")
    assert page.context["answer"] == heading
    words = ("Running", "Starting", "Stands still", "Silent", "Stopped")
    table = shown(visitor).split("Restarts of its cluster")[1].split("Queue")[0]
    assert [word for word in words if word in table] == [state]


def test_hold_is_the_answer_with_who_and_why(visitor: Client) -> None:
    visitor.post("/system/hold/", {"reason": "A copy is made"})
    assert visitor.get("/system/").context["answer"] == "System: everything is held"
    assert "by anna: A copy is made" in shown(visitor)


def test_poll_brings_the_answer_and_asks_nothing_of_the_disk(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(installation, "look")
    page = visitor.get("/system/?region=1").content.decode()
    told = '<h1 id="answer" hx-swap-oob="innerHTML">System: the worker is alive</h1>'
    assert told in page


@pytest.mark.parametrize(("free", "short"), [(10**8, True), (10**11, False)])
def test_little_space_is_told(
    visitor: Client, monkeypatch: pytest.MonkeyPatch, free: int, short: bool
) -> None:
    monkeypatch.setattr(installation, "_free", lambda folder: free)
    assert ("Little space is left" in shown(visitor)) is short


def test_database_and_versions_are_told(visitor: Client) -> None:
    text = shown(visitor)
    here = installation.look()
    assert f"Python {here.python}, Django {here.django}" in text
    assert here.database in text

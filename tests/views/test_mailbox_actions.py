"""Buttons of a mailbox say what has happened, and nothing that has not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mailboxes.models import AuditEvent, Fetcher, PopClient
from mailboxes.services import instance
from tests import factories

pytestmark = pytest.mark.django_db

HELD = "Everything is held: it waits until the hold is released."
PAUSED = "The mailbox is paused: no cycle runs until the pause is ended."
STOPPED = "The mailbox is stopped: no cycle runs until it is resumed."
DRAFT = "The mailbox is a draft: switch it on in its options."
AT = {"paused_at": timezone.now()}


def said(response: Any) -> list[tuple[str, str]]:
    """The messages on the page that a button leads to."""
    return [(one.level_tag, str(one)) for one in response.context["messages"]]


@pytest.mark.parametrize(
    ("state", "action", "level", "words"),
    [
        ({}, "fetch", "success", "Asked for. A cycle starts within seconds."),
        (AT, "fetch", "error", f"Nothing is fetched. {PAUSED}"),
        ({"state": "stopped"}, "fetch", "error", f"Nothing is fetched. {STOPPED}"),
        (
            {"state": "failing", "hours": 1},
            "fetch",
            "success",
            "Asked for. A cycle starts within seconds.",
        ),
        (
            {"state": "throttled", "hours": 3},
            "fetch",
            "error",
            "Nothing is fetched. Its server asked for a pause of 2 h 59 min.",
        ),
        ({"draft": True}, "fetch", "error", f"Nothing is fetched. {DRAFT}"),
        (
            {},
            "resume",
            "info",
            "Nothing was changed: the mailbox is not stopped.",
        ),
        (
            {"state": "stopped"},
            "resume",
            "success",
            "Resumed. One cycle is tried now.",
        ),
        (AT | {"state": "stopped"}, "resume", "warning", f"Resumed. {PAUSED}"),
        (
            {},
            "end-pause",
            "info",
            "Nothing was changed: the mailbox is not paused.",
        ),
        (
            AT,
            "end-pause",
            "success",
            "The pause is over. A cycle starts within seconds.",
        ),
        (
            AT | {"state": "stopped"},
            "end-pause",
            "warning",
            f"The pause is over. {STOPPED}",
        ),
        (
            AT | {"state": "failing", "hours": 3},
            "end-pause",
            "warning",
            "The pause is over. It waits 2 h 59 min, because the last cycle failed.",
        ),
        (
            {},
            "pause",
            "success",
            "Paused. No cycle runs until the pause is ended.",
        ),
        (
            AT,
            "pause",
            "info",
            "Nothing was changed: the mailbox is paused already, with its note.",
        ),
    ],
)
def test_button_says_what_has_happened(
    visitor: Client, state: dict[str, Any], action: str, level: str, words: str
) -> None:
    columns = dict(state)
    hours, draft = columns.pop("hours", None), columns.pop("draft", False)
    if hours:
        columns["not_before"] = timezone.now() + timedelta(hours=hours)
    client = factories.pop_client(**columns)
    PopClient.objects.update(enable_client=not draft)
    address = f"/mailboxes/{client.mailbox_row_id}/{action}/"
    assert said(visitor.post(address, follow=True)) == [(level, words)]


@pytest.mark.parametrize(
    ("state", "action", "done"),
    [
        ({}, "fetch", "Asked for."),
        ({"state": "stopped"}, "resume", "Resumed."),
        (AT, "end-pause", "The pause is over."),
    ],
)
def test_button_under_a_hold_promises_no_cycle(
    visitor: Client, state: dict[str, Any], action: str, done: str
) -> None:
    client = factories.pop_client(**state)
    instance.hold("A copy is made")
    address = f"/mailboxes/{client.mailbox_row_id}/{action}/"
    response = visitor.post(address, follow=True)
    assert said(response) == [("warning", f"{done} {HELD}")]


def test_second_pause_keeps_the_first_note(visitor: Client) -> None:
    client = factories.pop_client()
    address = f"/mailboxes/{client.mailbox_row_id}/pause/"
    visitor.post(address, {"note": "first"})
    visitor.post(address, {"note": "second"})
    assert Fetcher.objects.get().pause_note == "first"
    assert AuditEvent.objects.filter(action="client.paused").count() == 1


def test_refusal_is_the_same_on_the_page_of_the_option_set(visitor: Client) -> None:
    client = factories.pop_client(paused_at=timezone.now())
    response = visitor.post(f"/option-sets/pop/{client.pk}/fetch/", follow=True)
    assert said(response) == [("error", f"Nothing is fetched. {PAUSED}")]

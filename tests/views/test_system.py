"""The system page holds and releases, and says where that changed nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from mailboxes.models import Instance
from tests.views.test_mailbox_actions import said

pytestmark = pytest.mark.django_db


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

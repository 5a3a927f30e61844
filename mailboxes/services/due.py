"""Is there anything to fetch, send or test now? For the ticker: a cheap question each.

Which mailbox, message or test is taken is decided by conditional updates, in
services/fetch, outbox and connection_test_batch.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from ..core.choices import TestState
from ..models import TestRun
from . import fetch, outbox_senders


def fetching() -> bool:
    """Some pop-client's cycle is due and nobody works on it."""
    return fetch.due().exists()


def sending() -> bool:
    """Some message may go out and its sender is free."""
    return bool(outbox_senders.due(timezone.now()))


def testing() -> timedelta | None:
    """How long the oldest connection test that nobody has taken waits; None if none."""
    asked = (
        TestRun.objects.filter(state=TestState.QUEUED, stop=False)
        .order_by("pk")
        .values_list("asked_at", flat=True)
        .first()
    )
    return None if asked is None else timezone.now() - asked

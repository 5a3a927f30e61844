"""Is there anything to fetch, send or test now? For the ticker: a cheap question each.

Which mailbox, message or test is taken is decided by conditional updates, in
services/fetch, outbox and connection_test/batch.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from ...core.choices import TestState
from ...models import TestRun
from .. import fetch
from ..outbox import senders as outbox_senders
from ..sign_ins import work as sign_in_work


def fetching() -> bool:
    """Some pop-client's cycle is due and nobody works on it."""
    return fetch.due().exists()


def sending() -> bool:
    """Some message may go out and its sender is free."""
    return bool(outbox_senders.due(timezone.now()))


def testing() -> timedelta | None:
    """How long a person has waited for a test or a sign-in that nobody has taken.

    None if there is none.
    """
    asked = (
        TestRun.objects.filter(state=TestState.QUEUED, stop=False)
        .order_by("pk")
        .values_list("asked_at", flat=True)
        .first()
    )
    now = timezone.now()
    found = [] if asked is None else [now - asked]
    signs_in = sign_in_work.waits(now)
    if signs_in is not None:
        found.append(signs_in)
    return max(found, default=None)

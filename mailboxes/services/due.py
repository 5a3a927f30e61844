"""Is there anything to fetch or send now? For the ticker: one cheap question each.

Which mailbox or message is taken is decided by leases, in services/fetch and outbox.
"""

from __future__ import annotations

from django.utils import timezone

from . import fetch, outbox_senders


def fetching() -> bool:
    """Some pop-client's cycle is due and nobody works on it."""
    return fetch.due().exists()


def sending() -> bool:
    """Some message may go out and its sender is free."""
    return bool(outbox_senders.due(timezone.now()))

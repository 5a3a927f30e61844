"""What lies in quarantine, for lists: how much for which reason, and the messages.

Why a message goes there and how it is read again: services/parse.
"""

from __future__ import annotations

from django.db.models import Count, QuerySet

from ...core.choices import ParseState
from ...models import Message


def count() -> int:
    """How many messages are set aside."""
    return _aside().count()


def counts() -> dict[str, int]:
    """How many messages are set aside, by reason, most first."""
    found = _aside().order_by().values_list("reason").annotate(n=Count("pk"))
    return dict(found.order_by("-n", "reason"))


def messages(reason: str = "") -> QuerySet[Message]:
    """Those that were set aside for `reason`, or all for "", newest first."""
    found = _aside().select_related("pop_client__mailbox_row")
    return found.filter(reason=reason) if reason else found


def _aside() -> QuerySet[Message]:
    return Message.objects.filter(parse_state=ParseState.QUARANTINED)

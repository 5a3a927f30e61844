"""Health of a client: the outcome of its last cycles, never "configured" (ux.md 2.2).

Pure functions over rows already loaded; who loads them is services/status.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ..core.choices import Health, RunState
from ..models import Fetcher, PopClient, Sender, SmtpClient

LATE_GRACE = timedelta(seconds=30)
LONG_CYCLE = timedelta(seconds=10)
# All that the health of a pop-client is made of, for those who need nothing else.
READS = (
    "enable_client",
    "cycle_time",
    "fetcher__state",
    "fetcher__not_before",
    "fetcher__paused_at",
    "fetcher__lease_until",
    "fetcher__last_try_at",
    "fetcher__last_success_at",
)


def of_pop_client(client: PopClient, now: datetime) -> Health:
    """Health of a pop-client whose `fetcher` is loaded."""
    fetcher: Fetcher | None = getattr(client, "fetcher", None)
    if not client.enable_client or fetcher is None:
        return Health.DRAFT
    stuck = _of_runner(fetcher, now)
    if stuck is not None:
        return stuck
    if _is_fetching(fetcher, now):
        return Health.FETCHING
    if fetcher.last_success_at is None:
        return Health.NOT_TESTED
    if now - fetcher.last_success_at > late_after(client.cycle_time):
        return Health.LATE
    return Health.HEALTHY


def late_after(cycle_time: int) -> timedelta:
    """How old the last finished cycle may be: two intervals, with a little grace."""
    interval = timedelta(seconds=cycle_time)
    return max(2 * interval, interval + LATE_GRACE)


def _is_fetching(fetcher: Fetcher, now: datetime) -> bool:
    """A cycle runs that a person would notice: the first one, or a long one."""
    if fetcher.lease_until is None or fetcher.lease_until < now:
        return False
    if fetcher.last_success_at is None:
        return True
    return fetcher.last_try_at is not None and now - fetcher.last_try_at > LONG_CYCLE


def of_smtp_client(
    client: SmtpClient, now: datetime, *, tested: bool = False
) -> Health:
    """Health of an smtp-client whose `sender` is loaded.

    tested: a connection test of what is in effect has passed; it counts until the first
    message is sent.
    """
    sender: Sender | None = getattr(client, "sender", None)
    if sender is None or not sender.enabled:
        return Health.DRAFT
    stuck = _of_runner(sender, now)
    if stuck is not None:
        return stuck
    proven = tested or sender.last_success_at is not None
    return Health.HEALTHY if proven else Health.NOT_TESTED


def _of_runner(runner: Fetcher | Sender, now: datetime) -> Health | None:
    """What keeps it from running well, or None."""
    if runner.paused_at is not None:
        return Health.PAUSED
    if runner.state == RunState.STOPPED:
        return Health.STOPPED
    waits = runner.not_before is not None and runner.not_before > now
    if runner.state == RunState.THROTTLED and waits:
        return Health.THROTTLED
    if runner.state in (RunState.FAILING, RunState.THROTTLED):
        return Health.FAILING
    return None

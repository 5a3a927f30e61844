"""First contact with mailboxes whose listing takes longer than one cycle has."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from mailboxes.core.choices import Outcome, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.services import numbering
from mailboxes.services.numbering import listings
from mailboxes.transports.base import Limits
from mailboxes.transports.keyed import Body, Changes, KeyedInbound, Remote
from mailboxes.transports.memory_keyed import MemoryKeyed, MemoryUndated
from tests.services.conftest import ADDRESS, Inbox, letter, read_by

NOW = datetime.now(UTC)
PARTIAL = (Outcome.PARTIAL, 0, "")


def time_is_over(transport: KeyedInbound, stage: Stage) -> MailError:
    transport.until = time.monotonic()
    return MailError(Code.READ_TIMEOUT, stage)


def outcomes(inbox: Inbox, count: int) -> list[tuple[str, int, str]]:
    return [(c.outcome, c.stored, c.code) for c in (inbox.run() for _ in range(count))]


class OnePage(MemoryKeyed):
    """A cycle has the time for one page."""

    def changes(self, state: str, since: datetime | None) -> Iterator[Changes]:
        page = next(super().changes(state, since))
        yield page
        if not page.complete:
            raise time_is_over(self, Stage.LIST)


class NoPage(MemoryKeyed):
    """The server is silent when it is asked what there is."""

    def changes(self, state: str, since: datetime | None) -> Iterator[Changes]:
        raise time_is_over(self, Stage.LIST)


class FewHeaders(MemoryUndated):
    """A cycle has the time for two slices of headers."""

    asked = 0

    def headers(self, wanted: Sequence[Remote]) -> Iterator[Body]:
        self.asked += 1
        if self.asked > 2:
            raise time_is_over(self, Stage.FETCH)
        yield from super().headers(wanted)


def test_listing_that_takes_longer_than_a_cycle_is_no_failure(db: None) -> None:
    """A million messages are thousands of pages: each cycle goes on where one ended."""
    with read_by(OnePage) as inbox:
        inbox.deliver(*map(str, range(7)))
        assert outcomes(inbox, 3) == [PARTIAL, PARTIAL, (Outcome.OK, 7, "")]
        assert inbox.fetcher.recent == "ooo"


def test_listing_of_which_nothing_comes_is_a_failure(db: None) -> None:
    with read_by(NoPage) as inbox:
        assert outcomes(inbox, 1) == [(Outcome.FAILED, 0, "read-timeout")]


def test_times_of_more_messages_than_a_cycle_can_look_at_are_no_failure(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbering, "DATED_AT_ONCE", 2)
    with read_by(FewHeaders) as inbox:
        inbox.save(first_fetch="last-days", first_fetch_days=3)
        for days in (30, 20, 10, 9, 1):
            arrived = datetime.now(UTC) - timedelta(days=days)
            line = f"Received: from a by b; {format_datetime(arrived)}\r\n".encode()
            inbox.server.deliver(ADDRESS, line + letter(str(days)))
        assert outcomes(inbox, 2) == [PARTIAL, (Outcome.OK, 1, "")]
        assert inbox.subjects() == ["1"]


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        (Limits(), [1, 2, 3, 4, 5]),
        (Limits(2), [1, 2]),
        (Limits(None, NOW - timedelta(days=15), 3), [3, 4, 5]),
        (Limits(2, NOW - timedelta(days=15), 5), [3, 5]),
    ],
)
def test_listing_leaves_out_what_a_cycle_does_not_want(
    db: None, limits: Limits, found: list[int]
) -> None:
    with read_by(MemoryKeyed) as inbox:
        for days in (30, 20, 10, 30, 5):
            arrived = NOW - timedelta(days=days)
            inbox.server.deliver(ADDRESS, letter(str(days)), arrived=arrived)
        inbox.run()
        listed = listings.Listings(inbox.client.sources.get(), inbox.fetcher)
        assert [one.id for one in listed.after(0, limits)] == found


def test_old_mail_is_passed_over_in_one_cycle(db: None) -> None:
    with read_by(MemoryKeyed) as inbox:
        inbox.save(first_fetch="last-days", first_fetch_days=3, maximum_msg_number=2)
        for days in (30, 20, 1, 10, 9, 8):
            arrived = NOW - timedelta(days=days)
            inbox.server.deliver(ADDRESS, letter(str(days)), arrived=arrived)
        assert outcomes(inbox, 1) == [(Outcome.OK, 1, "")]
        assert inbox.client.sources.get().cursor == "6"

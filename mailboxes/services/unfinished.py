"""Which message a cycle began and could not finish, as the rows of cycles tell.

A message that is slow without end, or at which the server hangs up each time, would
keep a mailbox from all that came after it. So its cycle writes it down, and after some
tries it is given up: its header is stored, in quarantine, and it stays on the server
(DESIGN D7). What is done about it: services/fetch/bodies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone

from ..core.choices import Stage
from ..core.errors import Code, MailError
from ..models import Cycle, PopClient, Source

TOO_SLOW = "too-slow"
REFUSED = "refused-by-server"
# Failures that one message may be the cause of; a server that asks for a pause, or has
# no room, says so at whatever message comes next.
OF_A_MESSAGE = frozenset(
    {
        Code.READ_TIMEOUT,
        Code.CONNECTION_LOST,
        Code.SERVER_CLOSED,
        Code.SERVER_UNAVAILABLE,
        Code.AUTHORIZATION_FAILED,
        Code.PROTOCOL_ERROR,
        Code.GRAPH_UNAVAILABLE,
    }
)
# Cycles in which it used up all the time there is; the second begins with it.
LATE = 2
# Other failures at it may be those of the network or of the server as a whole: so
# many, and over so long a time, that neither is likely.
TIMES = 5
OVER = timedelta(minutes=15)
LOOK_BACK = timedelta(days=1)


class How(StrEnum):
    """How a cycle ended at a message."""

    LATE = "late"  # its time was over
    BROKEN = "broken"  # the connection was
    REFUSED = "refused"  # the server refused it, or left it out, and went on


@dataclass(frozen=True)
class Past:
    """Cycles that ended at one message.

    late: those in which no time was left. since: start of the first. how, slow: of the
    newest; slow means that the server was silent, it did not refuse or hang up.
    """

    times: int
    late: int
    since: datetime
    how: How
    slow: bool

    def given_up(self, now: datetime) -> str:
        """Why its body is not asked for any more, "" while it is."""
        if self.late >= LATE:
            return TOO_SLOW
        if self._often(TIMES, now):
            return TOO_SLOW if self.slow else REFUSED
        return ""

    def hopeless(self, now: datetime) -> bool:
        """Its header has failed as often as its body."""
        return self.late >= 2 * LATE or self._often(2 * TIMES, now)

    def _often(self, times: int, now: datetime) -> bool:
        return self.times >= times and now - self.since >= OVER


def note(
    error: MailError, source: Source, message: int, how: How, seconds: float
) -> None:
    """Write the message that a cycle could not finish into the evidence.

    seconds: that its window took.
    """
    if error.code not in OF_A_MESSAGE:
        return
    error.evidence |= {"source": source.pk, "message": message, "ended": str(how)}
    if how is How.LATE:
        error.evidence["answer"] = (
            f"message {message} was not here after {seconds:.0f} s"
        )


def past(client: PopClient, source: Source) -> dict[int, Past]:
    """What cycles of the last day could not finish, by server id."""
    rows = (
        Cycle.objects.filter(
            pop_client=client,
            started_at__gte=timezone.now() - LOOK_BACK,
            stage=Stage.FETCH,
        )
        .order_by("started_at")
        .values_list("started_at", "code", "evidence")
    )
    found: dict[int, Past] = {}
    for started, code, evidence in rows:
        number = evidence.get("message")
        if evidence.get("source") != source.pk or not isinstance(number, int):
            continue
        how = How(str(evidence["ended"]))
        before = found.get(number)
        found[number] = Past(
            times=before.times + 1 if before else 1,
            late=(before.late if before else 0) + (how is How.LATE),
            since=before.since if before else started,
            how=how,
            slow=how is How.LATE or code == Code.READ_TIMEOUT,
        )
    return found

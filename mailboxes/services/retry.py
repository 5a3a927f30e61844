"""When a client that failed is tried again, and when it waits for a person (DESIGN D9).

- A refusal by the authority (wrong password, no consent, a policy) stops it at once; so
  does the second refusal of a basic password, whatever the network did in between.
- What else refuses a sign-in is tried after 1, 2, 5, 15 and 60 minutes, then hourly.
- What passes by itself is tried in growing pauses, or when the server has said.
- What many clients of a provider meet stops none of them: one probes, by the same
  pauses, and the others wait for it (services/provider says what counts as that).

Pure decisions; callers write them on the fetcher or sender by a conditional update.
Which retry class a failure has stands in services/findings.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..core.choices import Retry, RunState, Stage
from ..core.errors import Code, MailError
from ..models import Fetcher, Sender
from .findings import find

# A refusal that may heal by itself, or that a person has to look at: minutes between
# tries, then hourly. Signing in more often would lock accounts.
PAUSES = (1, 2, 5, 15, 60)
LONGEST_BACK_OFF = 15 * 60.0  # seconds
LONGEST_HINT = 3600.0  # seconds of pause that a server may ask for
MOST_DOUBLINGS = 10  # more would overflow after days of failure, and change nothing
AT_ONCE = 3  # tries of class R before the pauses of class B begin
PASSWORD_TRIES = 2  # refusals of a basic password in a row that stop a client
TOKEN_STAGES = (Stage.TOKEN, Stage.TENANT)
SIGNED_IN_STAGES = (
    Stage.MAILBOX,
    Stage.LIST,
    Stage.FETCH,
    Stage.SETTLE,
    Stage.ENVELOPE,
    Stage.DATA,
)
THROTTLING = (
    Code.SERVER_THROTTLED,
    Code.TOKEN_THROTTLED,
    Code.TOO_MANY_CONNECTIONS,
    Code.SENDING_QUOTA,
    Code.GRAPH_THROTTLED,
    Code.EWS_SERVER_BUSY,
)
PASSWORD_REFUSALS = (Code.PASSWORD_REFUSED, Code.BASIC_AUTH_BLOCKED)
# Where nobody was refused, as with a network that is down, trying costs little.
SHARED_PAUSE = timedelta(minutes=5)
PROBE_PAUSE = timedelta(minutes=1)


@dataclass(frozen=True)
class Decision:
    """State to write, and before when no try is made (None when it is stopped)."""

    state: RunState
    not_before: datetime | None


def decide(
    error: MailError,
    now: datetime,
    *,
    failures: int,
    sign_in_failures: int = 0,
    shared: bool = False,
    probes: bool = False,
) -> Decision:
    """What follows from the `failures`-th failure in a row (from 1).

    sign_in_failures: refusals of a basic password in a row, this one included.
    shared: many clients of this provider fail alike (services/provider); then nobody
        is stopped.
    probes: this client is the one that keeps trying while the others wait. Where they
        are refused it keeps to `PAUSES`, for each try is a sign-in.
    """
    kind = find(error.code, error.evidence, stage=error.stage).retry
    refused = kind in (Retry.ADMIN, Retry.OWNER)
    if error.code in THROTTLING or (error.retry_after and kind is Retry.BACK_OFF):
        wait = _hint(error) or _doubled(failures)
        return Decision(RunState.THROTTLED, now + timedelta(seconds=wait))
    if shared and not refused:
        pause = PROBE_PAUSE if probes else SHARED_PAUSE
        return Decision(RunState.FAILING, now + pause)
    if shared and not probes:
        return Decision(RunState.FAILING, now + timedelta(minutes=PAUSES[-1]))
    if shared:
        return Decision(RunState.FAILING, now + _pause(failures))
    if error.stage in TOKEN_STAGES and refused:
        return Decision(RunState.STOPPED, None)
    if error.code in PASSWORD_REFUSALS and sign_in_failures >= PASSWORD_TRIES:
        return Decision(RunState.STOPPED, None)
    if kind is Retry.NOW and failures <= AT_ONCE:
        # A little apart, so that a thousand mailboxes do not come back as one.
        return Decision(
            RunState.FAILING, now + timedelta(seconds=random.uniform(0.2, 2.0))
        )
    if kind in (Retry.NOW, Retry.BACK_OFF):
        over = failures - AT_ONCE if kind is Retry.NOW else failures
        return Decision(RunState.FAILING, now + timedelta(seconds=_doubled(over)))
    return Decision(RunState.FAILING, now + _pause(failures))


def _pause(failures: int) -> timedelta:
    return timedelta(minutes=PAUSES[min(failures, len(PAUSES)) - 1])


def _hint(error: MailError) -> float:
    """Seconds that the other side asks us to wait, 0 for none, never over an hour."""
    return min(error.retry_after or 0.0, LONGEST_HINT)


def _doubled(failures: int) -> float:
    return min(2.0 ** min(max(failures, 1), MOST_DOUBLINGS), LONGEST_BACK_OFF)


def after_failure(
    row: Fetcher | Sender,
    error: MailError,
    now: datetime,
    *,
    shared: bool = False,
    probes: bool = False,
) -> dict[str, Any]:
    """Columns to write on a runner after a failed try."""
    sign_in_failures = row.sign_in_failures
    if error.code in PASSWORD_REFUSALS:
        sign_in_failures += 1
    elif error.stage in SIGNED_IN_STAGES:
        sign_in_failures = 0  # a fault of the network in between changes nothing
    decision = decide(
        error,
        now,
        failures=row.failures + 1,
        sign_in_failures=sign_in_failures,
        shared=shared,
        probes=probes,
    )
    return {
        "state": decision.state,
        "not_before": decision.not_before,
        "failures": row.failures + 1,
        "sign_in_failures": sign_in_failures,
        "code": error.code,
        "stage": error.stage,
        "evidence": error.evidence,
        "failed_since": row.failed_since or now,
        "recent": remembered(row, "failed"),
    }


def after_success(row: Fetcher | Sender, now: datetime) -> dict[str, Any]:
    """Columns to write on a runner after a good try."""
    return {
        "state": RunState.ACTIVE,
        "not_before": None,
        "failures": 0,
        "sign_in_failures": 0,
        "code": "",
        "stage": "",
        "evidence": {},
        "failed_since": None,
        "last_success_at": now,
        "recent": remembered(row, "ok"),
    }


def remembered(row: Fetcher | Sender, outcome: str) -> str:
    """`recent` of a runner with one more outcome."""
    return (row.recent + outcome[0])[-30:]

"""When a sender that failed tries again, if at all (DESIGN D9). Writes no rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ..core.choices import Retry, RunState, Stage
from ..core.errors import Code, MailError
from ..models import Sender
from .findings import find

BACK_OFF = (1, 2, 5, 15, 60)  # minutes, then hourly
OF_THE_AUTHORITY = (Stage.TENANT, Stage.TOKEN, Stage.CLAIMS)
THROTTLING = (Code.SERVER_THROTTLED, Code.TOO_MANY_CONNECTIONS, Code.SENDING_QUOTA)


def decide(sender: Sender, error: MailError, now: datetime) -> dict[str, Any]:
    """The columns that `error` changes on the row of `sender`."""
    failures = sender.failures + 1
    sign_ins = sender.sign_in_failures + (error.code == Code.PASSWORD_REFUSED)
    pause = timedelta(minutes=BACK_OFF[min(failures, len(BACK_OFF)) - 1])
    if error.retry_after is not None:
        pause = timedelta(seconds=error.retry_after)
    state = RunState.FAILING
    if error.code in THROTTLING or error.retry_after is not None:
        state = RunState.THROTTLED
    if _stops(error) or sign_ins >= 2:
        state = RunState.STOPPED
    return {
        "state": state,
        "not_before": None if state is RunState.STOPPED else now + pause,
        "failures": failures,
        "sign_in_failures": sign_ins,
        "code": error.code,
        "stage": error.stage,
        "evidence": error.evidence,
        "failed_since": sender.failed_since or now,
    }


def _stops(error: MailError) -> bool:
    if error.stage in OF_THE_AUTHORITY:
        return find(error.code, error.evidence).retry in (Retry.ADMIN, Retry.OWNER)
    return error.permanent and error.code != Code.PASSWORD_REFUSED

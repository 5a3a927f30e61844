"""Refused sign-ins that a connection test must not repeat (DESIGN D9).

After a cycle that stopped its client a test runs by itself, once: it makes the checks
before the sign-in and tells the refusal again, so that network and tenant are known to
be right or wrong without bringing the account nearer to being locked. So does a second
test that waits for one with the same credential. Which failures stop a client:
services/retry; carrying tests out: connection_test/run.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from ..core.choices import CheckState, Retry, RunState, Stage, Step, TestState
from ..models import Check, PopClient, Revision, SmtpClient, TestRun
from . import connection_test, retry
from .connection_test import NotTested
from .findings import find
from .options import snapshots
from .options.snapshots import Snapshot

logger = logging.getLogger(__name__)

Client = PopClient | SmtpClient
OF_ACCOUNT = frozenset(
    {Step.PASSWORD, Step.USER_NAME, Step.ACCOUNT, Step.MFA, Step.CONDITIONAL_ACCESS}
)
OF_APPLICATION = (
    *("tenant-authority", "directory-id", "client-id"),
    *("grant-type", "scope"),
)


def note_stop(
    client: Client, revision: Revision, before: str, written: Mapping[str, Any]
) -> None:
    """Ask for a test of a client that a failure has just stopped; else nothing.

    revision: what was refused. before: state of its runner until now. written: columns
    that were written on it (services/retry). Outside of a transaction, after it.
    """
    if written.get("state") != RunState.STOPPED or before == RunState.STOPPED:
        return
    refused = {
        "code": written["code"],
        "evidence": {
            **written["evidence"],
            "met_at": f"{timezone.now():%Y-%m-%d %H:%M:%S} UTC",
        },
    }
    try:
        connection_test.ask(client, None, revision, refused=refused)
    except NotTested as error:
        logger.warning("%s is not tested by itself: %s", client, error)


def known(run: TestRun, snapshot: Snapshot) -> dict[str, Any]:
    """Code and evidence of a refusal that `run` must not repeat; {} for none."""
    if run.refused:
        return dict(run.refused)
    first = run.after
    if first is None or first.state != TestState.FAILED:
        return {}
    check = Check.objects.filter(run=first, state=CheckState.FAILED).first()
    if check is None or not _is_refusal(check):
        return {}
    revisions = Revision.objects.select_related("pop_client__mailbox_row")
    other = snapshots.of(revisions.get(pk=first.revision_id))
    if _credential(other, check) != _credential(snapshot, check):
        return {}
    told = {key: v for key, v in check.evidence.items() if key not in ("side", "limit")}
    return {"code": check.code, "evidence": told}


def _credential(snapshot: Snapshot, check: Check) -> list[object]:
    """What was refused, by the failed check.

    A refusal of the account holds for every application that asks in its name.
    """
    parts = [snapshot.uses_token, snapshot.account.lower(), snapshot["password"]]
    finding = find(check.code, check.evidence, stage=check.stage)
    if snapshot.uses_token and finding.step not in OF_ACCOUNT:
        parts += [snapshot[option] for option in OF_APPLICATION]
    return parts


def _is_refusal(check: Check) -> bool:
    """The credential was refused: once more would be one sign-in too many."""
    if check.stage == Stage.TOKEN:
        kind = find(check.code, check.evidence, stage=check.stage).retry
        return kind in (Retry.ADMIN, Retry.OWNER)
    return check.code in retry.PASSWORD_REFUSALS

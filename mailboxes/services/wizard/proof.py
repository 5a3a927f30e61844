"""What a green connection test proves: a fingerprint of all that a test can depend on.

Turning a mailbox on, what becomes of old mail and the pace of cycles are no part of it:
changing those leaves a test as green as it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache

from ...core.choices import CheckState, Stage, TestState
from ...core.options import Group, Target
from ...models import PopClient, Revision, SmtpClient, TestRun
from .. import connection_test
from ..option_rules import options_by_name
from ..options import snapshots

LOOKED_AT = 20  # tests of a client, newest first
GROUPS = (Group.SERVER, Group.SIGN_IN)
ALSO = ("mailbox", "folder-path")


@cache
def _tested(kind: str) -> tuple[str, ...]:
    options = options_by_name(kind)
    return tuple(
        sorted(n for n, one in options.items() if one.group in GROUPS or n in ALSO)
    )


def fingerprint(
    kind: str,
    address: str,
    values: Mapping[str, object],
    pinned: Mapping[str, object],
) -> str:
    """Of the settings that a test uses.

    address: of the mailbox, "" for an smtp-client. values: what counts, by option name,
    secrets by their ids. pinned: what they stand for, of which only the proxy is not in
    `values` already.
    """
    text = json.dumps(
        [
            kind,
            address.lower(),
            [(name, values[name]) for name in _tested(kind)],
            pinned.get(Target.PROXY) or {},
        ],
        sort_keys=True,
        default=str,
    )
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def of_revision(revision: Revision) -> str:
    """The fingerprint of what one revision holds."""
    taken = snapshots.of(revision)
    return fingerprint(taken.kind, taken.address, taken.values, taken.pinned)


def green(
    client: PopClient | SmtpClient, wanted: str, newest: TestRun | None = None
) -> TestRun | None:
    """The newest test of these settings, if it passed.

    newest: of the client, where it is loaded already with its revision.
    """
    ended = (TestState.PASSED, TestState.FAILED)
    passed = newest is not None and newest.state == TestState.PASSED
    if newest is not None and passed and of_revision(newest.revision) == wanted:
        return newest
    runs = connection_test.of(client).filter(state__in=ended)
    for run in runs.select_related("revision")[:LOOKED_AT]:
        if isinstance(client, PopClient):
            run.revision.pop_client = client
        else:
            run.revision.smtp_client = client
        if of_revision(run.revision) == wanted:
            return run if run.state == TestState.PASSED else None
    return None


def messages_in_folder(run: TestRun) -> tuple[str, int] | None:
    """Name of the folder that a test opened, and how many messages lie in it."""
    check = run.checks.filter(stage=Stage.MAILBOX, state=CheckState.PASSED).first()
    if check is None or not isinstance(check.evidence.get("messages"), int):
        return None
    return str(check.evidence.get("folder", "")), check.evidence["messages"]

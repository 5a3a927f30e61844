"""Asks for connection tests, cancels them, and says what became of them.

`ask` only writes rows; connection_test/batch carries them out. Pages never talk to a
server. Words and the report: connection_test/report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ...core.choices import TEST_OPEN, CheckState, TestState
from ...core.errors import MailboxesError
from ...models import Check, PopClient, Revision, SmtpClient, TestRun
from .. import addresses, audit, instance
from ..addresses import AddressError
from ..finding import Finding
from ..findings import find
from ..options import pins, snapshots
from . import resuming, rows
from .planning import plan

SHOWN = 10  # runs of a client in its history
# A test is asked for by a person who waits; hours later it would be a surprise.
ASKED_WITHIN = timedelta(minutes=10)
SILENT_AFTER = timedelta(seconds=30)
# Findings name the option of a pop-client; the same thing of an smtp-client.
OF_SMTP = {"pop-connection-security": "smtp-connection-security", "type": "server-type"}

Client = PopClient | SmtpClient


class NotTested(MailboxesError):
    """A test that was asked for is not made; the text says why, in one sentence."""


def ask(
    client: Client,
    user: AbstractBaseUser | None,
    revision: Revision | None = None,
    send_to: str = "",
    *,
    after: TestRun | None = None,
    going_on: TestRun | None = None,
    refused: Mapping[str, Any] | None = None,
) -> TestRun:
    """A new run, queued, with all its checks to come; or the open one of the client.

    One run at a time, because every sign-in that fails brings an account nearer to
    being locked. A run that came by itself does not sign in: it gives way to one that
    somebody asks for.
    revision: what is tested, default the newest saved. send_to: address that gets a
        message at the end, "" for none; smtp-clients only.
    going_on: an earlier run of the client; what it has seen of the way to the authority
        is not checked again (connection_test/resuming).
    after, refused: as the columns of the run say (models); the latter for a test that
        nobody asked for (services/refusals).
    Raises NotTested.
    """
    send_to = _send_to(client, send_to)
    revision = revision or snapshots.newest(client)
    with transaction.atomic():
        # Whoever asks at the same moment waits here and finds our run.
        type(client)._default_manager.select_for_update().get(pk=client.pk)
        running = of(client).filter(state__in=TEST_OPEN).first()
        if running is not None and (refused or not running.refused):
            return running
        if running is not None:
            cancel(running, user)
        run = TestRun.objects.create(
            **{_owner(client): client},
            revision=revision,
            asked_by_id=user.pk if user is not None else None,
            asked_at=timezone.now(),
            send_to=send_to,
            after=after,
            refused=dict(refused or {}),
        )
        planned = plan(snapshots.of(revision), send_to)
        if going_on is not None:
            planned = resuming.taken_over(going_on, revision, planned, timezone.now())
        rows.write_plan(run, planned)
        audit.record(
            user,
            "connection-test.by-itself" if refused else "connection-test.asked",
            client,
            test=run.pk,
            revision=revision.number,
            send_to=send_to,
        )
    return run


def _send_to(client: Client, typed: str) -> str:
    if not typed.strip():
        return ""
    if not isinstance(client, SmtpClient):
        raise NotTested(_("Only an smtp-client can send a test message."))
    if instance.is_held():
        raise NotTested(
            _(
                "The instance is held, so nothing is sent. Release it first, or test"
                " without a message."
            )
        )
    try:
        return addresses.check(typed)
    except AddressError as error:
        raise NotTested(str(error)) from error


def cancel(run: TestRun, user: AbstractBaseUser | None) -> bool:
    """End an open run at once; False when it was over already.

    A network call that is being waited for is left to its own timeout, and what it
    brings is thrown away.
    """
    with transaction.atomic():
        ended = rows.close(Q(pk=run.pk), TestState.CANCELLED, timezone.now())
        if ended:
            audit.record(user, "connection-test.cancelled", run.client, test=run.pk)
    return bool(ended)


def reap_lost() -> int:
    """Give up runs whose process died or hung, and those that nobody took up.

    Returns how many.
    """
    now = timezone.now()
    silent = Q(state=TestState.RUNNING, beat_at__lt=now - SILENT_AFTER)
    late = Q(state=TestState.QUEUED, asked_at__lt=now - ASKED_WITHIN)
    return len(rows.close(silent | late, TestState.LOST, now))


def of(client: Client) -> QuerySet[TestRun]:
    """All runs of a client, newest first."""
    return TestRun.objects.filter(**{_owner(client): client})


def history(client: Client) -> list[TestRun]:
    """The last runs of a client, each with its failed check loaded (`finding_of`)."""
    failed = Check.objects.filter(state=CheckState.FAILED)
    return list(
        of(client)
        .select_related("revision", "asked_by")
        .prefetch_related(Prefetch("checks", queryset=failed, to_attr="failed"))[:SHOWN]
    )


def ended(client: Client, number: int) -> TestRun | None:
    """An ended run of this client by its number; None where there is none."""
    return of(client).filter(pk=number).exclude(state__in=TEST_OPEN).first()


def newest(client: Client) -> TestRun | None:
    """The newest run of a client, None when it was never tested."""
    return next(iter(history(client)), None)


def failed_check(run: TestRun) -> Check | None:
    """The check that ended a run, None where none did."""
    known: list[Check] | None = getattr(run, "failed", None)
    if known is None:
        known = list(run.checks.filter(state=CheckState.FAILED)[:1])
    return known[0] if known else None


def finding_of(run: TestRun) -> Finding | None:
    """Why a run failed; its option is one of the client's own, or "". None if it did
    not."""
    check = failed_check(run)
    return None if check is None else finding(run, check)


def finding(run: TestRun, check: Check) -> Finding:
    """The finding of a failed check."""
    shown = find(check.code, check.evidence, stage=check.stage)
    return at_client(run.client, shown, run.revision)


def at_client(
    client: Client, finding: Finding, revision: Revision | None = None
) -> Finding:
    """The finding with the option where it is mended on the client's own form.

    That is the registration where the value comes from one, and "" where it is not
    mended there at all. revision: what has failed, default the newest saved.
    """
    revision = revision or snapshots.newest(client)
    options, option = client.fields_by_option(), finding.option
    if option not in options:
        option = OF_SMTP.get(option, "")
    if option in pins.inherited(snapshots.of(revision).own, revision.pinned):
        option = "registration"
    return replace(finding, option=option if option in options else "")


def finding_at(client: Client, run: TestRun | None) -> dict[str, Finding]:
    """Field name to finding, where the newest test of what is saved now failed.

    For the form: the finding stands at the field that mends it. At most one entry.
    run: `newest` of the client.
    """
    if run is None or run.state != TestState.FAILED:
        return {}
    if run.revision.number != snapshots.saved_number(client):
        return {}  # it was changed since, perhaps for the better
    shown = finding_of(run)
    field = client.fields_by_option().get(shown.option) if shown else None
    return {field: shown} if shown and field else {}


def _owner(client: Client) -> str:
    return "pop_client" if isinstance(client, PopClient) else "smtp_client"

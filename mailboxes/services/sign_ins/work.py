"""The part of a sign-in that talks to the authority: done by a worker, never by a page.

A code that came back is changed into tokens; a device code is got, and then asked for
until the owner is done. A row is claimed by a lease for each such step. Which process
does it: connection_test/batch, or the command that waits in front of a terminal.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from ...core.choices import Stage
from ...core.errors import Code, MailError, SecretUnreadable
from ...models import SecretValue, SignIn
from ...oauth.base import DeviceCode, Pending
from ...oauth.pkce import Proof
from ...transports.base import NetworkPolicy
from .. import connect, secrets, sign_ins
from ..findings.authority import AUTHORITY
from ..findings.owners import OWNER
from ..options.snapshots import Snapshot
from ..tokens.requests import module_of, sign_in_request
from ..worker import leases
from . import result as sign_in_result

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=90)  # of one step
SECONDS = 80.0  # that a step may take
TRIES_AGAIN = timedelta(seconds=10)  # after a fault of the network
# Authorization codes are good for about ten minutes (Microsoft identity platform,
# authorization code flow); Google names no time.
CODE_LASTS = timedelta(minutes=9)
BEFORE_THE_REQUEST = (Stage.DNS, Stage.TCP, Stage.PROXY, Stage.TLS)


def due(now: datetime) -> QuerySet[SignIn]:
    """Rows that a worker has to do something for."""
    return SignIn.objects.filter(
        leases.free(), state__in=SignIn.OPEN, due_at__lte=now
    ).order_by("due_at")


def waits(now: datetime) -> timedelta | None:
    """How long the oldest of them waits; None if there is none."""
    first = due(now).values_list("due_at", flat=True).first()
    return None if first is None else now - first


def polling() -> bool:
    """A device code is out, and is asked for again within seconds."""
    return SignIn.objects.filter(state__in=SignIn.OPEN, due_at__isnull=False).exists()


def expire(now: datetime) -> int:
    """End what nobody answered in time; returns how many."""
    late = SignIn.objects.filter(state__in=SignIn.OPEN, expires_at__lte=now)
    for row in late:
        facts: dict[str, object] = {"user": row.login}
        error = MailError(
            Code.SIGN_IN_LATE, Stage.TOKEN, permanent=True, evidence=facts
        )
        sign_in_result.fail(row, error)
    return len(late)


def carry_out(pk: int, until: float | None = None) -> bool:
    """Do the next step of a sign-in; False when it is not due or somebody else's.

    until: time.monotonic() by which it has ended, if that is sooner than `SECONDS`.
    """
    row = leases.claim(due(timezone.now()), pk, LEASE)
    if row is None:
        return False
    ends = time.monotonic() + SECONDS
    try:
        _step(row, ends if until is None else min(ends, until))
    except MailError as error:
        error.evidence |= {"side": AUTHORITY, OWNER: True}
        pause = max(TRIES_AGAIN, timedelta(seconds=error.retry_after or 0))
        if not error.permanent and _worth_another(row, error, pause):
            _again(row, pause)
        else:
            sign_in_result.fail(row, error)
    except Exception as error:  # noqa: BLE001 - the one border of a step
        logger.exception("sign-in %s", pk)
        name: dict[str, object] = {"error": type(error).__name__}
        sign_in_result.fail(row, MailError(Code.INTERNAL, Stage.TOKEN, evidence=name))
    finally:
        leases.release(row)
    return True


def _step(row: SignIn, until: float) -> None:
    snapshot = sign_ins.of_now(row)
    if snapshot is None:
        sign_ins.end(row, SignIn.State.REPLACED, timezone.now())
        return
    policy = connect.policy(snapshot).till(until)
    if row.state == SignIn.State.ASKED:
        _begin_device(row, snapshot, policy)
    elif row.state == SignIn.State.SHOWN:
        _poll_device(row, snapshot, policy)
    else:
        _redeem(row, snapshot, policy)


def _begin_device(row: SignIn, snapshot: Snapshot, policy: NetworkPolicy) -> None:
    request = sign_in_request(snapshot)
    device: DeviceCode = module_of(snapshot).begin_device(request, policy)
    now = timezone.now()
    kept = secrets.seal(device.flow, SecretValue.Purpose.SIGN_IN, None)
    moved = SignIn.objects.filter(pk=row.pk, state=SignIn.State.ASKED).update(
        state=SignIn.State.SHOWN,
        kept=kept,
        user_code=device.user_code[:40],
        verification_uri=device.verification_uri[:255],
        interval=device.interval,
        due_at=now + timedelta(seconds=device.interval),
        expires_at=now + timedelta(seconds=device.expires_in),
    )
    if not moved:  # called off meanwhile
        kept.delete()


def _poll_device(row: SignIn, snapshot: Snapshot, policy: NetworkPolicy) -> None:
    device = DeviceCode(
        row.user_code, row.verification_uri, row.interval, 0, _kept(row)
    )
    outcome = module_of(snapshot).poll_device(sign_in_request(snapshot), policy, device)
    if isinstance(outcome, Pending):
        _again(row, timedelta(seconds=outcome.interval), interval=outcome.interval)
    else:
        sign_in_result.keep(row, snapshot, outcome)


def _redeem(row: SignIn, snapshot: Snapshot, policy: NetworkPolicy) -> None:
    text = _kept(row)
    outcome = module_of(snapshot).redeem(
        sign_in_request(snapshot),
        policy,
        str(json.loads(text)["code"]),
        row.redirect_uri,
        Proof.load(text),
    )
    sign_in_result.keep(row, snapshot, outcome)


def _again(row: SignIn, pause: timedelta, **columns: object) -> None:
    SignIn.objects.filter(pk=row.pk, state=row.state).update(
        due_at=timezone.now() + pause, **columns
    )


def _worth_another(row: SignIn, error: MailError, pause: timedelta) -> bool:
    """The same step may succeed later: nothing was used up, and there is time.

    A code is good for one request, so it is sent again only where no connection stood
    that could have carried it, or where the authority asks to come again later.
    """
    if row.state == SignIn.State.SHOWN:
        return True
    ends = row.expires_at
    if row.state == SignIn.State.ANSWERED and row.kept is not None:
        if error.code == Code.CONNECTION_LOST:
            return False  # the code may have arrived
        ends = min(ends, row.kept.created_at + CODE_LASTS)
    unused = error.stage in BEFORE_THE_REQUEST or error.retry_after is not None
    return unused and timezone.now() + pause < ends


def _kept(row: SignIn) -> str:
    try:
        return secrets.reveal(row.kept_id or 0)
    except SecretUnreadable as error:
        raise MailError(Code.SECRET_UNREADABLE, Stage.FIELDS, permanent=True) from error

"""The same failure at many clients of one provider stops nobody (DESIGN D9).

Shared is a failure that tells of the provider, its tenant or the way there, and that
many have within minutes: `MANY` of the provider, or all that work in a smaller tenant.
One of them, the first, goes on trying in the usual pauses; the others wait, an hour
where they were refused, else five minutes (services/retry). Those that had stopped
before there were many are freed (`relieve`). When one succeeds, all go on at once
(`recovered`).

Never shared are failures that tell of one account or mailbox, such as a password: each
client stops on its own, because every further try with it brings a lock-out nearer. Nor
are throttling, which is each mailbox's own, and our own faults.

Refusals of a token are looked for at the authority, by fetchers and senders alike; all
else at the mail server.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from ..core.choices import Retry, RunState, Step
from ..core.errors import Code, MailError
from ..models import Fetcher, PopClient, Sender, SmtpClient
from .finding import Finding
from .findings import find

Client = PopClient | SmtpClient

WITHIN = timedelta(minutes=10)  # failures that come together
WAITS = timedelta(minutes=70)  # who waits for an hour has tried since
REMEMBERED = timedelta(days=1)  # a stop since then may have come of the same
MANY = 5
FEW = 3  # all that work in a tenant are many from here on
PROBE_PAUSE = timedelta(minutes=1)
REFUSED_PAUSE = timedelta(hours=1)
REFUSALS = (Retry.ADMIN, Retry.OWNER)
OF_ONE_ACCOUNT = frozenset(
    {
        Step.PASSWORD,
        Step.SECRET,
        Step.REFRESH_TOKEN,
        Step.USER_NAME,
        Step.ACCOUNT,
        Step.LICENCE,
        Step.RIGHTS,
        Step.FOLDER,
        Step.QUOTA,
        Step.MESSAGE,
    }
)
NOT_THE_PROVIDERS = frozenset({Step.CONSOLE, Step.THROTTLING})
OF_THE_OPTIONS = frozenset({Code.CONFIG_INCOMPLETE, Code.TOO_MANY_CONNECTIONS})
OF_THE_AUTHORITY = frozenset(
    {
        Code.TOKEN_INVALID_GRANT,
        Code.TOKEN_INVALID_CLIENT,
        Code.TOKEN_INTERACTION,
        Code.TOKEN_REFUSED,
        Code.TOKEN_UNAVAILABLE,
        Code.TOKEN_NOT_JSON,
        Code.TENANT_UNKNOWN,
    }
)
RUNNERS: dict[str, type[Fetcher] | type[Sender]] = {
    "pop_client": Fetcher,
    "smtp_client": Sender,
}


@dataclass(frozen=True, order=True)
class _Row:
    """A fetcher or sender whose last try failed alike. Ordered: who probes first."""

    kind: str
    client: int
    tenant: str
    state: str
    tried: datetime
    runs: bool

    def since(self, then: datetime) -> bool:
        return self.tried >= then


def shares(
    client: Client, failure: MailError | str, now: datetime
) -> tuple[bool, bool]:
    """(many fail alike, this client is the one that goes on trying).

    failure: what `client` has just met, not written on its row yet.
    """
    code, finding = _of(failure)
    if not _may_be_shared(code, finding):
        return False, False
    me = (_kind(client), client.pk)
    others = [r for r in _alike(client, code) if (r.kind, r.client) != me]
    together, waiting = _together(others, now), _waiting(others, finding, now)
    if not (_goes_on(client, code, waiting) or _many(client, code, together)):
        return False, False
    probes = [r for r in {*together, *waiting} if r.runs]
    return True, all(me < (r.kind, r.client) for r in probes)


def relieve(client: Client, failure: MailError | str, now: datetime) -> int:
    """Free those that this failure has stopped, if it is a shared one by now.

    To be called when the failure is written: of several that failed at one moment, the
    last one sees them all. Returns how many were freed.
    """
    code, finding = _of(failure)
    stops = _by_authority(code) and finding.retry in REFUSALS
    if not stops or not _may_be_shared(code, finding):
        return 0
    rows = _alike(client, code)
    together, waiting = _together(rows, now), _waiting(rows, finding, now)
    stopped = [r for r in together if r.state == RunState.STOPPED]
    shared = _goes_on(client, code, waiting) or _many(client, code, together)
    if not stopped or not shared:
        return 0
    first = min((r for r in {*together, *waiting} if r.runs), default=None)
    others = [r for r in stopped if r is not first]
    freed = _free(others, code, RunState.STOPPED, now + REFUSED_PAUSE)
    if first in stopped:
        freed += _free([first], code, RunState.STOPPED, now + PROBE_PAUSE)
    return freed


def recovered(client: Client, code: str) -> int:
    """`client` works again: let those go on now that share the failure it had.

    Of refusals only where they were many: else each has a cause of its own. Returns how
    many there are.
    """
    now = timezone.now()
    finding = find(code)
    if not code or not _may_be_shared(code, finding):
        return 0
    me = (_kind(client), client.pk)
    others = [r for r in _alike(client, code) if (r.kind, r.client) != me]
    waiting = [r for r in others if r.state == RunState.FAILING]
    stopped = [
        r for r in others if r.state == RunState.STOPPED and r.since(now - REMEMBERED)
    ]
    if finding.retry in REFUSALS and not _many(client, code, waiting + stopped):
        return 0
    return _free(waiting, code, RunState.FAILING, now) + _free(
        stopped, code, RunState.STOPPED, now
    )


def _of(failure: MailError | str) -> tuple[str, Finding]:
    if isinstance(failure, MailError):
        found = find(failure.code, failure.evidence, stage=failure.stage)
        return failure.code, found
    return failure, find(failure)


def _may_be_shared(code: str, finding: Finding) -> bool:
    if finding.step in NOT_THE_PROVIDERS or code in OF_THE_OPTIONS:
        return False
    return not (finding.step in OF_ONE_ACCOUNT and finding.retry in REFUSALS)


def _together(rows: list[_Row], now: datetime) -> list[_Row]:
    return [r for r in rows if r.since(now - WITHIN)]


def _waiting(rows: list[_Row], finding: Finding, now: datetime) -> list[_Row]:
    """Who waits because of it already; a refusal makes them wait an hour."""
    window = WAITS if finding.retry in REFUSALS else WITHIN
    return [r for r in rows if r.state == RunState.FAILING and r.since(now - window)]


def _goes_on(client: Client, code: str, waiting: list[_Row]) -> bool:
    """It was found to be shared before.

    A refusal by the authority stops its client unless it is shared: one that waits is
    proof enough. Others that wait have to be many.
    """
    if _by_authority(code) and find(code).retry in REFUSALS:
        return bool(waiting)
    return _many(client, code, waiting)


def _many(client: Client, code: str, rows: list[_Row]) -> bool:
    """`rows` and `client` are many of the provider, or all there are in a tenant."""
    others = [r for r in rows if (r.kind, r.client) != (_kind(client), client.pk)]
    if len(others) + 1 >= MANY:
        return True
    mine = _tenant(client, code)
    here = [r for r in others if r.tenant == mine]
    lately = timezone.now() - WITHIN
    return len(here) + 1 >= FEW and not any(
        _neighbours(name, client, code)
        .filter(tenant=mine, state=RunState.ACTIVE, last_success_at__gte=lately)
        .exclude(**{f"{_kind(client)}_id": client.pk} if name == _kind(client) else {})
        .exists()
        for name in RUNNERS
    )


def _alike(client: Client, code: str) -> list[_Row]:
    """All whose last try, at the same place, failed with `code`; the client too."""
    found = []
    for name in RUNNERS:
        rows = _neighbours(name, client, code).filter(
            code=code, last_try_at__isnull=False
        )
        found += [
            _Row(name, pk, tenant, state, tried, paused is None)
            for pk, tenant, state, tried, paused in rows.values_list(
                f"{name}_id", "tenant", "state", "last_try_at", "paused_at"
            )
        ]
    return found


def _neighbours(name: str, client: Client, code: str) -> QuerySet[Any]:
    """Runners in use at the same authority (refusals of a token) or mail server."""
    rows = RUNNERS[name].objects.filter(
        **{f"{name}__archived_at": None, f"{name}__enable_client": True}
    )
    if not _by_authority(code):
        rows = rows.annotate(tenant=F(f"{name}__server"))
        return rows.filter(tenant=client.server)
    at = f"{name}__registration__"
    return rows.annotate(
        authority=Coalesce(f"{at}tenant_authority", f"{name}__tenant_authority"),
        tenant=Coalesce(f"{at}directory_id", f"{name}__directory_id"),
    ).filter(authority=_authority(client))


def _by_authority(code: str) -> bool:
    return code.startswith("AADSTS") or code in OF_THE_AUTHORITY


def _authority(client: Client) -> str:
    named = client.registration
    return named.tenant_authority if named else client.tenant_authority


def _tenant(client: Client, code: str) -> str:
    if not _by_authority(code):
        return client.server
    named = client.registration
    return named.directory_id if named else client.directory_id


def _kind(client: Client) -> str:
    return "pop_client" if isinstance(client, PopClient) else "smtp_client"


def _free(rows: Iterable[_Row], code: str, state: RunState, at: datetime) -> int:
    """Let rows that are still in `state` with `code` try at `at`."""
    freed = 0
    for name, model in RUNNERS.items():
        pks = [row.client for row in rows if row.kind == name]
        changes: dict[str, Any] = {"state": RunState.FAILING, "not_before": at}
        if model is Fetcher:
            changes["next_due"] = at
        mine = model.objects.filter(**{f"{name}_id__in": pks}, state=state, code=code)
        freed += mine.update(**changes)
    return freed

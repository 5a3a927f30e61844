"""Which sections use an app registration, a secret or a proxy, and where each stands.

Reads rows only; a fixed number of queries, however many sections there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from ..core.choices import OUTBOX_UNSENT
from ..core.errors import OptionError, Problem
from ..core.options import Effect
from ..models import (
    AppRegistration,
    AuditEvent,
    NamedSecret,
    OutboundMessage,
    PopClient,
    Proxy,
    SmtpClient,
)

Shared = AppRegistration | NamedSecret | Proxy
Client = PopClient | SmtpClient
OPTION: dict[type[Shared], str] = {
    AppRegistration: "registration",
    NamedSecret: "secret",
    Proxy: "proxy",
}
MOST_NAMED = 10  # in one sentence
SAVED = {
    AppRegistration: "registration.saved",
    NamedSecret: "secret.saved",
    Proxy: "proxy.saved",
}


@dataclass(frozen=True)
class Use:
    """One section that uses it.

    in_effect: number of the revision in effect, None for none yet.
    """

    client: Client
    in_effect: int | None

    @property
    def inbound(self) -> bool:
        return isinstance(self.client, PopClient)

    @property
    def idle(self) -> bool:
        """Nothing runs with it: a draft, or in the archive."""
        return not self.client.enable_client or self.client.archived_at is not None

    @property
    def effect(self) -> Effect | None:
        """When the newest revision is in effect; None when it is."""
        if self.in_effect == self.client.revision:
            return None
        return Effect.NEXT_CYCLE if self.inbound else Effect.RESTART


def of(row: Shared) -> list[Use]:
    """All sections that name it, those in the archive too; inbound first, by name."""
    named = {OPTION[type(row)]: row, "revision__gt": 0}
    pops = PopClient.objects.filter(**named).select_related(
        "mailbox_row", "fetcher__revision"
    )
    smtps = SmtpClient.objects.filter(**named).select_related("sender__revision")
    return [
        *(Use(one, _number(getattr(one, "fetcher", None))) for one in pops),
        *(Use(one, _number(getattr(one, "sender", None))) for one in smtps),
    ]


def refuse_in_use(row: Shared, rule: str) -> None:
    """Hold the row, and raise OptionError where a section names it, archived or not.

    Inside the transaction that deletes it, so that no section can name it meanwhile.
    """
    model: Any = type(row)
    model.objects.select_for_update().filter(pk=row.pk).first()
    named = {OPTION[type(row)]: row}
    rows = [
        found
        for kind in (PopClient, SmtpClient)
        for found in kind.objects.filter(**named).values_list("section", "archived_at")
    ]
    names = sorted(f"{name} (in the archive)" if at else name for name, at in rows)
    if names:
        more = len(names) - MOST_NAMED
        some = ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        message = f"These sections name it: {some}. Change them first."
        raise OptionError([Problem("", rule, message)])


def _number(runner: Any) -> int | None:
    return runner.revision.number if runner and runner.revision else None


def to_restart(uses: Iterable[Use]) -> list[SmtpClient]:
    """The smtp-clients whose newest revision waits for Restart sending."""
    return [
        use.client
        for use in uses
        if isinstance(use.client, SmtpClient)
        and use.effect is not None
        and use.client.archived_at is None
    ]


def waiting(clients: Iterable[SmtpClient]) -> dict[int, int]:
    """How many messages wait to be sent, by key of the smtp-client."""
    rows = OutboundMessage.objects.filter(
        smtp_client__in=list(clients), state__in=OUTBOX_UNSENT
    )
    counted = rows.order_by().values_list("smtp_client").annotate(Count("pk"))
    return dict(counted)


def counted(model: type[Shared]) -> QuerySet[Any]:
    """All rows by name, each with `sections`: how many name it."""
    rows: QuerySet[Any] = model.objects.annotate(
        pops=Count("popclients", distinct=True),
        smtps=Count("smtpclients", distinct=True),
    )
    return rows.order_by("name")


def moved(clients: Iterable[Client]) -> dict[str, int]:
    """How many sections got a new revision, for the audit event of a save."""
    kinds = [client.kind for client in clients]
    return {
        "pop_clients": kinds.count(PopClient.kind),
        "smtp_clients": kinds.count(SmtpClient.kind),
    }


def last_save(row: Shared) -> AuditEvent | None:
    """The event of its newest change, None where it was never changed."""
    return (
        AuditEvent.objects.filter(
            object_type=row._meta.model_name,
            object_id=str(row.pk),
            action=SAVED[type(row)],
        )
        .order_by("-pk")
        .first()
    )

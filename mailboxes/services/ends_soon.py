"""What ends soon and stops mail: client secrets, and EWS at Exchange Online.

Days are UTC days. Telling somebody about it (alerts) is not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from ..core.choices import Protocol
from ..models import AppRegistration, PopClient, SmtpClient
from .option_rule import EXCHANGE_ONLINE

SOON = 30  # days
EWS_ENDS = date(2027, 4, 1)  # Microsoft message center MC1227454


@dataclass(frozen=True)
class Section:
    """A section that is hit: kind "pop" or "smtp", key and name."""

    kind: str
    pk: int
    name: str


@dataclass(frozen=True)
class Ending:
    """One thing that ends.

    registration: whose client secret it is; None for EWS at Exchange Online.
    days: from today; negative when it has ended. sections: how many are hit.
    """

    day: date
    days: int
    registration: AppRegistration | None
    sections: int
    named: tuple[Section, ...] = ()


def soon(now: datetime | None = None) -> list[Ending]:
    """Client secrets that end within 30 days or have ended, and EWS; worst first."""
    today = (now or timezone.now()).date()
    found = [*_secrets(today), *_ews(today)]
    return sorted(found, key=lambda ending: ending.day)


def _secrets(today: date) -> list[Ending]:
    rows = AppRegistration.objects.filter(
        secret_ends_on__lte=today + timedelta(days=SOON), secret__isnull=False
    ).annotate(
        pops=Count("popclients", Q(popclients__archived_at=None), distinct=True),
        smtps=Count("smtpclients", Q(smtpclients__archived_at=None), distinct=True),
    )
    return [
        Ending(
            day=row.secret_ends_on,
            days=(row.secret_ends_on - today).days,
            registration=row,
            sections=row.pops + row.smtps,
        )
        for row in rows
        if row.secret_ends_on is not None
    ]


def _ews(today: date) -> list[Ending]:
    online = Q()
    for host in EXCHANGE_ONLINE:
        online |= Q(server__icontains=host)
    live = Q(archived_at=None)
    sections = [
        *(
            Section("pop", pk, name)
            for pk, name in PopClient.objects.filter(
                online, live, type=Protocol.EWS
            ).values_list("pk", "section")
        ),
        *(
            Section("smtp", pk, name)
            for pk, name in SmtpClient.objects.filter(
                online, live, server_type=Protocol.EWS
            ).values_list("pk", "section")
        ),
    ]
    if not sections:
        return []
    left = (EWS_ENDS - today).days
    return [Ending(EWS_ENDS, left, None, len(sections), tuple(sections))]

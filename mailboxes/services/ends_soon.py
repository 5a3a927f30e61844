"""What ends soon and stops mail: client secrets, certificates, EWS at Exchange Online.

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

    registration: whose client secret or certificate it is; None for EWS at Exchange
    Online.
    days: from today; negative when it has ended. sections: how many are hit.
    """

    day: date
    days: int
    registration: AppRegistration | None
    sections: int
    named: tuple[Section, ...] = ()
    certificate: bool = False


def soon(now: datetime | None = None) -> list[Ending]:
    """What ends within 30 days or has ended, and EWS; worst first."""
    today = (now or timezone.now()).date()
    found = [*_secrets(today), *_ews(today)]
    return sorted(found, key=lambda ending: ending.day)


def _secrets(today: date) -> list[Ending]:
    """Of each registration what it signs in by: its certificate, else its secret."""
    end = today + timedelta(days=SOON)
    rows = AppRegistration.objects.filter(
        Q(certificate=None, secret__isnull=False, secret_ends_on__lte=end)
        | Q(certificate__isnull=False, certificate_ends_on__lte=end)
    ).annotate(
        pops=Count("popclients", Q(popclients__archived_at=None), distinct=True),
        smtps=Count("smtpclients", Q(smtpclients__archived_at=None), distinct=True),
    )
    found = []
    for row in rows:
        certificate = row.certificate_id is not None
        day = row.certificate_ends_on if certificate else row.secret_ends_on
        assert day is not None  # asked for
        left = (day - today).days
        sections = row.pops + row.smtps
        found.append(Ending(day, left, row, sections, certificate=certificate))
    return found


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

"""What ends soon and stops mail: client secrets, certificates, EWS at Exchange Online.

Days are UTC days. Telling somebody about it (alerts) is not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ..core.choices import Grant, Protocol
from ..core.options import Kind
from ..models import AppRegistration, PopClient, SmtpClient
from .option_rules.rule import EXCHANGE_ONLINE
from .options import pins

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
    waiting: a new certificate waits here until it is uploaded and used.
    """

    day: date
    days: int
    registration: AppRegistration | None
    sections: int
    named: tuple[Section, ...] = ()
    certificate: bool = False
    waiting: bool = False


def soon(now: datetime | None = None) -> list[Ending]:
    """What ends within 30 days or has ended, and EWS; worst first."""
    today = (now or timezone.now()).date()
    found = [*_secrets(today), *_ews(today)]
    return sorted(found, key=lambda ending: ending.day)


def warning(client: PopClient | SmtpClient, now: datetime | None = None) -> str:
    """What the application of one client signs in by and ends soon, in a sentence.

    "" for nothing: also where the client signs in without a proof of its application.
    """
    row: AppRegistration | None = client.registration
    if row is None or not _proves(client):
        return ""
    certificate = row.certificate_id is not None
    day = row.certificate_ends_on if certificate else row.secret_ends_on
    today = (now or timezone.now()).date()
    known = certificate or row.secret_id is not None
    if day is None or not known or (day - today).days > SOON:
        return ""
    facts = {"name": row.name, "day": day}
    if day < today:
        words = _("The client secret of %(name)s ended on %(day)s.")
        if certificate:
            words = _("The certificate of %(name)s ended on %(day)s.")
    else:
        words = _("The client secret of %(name)s ends on %(day)s.")
        if certificate:
            words = _("The certificate of %(name)s ends on %(day)s.")
    if row.next_certificate_id is not None:
        words += " " + _("A new certificate waits: upload it at Entra, then use it.")
    return words % facts


def _proves(client: PopClient | SmtpClient) -> bool:
    """Its application has to prove itself, by a client secret or a certificate."""
    plain = {
        option.name: getattr(client, field)
        for field, option in client.options().items()
        if option.kind not in (Kind.SECRET, Kind.REFERENCE)
    }
    assert client.registration is not None  # asked before
    given = {n: getattr(client.registration, c) for n, c in pins.INHERITED.items()}
    values = plain | given
    if not pins.uses_token(values) or pins.GOOGLE.holds(values):
        return False
    return pins.grant(values) in (Grant.CLIENT_CREDENTIALS, Grant.AUTHORIZATION_CODE)


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
        waiting = row.next_certificate_id is not None
        found.append(
            Ending(day, left, row, sections, certificate=certificate, waiting=waiting)
        )
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

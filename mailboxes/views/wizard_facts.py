"""What the pages of the steps tell beside their fields, each read only where shown.

Addresses at Microsoft by cloud, the return address of consent, lines of PowerShell, the
tests of a draft, what a mailbox that was turned on has fetched.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from ..core.choices import FirstFetch, Protocol
from ..models import Cycle, Message, TestRun
from ..services import registration_certificates, registrations, seen, status
from ..services.finding import Finding
from ..services.status import ClientStatus
from ..services.wizard import consent, permissions, powershell, proof, standing
from ..services.wizard.modes import POP, SMTP, Mode, offered
from ..services.wizard.setup import Setup
from ..services.wizard.standing import Fault, Row
from . import connection_test, links

PORTALS = {
    "login.microsoftonline.us": "https://entra.microsoft.us",
    "login.partner.microsoftonline.cn": "https://entra.microsoftonline.cn",
}
PORTAL = "https://entra.microsoft.com"
FIRST_MESSAGES = 5


def return_url(request: HttpRequest, page: str = "consent") -> str:
    """Where the authority sends a browser back to: after consent, or after a sign-in.

    page: name of that page of ours.

    Behind a proxy the host of the request may not be what people type: the origins
    that the settings name come first.
    """
    path = reverse(page)
    here = f"{request.scheme}://{request.get_host()}"
    origins = [
        one.rstrip("/") for one in settings.CSRF_TRUSTED_ORIGINS if "*" not in one
    ]
    origin = here if here in origins or not origins else origins[0]
    return origin + path


@dataclass(frozen=True)
class Card:
    """One mode to choose. place: of its radio button. missing: in this version."""

    mode: Mode
    place: int
    missing: str


@dataclass(frozen=True)
class Tested:
    """The newest test of one direction as the page shows it.

    shown: what connection_test.shown says. current: of the settings as they are now.
    fault: what it found, unless that was mended since. row, step_url: the step for it.
    """

    kind: str
    run: TestRun
    shown: dict[str, Any]
    current: bool
    fault: Fault | None
    row: Row | None
    step_url: str

    @property
    def receives(self) -> bool:
        return self.kind == POP

    @property
    def fix_url(self) -> str:
        if self.fault is None:
            return ""
        field = f"#id_{self.fault.field}" if self.fault.field else "#step"
        return self.step_url + field


class Facts:
    """Of one draft, for one request."""

    def __init__(self, request: HttpRequest, setup: Setup, listed: list[Row]) -> None:
        self._request, self._setup, self._listed = request, setup, listed
        self.now: datetime = timezone.now()

    @property
    def sign_in_url(self) -> str:
        """Where the owner comes back to after signing in."""
        return return_url(self._request, "sign-in-answer")

    # choosing

    @cached_property
    def cards(self) -> list[Card]:
        kinds = self._setup.kinds
        return [
            Card(mode, place, mode.missing(kinds))
            for place, mode in enumerate(offered(kinds))
        ]

    @property
    def receives(self) -> bool:
        return POP in self._setup.kinds

    @property
    def sends(self) -> bool:
        return SMTP in self._setup.kinds

    def _speaks(self, protocol: Protocol) -> bool:
        return protocol in self._setup.protocols().values()

    @property
    def uses_imap(self) -> bool:
        return self._speaks(Protocol.IMAP)

    @property
    def uses_pop3(self) -> bool:
        return self._speaks(Protocol.POP3)

    @property
    def uses_smtp(self) -> bool:
        return self._speaks(Protocol.SMTP)

    @property
    def uses_ews(self) -> bool:
        return self._speaks(Protocol.EWS)

    # at Microsoft

    @property
    def portal(self) -> str:
        row = self._setup.registration
        host = urlsplit(row.tenant_authority).hostname if row else ""
        return PORTALS.get(host or "", PORTAL)

    @property
    def permissions(self) -> list[permissions.Permission]:
        return permissions.needed(self._setup)

    @property
    def return_url(self) -> str:
        return return_url(self._request)

    @property
    def return_host(self) -> str:
        return urlsplit(self.return_url).hostname or ""

    @property
    def return_local(self) -> bool:
        """Only a browser on this machine gets there."""
        host = self.return_host
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def return_refused(self) -> bool:
        """Entra takes only https addresses, and http for this machine alone."""
        return self.return_url.startswith("http://") and not self.return_local

    @property
    def consent_url(self) -> str:
        link = self._setup.consent
        if link is None or not consent.is_open(link, self.now):
            return ""
        return consent.address(self._setup, link, self.return_url)

    @property
    def consent_ends(self) -> datetime | None:
        link = self._setup.consent
        return consent.ends_at(link) if link is not None else None

    @property
    def consent_refusal(self) -> Finding | None:
        link = self._setup.consent
        return consent.finding(link) if link is not None else None

    @property
    def mailbox_lines(self) -> str:
        return powershell.prerequisites(self._setup)

    @property
    def ews_state_lines(self) -> str:
        return powershell.ews_state(self._setup)

    @property
    def ews_tenant_lines(self) -> str:
        return powershell.ews_of_the_tenant(self._setup)

    @property
    def sharing_lines(self) -> str:
        return powershell.shared(self._setup)

    @property
    def confining_lines(self) -> str:
        return powershell.confined(self._setup)

    @property
    def exchange_lines(self) -> str:
        return powershell.service_principal(self._setup)

    @cached_property
    def sections_of_registration(self) -> int:
        """How many sections name the registration, those of this draft apart."""
        row = self._setup.registration
        if row is None:
            return 0
        mine = (self._setup.draft.pop_client, self._setup.draft.smtp_client)
        return len([c for c in registrations.sections_of(row) if c not in mine])

    @cached_property
    def new_certificate_waits(self) -> bool:
        """A new one is not used before somebody says that it is uploaded."""
        row = self._setup.registration
        return row is not None and registration_certificates.waits(row)

    @property
    def registration_seen(self) -> str:
        """Of the registration as it stands on the page."""
        return seen.fingerprint(self._setup.registration, registrations.SEEN)

    @property
    def today(self) -> date:
        """The UTC day."""
        return self.now.date()

    @property
    def registration_is_ours(self) -> bool:
        """Its ids may be changed here."""
        draft = self._setup.draft
        return draft.registration_id is None or draft.registration_made

    @property
    def secret_ended(self) -> bool:
        row = self._setup.registration
        ends = row.secret_ends_on if row else None
        return ends is not None and ends < self.now.date()

    # tests

    @cached_property
    def tests(self) -> list[Tested]:
        """The newest tests, the one for receiving first."""
        found = []
        numbers = {row.step.id: row for row in self._listed}
        for kind, run in self._setup.runs.items():
            fault = standing.fault_of(self._setup, kind)
            row = numbers.get(fault.step.id) if fault else None
            url = ""
            if fault is not None:
                pk = self._setup.draft.pk
                url = reverse("connect-step", args=[pk, fault.step.id])
            current = proof.of_revision(run.revision) == self._setup.fingerprint(kind)
            shown = connection_test.shown(run, self.now)
            found.append(Tested(kind, run, shown, current, fault, row, url))
        return found

    @property
    def unproven(self) -> list[str]:
        """Directions without a green test of these settings."""
        return [kind for kind in self._setup.kinds if kind not in self._setup.proofs]

    @property
    def folder(self) -> tuple[str, int] | None:
        """The folder that the green test opened, and how many messages lie there."""
        run = self._setup.proofs.get(POP)
        return proof.messages_in_folder(run) if run is not None else None

    @property
    def first_fetch(self) -> str:
        value = self._setup.own(POP)["first-fetch"] if self.receives else ""
        return FirstFetch(str(value)).name.lower() if value else ""

    @property
    def first_fetch_days(self) -> object:
        return self._setup.own(POP)["first-fetch-days"]

    @property
    def after_fetch(self) -> str:
        return str(self._setup.own(POP)["after-fetch"])

    # what was turned on

    @cached_property
    def fetching(self) -> ClientStatus | None:
        client = self._setup.draft.pop_client
        return status.of_pop_client(client, self.now) if client else None

    @property
    def fetching_fix(self) -> str:
        """Where a failure of its cycles is mended; "" for none."""
        one = self.fetching
        return links.fix_url(one) if one is not None and one.finding else ""

    @cached_property
    def first_messages(self) -> list[Message]:
        client = self._setup.draft.pop_client
        if client is None:
            return []
        return list(client.messages.order_by("pk")[:FIRST_MESSAGES])

    @cached_property
    def last_cycle(self) -> Cycle | None:
        client = self._setup.draft.pop_client
        if client is None:
            return None
        return Cycle.objects.filter(pop_client=client).order_by("-pk").first()

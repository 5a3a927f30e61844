"""What the pages of the steps tell beside their fields, each read only where shown.

Addresses at Microsoft by cloud, the return address of consent, lines of PowerShell, the
tests of a draft, what a mailbox that was turned on has fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..core.choices import FirstFetch, Grant, Protocol, Stage
from ..models import Cycle, Message, TestRun
from ..services import registrations, sign_ins, status
from ..services.connection_test import failed_check, resuming
from ..services.fetch import seen
from ..services.finding import Finding
from ..services.registrations import certificates as registration_certificates
from ..services.status import ClientStatus
from ..services.wizard import (
    consent,
    faults,
    permissions,
    powershell,
    proof,
    standing,
)
from ..services.wizard.modes import POP, SMTP, Mode, Provider, offered
from ..services.wizard.setup import Setup
from ..services.wizard.standing import Fault, Row
from . import connection_test, links
from .return_address import ANSWER, ReturnAddress, return_url

PORTALS = {
    "login.microsoftonline.us": "https://entra.microsoft.us",
    "login.partner.microsoftonline.cn": "https://entra.microsoftonline.cn",
}
PORTAL = "https://entra.microsoft.com"
PROVIDERS = {
    Provider.MICROSOFT: "Microsoft 365",
    Provider.GOOGLE: "Google",
    Provider.OTHER: _("Another server"),
}
FIRST_MESSAGES = 5


@dataclass(frozen=True)
class Card:
    """One mode to choose. place: of its radio button. missing: in this version."""

    mode: Mode
    place: int
    missing: str


@dataclass(frozen=True)
class Ways:
    """The modes of one provider."""

    provider: Provider
    label: str | Promise
    cards: list[Card]


@dataclass(frozen=True)
class Instead:
    """Another mode that serves better here, and where it is chosen."""

    card: Card
    draft: int

    @property
    def url(self) -> str:
        step = reverse("connect-step", args=[self.draft, "mode"])
        return f"{step}#id_mode_{self.card.place}"


def _one_refusal(*runs: TestRun) -> bool:
    """Both ended at the authority, for the same reason."""
    ends = [failed_check(run) for run in runs]
    told = {(one.stage, one.code) for one in ends if one is not None}
    return None not in ends and len(told) == 1 and told.pop()[0] == Stage.TOKEN


@dataclass(frozen=True)
class Tested:
    """The newest test of one direction as the page shows it.

    shown: what connection_test.shown says. current: of the settings as they are now.
    fault: what it found, unless that was mended since. row, step_url: the step for it.
    again: the authority said the same for the other direction, shown before.
    """

    kind: str
    run: TestRun
    shown: dict[str, Any]
    current: bool
    fault: Fault | None
    row: Row | None
    step_url: str
    again: bool

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
    def sign_in_back(self) -> ReturnAddress:
        """Where the owner comes back to after signing in."""
        return ReturnAddress(return_url(self._request, ANSWER))

    @property
    def consent_back(self) -> ReturnAddress:
        """Where an administrator comes back to after consent."""
        return ReturnAddress(return_url(self._request))

    # choosing

    @cached_property
    def cards(self) -> list[Card]:
        kinds = self._setup.kinds
        return [
            Card(mode, place, mode.missing(kinds))
            for place, mode in enumerate(offered(kinds))
        ]

    @property
    def ways(self) -> list[Ways]:
        """The cards by provider, each in its order."""
        found = [
            Ways(
                provider, label, [c for c in self.cards if c.mode.provider is provider]
            )
            for provider, label in PROVIDERS.items()
        ]
        return [ways for ways in found if ways.cards]

    @property
    def instead(self) -> Instead | None:
        """The same by a code for a device, where the owner comes back by a link."""
        mode = self._setup.mode
        if mode is None or not mode.by_link:
            return None
        for card in self.cards:
            other = card.mode
            if other.provider is mode.provider and other.grant is Grant.DEVICE_CODE:
                same = all(other.protocol(kind) is p for kind, p in self._spoken)
                if same and not card.missing:
                    return Instead(card, self._setup.draft.pk)
        return None

    @property
    def _spoken(self) -> list[tuple[str, Protocol]]:
        return list(self._setup.protocols().items())

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
    def email_apps(self) -> list[str]:
        """What is ticked under Manage email apps, as it is called there."""
        boxes = (
            ("IMAP", self.uses_imap),
            ("POP", self.uses_pop3),
            ("Authenticated SMTP", self.uses_smtp),
        )
        return [name for name, used in boxes if used]

    @property
    def uses_ews(self) -> bool:
        return self._speaks(Protocol.EWS)

    @property
    def sign_in_fix(self) -> str:
        """The field for what the newest sign-in came to; "" where it is not in a step
        before: then it is done again.
        """
        asked = self._setup.sign_in
        found = sign_ins.finding(asked) if asked is not None else None
        if found is None:
            return ""
        place = faults.place(self._setup, self._setup.kinds[0], found)
        if place is None or place[0].id == "sign-in":
            return ""
        step, field = place
        url = reverse("connect-step", args=[self._setup.draft.pk, step.id])
        return f"{url}#id_{field}" if field else url

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
    def consent_url(self) -> str:
        link = self._setup.consent
        if link is None or not consent.is_open(link, self.now):
            return ""
        return consent.address(self._setup, link, self.consent_back.url)

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
            again = bool(found) and _one_refusal(found[0].run, run)
            found.append(Tested(kind, run, shown, current, fault, row, url, again))
        return found

    @property
    def unproven(self) -> list[str]:
        """Directions without a green test of these settings."""
        return [kind for kind in self._setup.kinds if kind not in self._setup.proofs]

    @property
    def goes_on(self) -> bool:
        """A test that failed can go on where it did."""
        return any(map(resuming.can_go_on, self._setup.runs.values()))

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
        if one is None or one.finding is None:
            return ""
        return links.fix_url(self._request, one)

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

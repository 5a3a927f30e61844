"""A draft with all that its steps look at, each thing asked of the database once.

Read only. It says what the draft would save (`cleaned`), what stands in each field, and
how the tests of it went. Statuses of the steps: standing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from ...core.choices import TEST_OPEN, Protocol
from ...core.options import Kind, Option, Target, format_value
from ...models import (
    AppRegistration,
    ConsentLink,
    PopClient,
    SetupDraft,
    SignIn,
    SmtpClient,
    TestRun,
)
from ...models.clients import MICROSOFT_AUTHORITY
from .. import connection_test, option_rules, registrations, sign_ins
from ..option_rules import (
    Cleaned,
    authority_value as option_rule_authority,
    clouds,
    options_by_name,
)
from ..option_rules.server import EWS_PATH
from ..options import snapshots
from ..options.pins import Lookup
from ..options.snapshots import Snapshot
from . import proof
from .fields import FIELDS, OF_REGISTRATION, Field
from .modes import BY_NAME, MODES, POP, SMTP, Mode, Provider

KINDS = {
    SetupDraft.Direction.BOTH: (POP, SMTP),
    SetupDraft.Direction.RECEIVE: (POP,),
    SetupDraft.Direction.SEND: (SMTP,),
}
# Hosts for receiving and sending, by cloud (providers.md section 1.4).
HOSTS = {
    clouds.US_GOVERNMENT.name: ("outlook.office365.us", "smtp.office365.us"),
    clouds.CHINA.name: ("partner.outlook.cn", "smtp.partner.outlook.cn"),
}
# All that the wizard writes: what a mode or a field gives none of has its default.
WRITTEN = {
    kind: frozenset(
        {
            *(name for mode in MODES for name in mode.given(kind)),
            *(one.options[kind] for one in FIELDS.values() if kind in one.options),
            *("registration", "password", "mailbox", "account", "scope"),
            "enable-client",
        }
    )
    for kind in (POP, SMTP)
}
Client = PopClient | SmtpClient


class Setup:
    """One draft. Make a new one after each save."""

    def __init__(self, draft: SetupDraft) -> None:
        self.draft = draft
        self.lookup = Lookup()
        if draft.registration is not None:
            self.lookup.add(Target.REGISTRATION, draft.registration)
        self._cleaned: dict[str, Cleaned] = {}

    @classmethod
    def load(cls, pk: int) -> Setup:
        """The draft with what hangs on it. Raises SetupDraft.DoesNotExist."""
        rows = SetupDraft.objects.select_related(
            "registration__secret__created_by",
            "registration__certificate__created_by",
            "registration__next_certificate__created_by",
            "password__created_by",
            "pop_client__mailbox_row",
            "pop_client__fetcher",
            "smtp_client__sender",
            "owner",
            "updated_by",
        )
        return cls(rows.get(pk=pk))

    # what was chosen

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of section that come of it, in the order of its pages."""
        return KINDS[SetupDraft.Direction(self.draft.direction)]

    @property
    def mode(self) -> Mode | None:
        return BY_NAME.get(self.draft.mode)

    @property
    def missing(self) -> str:
        """What this version cannot do of the mode, in a sentence; "" for nothing."""
        return self.mode.missing(self.kinds) if self.mode else ""

    @property
    def registration(self) -> AppRegistration | None:
        uses = self.mode is not None and self.mode.registers
        return self.draft.registration if uses else None

    def protocols(self) -> dict[str, Protocol]:
        """By kind of section; {} before a mode is chosen."""
        if self.mode is None:
            return {}
        return {kind: self.mode.protocol(kind) for kind in self.kinds}

    def client(self, kind: str) -> Client | None:
        """The option set that was made of the draft, if it was."""
        return self.draft.pop_client if kind == POP else self.draft.smtp_client

    @property
    def login(self) -> str:
        """The name that signs in."""
        typed = [self.typed(kind).get("mailbox") for kind in self.kinds]
        return next((str(one) for one in typed if one), self.draft.address)

    @property
    def account(self) -> str:
        """Who signs in for a shared mailbox, "" where it does so itself."""
        person = self.mode is not None and self.mode.by_person
        return self.draft.account if person else ""

    def typed(self, kind: str) -> Mapping[str, Any]:
        """Own options that were saved in the wizard, by option name."""
        found = self.draft.values.get(kind)
        return found if isinstance(found, dict) else {}

    # what would be saved

    def own(self, kind: str) -> dict[str, object]:
        """All that the wizard would write to the section, by option name."""
        options = options_by_name(kind)
        values: dict[str, object] = {
            name: None if options[name].secret else options[name].unset
            for name in WRITTEN[kind]
        }
        mode = self.mode
        if mode is not None:
            values |= self._of_mode(mode, kind)
        values |= self.typed(kind)
        values["account"] = self.account
        if kind == SMTP and not values["mailbox"] and self._signs_in:
            # Only a pop-client has an address that can stand in for it.
            values["mailbox"] = self.login
        registration = self.registration
        values["registration"] = registration.pk if registration else None
        if mode is not None and mode.has_credential:
            values["password"] = self.draft.password_id
        return values | {"enable-client": not self.missing}

    def _of_mode(self, mode: Mode, kind: str) -> dict[str, object]:
        values = dict(mode.given(kind))
        cloud = self.cloud
        if mode.provider is Provider.MICROSOFT and cloud is not None:
            hosts = HOSTS.get(cloud.name)
            if hosts and values.get("server"):
                ews = mode.protocol(kind) is Protocol.EWS
                host = hosts[kind == SMTP and not ews]
                values["server"] = f"https://{host}{EWS_PATH}" if ews else host
            if hosts:
                values["scope"] = cloud.scope_for(mode.protocol(kind))
        return values

    @property
    def cloud(self) -> clouds.Cloud | None:
        """The cloud of the registration; None for an authority that nobody knows."""
        row = self.registration
        if row is None:
            return clouds.GLOBAL
        found = option_rule_authority.parse(row.tenant_authority)
        return found.cloud if found else None

    @property
    def _signs_in(self) -> bool:
        token = self.mode is not None and self.mode.uses_token
        return token or self.draft.password_id is not None

    def cleaned(self, kind: str) -> Cleaned:
        """What the rules say of it, as if it were switched on; cached."""
        if kind not in self._cleaned:
            client = self.client(kind)
            saved = _newest(client) if client else None
            self._cleaned[kind] = option_rules.clean(
                kind,
                self.own(kind),
                base=saved.own if saved else None,
                extra=saved.extra if saved else None,
                lookup=self.lookup,
                address=self.draft.address if kind == POP else "",
            )
        return self._cleaned[kind]

    # fields

    def asks(self, field: Field) -> bool:
        """The field means something for what was chosen so far."""
        if not field.options:
            return True
        mode = self.mode
        for kind in self.kinds:
            if kind not in field.options or mode is None:
                continue
            option = options_by_name(kind)[field.options[kind]]
            if field.whatever_type or option.applies(self.own(kind)):
                return True
        return False

    def value(self, name: str) -> object:
        """What stands in a field: saved here, else what the mode or we propose."""
        if name in OF_REGISTRATION:
            return self._of_registration(name)
        if name == "registration":
            return self.draft.registration_id or ""
        field = FIELDS[name]
        if not field.options:
            return getattr(self.draft, name)
        kind = next(k for k in self.kinds if k in field.options)
        option = options_by_name(kind)[field.options[kind]]
        if name == "login":
            return self.typed(kind).get("mailbox") or ""
        return _shown(option, self.own(kind)[option.name])

    def _of_registration(self, name: str) -> object:
        row = self.draft.registration
        if name == "secret":
            return ""
        if row is not None:
            return getattr(row, name) or ""
        domain = self.draft.address.rpartition("@")[2]
        if name == "name":
            return registrations.free_name(domain)
        return MICROSOFT_AUTHORITY if name == "tenant_authority" else ""

    # what became of it

    @cached_property
    def consent(self) -> ConsentLink | None:
        """The newest link for consent to the application of now."""
        row = self.registration
        if row is None:
            return None
        newest = self.draft.consent_links.order_by("-pk").first()
        wanted = (row.client_id, row.directory_id)
        if newest is None or (newest.client_id, newest.directory_id) != wanted:
            return None
        return newest

    @cached_property
    def runs(self) -> dict[str, TestRun]:
        """The newest test of each direction that was tested."""
        found = {}
        for kind in self.kinds:
            client = self.client(kind)
            run = connection_test.newest(client) if client else None
            if run is not None and client is not None:
                _know_client(run, client)
                found[kind] = run
        return found

    @property
    def testing(self) -> bool:
        """A test is open."""
        return any(run.state in TEST_OPEN for run in self.runs.values())

    @cached_property
    def proofs(self) -> dict[str, TestRun]:
        """Green tests of just what the draft says now, by direction."""
        found = {}
        for kind in self.kinds:
            client = self.client(kind)
            if client is None or kind not in self.runs:
                continue
            run = proof.green(client, self.fingerprint(kind), self.runs[kind])
            if run is not None:
                found[kind] = run
        return found

    @cached_property
    def sign_in(self) -> SignIn | None:
        """The newest sign-in of the owner that was asked for."""
        if self.mode is None or not self.mode.signs_in:
            return None
        clients = [self.client(kind) for kind in self.kinds]
        rows = [sign_ins.newest(one) for one in clients if one is not None]
        return max((row for row in rows if row), key=lambda row: row.pk, default=None)

    def fingerprint(self, kind: str) -> str:
        """What a test would have to prove of one direction."""
        cleaned = self.cleaned(kind)
        address = self.draft.address if kind == POP else ""
        return proof.fingerprint(kind, address, cleaned.effective, cleaned.pinned)

    def saved_since(self, step_id: str, when: datetime) -> bool:
        """The step was saved, or done by hand, after that moment."""
        at = (self.draft.steps.get(step_id) or {}).get("at", "")
        try:
            return datetime.fromisoformat(at) > when
        except ValueError:
            return False

    @property
    def proven(self) -> bool:
        """Every direction has a green test of these settings."""
        return set(self.proofs) == set(self.kinds)


def _know_client(run: TestRun, client: Client) -> None:
    """Whose run it is need not be asked for again."""
    if isinstance(client, PopClient):
        run.pop_client = run.revision.pop_client = client
    else:
        run.smtp_client = run.revision.smtp_client = client


def _newest(client: Client) -> Snapshot:
    """What is saved of a client whose row is loaded."""
    revision = client.revisions.get(number=client.revision)
    if isinstance(client, PopClient):
        revision.pop_client = client
    else:
        revision.smtp_client = client
    return snapshots.of(revision)


def _shown(option: Option, value: object) -> object:
    if option.secret:
        return ""
    if option.kind is Kind.REFERENCE:
        return value or ""
    return format_value(option, value)

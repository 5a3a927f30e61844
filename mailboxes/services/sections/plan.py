"""What a whole file means: rows to make and to change, and everything to say about it.

Reads the database, writes nothing. Single sections: shared and clients. Saving a plan:
writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ...core.errors import Problem
from ...core.options import NEVER
from ...models import AppRegistration, KeptSection, NamedSecret, Proxy
from .. import proxies, registrations
from ..fetch.seen import fingerprint
from ..secrets import named as named_secrets
from ..secrets.names import looks_secret
from . import clients, ini, proposals, shared, table, text
from .clients import Planned, Setting
from .kinds import MODELS, Kind, kind_of
from .known import Known
from .merged import merge
from .parts import Parsed, Section, Value
from .report import Report
from .shared import SERVER_PROXY, Shared

LONGEST_KEPT = 4000  # characters of a value that means nothing here
SHARED_FIRST = (Kind.PROXY, Kind.SECRET, Kind.REGISTRATION)
ROWS = {Kind.PROXY: Proxy, Kind.SECRET: NamedSecret, Kind.REGISTRATION: AppRegistration}
May = Callable[[str], bool]
Bases = dict[str, int | str]
SEEN = {
    Kind.PROXY: proxies.SEEN,
    Kind.SECRET: named_secrets.SEEN,
    Kind.REGISTRATION: registrations.SEEN,
}


@dataclass
class Plan:
    """clients: smtp-clients first, for mailboxes name them. kept: options by section,
    None for one that is not needed any more."""

    known: Known
    report: Report
    shared: list[Shared] = field(default_factory=list)
    clients: list[Planned] = field(default_factory=list)
    kept: dict[str, dict[str, str] | None] = field(default_factory=dict)

    def bases(self) -> Bases:
        """What the plan was made from: the newest revision of each option set, 0 for a
        new one; of secrets, proxies and registrations a fingerprint, "" for a new one.
        """
        found: Bases = {
            one.section.name.lower(): one.existing.revision.number
            if one.existing
            else 0
            for one in self.clients
        }
        seen = {_key(one): fingerprint(one.row, SEEN[one.kind]) for one in self.shared}
        return found | seen

    def sections(self) -> dict[str, Section]:
        """The sections of the file by the keys of `bases`."""
        of_clients = {one.section.name.lower(): one.section for one in self.clients}
        return of_clients | {_key(one): one.section for one in self.shared}


def _key(one: Shared) -> str:
    """Of a row in the bases; no section can be called so."""
    return f"{one.kind}: {one.name}"


def read(content: bytes | str, *, file_name: str = "") -> tuple[Parsed, list[Section]]:
    """Sections of a file, each name once; `.csv` or the first line makes a table."""
    lines = text.read(content)
    tabular = file_name.lower().endswith(".csv") or table.is_table(lines)
    parsed = table.parse(lines) if tabular and lines.lines else ini.parse(lines)
    sections = merge(parsed)
    parsed.errors[:0] = lines.errors
    if not sections and not parsed.errors:
        message = "The file has no section: no line such as [pop-client-support]."
        if tabular:
            message = "The table has no row below the names of its columns."
        parsed.wrong(0, "", "I24-nothing", message)
    return parsed, sections


def make(
    content: bytes | str,
    *,
    file_name: str = "",
    drafts: bool = False,
    make_registrations: bool = False,
    may: May | None = None,
) -> Plan:
    """The plan of a file. may: asks for a right by its codename; None may everything.

    Never raises for what the file says.
    """
    parsed, sections = read(content, file_name=file_name)
    report = Report(len(sections), errors=parsed.errors, warnings=parsed.warnings)
    known = Known.read()
    planned = Plan(known, report)
    setting = Setting(known, report, drafts)
    by_kind = _by_kind(sections, planned)
    for kind in SHARED_FIRST:
        for section in by_kind[kind]:
            _shared(section, kind, planned, setting)
    _load_secrets(by_kind, known)
    setting.smtp = {s.name.lower(): s.name for s in by_kind[Kind.SMTP]}
    for kind in (Kind.SMTP, Kind.POP):
        for section in by_kind[kind]:
            planned.clients.append(clients.plan(section, kind, setting))
    for section in by_kind[Kind.KEPT]:
        _keep(section, list(section), planned)
        report.kept(section, "", NEVER.sentence)
    _drop_superseded(planned)
    _nobody_sends(by_kind, planned)
    proposals.propose(planned.clients, known, report, make_registrations)
    if may is not None:
        _check_rights(planned, may)
    report.new = sum(one.existing is None for one in planned.clients)
    report.changes = {one.name: one.changes for one in planned.clients if one.changes}
    report.sort()
    return planned


def _by_kind(sections: list[Section], plan: Plan) -> dict[Kind, list[Section]]:
    found: dict[Kind, list[Section]] = {kind: [] for kind in Kind}
    kinds = plan.known.kinds
    for section in sections:
        if section.kind and section.kind not in set(Kind):
            words = ", ".join(kind.value for kind in Kind)
            message = f"Enter one of these kinds: {words}."
            plan.report.error(section, Problem("kind", "I12-kind", message))
        else:
            found[kind_of(section, kinds)].append(section)
    return found


def _shared(section: Section, kind: Kind, plan: Plan, setting: Setting) -> None:
    if kind is Kind.PROXY and shared.switched_off(section):
        message = "useProxy is not true: kept for export, without effect here."
        plan.report.kept(section, "", message)
        _keep(section, list(section), plan)
        return
    one = shared.plan(section, kind, plan.known, plan.report, setting.drafts)
    plan.shared.append(one)
    plan.known.lookup.add(one.target, one.stand_in)
    if kind is Kind.PROXY and section.name.lower() == SERVER_PROXY:
        setting.server_proxy = one.name
    left = shared.unknown_values(section, kind)
    for value in left:
        if not looks_secret(value.name, value.text):
            plan.report.kept(section, value.name, NEVER.sentence)
    _keep(section, left, plan)


def _keep(section: Section, values: list[Value], plan: Plan) -> None:
    """Options that mean nothing here; never a secret, for they lie in plain text."""
    options = {}
    row = plan.known.kept.get(section.name.lower())
    stored = row.options if row else {}
    for value in values:
        if value.masked and value.name in stored:
            options[value.name] = stored[value.name]
        elif looks_secret(value.name, value.text):
            message = (
                "Not kept: it is a secret by its name, or a private key, which has no"
                " use here."
            )
            at = Problem(value.name, "I17-secret-not-kept", message)
            plan.report.warning(section, at)
        elif len(value.text) > LONGEST_KEPT or ini.CONTROL.search(value.text):
            message = f"Enter at most {LONGEST_KEPT} characters in one line."
            plan.report.error(section, Problem(value.name, "I08-too-long", message))
        else:
            options[value.name] = value.text
    plan.kept[section.name] = options


def _drop_superseded(plan: Plan) -> None:
    """Kept sections whose name has a meaning now, and nothing beside it."""
    for client in plan.clients:
        plan.kept.setdefault(client.section.name, None)
    for one in plan.shared:
        if not plan.kept[one.section.name]:
            plan.kept[one.section.name] = None


def _load_secrets(by_kind: dict[Kind, list[Section]], known: Known) -> None:
    """Secrets of the sections of the file that are here, all at once."""
    wanted = set()
    for kind in MODELS:
        for section in by_kind[kind]:
            existing = known.existing.get(section.name.lower())
            if existing:
                wanted |= {existing.snapshot["password"]}
    known.load_secrets(wanted - {None})


def _nobody_sends(by_kind: dict[Kind, list[Section]], plan: Plan) -> None:
    """The old server sent all through its one smtp-client; here mailboxes name it."""
    named = any(one.fields and one.fields.smtp_client for one in plan.clients)
    new = [one for one in plan.clients if one.kind is Kind.SMTP and not one.existing]
    if new and by_kind[Kind.POP] and not named:
        name = new[0].name
        message = (
            "No section of the file sends through this one. A mailbox does when its"
            f" section says smtp-client = {name}."
        )
        plan.report.warning(new[0].section, Problem("", "I16-nobody-sends", message))


def _check_rights(plan: Plan, may: May) -> None:
    """Whoever may not make or change such a thing by hand may not by file."""
    for section, codename in _rights(plan):
        if not may(codename):
            message = f"This needs the right {codename}."
            plan.report.error(section, Problem("", "I20-right", message))


def _rights(plan: Plan) -> Iterator[tuple[Section, str]]:
    for one in plan.shared:
        if one.row is None or one.changed:
            verb = "change" if one.row else "add"
            yield one.section, f"{verb}_{ROWS[one.kind]._meta.model_name}"
    for client in plan.clients:
        if client.existing is None or client.changes:
            verb = "change" if client.existing else "add"
            yield client.section, f"{verb}_{client.model._meta.model_name}"
    for proposal in plan.report.registrations:
        if proposal.made and proposal.new:
            yield Section("", 0), "add_appregistration"
    for name, options in plan.kept.items():
        row = plan.known.kept.get(name.lower())
        if options is not None and (row is None or row.options != options):
            verb = "change" if row else "add"
            yield Section(name, 0), f"{verb}_{KeptSection._meta.model_name}"

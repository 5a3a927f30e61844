"""Meaning of one pop-client or smtp-client section; the rules are option_rules.clean.

A section of a file is the whole section: what it does not name has its default. Only
secrets stay, and the mail address. What is equal in effect stays as it is saved: a
port that is the usual one, a log-in name that is the address, what is inherited.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ...core.choices import USUAL_PORTS, Protocol, Security
from ...core.errors import Problem
from ...core.options import NEVER
from ...models import PopClient, SmtpClient
from ...models.clients import MECHANISMS
from ..mailbox_fields import (
    MailboxFields,
    mailbox_problems,
    section_problems,
    tidy_fields,
)
from ..option_rules import Cleaned, clean, options_by_name
from ..options.changes import Change, Side
from ..options.pins import Lookup
from ..options.values import FALSE, TRUE, tidy
from ..revisions.rows import changes_of
from ..secrets.names import looks_secret
from . import inheritance
from .kinds import BESIDE, MODELS, Kind, mechanisms_of
from .known import Existing, Known
from .parts import Entry, Section, Value
from .report import CLEANED, Report
from .shared import PASSWORD

ENABLE, SECURITY, SSL = "enable-client", "pop-connection-security", "enable-ssl"
WITHOUT_EFFECT = "E04-extra-without-effect"
ANY_TYPE = ("<type>", "<server-type>")
WITH_PORTS = (Protocol.IMAP.value, Protocol.POP3.value)


@dataclass
class Setting:
    """What all sections of one file have in common.

    drafts: new sections come in switched off. server_proxy: name of the proxy that
    counts where a section names none. smtp: sections of the file that send, in lower
    case. addresses: line of each address of the file, in lower case.
    """

    known: Known
    report: Report
    drafts: bool = False
    server_proxy: str = ""
    smtp: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, int] = field(default_factory=dict)


@dataclass
class Planned:
    """One option set as it will be saved.

    raw, extra: as option_rules.clean takes them. fields: beside the options, of a
    pop-client; its smtp_client may be a stand-in without a key. changes: against what
    is saved, empty for a new one.
    """

    section: Section
    kind: Kind
    existing: Existing | None
    raw: dict[str, object] = field(default_factory=dict, repr=False)
    extra: dict[str, str] = field(default_factory=dict)
    fields: MailboxFields | None = None
    cleaned: Cleaned = field(default_factory=lambda: Cleaned({}))
    changes: list[Change] = field(default_factory=list)

    @property
    def model(self) -> type[PopClient] | type[SmtpClient]:
        return MODELS[self.kind]

    @property
    def name(self) -> str:
        """Name of the section as it is, or will be, saved."""
        return self.existing.client.section if self.existing else self.section.name

    def ask_rules(self, lookup: Lookup) -> None:
        """Clean what the section says; the one place where a file meets the rules."""
        self.cleaned = clean(
            self.kind,
            self.raw,
            extra=self.extra,
            lookup=lookup,
            address=self.fields.address if self.fields else "",
        )


def plan(section: Section, kind: Kind, setting: Setting) -> Planned:
    """What one section means; what is wrong with it goes to the report."""
    known, report = setting.known, setting.report
    existing = known.existing.get(section.name.lower())
    if existing and existing.client.kind != kind:
        existing = None  # the name is taken, which section_problems says
    planned = Planned(section, kind, existing)
    _name_type(planned, report)
    _sort(planned, report)
    _complete(planned, setting)
    inherits = inheritance.settle(
        section, planned.model, planned.raw, planned.extra, existing, known, report
    )
    masked = _take_password(planned, known, report, inherits)
    problems = _problems_beside(planned, setting)
    planned.ask_rules(known.lookup)
    problems += planned.cleaned.problems
    warnings = planned.cleaned.warnings
    if masked:
        draft = planned.cleaned.values[ENABLE] is False
        report.masked(section, PASSWORD, draft=draft)
        problems = [p for p in problems if p.option != PASSWORD]
        warnings = [w for w in warnings if w.option != PASSWORD]
    for problem in problems:
        report.error(section, problem)
    for warning in warnings:
        if warning.rule != WITHOUT_EFFECT:  # said of each by `report.kept`
            report.warning(section, warning)
    report.notices(section, kind, planned.cleaned.notices)
    _keep_equals(planned)
    planned.changes = _changes(planned, known)
    return planned


def _sort(planned: Planned, report: Report) -> None:
    """Options we know to `raw`, the others to `extra`; secrets of others to nobody."""
    section, options = planned.section, options_by_name(planned.kind)
    type_option = options[planned.model.type_option]
    given = section.get(type_option.name)
    own = tidy(given.text).lower() if given else ""
    own = own or str(type_option.default).lower()
    types = {value.lower() for value, _ in type_option.choices}
    for value in section:
        name = value.name.lower()
        of_type = mechanisms_of(name)
        if of_type and (of_type in (own, *ANY_TYPE) or own not in types):
            planned.raw[MECHANISMS] = value.text
        elif name in options:
            planned.raw[name] = value.text
        elif name in BESIDE[planned.kind] or _says_kind(planned.section, name):
            continue
        elif (hidden := _hides(planned, value)) and not _keeps_secret(
            planned, value.name
        ):
            message = (
                "Not kept: it is a secret by its name, or a private key, and an option"
                " that this console does not know is stored as plain text."
            )
            report.warning(section, Problem(value.name, "I17-secret-not-kept", message))
        else:
            if not hidden:
                planned.extra[value.name] = value.text
            report.kept(section, value.name, NEVER.sentence)


def _name_type(planned: Planned, report: Report) -> None:
    """`type` of an smtp-client is its `server-type`, which the vendor's page calls so
    too (email-server-options.md section 1.3). Else it would be an SMTP one in silence.
    """
    section, name = planned.section, planned.model.type_option
    value = section.get("type")
    if planned.kind is not Kind.SMTP or value is None or section.get(name):
        return
    section.values = [
        replace(one, name=name) if one is value else one for one in section
    ]
    message = f"type is read as {name}, and written so in an export."
    report.cleaned.append(Entry(value.line, section.name, name, CLEANED, message))


def _says_kind(section: Section, name: str) -> bool:
    value = section.get(name) if name == "kind" else None
    return value is not None and value.text.strip().lower() in set(Kind)


def _hides(planned: Planned, value: Value) -> bool:
    """A secret, or the mask that stands for one that is stored."""
    stored = _stored(planned).get(value.name, "") if value.masked else ""
    return looks_secret(value.name, value.text) or looks_secret(value.name, stored)


def _keeps_secret(planned: Planned, name: str) -> bool:
    """It is stored already, in this console's own way; it stays as it is."""
    if name not in _stored(planned):
        return False
    planned.extra[name] = _stored(planned)[name]
    return True


def _stored(planned: Planned) -> dict[str, str]:
    return planned.existing.snapshot.extra if planned.existing else {}


def _complete(planned: Planned, setting: Setting) -> None:
    """What other options, the whole file or the person say about this section."""
    section, raw, report = planned.section, planned.raw, setting.report
    inbound = planned.kind is Kind.POP
    if inbound and "type" not in raw:
        message = (
            "The section names no type: IMAP is taken, which is our default; that of"
            " the old server is not known."
        )
        report.warning(section, Problem("type", "I16-type-absent", message))
    kind_of_server = tidy(str(raw.get("type", WITH_PORTS[0]))).upper()
    ssl = tidy(str(raw.get(SSL, ""))).lower() if inbound else ""
    if SECURITY not in raw and ssl in TRUE + FALSE and kind_of_server in WITH_PORTS:
        security = Security.TLS if ssl in TRUE else Security.NONE
        raw[SECURITY] = security.value
        message = f"{SECURITY} is {security.value}, from {SSL} = {ssl}."
        line = section.line_of(SSL)
        report.cleaned.append(Entry(line, section.name, SSL, CLEANED, message))
    if "proxy" not in raw and setting.server_proxy:
        raw["proxy"] = setting.server_proxy
    if setting.drafts and planned.existing is None:
        raw[ENABLE] = "false"


def _take_password(
    planned: Planned, known: Known, report: Report, inherits: bool
) -> bool:
    """Put the password into `raw`. True when it is masked and stands for nothing."""
    raw, value = planned.raw, planned.section.get(PASSWORD)
    snapshot = planned.existing.snapshot if planned.existing else None
    if inherits:
        raw[PASSWORD] = snapshot.own[PASSWORD] if snapshot else None
        return False
    stored = snapshot[PASSWORD] if snapshot else None
    if value is None or not value.text or value.masked:
        raw[PASSWORD] = stored
        return value is not None and value.masked and stored is None
    report.unquoted(planned.section, value)
    same = stored is not None and known.plain(stored) == value.text
    raw[PASSWORD] = stored if same else value.text
    return False


def _problems_beside(planned: Planned, setting: Setting) -> list[Problem]:
    """Problems of the section's name, the address and what else stands beside."""
    known, name = setting.known, planned.section.name.lower()
    client = planned.existing.client if planned.existing else None
    taken = client is None and (name in known.existing or name in known.archived)
    problems = section_problems(planned.section.name, client, taken=taken)
    if planned.kind is Kind.POP:
        problems += _take_fields(planned, setting)
    return problems


def _take_fields(planned: Planned, setting: Setting) -> list[Problem]:
    section, existing = planned.section, planned.existing
    client = existing.client if existing else None
    assert client is None or isinstance(client, PopClient)
    texts = {v.name.lower(): v.text for v in section}
    address = tidy(texts.get("address", ""))
    if not address and client:
        address = client.mailbox_row.address
    elif not address and "@" in texts.get("mailbox", ""):
        address = tidy(texts["mailbox"])
    smtp_client, problems = _smtp_client(tidy(texts.get("smtp-client", "")), setting)
    kept = client.mailbox_row.smtp_client if client else None
    if smtp_client is None and kept is not None and kept.archived_at is not None:
        smtp_client = kept  # no file can name it
    planned.fields = tidy_fields(
        address, texts.get("alias", ""), texts.get("tags", ""), smtp_client
    )
    lower = planned.fields.address.lower()
    owner = setting.known.addresses.get(lower, "")
    problems += mailbox_problems(
        planned.fields,
        client,
        taken=bool(owner) and owner.lower() != section.name.lower(),
    )
    line = setting.addresses.setdefault(lower, section.line)
    if lower and line != section.line:
        message = f"The section at line {line} has this address already."
        problems.append(Problem("address", "X01-address", message))
    return problems


def _smtp_client(
    name: str, setting: Setting
) -> tuple[SmtpClient | None, list[Problem]]:
    if not name:
        return None, []
    found = setting.known.existing.get(name.lower())
    if found and isinstance(found.client, SmtpClient):
        return found.client, []
    if name.lower() in setting.smtp:
        return SmtpClient(section=setting.smtp[name.lower()]), []
    if name.lower() in setting.known.archived:
        message = f"{name} is in the archive. Restore it from there, or name another."
        return None, [Problem("smtp-client", "I14-smtp-client", message)]
    message = f"Neither the file nor the console has an smtp-client section {name}."
    return None, [Problem("smtp-client", "I14-smtp-client", message)]


def _keep_equals(planned: Planned) -> None:
    """What the file spells out and is so anyway stays as it is saved."""
    if planned.existing is None:
        return
    own, values = planned.existing.snapshot.own, planned.cleaned.values
    type_ = str(values[planned.model.type_option])
    security = values[f"{planned.kind.value.split('-')[0]}-connection-security"]
    usual = {(str(p), str(s)): port for (p, s), port in USUAL_PORTS.items()}
    if own["port"] == 0 and values["port"] == usual.get((type_, str(security))):
        values["port"] = 0
    address = planned.fields.address if planned.fields else None
    if own["mailbox"] == "" and values["mailbox"] == address:
        values["mailbox"] = ""


def _changes(planned: Planned, known: Known) -> list[Change]:
    """What a save will change, as services/revisions finds it."""
    if planned.existing is None:
        return []
    cleaned = planned.cleaned
    values = dict(cleaned.values)
    for option in cleaned.secrets:
        values[option] = known.new_id()
    side = Side(values, cleaned.pinned, cleaned.extra)
    found = changes_of(planned.model, planned.existing.revision, side)
    return _changes_beside(planned) + found


def _changes_beside(planned: Planned) -> list[Change]:
    fields, existing = planned.fields, planned.existing
    if fields is None or existing is None:
        return []
    assert isinstance(existing.client, PopClient)
    row = existing.client.mailbox_row
    pairs = {
        "address": (row.address, fields.address),
        "alias": (row.alias, fields.alias),
        "tags": (row.tags, fields.tags),
        "smtp-client": (
            row.smtp_client.section if row.smtp_client else "",
            fields.smtp_client.section if fields.smtp_client else "",
        ),
    }
    return [Change(n, n, old, new) for n, (old, new) in pairs.items() if old != new]

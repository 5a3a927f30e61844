"""Meaning of the sections that others name: secrets, proxies, app registrations.

`[secret-<name>]` and `[proxy]` are the old server's, `[proxy-<name>]` and
`[registration-<name>]` ours. Rules and saving are those of services/secrets/named,
proxies and registrations; what they do not know is kept beside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser

from ...core.choices import ProxyKind
from ...core.errors import Problem
from ...core.options import Target
from ...models import AppRegistration, NamedSecret, Proxy
from .. import proxies, registrations
from ..options.values import tidy
from ..secrets import named as named_secrets
from .kinds import Kind
from .known import Known
from .parts import Section, Value
from .report import Report

TARGETS = {
    Kind.SECRET: Target.SECRET,
    Kind.PROXY: Target.PROXY,
    Kind.REGISTRATION: Target.REGISTRATION,
}
SERVER_PROXY = "proxy"  # the old server's one section for all, and its name here
PASSWORD = "password"
USE = "useproxy"
# Names that a [proxy] section may use, without case, "-", "_" and a leading "proxy";
# the vendor's own page was cut off there.
PROXY_NAMES = {
    "host": "host",
    "server": "host",
    "address": "host",
    "port": "port",
    "kind": "kind",
    "type": "kind",
    "protocol": "kind",
    "user": "username",
    "username": "username",
    "login": "username",
    "password": PASSWORD,
    "certificateauthorities": "ca_pem",
}
PROXY_KINDS = {  # other words for ours
    "": ProxyKind.HTTP.value,
    "https": ProxyKind.HTTP.value,
    "ssl": ProxyKind.HTTP.value,
    "connect": ProxyKind.HTTP.value,
    "socks": ProxyKind.SOCKS5.value,
    "none": ProxyKind.DIRECT.value,
}
REGISTRATION_NAMES = {
    "tenant-authority": "tenant_authority",
    "directory-id": "directory_id",
    "client-id": "client_id",
    PASSWORD: PASSWORD,
    "secret-ends-on": "secret_ends_on",
}
# Names the certificate that an application signs in by; its key is never in a file.
THUMBPRINT = "certificate-thumbprint"
# What the fields of the services are called in a file.
WRITTEN = {column: name for name, column in REGISTRATION_NAMES.items()} | {
    "secret": PASSWORD,
    "username": "user",
    "ca_pem": "certificate-authorities",
}
# Options that have a meaning beside those that are saved as they stand.
ALSO = {Kind.PROXY: {USE}, Kind.REGISTRATION: {THUMBPRINT}}


@dataclass
class Shared:
    """A row that other sections may name, as it will be saved.

    fields: for the service's save. secret: a new one in plain text, "" keeps what there
    is. stand_in: a row that is not saved, for rules to look at; its ids are below zero
    where the row is new. changed: names of the options that differ.
    """

    kind: Kind
    section: Section
    name: str
    row: Any = None
    fields: dict[str, Any] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    stand_in: Any = None
    changed: list[str] = field(default_factory=list)

    @property
    def target(self) -> Target:
        return TARGETS[self.kind]


def named(section: Section, kind: Kind) -> str:
    """The name of the row that a section stands for."""
    begins, lower = f"{kind}-", section.name.lower()
    if lower.startswith(begins):
        return section.name[len(begins) :]
    return lower if lower == SERVER_PROXY else section.name


def switched_off(section: Section) -> bool:
    """The old server's `useProxy` is not true: nothing goes through the proxy."""
    value = section.get(USE)
    of_server = not section.name.lower().startswith(f"{Kind.PROXY}-")
    return of_server and (value is None or value.text.strip().lower() != "true")


def plan(
    section: Section, kind: Kind, known: Known, report: Report, drafts: bool
) -> Shared:
    """What a section of one of the three kinds means; what is wrong goes to `report`.

    drafts: what is new comes in switched off, so a masked secret is no mistake.
    """
    name = named(section, kind)
    shared = Shared(kind, section, name, known.lookup.find(TARGETS[kind], name))
    read = {Kind.SECRET: _secret, Kind.PROXY: _proxy, Kind.REGISTRATION: _registration}
    found = read[kind](shared, known, report, drafts)
    at = {v: k for k, v in _written(section, kind).items()}
    for problem in found:
        option = at.get(problem.option) or WRITTEN.get(problem.option, problem.option)
        report.error(section, Problem(option, problem.rule, problem.message))
    return shared


def _written(section: Section, kind: Kind) -> dict[str, str]:
    """The service's fields by option as written; unknown options are left out."""
    if kind is Kind.REGISTRATION:
        return _by(section, REGISTRATION_NAMES)
    if kind is Kind.SECRET:
        return _by(section, {PASSWORD: PASSWORD})
    return {v.name: f for v in section if (f := PROXY_NAMES.get(_bare(v.name)))}


def _by(section: Section, names: dict[str, str]) -> dict[str, str]:
    return {v.name: f for v in section if (f := names.get(v.name.lower()))}


def _bare(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").removeprefix("proxy")


def unknown_values(section: Section, kind: Kind) -> list[Value]:
    """Options that have no meaning here, but for `kind` itself."""
    known = {*_written(section, kind)}
    ours = {"kind"} | ALSO.get(kind, set())
    return [v for v in section if v.name not in known and v.name.lower() not in ours]


def _texts(shared: Shared) -> dict[str, str]:
    """Texts by the service's field; the secret is taken out."""
    found = {
        to: shared.section.get(name)
        for name, to in _written(shared.section, shared.kind).items()
    }
    return {to: v.text for to, v in found.items() if v and to != PASSWORD}


def _take_secret(
    shared: Shared, stored: int | None, known: Known, report: Report, drafts: bool
) -> bool:
    """Set `shared.secret`. False when it is masked and nothing is stored."""
    names = _written(shared.section, shared.kind)
    name = next((name for name, to in names.items() if to == PASSWORD), PASSWORD)
    value = shared.section.get(name)
    if value is None or not value.text:
        return True
    if not value.masked:
        report.unquoted(shared.section, value)
        same = stored is not None and known.plain(stored) == value.text
        shared.secret = "" if same else value.text
        return True
    if stored is None:
        report.masked(shared.section, name, draft=drafts)
    return stored is not None


def _secret(
    shared: Shared, known: Known, report: Report, drafts: bool
) -> list[Problem]:
    row: NamedSecret | None = shared.row
    stored = row.value_id if row else None
    there = _take_secret(shared, stored, known, report, drafts)
    # One that is empty here may stay so: what was exported comes in again.
    empty = drafts or (row is not None and stored is None)
    shared.fields = {"name": shared.name, "empty": empty}
    shared.changed = [PASSWORD] if shared.secret else []
    value = known.new_id(shared.secret) if shared.secret else stored
    shared.stand_in = NamedSecret(
        pk=row.pk if row else known.new_id(), name=shared.name, value_id=value
    )
    return named_secrets.problems(
        row, shared.name, shared.secret, empty=empty or not there
    )


def _proxy(shared: Shared, known: Known, report: Report, drafts: bool) -> list[Problem]:
    row: Proxy | None = shared.row
    texts = {"host": "", "port": "", "username": "", "ca_pem": ""} | _texts(shared)
    texts["ca_pem"] = texts["ca_pem"].replace("\\n", "\n")
    stored = row.password_id if row else None
    there = _take_secret(shared, stored, known, report, drafts)
    if not there:
        texts["username"] = ""  # said by the remark on the mask
    kind = tidy(texts.get("kind", "")).lower()
    texts["kind"] = PROXY_KINDS.get(kind, kind)
    shared.fields = {"name": shared.name, **texts}
    cleaned = proxies.clean(proxy=row, password=shared.secret, **shared.fields)
    problems = cleaned.problems
    if not problems and cleaned.values["ca_pem"] != texts["ca_pem"].strip():
        option, message = WRITTEN["ca_pem"], "The certificates in it are kept alone."
        report.warning(
            shared.section, Problem(option, "I23-only-certificates", message)
        )
    values = {k: v for k, v in cleaned.values.items() if k != "name"}
    shared.stand_in = Proxy(
        pk=row.pk if row else known.new_id(),
        name=shared.name,
        password_id=known.new_id(shared.secret) if shared.secret else stored,
        **({} if problems else values),
    )
    if row and not problems:
        shared.changed = [f for f in values if getattr(row, f) != values[f]]
        shared.changed += [PASSWORD] if shared.secret else []
    return problems


def _registration(
    shared: Shared, known: Known, report: Report, drafts: bool
) -> list[Problem]:
    row: AppRegistration | None = shared.row
    stored = row.secret_id if row else None
    _take_secret(shared, stored, known, report, drafts)
    texts: dict[str, Any] = {"tenant_authority": ""} | _texts(shared)
    cleaned = registrations.clean(
        registration=row, name=shared.name, secret=shared.secret, **texts
    )
    values = {k: v for k, v in cleaned.values.items() if k != "name"}
    shared.fields = {"name": shared.name, **texts}
    shared.stand_in = AppRegistration(
        pk=row.pk if row else known.new_id(),
        name=shared.name,
        secret_id=known.new_id(shared.secret) if shared.secret else stored,
        certificate_id=row.certificate_id if row else None,
        certificate_thumbprint=row.certificate_thumbprint if row else "",
        **({} if cleaned.problems else values),
    )
    _certificate(shared, report)
    if row and not cleaned.problems:
        shared.changed = [f for f in values if getattr(row, f) != values[f]]
        shared.changed += [PASSWORD] if shared.secret else []
    for warning in cleaned.warnings:
        option = WRITTEN.get(warning.option, warning.option)
        report.warning(shared.section, Problem(option, warning.rule, warning.message))
    report.notices(shared.section, "pop-client", cleaned.notices)
    return cleaned.problems


def _certificate(shared: Shared, report: Report) -> None:
    """Say what becomes of the certificate that the section names."""
    value = shared.section.get(THUMBPRINT)
    named = re.sub(r"[\s:]", "", value.text).upper() if value else ""
    row: AppRegistration | None = shared.row
    here = row.certificate_thumbprint if row else ""
    if not named or named == here:
        return
    if row and named == row.next_certificate_thumbprint:
        message = (
            f"The certificate {named} waits here and is not used yet. If it is"
            " uploaded at Entra, use it on the page of the app registration."
        )
        report.warning(shared.section, Problem(THUMBPRINT, "I22-certificate", message))
        return
    stays = (
        f"Here the application goes on signing in by the certificate {here}."
        if here
        else "After the import make one on the page of the app registration and upload"
        " it at Entra, or paste key and certificate there; until then the application"
        " has its client secret or nothing to sign in by."
    )
    message = (
        f"The key of the certificate {named} is not in the file: it never leaves the"
        f" copy that it was made in. {stays}"
    )
    report.warning(shared.section, Problem(THUMBPRINT, "I22-certificate", message))


def save(shared: Shared, user: AbstractBaseUser | None) -> Any:
    """Save the row, in the transaction of the caller. Returns it."""
    row, fields = shared.row, shared.fields
    if shared.kind is Kind.SECRET:
        return named_secrets.save(
            secret=row, password=shared.secret, user=user, **fields
        )[0]
    if shared.kind is Kind.PROXY:
        return proxies.save_proxy(
            proxy=row, password=shared.secret, user=user, **fields
        )
    return registrations.save(
        registration=row, secret=shared.secret, user=user, **fields
    ).registration

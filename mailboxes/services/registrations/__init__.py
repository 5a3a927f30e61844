"""Saves app registrations; every section that names one gets a new revision (D2, D3).

A section inherits authority and ids, and the client secret where its sign-in takes one
(services/options/pins). What is in effect when is each section's own rule. Secrets by
name, of Google: services/secrets/named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from ...core.choices import Grant, Mechanism
from ...core.errors import OptionError, Problem
from ...models import AppRegistration, PopClient, SecretValue, SmtpClient
from ...models.clients import MECHANISMS
from .. import audit, option_rules, secrets, uses
from ..fetch.seen import refuse_stale
from ..options import snapshots
from ..options.values import read_secret, tidy
from ..revisions import pinning

SHARED = {
    "tenant-authority": "tenant_authority",
    "directory-id": "directory_id",
    "client-id": "client_id",
}
FIELDS = ("name", *SHARED.values(), "secret_ends_on")
SEEN = (
    *FIELDS,
    "secret_id",
    "certificate_id",
    "next_certificate_id",
)  # what a person who edits it has before them
LONGEST_NAME = 40
Client = PopClient | SmtpClient


@dataclass
class Cleaned:
    """Values by field name, what is wrong with them, and what is worth saying."""

    values: dict[str, object]
    secret: str = field(default="", repr=False)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


@dataclass
class SaveResult:
    """sections: those that got a new revision. secret: it was replaced."""

    registration: AppRegistration
    sections: list[Client]
    new: bool
    secret: bool
    warnings: list[Problem]
    notices: list[str]


def clean(
    *,
    registration: AppRegistration | None,
    name: str,
    tenant_authority: str,
    directory_id: str = "",
    client_id: str = "",
    secret: str = "",
    secret_ends_on: str | date | None = None,
    grant: Grant | None = None,
) -> Cleaned:
    """Clean the fields; the rules and words are those of the options they stand for.

    grant: how the section signs in for which it is entered. None: it is judged by those
    of the sections that name it, where another directory is typed.
    """
    cleaned = Cleaned({"name": tidy(name)})
    grants = [grant] if grant else _grants(registration, tidy(directory_id))
    for by in grants:
        as_section = _as_section(tenant_authority, directory_id, client_id, by)
        cleaned.notices = as_section.notices
        for option, to in SHARED.items():
            cleaned.values[to] = as_section.values[option]
        for found, kept in (
            (as_section.problems, cleaned.problems),
            (as_section.warnings, cleaned.warnings),
        ):
            said = {problem.option for problem in kept}
            kept += [one for one in _shared(found) if one.option not in said]
    cleaned.problems[:0] = _name_problems(str(cleaned.values["name"]), registration)
    _read_end(cleaned, secret_ends_on)
    reading = read_secret(secret)
    cleaned.secret = str(reading.value)
    _judge_end(cleaned, registration)
    if reading.problem:
        cleaned.problems.append(Problem("secret", reading.rule, reading.problem))
    else:
        _judge_secret(cleaned)
    return cleaned


def free_name(wanted: str) -> str:
    """A name that no registration has: `wanted`, or with a number after it."""
    base = wanted[:LONGEST_NAME]
    rows = AppRegistration.objects.filter(name__startswith=base[: LONGEST_NAME - 4])
    taken = set(rows.values_list("name", flat=True))
    numbered = (f"{base[: LONGEST_NAME - 4]}-{n}" for n in range(2, 1000))
    return next((one for one in (base, *numbered) if one not in taken), base)


def wrong_ids(row: AppRegistration, grant: Grant) -> list[Problem]:
    """What speaks against its authority and ids where a section signs in so."""
    return _shared(
        _as_section(
            row.tenant_authority, row.directory_id, row.client_id, grant
        ).problems
    )


def _as_section(
    tenant_authority: str, directory_id: str, client_id: str, grant: Grant
) -> option_rules.Cleaned:
    return option_rules.clean(
        PopClient.kind,
        {
            "tenant-authority": tenant_authority,
            "directory-id": directory_id,
            "client-id": client_id,
            "grant-type": grant.value,
            MECHANISMS: Mechanism.XOAUTH2.value,
            "enable-client": True,
        },
    )


def _shared(found: list[Problem]) -> list[Problem]:
    return [
        Problem(SHARED[p.option], p.rule, p.message)
        for p in found
        if p.option in SHARED
    ]


def _grants(registration: AppRegistration | None, directory_id: str) -> list[Grant]:
    """By whose rules it is judged; the owner's sign-in is refused the least."""
    found: set[Grant] = set()
    if registration is not None and directory_id != registration.directory_id:
        live = [one for one in sections_of(registration) if one.archived_at is None]
        taken = [snapshots.take(one) for one in live if one.revision]
        found = {one.grant for one in taken if one.uses_token}
    return sorted(found) or [Grant.AUTHORIZATION_CODE]


def _name_problems(name: str, registration: AppRegistration | None) -> list[Problem]:
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return [Problem("name", "R01-name", "Enter a name of 1 to 40 characters.")]
    same = AppRegistration.objects.filter(name=name)
    if same.exclude(pk=registration.pk if registration else 0).exists():
        message = f"There is an app registration {name} already."
        return [Problem("name", "R01-name", message)]
    return []


def _read_end(cleaned: Cleaned, given: str | date | None) -> None:
    cleaned.values["secret_ends_on"] = None
    if isinstance(given, date):
        cleaned.values["secret_ends_on"] = given
    elif given and given.strip():
        try:
            cleaned.values["secret_ends_on"] = date.fromisoformat(given.strip())
        except ValueError:
            message = "Enter a date such as 2027-05-31."
            cleaned.values["secret_ends_on"] = given
            cleaned.problems.append(Problem("secret_ends_on", "R02-date", message))


def _judge_end(cleaned: Cleaned, registration: AppRegistration | None) -> None:
    """A last day that is past where it is typed is most likely a wrong one."""
    day = cleaned.values["secret_ends_on"]
    before = registration.secret_ends_on if registration else None
    typed = bool(cleaned.secret) or day != before
    if typed and isinstance(day, date) and day < timezone.now().date():
        message = f"{day} is past: no token is given for a secret that has ended."
        cleaned.warnings.append(Problem("secret_ends_on", "R06-past", message))


def _judge_secret(cleaned: Cleaned) -> None:
    """The two rules of client secrets, as the option `password` has them."""
    judged = option_rules.clean(
        PopClient.kind,
        {
            "grant-type": "client_credentials",
            MECHANISMS: Mechanism.XOAUTH2.value,
            "password": cleaned.secret,
        },
    )
    for found, kept in (
        (judged.problems, cleaned.problems),
        (judged.warnings, cleaned.warnings),
    ):
        kept += [
            Problem("secret", p.rule, p.message)
            for p in found
            if p.option == "password" and cleaned.secret
        ]


def save(
    *,
    registration: AppRegistration | None = None,
    name: str,
    tenant_authority: str,
    directory_id: str = "",
    client_id: str = "",
    secret: str = "",
    secret_ends_on: str | date | None = None,
    user: AbstractBaseUser | None = None,
    seen: str = "",
    grant: Grant | None = None,
) -> SaveResult:
    """Save a registration; None makes one. Raises OptionError.

    secret: a new client secret in plain text, or "" to keep what is stored.
    grant: as of `clean`.
    seen: fingerprint of what was there when it was opened (services/fetch/seen).
    """
    cleaned = clean(
        registration=registration,
        name=name,
        tenant_authority=tenant_authority,
        directory_id=directory_id,
        client_id=client_id,
        secret=secret,
        secret_ends_on=secret_ends_on,
        grant=grant,
    )
    if cleaned.problems:
        raise OptionError(cleaned.problems)
    with transaction.atomic():
        new = registration is None
        row = AppRegistration() if registration is None else registration
        refuse_stale(registration, SEEN, seen)
        changed = [f for f in FIELDS if getattr(row, f) != cleaned.values[f]]
        for column in FIELDS:
            setattr(row, column, cleaned.values[column])
        if cleaned.secret:
            purpose = SecretValue.Purpose.CLIENT_SECRET
            row.secret = secrets.seal(cleaned.secret, purpose, user)
            changed.append("secret")
        sections: list[Client] = []
        if changed or new:
            # Only what was changed: a certificate may have come meanwhile.
            row.save(update_fields=None if new else changed)
            if not new:
                sections = pin_in_sections(row, user)
            action = "registration.created" if new else "registration.saved"
            audit.record(user, action, row, fields=changed, **uses.moved(sections))
    return SaveResult(
        registration=row,
        sections=sections,
        new=new,
        secret=bool(cleaned.secret),
        warnings=cleaned.warnings,
        notices=cleaned.notices,
    )


def replace_secret(
    registration: AppRegistration,
    *,
    secret: str,
    secret_ends_on: str | date | None,
    user: AbstractBaseUser | None,
    seen: str = "",
) -> SaveResult:
    """A new client secret with its own last day; all else stays. Raises OptionError."""
    if not secret:
        message = "Enter the Value of the new client secret."
        raise OptionError([Problem("secret", "R05-secret", message)])
    return save(
        registration=registration,
        name=registration.name,
        tenant_authority=registration.tenant_authority,
        directory_id=registration.directory_id,
        client_id=registration.client_id,
        secret=secret,
        secret_ends_on=secret_ends_on,
        user=user,
        seen=seen,
    )


def delete(registration: AppRegistration, user: AbstractBaseUser | None) -> None:
    """Delete a registration that no section names. Raises OptionError."""
    with transaction.atomic():
        uses.refuse_in_use(registration, "R03-in-use")
        audit.record(user, "registration.deleted", registration)
        waiting = registration.next_certificate_id
        registration.delete()
        if waiting is not None:  # no revision names it
            SecretValue.objects.filter(pk=waiting).delete()


def sections_of(registration: AppRegistration) -> list[Client]:
    """Every section that names the registration, archived ones too."""
    return [
        *PopClient.objects.filter(registration=registration).select_related(
            "mailbox_row"
        ),
        *SmtpClient.objects.filter(registration=registration),
    ]


def pin_in_sections(
    registration: AppRegistration, user: AbstractBaseUser | None
) -> list[Client]:
    """A new revision in each section for which something changed; those sections."""
    note = f"App registration {registration.name} was changed"
    return pinning.pin_in_sections(registration, note, user)

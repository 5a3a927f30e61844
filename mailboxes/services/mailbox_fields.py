"""What a mailbox has beside its options: address, name, section, sender.

Problems name the field ("address", "section", ...) the way those of options name the
option, so that forms put both at their fields. services/revisions calls all of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from ..core.errors import Problem
from ..models import Mailbox, PopClient, SmtpClient
from .options.changes import Change
from .options.values import tidy

SECTION_LONGEST = 40
SECTION_LETTERS = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@_.-"
)


@dataclass(frozen=True)
class MailboxFields:
    """Fields of a mailbox row, tidied."""

    address: str
    alias: str = ""
    tags: str = ""
    smtp_client: SmtpClient | None = None


def tidy_fields(
    address: str, alias: str, tags: str, smtp_client: SmtpClient | None
) -> MailboxFields:
    words = dict.fromkeys(tags.replace(",", " ").split())
    return MailboxFields(tidy(address), tidy(alias), " ".join(words), smtp_client)


def mailbox_problems(
    fields: MailboxFields,
    client: PopClient | None = None,
    *,
    taken: bool | None = None,
) -> list[Problem]:
    """What is wrong with the fields of a new mailbox, or of the one of `client`.

    taken: another mailbox has the address, where the caller knows; None looks it up.
    """
    problems = []
    message = _address_problem(fields.address, client, taken)
    if message:
        problems.append(Problem("address", "X01-address", message))
    for name, text, longest in (
        ("alias", fields.alias, 80),
        ("tags", fields.tags, 200),
    ):
        if len(text) > longest:
            message = f"Enter at most {longest} characters."
            problems.append(Problem(name, "X02-too-long", message))
        elif any(not letter.isprintable() for letter in text):
            message = "Remove the control characters."
            problems.append(Problem(name, "X03-control-characters", message))
    return problems


def _address_problem(address: str, client: PopClient | None, taken: bool | None) -> str:
    if not address:
        return "Enter the mail address of the mailbox."
    try:
        validate_email(address)
        address.encode("ascii")
        if not address.isprintable():
            raise ValidationError("control characters")
    except (ValidationError, UnicodeError):
        return "Enter a mail address such as support@contoso.com."
    if len(address) > 254:
        return "Enter at most 254 characters."
    if taken is None:
        taken = _address_is_taken(address, client)
    if not taken:
        return ""
    same = Mailbox.objects.filter(address__iexact=address)
    if same.filter(pop_client__archived_at__isnull=False).exists():
        what = f"The mailbox {address} is in the archive."
        return f"{what} Restore it from there, or enter another address."
    return f"There is a mailbox {address} already."


def _address_is_taken(address: str, client: PopClient | None) -> bool:
    same = Mailbox.objects.filter(address__iexact=address)
    if client is not None:
        same = same.exclude(pk=client.mailbox_row_id)
    else:
        same = same.filter(pop_client__isnull=False)
    return same.exists()


def section_problems(
    section: str,
    client: PopClient | SmtpClient | None = None,
    *,
    taken: bool | None = None,
) -> list[Problem]:
    """What is wrong with the name of a section; names are shared by both kinds.

    taken: another section has it, where the caller knows; None looks it up.
    """
    if not section:
        message = "Enter a name for the section, such as pop-client-support."
    elif len(section) > SECTION_LONGEST:
        message = f"Enter at most {SECTION_LONGEST} characters."
    elif not set(section) <= SECTION_LETTERS:
        message = "Use letters, digits, @, _, . and - only."
    elif _is_taken(section, client) if taken is None else taken:
        message = f"There is a section {section} already."
        if _is_archived(section):
            what = f"The section {section} is in the archive."
            message = f"{what} Restore it from there, or enter another name."
    else:
        return []
    return [Problem("section", "X04-section", message)]


def _is_taken(section: str, client: PopClient | SmtpClient | None) -> bool:
    for model in (PopClient, SmtpClient):
        same = model.objects.filter(section__iexact=section)
        if isinstance(client, model):
            same = same.exclude(pk=client.pk)
        if same.exists():
            return True
    return False


def _is_archived(section: str) -> bool:
    return any(
        model.objects.filter(
            section__iexact=section, archived_at__isnull=False
        ).exists()
        for model in (PopClient, SmtpClient)
    )


def suggest_section(kind: str, address: str) -> str:
    """A free name for a new section, from the local part of the address."""
    local = "".join(c if c in SECTION_LETTERS else "-" for c in address.split("@")[0])
    stem = f"{kind}-{local}".strip("-")[: SECTION_LONGEST - 4]
    name, number = stem, 1
    while _is_taken(name, None):
        number += 1
        name = f"{stem}-{number}"
    return name


def mailbox_row(fields: MailboxFields) -> Mailbox:
    """A new row, or the one of a mailbox that only sent until now."""
    row = Mailbox.objects.filter(
        address__iexact=fields.address, pop_client=None
    ).first() or Mailbox(address=fields.address)
    row.alias, row.tags = fields.alias, fields.tags
    row.smtp_client = fields.smtp_client
    row.archived_at = None
    row.save()
    return row


def change_section(client: PopClient | SmtpClient, section: str) -> list[Change]:
    """Write a changed name of the section; inside the transaction of the caller."""
    if section == client.section:
        return []
    change = Change("section", "Section", client.section, section)
    type(client).objects.filter(pk=client.pk).update(section=section)
    client.section = section
    return [change]


def change_fields(
    client: PopClient, section: str, fields: MailboxFields
) -> list[Change]:
    """Write changed fields of the mailbox; they are in effect at once."""
    row = client.mailbox_row
    changes = change_section(client, section)
    for name, label in (
        ("address", "Address"),
        ("alias", "Name"),
        ("tags", "Tags"),
        ("smtp_client", "Sends through"),
    ):
        old, new = getattr(row, name), getattr(fields, name)
        if old != new:
            changes.append(Change(name, label, str(old or ""), str(new or "")))
            setattr(row, name, new)
            row.save(update_fields=[name])
    return changes

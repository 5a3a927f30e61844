"""Saves secrets by name, the sections `secret-<name>` of the old server (D2, D3).

Every section whose option `secret` names one gets a new revision that pins its value.
"""

from __future__ import annotations

import re

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from ...core.errors import OptionError, Problem
from ...models import NamedSecret, PopClient, SecretValue, SmtpClient
from .. import audit, secrets, uses
from ..fetch.seen import refuse_stale
from ..options.reading import Reading
from ..options.values import read_secret, tidy
from ..revisions import pinning
from . import keys as service_keys

SEEN = ("name", "value_id")
_NAME = re.compile(r"[^\s\[\]=]{1,40}")
Client = PopClient | SmtpClient


def problems(
    secret: NamedSecret | None, name: str, value: str, *, empty: bool = False
) -> list[Problem]:
    """What is wrong with the fields. empty: it may have no value yet."""
    found = []
    name = tidy(name)
    if not _NAME.fullmatch(name) or not name.isprintable():
        message = "Enter a name of 1 to 40 characters without white space, [, ] and =."
        found.append(Problem("name", "N01-name", message))
    elif (
        NamedSecret.objects.filter(name=name)
        .exclude(pk=secret.pk if secret else 0)
        .exists()
    ):
        found.append(Problem("name", "N01-name", f"There is a secret {name} already."))
    reading = _read(value)
    stored = secret is not None and secret.value_id is not None
    if reading.problem:
        found.append(Problem("password", reading.rule, reading.problem))
    elif not reading.value and not stored and not empty:
        found.append(Problem("password", "N02-password", "Enter the secret."))
    return found


def save(
    *,
    secret: NamedSecret | None = None,
    name: str,
    password: str = "",
    user: AbstractBaseUser | None = None,
    empty: bool = False,
    seen: str = "",
) -> tuple[NamedSecret, list[Client]]:
    """Save a secret; None makes one. Returns it and the sections that moved on.

    password: the new value in plain text, or "" to keep what is stored.
    seen: fingerprint of what was there when it was opened (services/fetch/seen).
    Raises OptionError.
    """
    wrong = problems(secret, name, password, empty=empty)
    if wrong:
        raise OptionError(wrong)
    with transaction.atomic():
        new = secret is None
        row = NamedSecret() if secret is None else secret
        refuse_stale(secret, SEEN, seen)
        changed = ["name"] if row.name != tidy(name) else []
        row.name = tidy(name)
        value = str(_read(password).value)
        if value:
            row.value = secrets.seal(value, SecretValue.Purpose.NAMED, user)
            changed.append("password")
        moved: list[Client] = []
        if changed or new:
            row.save()
            if not new:
                note = f"Secret {row.name} was changed"
                moved = pinning.pin_in_sections(row, note, user)
            action = "secret.created" if new else "secret.saved"
            audit.record(user, action, row, fields=changed, **uses.moved(moved))
    return row, moved


def _read(text: str) -> Reading:
    """A client secret, or the key file of a service account."""
    if not service_keys.is_key(text):
        return read_secret(text)
    line, problem = service_keys.read(text)
    return Reading(line, problem, "N04-key-file")


def delete(secret: NamedSecret, user: AbstractBaseUser | None) -> None:
    """Delete a secret that no section names. Raises OptionError."""
    with transaction.atomic():
        uses.refuse_in_use(secret, "N03-in-use")
        audit.record(user, "secret.deleted", secret)
        secret.delete()

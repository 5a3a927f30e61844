"""System checks: one for each thing that makes a start senseless, with id and hint.

Ids stand in docs/settings.md. Looked at by every command (those without a database),
and by prepare, serve and worker (all of them).
"""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connection

from .services import secrets


@register
def check_environment(**kwargs: Any) -> list[CheckMessage]:
    """A fault of the environment that mailadmin/environment kept."""
    return [
        Error(fault.message, hint=fault.hint, id=f"mailboxes.E001.{fault.variable}")
        for fault in settings.ENVIRONMENT.faults
    ]


@register
def check_data_folder(**kwargs: Any) -> list[CheckMessage]:
    """The data folder can be made and written."""
    folder = settings.MAILADMIN_DATA
    reason = "no permission"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK | os.X_OK)
    except OSError as error:
        usable, reason = False, error.strerror or str(error)
    if usable:
        return []
    return [
        Error(
            f"The data folder {folder} cannot be written: {reason}.",
            hint="Set MAILADMIN_DATA to a folder that this user can write.",
            id="mailboxes.E002",
        )
    ]


@register(Tags.database)
def check_database(databases: list[str] | None = None, **kw: Any) -> list[CheckMessage]:
    """The database answers, and every secret in it can be read with our keys."""
    if not databases or settings.ENVIRONMENT.faults:
        return []
    try:
        tables = connection.introspection.table_names()
        stored = "mailboxes_secretvalue" in tables
        missing = secrets.unknown_key_ids() if stored else []
    except DatabaseError as error:
        reason = (str(error).strip().splitlines() or ["no answer"])[0].rstrip(".")
        return [
            Error(
                f"The database cannot be used: {reason}.",
                hint="Look at DATABASE_URL and MAILADMIN_DATA.",
                id="mailboxes.E004",
            )
        ]
    if not missing:
        return []
    return [
        Error(
            f"Secrets in the database need encryption key {', '.join(missing)}, which"
            " is not given.",
            hint="Add the key to MAILADMIN_ENCRYPTION_KEYS; if it is lost for good:"
            " manage.py rotate_keys --forget-lost.",
            id="mailboxes.E003",
        )
    ]

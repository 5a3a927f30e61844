"""What must be right before a part of the service starts; what the first start makes.

Called by the commands prepare, serve and worker. Wrong variables of the environment
are found earlier (mailadmin/settings, mailboxes/checks).
"""

from __future__ import annotations

import secrets as random
import socket
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.checks import ERROR, run_checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from ...models import Worker
from ..worker import processes

FIRST_ADMIN = "admin"
PASSWORD_BYTES = 12
ALIVE = timedelta(seconds=15)  # since a worker that runs has said so
GROUPS = {
    "Administrators": ("add", "change", "delete", "view", "read"),
    "Viewers": ("view",),
}


def problem() -> str:
    """One sentence about what keeps the service from starting; "" when nothing does."""
    for message in run_checks(databases=["default"]):
        if message.level >= ERROR and (message.id or "").startswith("mailboxes."):
            return f"{message.msg} {message.hint} ({message.id})"
    newer = _newer()
    if newer:
        return newer
    if _unapplied():
        return "The database is not prepared. Run scripts/run or manage.py prepare."
    return ""


def upgrade_problem(data: Path) -> str:
    """What stands against changing the tables now; "" when nothing does.

    data: the data folder. Programs of the last version must not work on tables of the
    next one.
    """
    executor = MigrationExecutor(connection)
    newer = _newer()
    if newer or not executor.loader.applied_migrations or not _unapplied():
        return newer
    for name in ("serve", "worker"):
        try:
            processes.lock(data / "run" / f"{name}.lock").close()
        except processes.AlreadyRunning as error:
            return (
                "This version changes the tables of the database, and mailadmin runs"
                f" (process {error.pid}). Stop it first."
            )
    if connection.vendor != "sqlite":
        return _other_hosts()
    return ""


def _other_hosts() -> str:
    """Workers of other data folders that have given a sign of life just now."""
    if Worker._meta.db_table not in connection.introspection.table_names():
        return ""
    alive = Worker.objects.filter(
        stopped_at=None, beat_at__gte=timezone.now() - ALIVE
    ).values_list("name", flat=True)
    if not alive:
        return ""
    return (
        "This version changes the tables of the database, and a worker runs on it"
        f" ({', '.join(alive)}). Stop it first."
    )


def _unapplied() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _newer() -> str:
    """A database that a later version has changed is not touched."""
    loader = MigrationExecutor(connection).loader
    known = {*loader.disk_migrations, *loader.replacements}
    later = sorted(
        name
        for app, name in loader.applied_migrations
        if app == "mailboxes" and (app, name) not in known
    )
    if not later:
        return ""
    return (
        f"The database was changed by a newer version of mailadmin ({later[-1]}). Start"
        " that version, or restore a backup of before."
    )


def permissions() -> frozenset[int]:
    """Ids of those that there are; none where the database is new."""
    if Permission._meta.db_table not in connection.introspection.table_names():
        return frozenset()
    return frozenset(Permission.objects.values_list("pk", flat=True))


def make_groups(known: Collection[int] = ()) -> None:
    """The groups with their permissions.

    known: permissions that there were before. An existing group is left as it is but
    for those that are new: they came with the pages of this version.
    """
    ours = Permission.objects.filter(content_type__app_label="mailboxes")
    for name, verbs in GROUPS.items():
        group, new = Group.objects.get_or_create(name=name)
        added = ours if new else ours.exclude(pk__in=known) if known else ours.none()
        group.permissions.add(
            *(one for one in added if one.codename.split("_")[0] in verbs)
        )


def make_first_admin() -> str:
    """Make the first admin where there is no user at all.

    Returns its password, stored nowhere in plain text; "" when there are users.
    """
    users = get_user_model().objects
    if users.exists():
        return ""
    password = random.token_urlsafe(PASSWORD_BYTES)
    users.create_superuser(FIRST_ADMIN, "", password)
    return password


def port_is_free(address: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True

"""What must be right before a part of the service starts; what the first start makes.

Called by the commands prepare, serve and worker. Wrong variables of the environment
are found earlier (mailadmin/settings, mailboxes/checks).
"""

from __future__ import annotations

import secrets as random
import socket

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.checks import ERROR, run_checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

FIRST_ADMIN = "admin"
PASSWORD_BYTES = 12
GROUPS = {
    "Administrators": ("add", "change", "delete", "view", "read"),
    "Viewers": ("view",),
}


def problem() -> str:
    """One sentence about what keeps the service from starting; "" when nothing does."""
    for message in run_checks(databases=["default"]):
        if message.level >= ERROR and (message.id or "").startswith("mailboxes."):
            return f"{message.msg} {message.hint} ({message.id})"
    if _unapplied():
        return "The database is not prepared. Run scripts/run or manage.py prepare."
    return ""


def _unapplied() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def make_groups() -> None:
    """The groups with their permissions; an existing group is left as it is."""
    for name, verbs in GROUPS.items():
        group, new = Group.objects.get_or_create(name=name)
        if new:
            group.permissions.set(
                permission
                for permission in Permission.objects.filter(
                    content_type__app_label="mailboxes"
                )
                if permission.codename.split("_")[0] in verbs
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

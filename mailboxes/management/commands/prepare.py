"""`manage.py prepare`: database, static files, instance id, groups, first admin.

May be run any number of times. scripts/run does it before each start.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from mailboxes.services import instance
from mailboxes.services.instance import startup


class Command(BaseCommand):
    help = "Prepares the database and the data folder; makes the first admin."

    def handle(self, *args: Any, **options: Any) -> None:
        problem = startup.upgrade_problem(settings.MAILADMIN_DATA)
        if problem:
            raise CommandError(problem)
        known = startup.permissions()
        call_command("migrate", verbosity=0, interactive=False)
        problem = startup.problem()
        if problem:
            raise CommandError(problem)
        call_command("collectstatic", verbosity=0, interactive=False)
        instance.identify()
        startup.make_groups(known)
        password = startup.make_first_admin()
        if password:
            self.stdout.write(
                f"First start: sign in as {startup.FIRST_ADMIN} with the password"
                f" {password} (shown this once; manage.py changepassword"
                f" {startup.FIRST_ADMIN} sets another)"
            )

"""`manage.py worker`: fetches and sends until it is stopped (DESIGN D10)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailboxes.services.instance import startup
from mailboxes.services.worker import cluster
from mailboxes.services.worker.processes import AlreadyRunning


class Command(BaseCommand):
    help = "Runs the worker service: fetching and sending in the background."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--resume",
            action="store_true",
            help="go on after a worker that died: senders keep their revisions",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        problem = startup.problem()
        if problem:
            raise CommandError(problem)
        try:
            cluster.run(resume=options["resume"], data=settings.MAILADMIN_DATA)
        except AlreadyRunning as error:
            raise CommandError(
                f"Another worker uses the data folder {settings.MAILADMIN_DATA}"
                f" (process {error.pid}). Stop it, or set MAILADMIN_DATA."
            ) from error

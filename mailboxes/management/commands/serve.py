"""`manage.py serve`: web, worker and sandbox of one machine under one supervisor."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailboxes.services import serving
from mailboxes.services.instance import startup
from mailboxes.services.worker.processes import AlreadyRunning


class Command(BaseCommand):
    help = "Runs web, worker and sandbox until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--without-sandbox",
            action="store_true",
            help="for real use: no fake providers, no demo mailboxes",
        )
        parser.add_argument(
            "--resume",
            action="store_true",
            help="go on after a serve that was killed: senders keep their revisions",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        problem = startup.problem()
        if problem:
            raise CommandError(problem)
        try:
            serving.run(
                sandbox=not options["without_sandbox"],
                resume=options["resume"],
                data=settings.MAILADMIN_DATA,
                say=self._say,
            )
        except AlreadyRunning as error:
            raise CommandError(
                f"Another mailadmin uses the data folder {settings.MAILADMIN_DATA}"
                f" (process {error.pid}). Stop it, or set MAILADMIN_DATA."
            ) from error
        except serving.PortTaken as error:
            raise CommandError(
                f"Port {settings.PORT} of {settings.MAILADMIN_BIND} is taken by another"
                " program. Set PORT to another one."
            ) from error

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

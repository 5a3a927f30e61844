"""`manage.py sandbox`: fake providers with living mailboxes, on this machine only."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailboxes.sandbox import __main__ as program


class Command(BaseCommand):
    help = "Serves a fake Entra ID, IMAP and SMTP behind a proxy, until it is stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        program.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            program.run(
                options["data"],
                options["port_file"],
                options["proxy_port"],
                options["rate"],
                options["seed"],
            )
        except program.CannotRun as error:
            raise CommandError(str(error)) from error

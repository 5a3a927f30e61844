"""`manage.py backup FILE`: a copy of the SQLite database while mailadmin runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailboxes.services.instance import backup


class Command(BaseCommand):
    help = (
        "Writes a copy of the SQLite database to a new file, while mailadmin runs. The"
        " keys are not in it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a file that is not there yet")
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file = Path(options["file"])
        try:
            size = backup.back_up(file)
        except backup.CannotBackUp as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps({"file": str(file), "bytes": size}))
        else:
            self.stdout.write(f"{file}: {size} bytes.")

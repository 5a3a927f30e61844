"""`manage.py release`: ends a hold; this installation is the one that works."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mailboxes.services import instance


class Command(BaseCommand):
    help = "Ends a hold: fetching and sending go on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        changed = instance.release()
        if options["json"]:
            self.stdout.write(json.dumps({"held": False, "changed": changed}))
        elif changed:
            self.stdout.write("Released: fetching and sending go on.")
        else:
            self.stdout.write("Nothing was held.")

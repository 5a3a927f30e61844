"""`manage.py hold`: nothing is fetched, settled or sent until `release`."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailboxes.services import instance


class Command(BaseCommand):
    help = "Holds everything: nothing is fetched, settled or sent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "reason", nargs="?", default="Held by command.", help="why, for the pages"
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        reason = options["reason"].strip()
        if not reason:
            raise CommandError("Give a reason that is not empty.")
        changed = instance.hold(reason)
        row = instance.current()
        if options["json"]:
            answer = {"held": True, "changed": changed, "reason": row.held_reason}
            self.stdout.write(json.dumps(answer))
        elif changed:
            self.stdout.write("Held: nothing is fetched, settled or sent.")
        else:
            self.stdout.write(f"It was held already: {row.held_reason}")

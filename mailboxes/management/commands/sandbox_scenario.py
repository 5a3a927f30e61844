"""`manage.py sandbox_scenario ADDRESS NAME|none`: let something go wrong, or end it.

Without a name it shows what is on. The same as the page /sandbox/.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailboxes.services import laboratory
from mailboxes.services.laboratory import NONE, SandboxAway, SandboxRefuses


class Command(BaseCommand):
    help = "Puts a scenario of the sandbox on one of its mailboxes, or ends it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "address", nargs="?", default="", help="of a mailbox of the sandbox"
        )
        parser.add_argument(
            "name", nargs="?", default="", help=f"of a scenario, or {NONE} to end it"
        )
        parser.add_argument(
            "--list", action="store_true", help="list the scenarios by area"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            self._list()
            return
        try:
            if options["name"]:
                laboratory.switch(options["address"], options["name"], None)
            on = laboratory.switched()
        except (SandboxAway, SandboxRefuses) as error:
            raise CommandError(str(error)) from error
        address = options["address"].strip().lower()
        for who, name in sorted(on.items()):
            if not address or who == address:
                self.stdout.write(f"{who}: {name}")
        if not on or (address and address not in on):
            self.stdout.write(f"Nothing goes wrong{' for ' * bool(address)}{address}.")

    def _list(self) -> None:
        area = ""
        for plan in laboratory.scenarios():
            if plan.area != area:
                area = plan.area
                self.stdout.write(f"\n{area}")
            if plan.switchable:
                self.stdout.write(f"  {plan.name}: {plan.title}")

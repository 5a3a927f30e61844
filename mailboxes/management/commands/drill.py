"""`manage.py drill`: every scenario of the sandbox, and what the product says of it.

0: all is as expected, 1: something is not, 2: usage. Touches nothing of this
installation (services/drill).
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailboxes.services import drill
from mailboxes.services.drill import CannotDrill, job as drill_job, table as drill_table
from mailboxes.services.drill.plan import Result

USAGE = 2
MOST_JOBS = 16


class Command(BaseCommand):
    help = "Lets everything go wrong that the sandbox can, and compares the findings."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )
        parser.add_argument(
            "--only", nargs="+", default=[], metavar="NAME", help="these scenarios"
        )
        parser.add_argument("--area", default="", help="the scenarios of one area")
        parser.add_argument(
            "--jobs",
            type=int,
            default=drill.JOBS,
            help=f"processes at the same time (default {drill.JOBS})",
        )
        parser.add_argument(
            "--table",
            action="store_true",
            help="print the table of docs/drill.md; nothing is run",
        )
        # One job of a drill: reads names, writes a line of JSON for each.
        parser.add_argument("--job", action="store_true", help="for the drill itself")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["job"]:
                drill_job.serve(settings.MAILADMIN_DATA, sys.stdin, sys.stdout)
                return
            wanted = drill.plans(options["only"], options["area"])
            if options["table"]:
                self.stdout.write(drill_table.text(wanted), ending="")
                return
            if not 1 <= options["jobs"] <= MOST_JOBS:
                raise CannotDrill(f"--jobs is a number from 1 to {MOST_JOBS}.")
            began = time.monotonic()
            say = self._nothing if options["json"] else self._say
            results = drill.run(wanted, jobs=options["jobs"], say=say)
        except CannotDrill as error:
            raise CommandError(str(error), returncode=USAGE) from error
        report = drill.described(results)
        if options["json"]:
            self.stdout.write(json.dumps(report, indent=2))
        else:
            self.stdout.write(
                f"{len(results)} scenarios in {time.monotonic() - began:.0f} s:"
                f" {report['ok']} as expected, {report['failed']} not."
            )
        if report["failed"]:
            raise SystemExit(1)

    def _say(self, result: Result) -> None:
        """One line, and one more for all that is otherwise."""
        differences = result.differences
        word = "FAILED" if differences else "ok    "
        expected = result.plan.expected.finding or "nothing is wrong"
        self.stdout.write(
            f"{word} {result.plan.name}: {expected} ({result.seconds:.1f} s)"
        )
        for difference in differences:
            self.stdout.write(f"       {difference}")
        self.stdout.flush()

    def _nothing(self, result: Result) -> None:
        pass

"""`manage.py test_connection NAME`: each check as it ends. 1: it failed, 2: usage."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from mailboxes.core.choices import CheckState, TestState
from mailboxes.models import PopClient, SmtpClient, TestRun
from mailboxes.services import connection_test
from mailboxes.services.connection_test import (
    NotTested,
    batch as connection_test_batch,
    report,
)
from mailboxes.services.instance import startup
from mailboxes.services.sections.by_name import NotFound, named

USAGE = 2


class Command(BaseCommand):
    help = "Tests the connection of a mailbox or section and says what is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="name of a section, or address of a mailbox")
        parser.add_argument(
            "--send-to",
            default="",
            metavar="ADDR",
            help="also send a message there, through the smtp-client",
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        problem = startup.problem()
        if problem:
            raise CommandError(problem, returncode=USAGE)
        client = _client(options["name"].strip(), bool(options["send_to"].strip()))
        try:
            run = connection_test.ask(client, None, send_to=options["send_to"])
        except NotTested as refused:
            raise CommandError(str(refused), returncode=USAGE) from refused
        self._follow(run, quiet=options["json"])
        run = TestRun.objects.select_related("revision").get(pk=run.pk)
        if options["json"]:
            answer = report.as_json(run)
            self.stdout.write(json.dumps(answer, cls=DjangoJSONEncoder, indent=2))
        else:
            self.stdout.write(str(report.RESULTS[TestState(run.state)]))
        if run.state != TestState.PASSED:
            raise SystemExit(1)

    def _follow(self, run: TestRun, *, quiet: bool) -> None:
        try:
            for check in connection_test_batch.follow(run):
                if quiet:
                    continue
                self.stdout.write(report.line(check))
                if check.state == CheckState.FAILED:
                    for line in report.failure(run, check):
                        self.stdout.write(f"    {line}")
        except KeyboardInterrupt:
            connection_test.cancel(run, None)


def _client(name: str, sends: bool) -> PopClient | SmtpClient:
    try:
        return named(name, sends=sends, purpose="test")
    except NotFound as error:
        raise CommandError(str(error), returncode=USAGE) from error

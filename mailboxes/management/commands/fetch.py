"""`manage.py fetch NAME`: one fetch cycle now, in this process, with its outcome."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q

from mailboxes.core.choices import Outcome
from mailboxes.models import Cycle, PopClient
from mailboxes.services import fetch, instance, status
from mailboxes.services.instance import startup

FETCHED = (Outcome.OK, Outcome.PARTIAL)


class Command(BaseCommand):
    help = "Fetches one mailbox now and says what came of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "name", help="address of the mailbox or name of its section"
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        problem = startup.problem()
        if problem:
            raise CommandError(problem)
        instance.identify()
        client = self._client(options["name"].strip())
        try:
            cycle = fetch.fetch_now(client.pk)
        except fetch.NotFetched as refused:
            raise CommandError(str(refused)) from refused
        finding = status.finding_of(cycle)
        if options["json"]:
            self._print_json(client, cycle, finding)
        else:
            self.stdout.write(self._sentence(client, cycle))
        if cycle.outcome not in FETCHED:
            if finding is not None and not options["json"]:
                self.stderr.write(f"{finding.code}: {finding.title}\n{finding.fix}")
            raise SystemExit(1)

    def _client(self, name: str) -> PopClient:
        found = PopClient.objects.filter(
            Q(mailbox_row__address__iexact=name) | Q(section=name), archived_at=None
        ).select_related("mailbox_row")
        client = found.first()
        if client is None:
            raise CommandError(
                f"No mailbox has the address or section {name!r}; manage.py status"
                " lists them."
            )
        return client

    def _sentence(self, client: PopClient, cycle: Cycle) -> str:
        address = client.mailbox_row.address
        if cycle.outcome not in FETCHED:
            return f"{address}: not fetched."
        more = " More is there." if cycle.outcome == Outcome.PARTIAL else ""
        plural = "" if cycle.stored == 1 else "s"
        return f"{address}: fetched {cycle.stored} new message{plural}.{more}"

    def _print_json(self, client: PopClient, cycle: Cycle, finding: Any) -> None:
        answer = {
            "name": client.section,
            "address": client.mailbox_row.address,
            "outcome": cycle.outcome,
            "listed": cycle.listed,
            "stored": cycle.stored,
            "quarantined": cycle.quarantined,
            "bytes": cycle.bytes,
            "started_at": cycle.started_at,
            "ended_at": cycle.ended_at,
            "finding": None
            if finding is None
            else {
                "code": finding.code,
                "title": str(finding.title),
                "step": str(finding.step),
                "fix": str(finding.fix),
            },
        }
        self.stdout.write(json.dumps(answer, cls=DjangoJSONEncoder, indent=2))

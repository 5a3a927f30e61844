"""`manage.py status`: every client with its health, for people and for scripts."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from mailboxes.services import ends_soon, status


class Command(BaseCommand):
    help = "Shows every client: health, finding, last success, revisions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print one JSON list and nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        clients = [*status.pop_clients(), *status.smtp_clients()]
        if options["json"]:
            rows = [
                client.as_json() | {"ends_soon": ends_soon.warning(client.client)}
                for client in clients
            ]
            self.stdout.write(json.dumps(rows, cls=DjangoJSONEncoder, indent=2))
            return
        if not clients:
            self.stdout.write("No client yet. Connect a mailbox in the console.")
        for client in clients:
            self.stdout.write(self._line(client))

    def _line(self, client: status.ClientStatus) -> str:
        line = (
            f"{client.name}: {client.health}, {client.kind} {client.type},"
            f" {client.address}, {client.messages} messages, revision"
            f" {client.in_effect or '-'} of {client.saved} in effect"
        )
        if client.finding is not None:
            line += f"\n    {client.finding.code}: {client.finding.title}"
            line += f"\n    {client.finding.fix}"
        ends = ends_soon.warning(client.client)
        return f"{line}\n    {ends}" if ends else line

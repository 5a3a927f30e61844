"""`manage.py send`: queue a message from a file; the worker sends it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailboxes.core.choices import OutboxState
from mailboxes.models import Mailbox, OutboundMessage
from mailboxes.services.outbox import compose
from mailboxes.services.outbox.compose import MessageError

LOOK = 0.5  # seconds between looks while waiting
LONGEST_WAIT = 86_400
# In these nothing comes any more without a person.
ENDED = (
    OutboxState.SENT,
    OutboxState.FAILED,
    OutboxState.UNCONFIRMED,
    OutboxState.CANCELLED,
)


class Command(BaseCommand):
    help = "Queues a message from an .eml file, or from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="sender", required=True, metavar="ADDRESS")
        parser.add_argument(
            "--to", action="append", required=True, metavar="ADDRESS", help="repeatable"
        )
        parser.add_argument(
            "--wait",
            type=int,
            default=0,
            metavar="SECONDS",
            help="wait until it is sent; exit code 1 when it is not, or not to all",
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )
        parser.add_argument(
            "file", metavar="FILE", help=".eml, or - for standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["wait"] <= LONGEST_WAIT:
            raise CommandError("--wait takes 0 to 86400 seconds.")
        address = options["sender"].strip()
        mailbox = (
            Mailbox.objects.filter(address__iexact=address, archived_at=None)
            .select_related("smtp_client")
            .first()
        )
        if mailbox is None:
            raise CommandError(f"There is no mailbox {address!r}.")
        try:
            row = compose.queue(
                message=_read(options["file"]),
                mailbox=mailbox,
                envelope_from=mailbox.address,
                recipients=options["to"],
            )
        except MessageError as error:
            raise CommandError(str(error)) from error
        if options["wait"]:
            self._wait(row, options["wait"])
        if options["json"]:
            answer = {"id": row.pk, "message_id": row.message_id, "state": row.state}
            self.stdout.write(json.dumps(answer))
        else:
            self.stdout.write(f"{row.state.capitalize()}: {row.pk} {row.message_id}")
        if options["wait"] and row.state != OutboxState.SENT:
            raise CommandError(f"The message is {row.state}, not sent.")
        if refused := [one for one in row.recipients if one["state"] == "refused"]:
            names = ", ".join(
                f"{one['address']} ({one['code']} {one['text']})" for one in refused
            )
            raise CommandError(f"The message is sent, but not to {names}.")

    def _wait(self, row: OutboundMessage, seconds: int) -> None:
        end = time.monotonic() + seconds
        while row.state not in ENDED and time.monotonic() < end:
            time.sleep(LOOK)
            row.refresh_from_db(fields=["state", "recipients"])


def _read(name: str) -> bytes:
    """At most one byte more than the largest message, so that it is refused."""
    try:
        if name == "-":
            return sys.stdin.buffer.read(compose.LARGEST + 1)
        with Path(name).open("rb") as file:
            return file.read(compose.LARGEST + 1)
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error

"""`manage.py erase ADDRESS`: the mail of one person goes. 1: not, or not all of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailboxes.services import erasing


class Command(BaseCommand):
    help = (
        "Erases what is stored of all messages from or to an address, received and"
        " sent. Copies on the mail server and in backups stay."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="of the person, not of a mailbox of ours")
        parser.add_argument(
            "--dry-run", action="store_true", help="only say how many there are"
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        dry_run = options["dry_run"]
        try:
            done = erasing.erase(options["address"], dry_run=dry_run)
        except erasing.CannotErase as refused:
            raise CommandError(str(refused)) from refused
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done) | {"dry_run": dry_run}))
        else:
            self.stdout.write(
                f"{'To be erased' if dry_run else 'Erased'}: {done.received} received"
                f" and {done.sent} sent."
            )
        if done.unsent and not options["json"]:
            self.stdout.write(
                f"{done.unsent} in the outbox are not settled yet and are left: send or"
                " cancel them, or decide about them, and run this again."
            )
        if done.unsent and not dry_run:
            raise SystemExit(1)

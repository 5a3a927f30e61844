"""`manage.py rotate_keys`: every stored secret is sealed with the first key.

1: some secrets need a key that is not given. What to do before and after it:
docs/operations.md.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mailboxes.core.crypto import new_key
from mailboxes.services.secrets import rotation as key_rotation


class Command(BaseCommand):
    help = (
        "Seals the stored secrets anew with the first of the encryption keys, so that"
        " the others can be taken away."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--new-key",
            action="store_true",
            help="only print a fresh key, to be put before the others",
        )
        parser.add_argument(
            "--forget-lost",
            action="store_true",
            help="let mailadmin start although the key of some secrets is lost; they"
            " have to be entered again",
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["new_key"]:
            key = new_key()
            self.stdout.write(json.dumps({"key": key}) if options["json"] else key)
            return
        done = key_rotation.rotate(forget_lost=options["forget_lost"])
        if options["json"]:
            self.stdout.write(json.dumps(asdict(done)))
        else:
            self.stdout.write(f"{done.sealed} secrets are sealed anew, key {done.key}.")
        left = done.lost and not options["forget_lost"]
        if done.lost and not options["json"]:
            self.stdout.write(
                f"{done.lost} secrets need a key that is not given."
                + (
                    " Add it to MAILADMIN_ENCRYPTION_KEYS; if it is lost for good:"
                    " --forget-lost."
                    if left
                    else " They have to be entered again."
                )
            )
        if left:
            raise SystemExit(1)

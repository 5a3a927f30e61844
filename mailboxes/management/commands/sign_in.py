"""`manage.py sign_in NAME`: the owner signs in, by a device code on this terminal.

1: it came to nothing, 2: usage. Works beside a worker and without one.
"""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mailboxes.core.choices import Grant
from mailboxes.models import SignIn
from mailboxes.services import sign_ins
from mailboxes.services.instance import startup
from mailboxes.services.options import snapshots
from mailboxes.services.sections.by_name import NotFound, named
from mailboxes.services.sign_ins import CannotSignIn, work as sign_in_work

USAGE = 2
LOOK = 0.5  # seconds


class Command(BaseCommand):
    help = "Lets the owner of a mailbox sign in by a code (grant-type device_code)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="name of a section, or address of a mailbox")

    def handle(self, *args: Any, **options: Any) -> None:
        problem = startup.problem()
        if problem:
            raise CommandError(problem, returncode=USAGE)
        try:
            client = named(options["name"].strip())
            if snapshots.take(client).grant is not Grant.DEVICE_CODE:
                raise CannotSignIn(
                    f"{client.section} has another grant-type than device_code; start"
                    " its sign-in on its page."
                )
            row = sign_ins.begin(client, None, "")
        except (NotFound, CannotSignIn) as refused:
            raise CommandError(str(refused), returncode=USAGE) from refused
        try:
            row = self._follow(row)
        except KeyboardInterrupt:
            sign_ins.cancel(row, None)
            raise SystemExit(1) from None
        found = sign_ins.finding(row)
        if row.state != SignIn.State.DONE:
            what = f"{found.title}. {found.fix}" if found else "It was called off."
            self.stderr.write(str(what))
            raise SystemExit(1)
        self.stdout.write(f"{row.account or row.login} has signed in.")

    def _follow(self, row: SignIn) -> SignIn:
        """Do each step when it is due, unless a worker does it, until it is over."""
        told = False
        while True:
            sign_in_work.expire(timezone.now())
            sign_in_work.carry_out(row.pk)
            row = SignIn.objects.get(pk=row.pk)
            if row.state not in SignIn.OPEN:
                return row
            if row.user_code and not told:
                told = True
                self.stdout.write(
                    f"Open {row.verification_uri} and enter the code {row.user_code}."
                )
                self.stdout.write(f"Sign in there as {row.login}.")
                self.stdout.flush()
            time.sleep(LOOK)

"""`manage.py option_reference`: docs/options.md, made from the declarations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailboxes.services.options import reference as option_reference

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "options.md"


class Command(BaseCommand):
    help = "Prints the option reference, docs/options.md, made from the declarations."
    requires_system_checks: list[str] = []  # it needs neither keys nor a database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="print nothing, and fail when docs/options.md differs",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        page = option_reference.page()
        if not options["check"]:
            self.stdout.write(page)
        elif not DOCUMENT.exists() or DOCUMENT.read_text("utf-8") != page:
            raise CommandError(
                "docs/options.md differs from the declarations. Write it anew:"
                " manage.py option_reference > docs/options.md"
            )

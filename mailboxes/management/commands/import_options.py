"""`manage.py import_options`: sections of a file, all or nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailboxes.services.sections import importing, text
from mailboxes.services.sections.parts import Entry
from mailboxes.services.sections.report import Group, Report, grouped


class Command(BaseCommand):
    help = (
        "Imports sections (INI) or a table (CSV) of option sets, all or nothing."
        " Exit code 1 when the file has mistakes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", help="the file, or - for standard input"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="only say what would happen"
        )
        parser.add_argument(
            "--as-drafts",
            action="store_true",
            help="new sections come in switched off; secrets may be missing",
        )
        parser.add_argument(
            "--make-registrations",
            action="store_true",
            help="make the app registrations that are proposed",
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = "" if options["file"] == "-" else options["file"]
        report = importing.run(
            _read(name),
            file_name=Path(name).name,
            dry_run=options["dry_run"],
            as_drafts=options["as_drafts"],
            make_registrations=options["make_registrations"],
        )
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            self._print(report, options["dry_run"])
        if report.errors:
            sys.exit(1)

    def _print(self, report: Report, dry_run: bool) -> None:
        for title, entries in (
            ("Errors", report.errors),
            ("Warnings", report.warnings),
            ("Cleaned", report.cleaned),
            ("Unknown", report.unknown),
        ):
            if entries:
                self.stdout.write(f"{title}: {len(entries)}")
                self._print_entries(entries)
        for proposal in report.registrations:
            words = "uses" if proposal.made else "could use"
            self.stdout.write(
                f"App registration {proposal.name}: {words} it in"
                f" {len(proposal.sections)} sections"
                + ("" if proposal.made else " (--make-registrations).")
            )
        self.stdout.write(summary(report, dry_run))

    def _print_entries(self, entries: Sequence[Entry]) -> None:
        for group in grouped(entries):
            self.stdout.write(f"  {where(group)}: {group.message}")


def where(group: Group) -> str:
    """Line, section and option; of several lines the first ones and how many more."""
    first = group.entries[0]
    name = f" {group.option}" if group.option else ""
    if len(group.entries) == 1:
        line = f"line {first.line}" if first.line else "file"
        section = f" [{first.section}]" if first.section else ""
        return f"{line}{section}{name}"
    more = f" and {group.more} more" if group.more else ""
    return f"lines {group.lines}{more}{name}"


def summary(report: Report, dry_run: bool) -> str:
    """One sentence: what came in, or would."""
    if report.errors:
        return "Nothing was imported. Mend the errors and import the file again."
    unchanged = "the rest is as it was"
    what = f"{report.new} new, {report.changed} changed, {unchanged}"
    if dry_run:
        return f"Nothing was imported (dry run): {report.sections} sections, {what}."
    return f"Imported {report.imported} sections: {what}."


def _read(name: str) -> bytes:
    """At most one byte more than the largest file, so that it is refused."""
    try:
        if not name:
            return sys.stdin.buffer.read(text.LARGEST + 1)
        with Path(name).open("rb") as file:
            return file.read(text.LARGEST + 1)
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.") from error

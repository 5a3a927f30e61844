"""`manage.py export_options`: option sets as sections or as a table, to a file or
standard output."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailboxes.services.sections import exporting


class Command(BaseCommand):
    help = (
        "Writes option sets as sections (INI), or as a table (CSV). Secrets are masked;"
        " importing the file again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", nargs="?", help="default: standard output"
        )
        parser.add_argument(
            "--secrets",
            action="store_true",
            help="write passwords and client secrets in plain text; audited, and the"
            " file is for its owner only (0600)",
        )
        parser.add_argument(
            "--table",
            action="store_true",
            help="write a table (CSV), as for every FILE that ends in .csv",
        )
        parser.add_argument(
            "--section",
            action="append",
            default=[],
            metavar="NAME",
            help="only this section and those that it names; repeatable",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with_secrets = options["secrets"]
        to_table = str(options["file"] or "").lower().endswith(".csv")
        done = exporting.export(
            options["section"],
            with_secrets=with_secrets,
            as_table=options["table"] or to_table,
        )
        if done.missing:
            raise CommandError(f"There is no section {', '.join(done.missing)}.")
        if done.secrets:
            exporting.record(None, done)
        if options["file"]:
            _write(options["file"], done.text, private=done.secrets)
        else:
            self.stdout.write(done.text, ending="")
        for remark in done.remarks:
            self.stderr.write(remark)


def _write(name: str, content: str, *, private: bool) -> None:
    """Write the file; one with secrets is closed to others before it holds any."""
    try:
        mode = 0o600 if private else 0o666
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        if private:
            os.fchmod(handle, mode)
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
    except OSError as error:
        where = Path(name)
        raise CommandError(f"{where} cannot be written: {error.strerror}.") from error

"""`manage.py explain`: what an error from a log means, and which step mends it.

The text is the argument or standard input; nothing of it is stored. The same on a page:
views/explain. With `--catalogue` it prints docs/findings.md.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailboxes.core.choices import Stage
from mailboxes.services.finding import Finding
from mailboxes.services.findings import document
from mailboxes.services.findings.features import PROTOCOLS

MOST_READ = 200_000  # characters of standard input; more tells nothing new


class Command(BaseCommand):
    help = "Says what an error means and what to do. Reads standard input without TEXT."
    requires_system_checks: list[str] = []  # it needs neither keys nor a database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text", nargs="?", metavar="TEXT", help="the error")
        parser.add_argument(
            "--protocol",
            type=str.lower,
            choices=PROTOCOLS,
            default="",
            help="if it is known",
        )
        parser.add_argument(
            "--stage",
            type=str.lower,
            default="",
            help=f"where it failed, if that is known: {', '.join(Stage)}",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--catalogue",
            action="store_true",
            help="print all findings, as in docs/findings.md",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["catalogue"]:
            self.stdout.write(document.page(), ending="")
            return
        text = options["text"] if options["text"] is not None else _read()
        if not text.strip():
            raise CommandError("There is no text to explain.")
        stage = options["stage"]
        if stage and stage not in set(Stage):
            self.stderr.write(f"There is no stage {stage}; it is left out.")
            stage = ""
        found = document.answer(text, protocol=options["protocol"], stage=stage)
        if options["json"]:
            records = [document.record(one) for one in found]
            self.stdout.write(json.dumps({"findings": records}, ensure_ascii=False))
        else:
            self.stdout.write("\n\n".join(_words(one) for one in found))


def _read() -> str:
    """Standard input, whatever its encoding."""
    raw = sys.stdin.buffer.read(MOST_READ)
    return raw.decode("utf-8", "replace")


def _words(finding: Finding) -> str:
    lines = [
        f"{finding.title} ({finding.certainty})",
        f"  Why:    {finding.cause}",
        f"  Do:     {finding.fix}",
        f"  Step:   {finding.step}"
        + (f", option {finding.option}" if finding.option else ""),
        f"  Who:    {finding.who}",
        f"  Again:  {finding.again}",
    ]
    if finding.portal:
        lines.append(f"  Where:  {finding.portal}")
    lines += [f"  Copy:   {line}" for line in finding.copy]
    if finding.look_up:
        lines.append(f"  Look up: {finding.look_up}")
    if finding.reason:
        lines.append(f"  {finding.reason}")
    return "\n".join(lines)

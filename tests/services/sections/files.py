"""Files for tests of sections, and short forms of what a report says."""

from __future__ import annotations

from collections.abc import Iterable

from mailboxes.services.sections.parts import Entry
from tests.services.option_sets import CANARY, CLIENT, DIRECTORY

SIGN_IN = f"""client-id = {CLIENT}
directory-id = {DIRECTORY}
"""
POP = f"""[pop-client-sales]
type = IMAP
server = outlook.office365.com
mailbox = sales@contoso.com
mail.imap.auth.mechanisms = XOAUTH2
{SIGN_IN}password = {CANARY}
"""
SMTP = f"""[smtp-client]
server-type = smtp
server = smtp.office365.com
mailbox = sales@contoso.com
mail.smtp.auth.mechanisms = XOAUTH2
{SIGN_IN}password = {CANARY}
"""


def short(entries: Iterable[Entry]) -> list[tuple[int, str, str]]:
    """Line, option and rule of each."""
    return [(entry.line, entry.option, entry.rule) for entry in entries]


def replaced(text: str, option: str, value: str | None) -> str:
    """The file with another value of an option; None leaves its line out."""
    lines = []
    for line in text.splitlines():
        if line.partition("=")[0].strip() == option:
            if value is None:
                continue
            line = f"{option} = {value}"
        lines.append(line)
    return "\n".join(lines) + "\n"

"""The catalogue outside the console: docs/findings.md, and findings as JSON.

No words of findings stand here, see the rows_* modules. What is printed is made by the
command `explain`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..finding import WHO_WORDS, Finding
from . import by_id, every, explain

NOTHING_KNOWN = "unexplained"
_HEAD = ("id", "row", "title", "step", "who", "retry", "certainty")
_INTRODUCTION = """\
# Findings

Everything that this console can say about a failure: {count} findings. It is made
from the catalogue (mailboxes/services/findings) by `manage.py explain --catalogue`; a
test holds it equal. To explain an error of your own, give it to the command or paste it
into the page "Explain an error":

```
manage.py explain "AADSTS50126: Error validating credentials"
manage.py explain --json --protocol imap < error.log
```

- **id**: the stable name of a finding; `--json` prints it.
- **row**: its number in our list of causes, `-` for a finding that is not on the list.
- **step**: the setup step at fault.
- **who**: who can mend it.
- **retry**: `R` at once, `B` in growing pauses, `A` after an administrator has changed
  something, `U` after the owner of the mailbox has signed in again.
- **certainty**: `certain`: the other side names the cause; `likely`: known from
  experience; `unknown`: no more is known than where it failed. Beside other errors, or
  where a text says little, a certain finding is shown as likely.

"""


def answer(text: str, *, protocol: str = "", stage: str = "") -> list[Finding]:
    """What `explain` finds, best first; never empty.

    Parameters as those of `explain`.
    """
    found = explain(text, protocol=protocol, stage=stage)
    return found or [by_id(NOTHING_KNOWN)]


def record(finding: Finding) -> dict[str, Any]:
    """A finding as scripts read it: words in English, names as they are stored."""
    return {
        "id": finding.id,
        "step": str(finding.step),
        "field": finding.option,
        "retry": str(finding.retry),
        "who": str(finding.who_id),
        "certainty": str(finding.certainty),
        "code": finding.code,
        "title": str(finding.title),
        "cause": str(finding.cause),
        "fix": str(finding.fix),
        "reason": finding.reason,
        "portal": finding.portal,
        "copy": list(finding.copy),
        "look_up": finding.look_up,
    }


def page() -> str:
    """docs/findings.md, with a line end at its end."""
    findings = every()
    lines = [_line(_HEAD), _line("---" for _ in _HEAD)]
    lines += [_line(_cells(one)) for one in findings]
    return _INTRODUCTION.format(count=len(findings)) + "\n".join(lines) + "\n"


def _cells(finding: Finding) -> Iterable[str]:
    return (
        f"`{finding.id}`",
        str(finding.row or "-"),
        str(finding.title),
        str(finding.step),
        str(WHO_WORDS[finding.who_id]),
        str(finding.retry),
        str(finding.certainty),
    )


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

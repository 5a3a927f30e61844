"""Makes docs/compatibility.json and .md, and the README's summary, from recordings.

    scripts/matrix FOLDER      what the tests of one run have recorded there

Nothing is written by hand; tests/matrix/test_matrix.py holds the documents equal to
each other and, after a run that recorded, to it.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .cells import (
    FAIL,
    NOT_TRIED,
    PASS,
    RESULTS,
    SANDBOX,
    SANDBOX_ONLY,
    Cell,
    place,
    rows,
)

ROOT = Path(__file__).resolve().parents[2]
JSON, MARKDOWN = ROOT / "docs/compatibility.json", ROOT / "docs/compatibility.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- compatibility -->", "<!-- end of compatibility -->"
HEAD = """# Compatibility

Made by `scripts/test --all` from what the tests have shown; do not edit.

A counterpart is software that shares no code with ours: a server that our transports
talk to, a client that talks to our sandbox, a proxy on the way. *sandbox only*: shown
against our own sandbox and nothing else, because no foreign counterpart exists or none
was tried. *bearer token*: the token was given ready, whatever grant it would come from.
*any* provider: the standards are enough. Two names with + are a chain: the first gave
or got the token, the second took or used it.

Nothing here was shown at Microsoft or Google themselves: for that there is
`scripts/live` ([live-kit.md](live-kit.md)).
"""
COLUMNS = ("Protocol", "Provider", "Grant", "Counterpart", "Version", "Result")

Found = list[dict[str, Any]]


def read(folder: Path) -> Found:
    """The cells of a recording. One failed test makes its cell fail."""
    results: dict[Cell, bool] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            good = told.pop("passed")
            cell = Cell(**told)
            results[cell] = results.get(cell, True) and good
    return complete(results)


def complete(results: Mapping[Cell, bool]) -> Found:
    """All cells in their order, with a cell of its own for each row not tried."""
    found: Found = []
    recorded: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in sorted(results):
        recorded.setdefault(cell.row, []).append(cell)
    for row in sorted({*rows(), *recorded}, key=place):
        protocol, grant, provider = row
        for cell in recorded.get(row, ()):
            good = SANDBOX_ONLY if cell.counterpart == SANDBOX else PASS
            found.append(cell.with_result(good if results[cell] else FAIL))
        if row not in recorded:
            found.append(
                {
                    "protocol": protocol,
                    "provider": provider,
                    "grant": grant,
                    "counterpart": "",
                    "version": "",
                    "result": NOT_TRIED,
                }
            )
    return found


def as_json(cells: Found) -> str:
    """One cell a line, so that a difference can be read."""
    lines = ",\n".join(f"  {json.dumps(cell, ensure_ascii=False)}" for cell in cells)
    return f"[\n{lines}\n]\n"


def as_markdown(cells: Found) -> str:
    """The page for people."""
    lines = [HEAD, summary(cells), "", _line(COLUMNS), _line(["---"] * len(COLUMNS))]
    lines += [_line([cell[name.lower()] or "-" for name in COLUMNS]) for cell in cells]
    return "\n".join(lines) + "\n"


def summary(cells: Found) -> str:
    """For each protocol: its counterparts, and how many rows have which result."""
    lines = [_line(("Protocol", "Worked with", "Rows")), _line(["---"] * 3)]
    for protocol in dict.fromkeys(cell["protocol"] for cell in cells):
        mine = [cell for cell in cells if cell["protocol"] == protocol]
        known = sorted(
            {cell["counterpart"] for cell in mine if cell["result"] == PASS},
            key=str.casefold,
        )
        lines.append(_line((protocol, ", ".join(known) or "-", _rows(mine))))
    return "\n".join(lines)


def _rows(cells: Iterable[Mapping[str, str]]) -> str:
    """A row with several counterparts counts once, by FAIL or else its best result."""
    of_row: dict[tuple[str, ...], set[str]] = {}
    for cell in cells:
        row = cell["protocol"], cell["grant"], cell["provider"]
        of_row.setdefault(row, set()).add(cell["result"])
    order = (FAIL, PASS, SANDBOX_ONLY, NOT_TRIED)
    best = [next(r for r in order if r in results) for results in of_row.values()]
    counted = Counter(best)
    return ", ".join(f"{counted[r]} {r}" for r in RESULTS if counted[r])


def in_readme(text: str, cells: Found) -> str:
    """The README with the summary between its marks."""
    block = f"{BEGIN}\n{summary(cells)}\n{END}"
    return re.sub(f"{BEGIN}.*?{END}", lambda _: block, text, flags=re.DOTALL)


def write(cells: Found) -> None:
    """All documents."""
    JSON.write_text(as_json(cells), encoding="utf-8")
    MARKDOWN.write_text(as_markdown(cells), encoding="utf-8")
    README.write_text(in_readme(README.read_text("utf-8"), cells), encoding="utf-8")


def _line(values: Iterable[str]) -> str:
    return f"| {' | '.join(values)} |"


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if len(arguments) == 1 else None
    if folder is None or not any(folder.glob("*.jsonl")):
        print("Usage: scripts/matrix FOLDER, with what a run of tests recorded there.")
        return 2
    cells = read(folder)
    write(cells)
    print(f"docs/compatibility.md: {_rows(cells)}")
    return 1 if any(cell["result"] == FAIL for cell in cells) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

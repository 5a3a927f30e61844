"""Reads and writes a table (CSV), for many mailboxes at once: one row is one section.

The first row names the options, and `section` and `kind` beside them; an empty cell is
an option that is not written. Comma, semicolon or tab, as Excel saves it where it runs.
Cells may hold several lines, in quotes. What a spreadsheet would calculate is written
with ' in front, which is taken away again when it is read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .ini import (
    COMMENTS,
    LONGEST_LINE,
    LONGEST_NAME,
    MOST_ERRORS,
    option_name_problem,
    section_name_problem,
)
from .kinds import Kind
from .parts import Parsed, Section, Value
from .text import Lines

if TYPE_CHECKING:
    from .flattened import Written

csv.field_size_limit(LONGEST_LINE)  # of the whole process; its default is 131,072
SEPARATORS = ",;\t"
RULE = "I11-table"
SECTION, KIND = "section", "kind"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A row of each kind; what is left out has its default.
TEMPLATE = (
    "section,kind,address,alias,tags,smtp-client,type,server,mailbox,"
    "mail.<type>.auth.mechanisms,grant-type,client-id,directory-id,password,"
    "enable-client\r\n"
)


def write(sections: Iterable[Written]) -> tuple[str, list[str]]:
    """The table of some sections, and the names of options that it cannot hold.

    The kind comes first, so that no row begins like a comment; the byte order mark
    tells Excel that it is UTF-8. Reading it again changes nothing.
    """
    rows = [(section, _options(section)) for section in sections]
    columns: dict[str, str] = {KIND: KIND, SECTION: SECTION}
    left_out = set()
    for row, options in rows:
        for name, text in options.items():
            column = columns.setdefault(name.lower(), name)
            if name.lower() == KIND and row.kind is not Kind.KEPT:
                pass  # an option set says so where its name does not tell
            elif name.lower() in (KIND, SECTION) or not text.strip() or column != name:
                left_out.add(name)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(map(_as_text, columns.values()))
    for row, options in rows:
        cells = options | {KIND: row.kind.value, SECTION: row.name}
        writer.writerow(_as_text(cells.get(name, "")) for name in columns.values())
    return "\ufeff" + file.getvalue(), sorted(left_out)


def _options(row: Written) -> dict[str, str]:
    """A proxy has a `kind` of its own, which in a table is called `protocol`."""
    renamed = {KIND: "protocol"} if row.kind is Kind.PROXY else {}
    return {renamed.get(name, name): text for name, text in row.options.items()}


def is_table(lines: Lines) -> bool:
    """The first line with anything on it names columns, `section` among them."""
    for line in lines.lines:
        if line.strip() and not line.lstrip().startswith(COMMENTS):
            if _declares(line):
                return True
            try:
                cells = next(csv.reader([line], delimiter=_separator(line)), [])
            except csv.Error:  # one cell alone is longer than any line may be
                return False
            return SECTION in [cell.strip().lower() for cell in cells]
    return False


def parse(lines: Lines) -> Parsed:
    """Rows as sections; a row that cannot be read is an error at its first line."""
    parsed = Parsed()
    rows = _rows(lines, parsed)
    number, header = next(rows, (1, []))
    names = [name.strip() for name in header]
    if SECTION not in [name.lower() for name in names]:
        message = "Name the columns in the first row; one of them is section."
        parsed.wrong(number, "", RULE, message)
        return parsed
    known = [name.lower() for name in names if name]
    for name in {name for name in known if known.count(name) > 1}:
        parsed.wrong(number, "", RULE, f"The column {name} stands there twice.")
    for name in names:
        problem = option_name_problem(name) if name else ""
        if problem:
            parsed.wrong(number, "", "I07-option-name", problem)
    for number, cells in rows:
        _row(number, names, cells, parsed)
        if len(parsed.errors) >= MOST_ERRORS:
            parsed.wrong(number, "", RULE, "Too many mistakes: the rest was not read.")
            break
    return parsed


def _row(number: int, names: list[str], cells: list[str], parsed: Parsed) -> None:
    section = Section("", number)
    for name, text in zip(names, cells, strict=False):
        if name.lower() == SECTION:
            section.name = text.strip()
        elif name.lower() == KIND:
            section.kind = text.strip().lower()
        elif name and text.strip():
            section.values.append(Value(name, text, number))
    if any("\0" in cell for cell in cells):
        parsed.wrong(number, section.name, "I03-nul", "Remove the NUL character.")
    elif any(cell.strip() for cell in cells[len(names) :]):
        message = "This row has more cells than the first row has names."
        parsed.wrong(number, section.name, RULE, message)
    elif not section.name or len(section.name) > LONGEST_NAME:
        message = f"Enter a name of 1 to {LONGEST_NAME} characters in section."
        parsed.wrong(number, "", "I06-section-name", message)
    elif problem := section_name_problem(section.name):
        parsed.wrong(number, "", "I06-section-name", problem)
    else:
        parsed.sections.append(section)


def _rows(lines: Lines, parsed: Parsed) -> Iterator[tuple[int, list[str]]]:
    """Rows with anything in them, each with the number of its first line."""
    separator = ""
    skip = 0
    for line in lines.lines:
        if _declares(line):
            separator = line.strip()[4]
        elif line.strip() and not line.lstrip().startswith(COMMENTS):
            separator = separator or _separator(line)
            break
        skip += 1
    reader = csv.reader(
        (line + "\n" for line in lines.lines[skip:]),
        delimiter=separator or ",",
        strict=True,
    )
    while True:
        number = skip + reader.line_num + 1
        try:
            cells = [_as_meant(cell) for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            message = "The quotes of this row do not match, or a cell is too long."
            parsed.wrong(number, "", RULE, message)
            continue
        if any(c.strip() for c in cells) and not cells[0].startswith(COMMENTS):
            yield number, cells


def _as_text(cell: str) -> str:
    """A cell that a spreadsheet takes for text, whatever it begins with."""
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA) else cell


def _as_meant(cell: str) -> str:
    """The opposite of `_as_text`."""
    quoted = cell.startswith("'") and cell.lstrip("'").startswith(FORMULA)
    return cell[1:] if quoted else cell


def _declares(line: str) -> bool:
    """Excel's own first line, `sep=;`."""
    return len(line.strip()) == 5 and line.lower().startswith("sep=")


def _separator(line: str) -> str:
    """The one that divides the header most often."""
    return max(SEPARATORS, key=line.count)

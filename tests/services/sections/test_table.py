"""Tables: separators, quotes, cells of several lines, and mistakes by line."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from mailboxes.services.sections import table, text
from mailboxes.services.sections.ini import LONGEST_LINE
from mailboxes.services.sections.parts import Parsed


def parse(content: bytes | str) -> Parsed:
    return table.parse(text.read(content))


def found(content: bytes | str) -> list[tuple[str, str, int, dict[str, str]]]:
    return [
        (s.name, s.kind, s.line, {v.name: v.text for v in s})
        for s in parse(content).sections
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separator_of_the_header_counts(separator):
    content = "Section,Kind,server,password\npop-client-a,pop-client,mail.x,p|q\n"
    content = content.replace(",", separator)
    assert found(content) == [
        ("pop-client-a", "pop-client", 2, {"server": "mail.x", "password": "p|q"})
    ]


@pytest.mark.parametrize("start", ["sep=;\r\n", "# made in May\n\n", "\ufeff"])
def test_lines_before_the_header_are_skipped(start):
    content = f"{start}section;server\r\npop-client-a;mail.x\r\n"
    assert table.is_table(text.read(content))
    (row,) = found(content)
    assert (row[0], row[3]) == ("pop-client-a", {"server": "mail.x"})
    assert row[2] == len(start.splitlines()) + 2 - (start == "\ufeff")


def test_empty_cells_and_empty_rows_say_nothing():
    content = "section,server,port,\na,,993,\n,,,\n\n# b,x,1\nc, ,\n"
    assert found(content) == [("a", "", 2, {"port": "993"}), ("c", "", 6, {})]


def test_quotes_hold_separators_quotes_and_lines():
    content = 'section,password\na,"p,""q"""\nb,"x\ny"\nc,z\n'
    assert [(r[2], r[3]["password"]) for r in found(content)] == [
        (2, 'p,"q"'),
        (3, "x\ny"),
        (5, "z"),
    ]


@pytest.mark.parametrize(
    ("content", "line", "rule"),
    [
        ("server,port\na,1\n", 1, "I11-table"),
        ("section,port,Port\na,1,1\n", 1, "I11-table"),
        ("section,port\na,1\nb,1,2\n", 3, "I11-table"),
        ('section,port\na,"1"2\nb,1\n', 2, "I11-table"),
        ("section,port\n,1\n", 2, "I06-section-name"),
        ("section,port\na,1\0\n", 2, "I03-nul"),
        ("", 1, "I11-table"),
    ],
)
def test_a_mistake_is_one_entry_at_its_line(content, line, rule):
    assert [(e.line, e.rule) for e in parse(content).errors] == [(line, rule)]


@pytest.mark.parametrize(
    "content",
    [
        "[section]\na = b, c\n",
        "# section,\n[a]\n",
        "",
        "a = section,b\n",
        "x" * (LONGEST_LINE + 1),
    ],
    ids=["section", "comment", "nothing", "option", "line that is too long"],
)
def test_sections_are_no_table(content):
    assert table.is_table(text.read(content)) is False


def test_the_template_is_a_table_of_options():
    assert table.is_table(text.read(table.TEMPLATE))
    assert parse(table.TEMPLATE) == Parsed()


@given(st.text(max_size=200))
def test_nothing_raises(content):
    lines = text.read(content)
    table.is_table(lines)
    table.parse(lines)

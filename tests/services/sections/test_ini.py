"""Sections with line numbers; every mistake is one entry, nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from mailboxes.services.sections import ini, text
from mailboxes.services.sections.parts import Parsed


def parse(content: bytes | str) -> Parsed:
    return ini.parse(text.read(content))


def found(content: bytes | str) -> list[tuple[str, int, list[tuple[str, str, int]]]]:
    return [
        (s.name, s.line, [(v.name, v.text, v.line) for v in s])
        for s in parse(content).sections
    ]


def test_sections_options_and_comments():
    content = """
# a comment
; another
[pop-client]  ; main
Server = outlook.office365.com
  password=a=b;c#d%(e)s
[empty]

[smtp-client]
port =
"""
    assert found(content) == [
        (
            "pop-client",
            4,
            [
                ("Server", "outlook.office365.com", 5),
                ("password", "a=b;c#d%(e)s", 6),
            ],
        ),
        ("empty", 7, []),
        ("smtp-client", 9, [("port", "", 10)]),
    ]


@pytest.mark.parametrize(
    ("written", "value", "quoted"),
    [
        ('"a b"', "a b", True),
        ('" a"', " a", True),
        ('""a""', '"a"', True),
        ('"', '"', False),
        ('"a', '"a', False),
        ("'a'", "'a'", False),
        ("\ta\t", "a", False),
        ("\u00a0a", "\u00a0a", False),
    ],
)
def test_one_pair_of_double_quotes_is_cut(written, value, quoted):
    (section,) = parse(f"[a]\nb = {written}\n").sections
    assert (section.values[0].text, section.values[0].quoted) == (value, quoted)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0")))
def test_a_quoted_value_is_read_again(value):
    (section,) = parse(f"[a]\nb = {ini.quoted(value)}\n").sections
    assert [v.text for v in section] == [value]


@pytest.mark.parametrize(
    ("content", "line", "section", "rule"),
    [
        ("[a]\nserver\n", 2, "a", "I04-line"),
        ("a = b\n[a]\n", 1, "", "I05-no-section"),
        ("[]\na = b\n", 1, "", "I06-section-name"),
        ("[ ]\na = b\n", 1, "", "I06-section-name"),
        ("[a\nb = c\n", 1, "", "I06-section-name"),
        ("[a]b\nb = c\n", 1, "", "I06-section-name"),
        (f"[{'a' * 121}]\nb = c\n", 1, "", "I06-section-name"),
        ("[a\tb]\nb = c\n", 1, "", "I06-section-name"),
        ("[a]\n= b\n", 2, "a", "I07-option-name"),
        (f"[a]\n{'a' * 121} = b\n", 2, "a", "I07-option-name"),
        ("[a]\nb = c\0d\n", 2, "a", "I03-nul"),
        (f"[a]\nb = {'c' * 3_000_001}\n", 2, "a", "I08-too-long"),
        (b"[a\xff]\nb = c\n", 1, "", "I02-encoding"),
        (b"[a]\nb = \xff\n", 2, "", "I02-encoding"),
    ],
)
def test_a_mistake_is_one_entry_at_its_line(content, line, section, rule):
    lines = text.read(content)
    errors = lines.errors + ini.parse(lines).errors
    assert [(e.line, e.section, e.rule) for e in errors] == [(line, section, rule)]


def test_a_line_that_means_nothing_is_not_repeated_in_the_message():
    (error,) = parse("[a]\nhunter2 rest of a password\n").errors
    assert error.message == "Write a section as [name] or an option as name = value."


def test_reading_stops_after_a_thousand_mistakes():
    errors = parse("[a]\n" + "nonsense\n" * 5000).errors
    assert (len(errors), errors[-1].line, errors[-1].message) == (
        1001,
        1001,
        "Too many mistakes: the rest was not read.",
    )


def test_a_repr_shows_no_value():
    assert "hunter2" not in repr(parse("[a]\npassword = hunter2\n"))


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_nothing_raises(content):
    parse(content)

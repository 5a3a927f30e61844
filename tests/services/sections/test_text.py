"""Bytes to lines: encodings, line ends, and what is no text."""

from __future__ import annotations

import codecs

import pytest

from mailboxes.services.sections import text

WORDS = "[pöp]\r\npassword = ключ€\r\n"


@pytest.mark.parametrize(
    "data",
    [
        WORDS.encode(),
        codecs.BOM_UTF8 + WORDS.encode(),
        WORDS.encode("utf-16"),
        codecs.BOM_UTF16_BE + WORDS.encode("utf-16-be"),
        WORDS.encode("utf-32"),
        WORDS,
        "\ufeff" + WORDS,
        WORDS.replace("\r\n", "\n"),
        WORDS.replace("\r\n", "\r"),
    ],
    ids=["utf8", "bom", "16le", "16be", "32", "pasted", "pasted-bom", "lf", "cr"],
)
def test_encodings_and_line_ends_give_the_same_lines(data):
    read = text.read(data)
    assert (read.lines, read.errors) == (["[pöp]", "password = ключ€", ""], [])


def test_other_separators_do_not_end_a_line():
    read = text.read("a = \x0b\x85\u2028\n".encode())
    assert read.lines == ["a = \x0b\x85\u2028", ""]


def test_each_line_that_is_not_utf8_is_named():
    read = text.read(b"a = b\nc = \xe4\nd = \xff\n")
    assert [(e.line, e.rule, e.message) for e in read.errors] == [
        (2, "I02-encoding", "This line is not UTF-8. Save the file as UTF-8."),
        (3, "I02-encoding", "This line is not UTF-8. Save the file as UTF-8."),
    ]
    assert (len(read.lines), read.unreadable) == (4, {2, 3})


def test_broken_utf16_is_named_at_its_line():
    data = "a = b\nc = ".encode("utf-16") + b"\x00\xd8" + "x\n".encode("utf-16-le")
    (error,) = text.read(data).errors
    assert (error.line, error.message) == (
        2,
        "The file is not UTF-16 here. Save it as UTF-8.",
    )


@pytest.mark.parametrize(
    ("data", "rule", "message"),
    [
        (
            "[a]\nb = c\n".encode("utf-16-le"),
            "I02-encoding",
            "This looks like UTF-16 without its mark. Save it as UTF-8.",
        ),
        (
            b"PK\x03\x04rest",
            "I02-encoding",
            "This is a workbook or an archive. Save it as CSV (UTF-8).",
        ),
        (
            b"x" * (text.LARGEST + 1),
            "I01-too-large",
            "The file is larger than 20 MB. Split it.",
        ),
    ],
    ids=["no-mark", "workbook", "large"],
)
def test_what_is_no_text_is_one_error_of_the_file(data, rule, message):
    read = text.read(data)
    assert [(e.line, e.rule, e.message) for e in read.errors] == [(0, rule, message)]
    assert read.lines == []


def test_empty_file_has_no_lines_and_no_error():
    assert text.read(b"").errors == []

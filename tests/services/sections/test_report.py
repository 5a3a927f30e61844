"""Entries find their lines; what is said of many lines is said once."""

from __future__ import annotations

import pytest

from mailboxes.core.errors import Problem
from mailboxes.models.clients import MECHANISMS
from mailboxes.services.option_rules import MODELS
from mailboxes.services.sections.parts import Section, Value
from mailboxes.services.sections.report import Report, grouped

SECTION = Section(
    "pop-client", 1, [Value("Port", "x", 2), Value("mail.imap.auth.mechanisms", "y", 3)]
)


@pytest.mark.parametrize(
    ("option", "line", "shown"),
    [
        ("port", 2, "port"),
        ("server", 1, "server"),
        ("", 1, ""),
        (MECHANISMS, 3, "mail.imap.auth.mechanisms"),
    ],
)
def test_entry_stands_at_its_option_or_at_the_head(option, line, shown):
    report = Report()
    report.error(SECTION, Problem(option, "X", "No."))
    (entry,) = report.errors
    assert (entry.line, entry.option) == (line, shown)


def test_a_notice_finds_its_option_by_the_label():
    report = Report()
    report.notices(SECTION, "pop-client", ["Port: cleaned.", "Something: else."])
    assert [(e.line, e.option) for e in report.cleaned] == [(2, "port"), (1, "")]


@pytest.mark.parametrize("kind", MODELS)
def test_labels_of_options_are_unique(kind):
    labels = [option.label for option in MODELS[kind].options().values()]
    assert len(labels) == len(set(labels))


def test_equal_words_are_grouped_with_their_first_lines():
    report = Report()
    for line in range(7):
        report.error(Section("a", line), Problem("port", "X", "No."))
    report.error(Section("a", 8), Problem("port", "X", "Yes."))
    first, second = grouped(report.errors)
    assert (first.lines, first.more, first.message) == ("0, 1, 2, 3, 4", 2, "No.")
    assert (second.lines, second.more) == ("8", 0)


def test_a_report_is_sorted_by_line():
    report = Report()
    for line in (3, 1, 2):
        report.warning(Section("a", line), Problem("", "X", "No."))
    report.sort()
    assert [entry.line for entry in report.warnings] == [1, 2, 3]

"""A file of 2,000 sections: 40 mistakes named, then all of it in, out and in again.

Prints how long each part takes (pytest -s); the bounds of issue 3 are measured there,
for a busy machine must not fail a test.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

from mailboxes.models import PopClient, Revision
from mailboxes.services.sections import exporting, importing
from tests.services.option_sets import CLIENT, DIRECTORY

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.timeout(300),
]
SECTIONS = 2000
# Each in place of the line of that option, with the option it is said at.
MISTAKES = [
    ("type", "type = NNTP", "type"),
    ("server", "server = mail server", "server"),
    ("port", "port = 70000", "port"),
    ("cycle-time", "cycle-time = 60", "cycle-time"),
    ("client-id", "client-id = sales", "client-id"),
    ("directory-id", "directory-id = 1", "directory-id"),
    ("folder-path", "folder path of sales", ""),
    ("enable-client", "enable-client = perhaps", "enable-client"),
]
Result = TypeVar("Result")


def large() -> list[str]:
    lines = []
    for number in range(SECTIONS):
        lines += [
            f"[pop-client-{number:04}]",
            "type = IMAP",
            "server = outlook.office365.com",
            "port = 993",
            f"mailbox = user{number}@contoso.com",
            "mail.imap.auth.mechanisms = XOAUTH2",
            f"client-id = {CLIENT}",
            f"directory-id = {DIRECTORY}",
            f"password = pass;word={number}%",
            "cycle-time = 00:02:00",
            "folder-path = Sales",
            "enable-client = true",
            "mail.imap.connectionpoolsize = 4",
            "",
        ]
    return lines


def spoilt(lines: list[str]) -> tuple[list[str], list[tuple[int, str]]]:
    """The file with 40 mistakes, and the line and option of each."""
    lines, wrong = list(lines), []
    for number in range(40):
        option, line, at = MISTAKES[number % len(MISTAKES)]
        start = (number * 47 + 3) * 14
        place = next(
            i for i in range(start, start + 14) if lines[i].startswith(f"{option} =")
        )
        lines[place] = line
        wrong.append((place + 1, at))
    return lines, sorted(wrong)


def timed(what: str, do: Callable[[], Result]) -> Result:
    began, busy = time.perf_counter(), time.process_time()
    result = do()
    took, busy = time.perf_counter() - began, time.process_time() - busy
    print(f"\n{what}: {took:.2f} s, of it {busy:.2f} s of processor", end="")
    return result


def test_two_thousand_sections():
    lines = large()
    bad, wrong = spoilt(lines)
    report = timed("40 mistakes", lambda: importing.run("\n".join(bad).encode()))
    assert [(e.line, e.option) for e in report.errors] == wrong
    assert (report.sections, report.imported) == (SECTIONS, 0)
    assert PopClient.objects.count() == 0

    good = "\n".join(lines).encode()
    report = timed("corrected", lambda: importing.run(good))
    assert (report.errors, report.imported, report.new) == ([], SECTIONS, SECTIONS)
    assert PopClient.objects.count() == SECTIONS

    done = timed("exported", lambda: exporting.export(with_secrets=True))
    assert len(done.sections) == SECTIONS
    report = timed("again", lambda: importing.run(done.text))
    assert (report.errors, report.imported, report.changes) == ([], SECTIONS, {})
    assert Revision.objects.count() == SECTIONS

    moved = good.replace(b"cycle-time = 00:02:00", b"cycle-time = 00:03:00")
    report = timed("all changed", lambda: importing.run(moved))
    assert (report.errors, report.changed) == ([], SECTIONS)
    assert Revision.objects.count() == 2 * SECTIONS

"""Each rule has the same words in a file as in a form, at the line of its option."""

from __future__ import annotations

import csv
import io

import pytest

from mailboxes.models import AppRegistration
from mailboxes.services.options.pins import INHERITED
from mailboxes.services.sections import importing, ini
from mailboxes.services.sections.kinds import mechanisms_of
from mailboxes.services.sections.report import Report
from tests.services.option_rules import rule_cases
from tests.services.option_rules.rule_cases import CASES, Case

pytestmark = pytest.mark.django_db
# Of the options that are not ours those that a file can write, and is refused for.
EXTRA = getattr(rule_cases, "EXTRA_CASES", [])
ALL = CASES + [c for c in EXTRA if c.rule == "E02-extra-mapped" and "." in c.option]
BY_RULE = pytest.mark.parametrize(
    "case", ALL, ids=lambda c: f"{c.rule}-{c.option[:40]!r}".replace(" ", "")
)


def checked(case: Case, right: bool = False) -> tuple[Report, dict[str, int]]:
    """The report of a file with the example, and the line of each option in it."""
    raw = case.raw(right=right)
    typed = case.right if right else case.wrong
    if AppRegistration.objects.filter(name=raw.get("registration")).exists():
        # A file that says other values beside it leaves the registration.
        below = {*INHERITED, "password"} - typed.keys()
        raw = {name: value for name, value in raw.items() if name not in below}
    kind = "type" if case.kind == "pop-client" else "server-type"
    beside = {"address": "support@contoso.com"} if kind == "type" else {}
    extra = getattr(case, "right_extra" if right else "extra", {})
    default = {kind: "IMAP" if kind == "type" else "SMTP"}
    texts = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in (beside | default | raw | extra).items()
        if value is not None
    }
    section = f"{case.kind}-case"
    if any("\n" in text for text in texts.values()):
        rows = io.StringIO()
        csv.writer(rows).writerows([["section", *texts], [section, *texts.values()]])
        content, lines_of = rows.getvalue(), dict.fromkeys(texts, 2)
    else:
        lines = [f"{name} = {ini.quoted(text)}" for name, text in texts.items()]
        content = "\n".join([f"[{section}]", *lines]) + "\n"
        lines_of = {name: line for line, name in enumerate(texts, 2)}
    return importing.run(content, dry_run=True), lines_of


def same(option: str, wanted: str) -> bool:
    return option == wanted or bool(mechanisms_of(option) and mechanisms_of(wanted))


@BY_RULE
def test_a_file_is_refused_or_warned_of_in_the_same_words(case: Case):
    report, lines_of = checked(case)
    entries = report.warnings if case.warning else report.errors
    (found,) = [e for e in entries if same(e.option, case.option)]
    assert (found.rule, found.message) == (case.rule, case.message)
    lines = [line for name, line in lines_of.items() if same(name, case.option)]
    assert found.line == (lines[0] if lines else found.line)
    assert len(report.errors) == (0 if case.warning else 1)


@BY_RULE
def test_a_file_with_the_right_value_comes_in(case: Case):
    report, _ = checked(case, right=True)
    assert report.errors == []
    at_option = [e.rule for e in report.warnings if same(e.option, case.option)]
    assert case.rule not in at_option

"""docs/findings.md is made from the catalogue; findings as scripts read them."""

from __future__ import annotations

from pathlib import Path

from mailboxes.services.findings import every
from mailboxes.services.findings.document import answer, page, record

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "findings.md"


def test_the_document_is_as_the_catalogue() -> None:
    """If not: manage.py explain --catalogue > docs/findings.md"""
    assert DOCUMENT.read_text("utf-8") == page()


def test_the_table_has_a_line_for_each_finding() -> None:
    lines = [line for line in page().splitlines() if line.startswith("| `")]
    assert len(lines) == len(every())
    assert lines[0] == (
        "| `entra-wrong-password` | 1 | Microsoft refused the user name or password"
        " | password | an admin of this console | A | certain |"
    )
    assert {line.count("|") for line in lines} == {8}


def test_there_is_always_an_answer() -> None:
    assert [one.id for one in answer("all is well")] == ["unexplained"]
    assert [one.id for one in answer("AADSTS50034")] == ["entra-user-unknown"]


def test_a_record_holds_the_names_as_they_are_stored() -> None:
    assert record(answer("AADSTS50034")[0]) | {"cause": "", "fix": ""} == {
        "id": "entra-user-unknown",
        "step": "user-name",
        "field": "mailbox",
        "retry": "A",
        "who": "console",
        "certainty": "certain",
        "code": "AADSTS50034",
        "title": "The account does not exist in this tenant",
        "cause": "",
        "fix": "",
        "reason": "Seen in the text: AADSTS50034",
        "portal": "",
        "copy": [],
        "look_up": "https://login.microsoftonline.com/error?code=50034",
    }

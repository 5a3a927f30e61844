"""The documents of the matrix are what was recorded, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.matrix import FOLDER, _record
from tests.matrix import document
from tests.matrix.cells import (
    ANY,
    BASIC,
    FAIL,
    NOT_TRIED,
    PASS,
    SANDBOX,
    SANDBOX_ONLY,
    TOKEN,
    Cell,
    rows,
)

DOVECOT = Cell("IMAP", ANY, TOKEN, "Dovecot", "2.3")
OURS = Cell("SMTP", ANY, BASIC, SANDBOX, "")


def test_documents_agree() -> None:
    """Never edit them: run scripts/test --all."""
    cells = json.loads(document.JSON.read_text("utf-8"))
    assert document.JSON.read_text("utf-8") == document.as_json(cells)
    assert document.MARKDOWN.read_text("utf-8") == document.as_markdown(cells)
    readme = document.README.read_text("utf-8")
    assert document.BEGIN in readme
    assert readme == document.in_readme(readme, cells)


def test_every_cell_is_one_that_tests_can_record() -> None:
    cells = json.loads(document.JSON.read_text("utf-8"))
    results: dict[Cell, bool] = {}
    for told in cells:
        result = told.pop("result")
        if result != NOT_TRIED:
            results[Cell(**told)] = result != FAIL
    expected = document.complete(results)
    assert [
        c | {"result": e["result"]} for c, e in zip(cells, expected, strict=True)
    ] == (expected)


def test_result_is_that_of_all_its_tests(tmp_path: Path) -> None:
    _record(tmp_path, [DOVECOT, OURS], True)
    _record(tmp_path, [OURS], True)
    found = {
        (c["protocol"], c["provider"], c["grant"], c["counterpart"]): c["result"]
        for c in document.read(tmp_path)
    }
    assert found["IMAP", ANY, TOKEN, "Dovecot"] == PASS
    assert found["SMTP", ANY, BASIC, SANDBOX] == SANDBOX_ONLY
    assert found["POP3", ANY, TOKEN, ""] == NOT_TRIED
    assert len(found) == len(rows())
    _record(tmp_path, [DOVECOT], False)
    _record(tmp_path, [DOVECOT], True)
    [failed] = [c for c in document.read(tmp_path) if c["result"] == FAIL]
    assert failed == DOVECOT.with_result(FAIL)


@pytest.mark.parametrize(
    "words",
    [
        ("GOPHER", ANY, TOKEN, "x", ""),
        ("IMAP", "Acme", TOKEN, "x", ""),
        ("IMAP", ANY, "password", "x", ""),
        ("IMAP", ANY, TOKEN, "", ""),
    ],
)
def test_unknown_words_are_refused(words: tuple[str, str, str, str, str]) -> None:
    with pytest.raises(ValueError):
        Cell(*words)


def test_a_test_records_its_cell(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(
        "def test_good(cell):\n"
        '    cell("IMAP", "bearer token", "any", "Dovecot", "2.3")\n\n'
        "def test_bad(cell):\n"
        '    cell("SMTP", "basic password", "any", "Exim", "4")\n'
        "    assert False\n"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-c", os.devnull),
            *(
                "-p",
                "tests.fixtures.matrix",
                "-p",
                "no:django",
                "-p",
                "no:cacheprovider",
            ),
            str(tmp_path),
        ],
        cwd=document.ROOT,
        env=os.environ | {FOLDER: str(tmp_path / "recorded")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    found = [c for c in document.read(tmp_path / "recorded") if c["counterpart"]]
    assert [(c["counterpart"], c["result"]) for c in found] == [
        ("Dovecot", PASS),
        ("Exim", FAIL),
    ]

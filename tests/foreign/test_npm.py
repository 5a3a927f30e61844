"""Tests that run side by side share what npm installs; npm itself is a script here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from . import npm

# npm install --prefix FOLDER ... NAME@VERSION, as npm.py calls it.
FAKE = """#!/bin/sh
echo "$6" >> "$3/../calls"
mkdir -p "$3/node_modules/$(dirname "$6")" "$3/node_modules/${6%@*}"
echo "{\\"version\\": \\"${6##*@}\\"}" > "$3/node_modules/${6%@*}/package.json"
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("npm", "node"):
        (programs / name).write_text(FAKE)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setattr(npm, "CACHE", tmp_path)
    return tmp_path / "npm"


def test_a_package_is_installed_once_for_all_who_ask(cache: Path) -> None:
    with ThreadPoolExecutor(8) as tests:
        got = list(tests.map(npm.packages, ["@owner/mail@1.2.0"] * 8))
    assert set(got) == {cache / "@owner_mail@1.2.0" / "node_modules"}
    assert (cache / "calls").read_text() == "@owner/mail@1.2.0\n"


def test_another_package_leaves_the_first_alone(cache: Path) -> None:
    first, second = npm.packages("mail@1.2.0"), npm.packages("mail@1.3.0")
    told = [(one / "mail" / "package.json").read_text() for one in (first, second)]
    assert told == ['{"version": "1.2.0"}\n', '{"version": "1.3.0"}\n']

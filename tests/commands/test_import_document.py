"""docs/import.md: its examples come in, and each command that it shows is run."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path

import pytest
from django.core.management import call_command

from mailboxes.models import PopClient
from mailboxes.services.sections import importing
from mailboxes.services.sections.kinds import BESIDE, Kind

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.S | re.M)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the commands name."""
    (tmp_path / "old-server.ini").write_text(blocks("ini")[0])
    (tmp_path / "mailboxes.csv").write_text(blocks("csv")[0])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_commands():
    assert len(COMMANDS) == 8
    assert all(line.startswith("manage.py ") for line in COMMANDS)


@pytest.mark.parametrize("line", COMMANDS)
def test_command_is_run(folder, line):
    name, *arguments = shlex.split(line)[1:]
    if name == "export_options":
        importing.run(blocks("ini")[0])
    out, err = io.StringIO(), io.StringIO()
    call_command(name, *arguments, stdout=out, stderr=err)
    if "--dry-run" in arguments:
        assert PopClient.objects.count() == 0
    elif name == "import_options":
        assert PopClient.objects.count() == (1 if "old-server.ini" in line else 2)
    for argument in arguments:
        if argument.endswith(".ini"):
            assert "[pop-client-support]" in (folder / argument).read_text()


def test_every_field_and_key_of_the_report_is_explained():
    report = importing.run(blocks("ini")[0], dry_run=True)
    names = [*report.as_json(), *BESIDE[Kind.POP]]
    assert [name for name in names if name not in TEXT] == []

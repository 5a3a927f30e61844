"""Documents tell the truth: settings, links, commands."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from mailboxes.services import drill
from mailboxes.services.drill import table as drill_table

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "mailboxes"
ROOMS = "|".join(p.name for p in APP.iterdir() if p.is_dir() and p.name[0] != "_")
# A module as prose names it, "services/sections/ini"; no file, address or pattern.
MODULE = re.compile(rf"\b((?:{ROOMS})(?:/[a-z_0-9]+)+)(?![\w\-/*{{]|\.\w)")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(?:sh|bash|console)?\n(.*?)^```", re.S | re.M)
# Shown commands that another test runs as they stand.
RUN_ELSEWHERE = {
    "scripts/run": "tests/scripts/test_run.py",
    "scripts/run --without-sandbox": "tests/scripts/test_run.py",
    "scripts/test": ".ci/run",
    "scripts/test --all": ".ci/run",
    "scripts/live report": "tests/live/test_live.py",
}


def names(document: Path) -> str:
    return str(document.relative_to(ROOT))


def test_every_setting_is_documented_and_no_other() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([A-Z_]+)` \|", text, re.M)
    assert sorted(documented) == sorted(set(settings.ENVIRONMENT.names))


def test_every_check_is_documented() -> None:
    source = (ROOT / "mailboxes" / "checks.py").read_text(encoding="utf-8")
    ids = set(re.findall(r"mailboxes\.E\d{3}", source))
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"mailboxes\.E\d{3}", text)) == ids


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_links_lead_to_files(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text("utf-8"))
    assert [t for t in targets if not (document.parent / t).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_shown_commands_exist(document: Path) -> None:
    """Scripts and management commands that a document names, with their options."""
    text = document.read_text(encoding="utf-8")
    shown = re.findall(r"(scripts/[a-z-]+)((?: --[a-z-]+)*)", text)
    for script, options in shown:
        path = ROOT / script
        assert path.is_file(), script
        for option in options.split():
            assert option in path.read_text(encoding="utf-8"), (script, option)
    for name, options in re.findall(r"manage\.py ([a-z_]+)((?: --[a-z-]+)*)", text):
        known = get_commands()
        assert name in known, name
        command = load_command_class(str(known[name]), name)
        parser = command.create_parser("manage.py", name)
        for option in options.split():
            assert option in parser.format_help(), (name, option)


@pytest.mark.parametrize("document", DOCUMENTS, ids=names)
def test_commands_in_blocks_are_run(document: Path) -> None:
    """A line of a block that starts one of our scripts is run by some test."""
    for block in BLOCK.findall(document.read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.startswith("scripts/"):
                test = RUN_ELSEWHERE[line.strip()]
                assert line.split()[0] in (ROOT / test).read_text(encoding="utf-8")


@pytest.mark.parametrize("script", ["scripts/run", "scripts/test", "scripts/live"])
def test_a_script_explains_itself(script: str) -> None:
    done = subprocess.run(
        [script, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=20
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: {script}")


def test_shell_scripts_have_no_syntax_error() -> None:
    scripts = [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run"]
    shell = [s for s in scripts if "sh" in s.read_text("utf-8").partition("\n")[0]]
    done = [subprocess.run(["bash", "-n", str(s)], timeout=20) for s in shell]
    assert [d.returncode for d in done] == [0] * len(shell)


def test_scenarios_are_documented_as_they_are() -> None:
    """Written by `manage.py drill --table`."""
    text = (ROOT / "docs" / "drill.md").read_text(encoding="utf-8")
    assert text == drill_table.text(drill.plans())


def test_docstrings_name_modules_that_exist() -> None:
    named = [
        (str(file.relative_to(ROOT)), module)
        for file in sorted(APP.rglob("*.py"))
        for text in docstrings(file)
        for module in MODULE.findall(text)
    ]
    assert len(named) > 100
    assert [(file, module) for file, module in named if not exists(module)] == []


def docstrings(file: Path) -> list[str]:
    having = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    found = [ast.get_docstring(node) for node in nodes if isinstance(node, having)]
    return [text for text in found if text]


def exists(module: str) -> bool:
    path = APP / module
    return path.is_dir() or path.with_suffix(".py").is_file()

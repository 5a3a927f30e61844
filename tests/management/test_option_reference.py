"""`manage.py option_reference`: prints the page, and checks the one in docs."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mailboxes.management.commands import option_reference as command
from mailboxes.services.options import reference as option_reference


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("option_reference", *arguments, stdout=out)
    return out.getvalue()


def test_command_prints_the_page() -> None:
    assert run() == option_reference.page()


def test_check_says_nothing_when_the_page_is_as_declared() -> None:
    assert run("--check") == ""


def test_check_fails_when_the_page_differs_or_is_missing(
    tmp_path: Path, monkeypatch: Any
) -> None:
    page = tmp_path / "options.md"
    monkeypatch.setattr(command, "DOCUMENT", page)
    message = (
        "docs/options.md differs from the declarations. Write it anew:"
        " manage.py option_reference > docs/options.md"
    )
    with pytest.raises(CommandError) as missing:
        run("--check")
    page.write_text(option_reference.page() + "x", encoding="utf-8")
    with pytest.raises(CommandError) as differs:
        run("--check")
    assert (str(missing.value), str(differs.value)) == (message, message)
    assert differs.value.returncode == 1

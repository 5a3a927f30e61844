"""`manage.py sandbox_scenario`: at a sandbox in the data folder, on its mailboxes."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mailboxes.models import AuditEvent
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import demo

pytestmark = pytest.mark.django_db
SUPPORT = "support@contoso.example"


@pytest.fixture
def box(tmp_path: Path, settings: Any) -> Iterator[Sandbox]:
    """The sandbox of an installation, with its mailboxes."""
    settings.MAILADMIN_DATA = tmp_path
    with Sandbox(tmp_path / "sandbox", first_letters=0) as running:
        demo.ensure(tmp_path / "sandbox")
        yield running


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("sandbox_scenario", *arguments, stdout=out)
    return out.getvalue().strip()


def test_scenario_is_put_on_and_taken_off(box: Sandbox) -> None:
    assert run() == "Nothing goes wrong."
    assert run(SUPPORT.upper(), "imap-limit") == f"{SUPPORT}: imap-limit"
    assert box.box.faults.scenarios() == {SUPPORT: "imap-limit"}
    assert run() == f"{SUPPORT}: imap-limit"
    assert run("orders@contoso.example") == (
        "Nothing goes wrong for orders@contoso.example."
    )
    assert run(SUPPORT, "none") == f"Nothing goes wrong for {SUPPORT}."
    events = AuditEvent.objects.filter(action="sandbox.switched").order_by("pk")
    assert [(e.actor_name, e.details["scenario"]) for e in events] == [
        ("command line", "imap-limit"),
        ("command line", "none"),
    ]


def test_list_names_what_can_be_put_on(box: Sandbox) -> None:
    listed = run("--list")
    assert "Entra ID: account" in listed
    assert "  imap-limit: [LIMIT] after sign-in" in listed
    assert "dns-unknown" not in listed  # its options make it


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((SUPPORT, "nope"), "There is no scenario nope."),
        (("x@y.example", "imap-limit"), "There is no mailbox x@y.example."),
    ],
)
def test_what_is_not_there_is_told(
    box: Sandbox, arguments: tuple[str, str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        run(*arguments)


def test_without_a_sandbox_it_says_so(tmp_path: Path, settings: Any) -> None:
    settings.MAILADMIN_DATA = tmp_path
    with pytest.raises(CommandError, match="No sandbox has been started"):
        run()
    with Sandbox(tmp_path / "sandbox", first_letters=0):
        assert run() == "Nothing goes wrong."
    with pytest.raises(CommandError, match="The sandbox does not answer."):
        run()

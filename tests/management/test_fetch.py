"""`manage.py fetch` against a real sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mailboxes.sandbox.server import Sandbox
from mailboxes.services import demo, instance

# Fetching opens connections of its own to the database.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    """A data folder of its own: other tests leave their ids in the common one."""
    settings.MAILADMIN_DATA = tmp_path / "data"
    return tmp_path / "data"


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox", first_letters=3) as box:
        demo.ensure(tmp_path / "sandbox")
        yield box


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("fetch", *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_a_mailbox_is_fetched_by_address_or_section(box: Sandbox) -> None:
    assert run("Support@contoso.example") == (
        0,
        "support@contoso.example: fetched 3 new messages.\n",
        "",
    )
    box.write("support@contoso.example")
    assert run("pop-client-support") == (
        0,
        "support@contoso.example: fetched 1 new message.\n",
        "",
    )


def test_a_wrong_password_is_a_finding_and_a_non_zero_exit(box: Sandbox) -> None:
    code, out, err = run("billing@contoso.example")
    assert (code, out) == (1, "billing@contoso.example: not fetched.\n")
    assert err.startswith("AADSTS50126: ")


def test_json_holds_outcome_and_finding(box: Sandbox) -> None:
    code, out, err = run("billing@contoso.example", "--json")
    answer = json.loads(out)
    assert (code, err, answer["outcome"]) == (1, "", "failed")
    assert answer["finding"]["code"] == "AADSTS50126"
    answer = json.loads(run("orders@contoso.example", "--json")[1])
    assert (answer["outcome"], answer["stored"], answer["finding"]) == ("ok", 3, None)


@pytest.mark.django_db
def test_an_unknown_name_is_one_sentence() -> None:
    with pytest.raises(CommandError, match="^No mailbox has the address or section"):
        run("nobody@contoso.example")


def test_nothing_is_fetched_while_held(box: Sandbox) -> None:
    instance.hold("test")
    with pytest.raises(CommandError, match="^The instance is held"):
        run("support@contoso.example")


def test_nothing_is_fetched_from_a_copied_database(box: Sandbox, folder: Path) -> None:
    """The worker would hold it at its start; the command comes first."""
    instance.identify()
    (folder / "instance-id").unlink()
    with pytest.raises(CommandError, match="^The instance is held"):
        run("support@contoso.example")
    assert instance.current().held_reason == instance.OTHER_COPY

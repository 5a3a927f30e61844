"""`manage.py test_connection` against a real sandbox and in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from mailboxes.models import Mailbox, TestRun
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import connection_test, demo, instance
from mailboxes.services.connection_test import batch as connection_test_batch, rows

# A test opens connections of its own to the database.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setattr(connection_test_batch, "LOOK", 0.02)
    with Sandbox(tmp_path / "sandbox", first_letters=3) as box:
        demo.ensure(tmp_path / "sandbox")
        yield box


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and what was printed."""
    out = StringIO()
    try:
        call_command("test_connection", *arguments, stdout=out, stderr=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def usage(*arguments: str) -> str:
    """The sentence of a refusal with exit code 2."""
    with pytest.raises(CommandError) as caught:
        call_command("test_connection", *arguments)
    assert caught.value.returncode == 2
    return str(caught.value)


def test_each_check_is_a_line_and_the_exit_code_is_zero(box: Sandbox) -> None:
    code, out = run("support@contoso.example")
    lines = out.splitlines()
    assert (code, len(lines)) == (0, 13)
    assert lines[0].startswith("passed: Check the fields (")
    assert lines[-2].startswith("passed: Open the folder INBOX (")
    assert lines[-2].endswith("- 3 messages, the next one gets the id 4")
    assert lines[-1] == "Everything works."
    assert TestRun.objects.get().asked_by is None


def test_failure_is_explained_and_the_exit_code_is_one(box: Sandbox) -> None:
    code, out = run("pop-client-billing")
    assert code == 1
    assert "FAILED: Get a token for billing@contoso.example (" in out
    assert "    AADSTS50126: Microsoft refused the user name or password" in out
    assert "    Option: password" in out
    assert out.endswith("Something does not work.\n")


def test_json_is_one_object(box: Sandbox) -> None:
    code, out = run("billing@contoso.example", "--json")
    answer = json.loads(out)
    assert code == 1
    assert list(answer) == ["name", "kind", "state", "finding", "checks"]
    assert (answer["name"], answer["kind"], answer["state"]) == (
        "pop-client-billing",
        "pop-client",
        "failed",
    )
    finding = answer["finding"]
    assert (finding["code"], finding["step"], finding["option"]) == (
        "AADSTS50126",
        "password",
        "password",
    )
    assert [set(check) for check in answer["checks"]] == [
        {"stage", "state", "ms", "evidence", "code"}
    ] * len(answer["checks"])
    assert [c["stage"] for c in answer["checks"] if c["state"] == "failed"] == ["token"]
    green = json.loads(run("smtp-client-orders", "--json")[1])
    assert (green["state"], green["finding"]) == ("passed", None)


def test_message_goes_through_the_smtp_client_of_an_address(box: Sandbox) -> None:
    code, out = run("orders@contoso.example", "--send-to", "anna@customers.example")
    assert code == 0
    assert "passed: Send a message to anna@customers.example (" in out
    assert [mail["to"] for mail in box.delivered()] == [["anna@customers.example"]]


def test_no_secret_is_printed(box: Sandbox) -> None:
    printed = "".join(
        run(name, *more)[1]
        for name in ("support@contoso.example", "billing@contoso.example")
        for more in ((), ("--json",))
    )
    for address in ("support@contoso.example", "billing@contoso.example"):
        account = box.account(address)
        assert account.password not in printed
        assert (account.configured_password or "eyJ") not in printed
    assert "eyJ" not in printed


def test_wrong_usage_is_one_sentence(box: Sandbox) -> None:
    assert usage("nobody@contoso.example").startswith("No section and no mailbox is")
    assert usage("pop-client-support", "--send-to", "a@b.example") == (
        "Only an smtp-client can send a test message."
    )
    assert "is not an e-mail address" in usage("smtp-client-support", "--send-to", "a")
    Mailbox.objects.create(address="lonely@contoso.example")
    assert usage("lonely@contoso.example") == (
        "lonely@contoso.example has no client to test."
    )
    instance.hold("test")
    assert usage("smtp-client-support", "--send-to", "a@b.example").startswith(
        "The instance is held, so nothing is sent."
    )
    assert TestRun.objects.count() == 0


def test_interrupt_cancels_the_test(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(run: TestRun) -> Iterator[None]:
        rows.claim(run.pk)
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(connection_test_batch, "follow", interrupted)
    code, out = run("support@contoso.example")
    assert (code, out) == (1, "The test was cancelled.\n")
    assert connection_test.reap_lost() == 0

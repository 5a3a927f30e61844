"""`manage.py explain`: text or standard input, words or JSON, and the catalogue."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mailboxes.services.findings import document

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"id", "step", "field", "retry", "who", "certainty"}


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("explain", *arguments, stdout=out)
    return out.getvalue()


def findings(*arguments: str) -> list[dict[str, Any]]:
    return json.loads(run("--json", *arguments))["findings"]


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Any:
    def given(raw: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))

    return given


def test_json_is_one_object_best_first() -> None:
    found = findings("AADSTS7000222: The provided client secret keys are expired.")
    assert set(found[0]) >= KEYS
    assert {name: found[0][name] for name in sorted(KEYS)} == {
        "certainty": "certain",
        "field": "password",
        "id": "entra-secret-expired",
        "retry": "A",
        "step": "secret",
        "who": "entra",
    }


def test_the_text_may_come_by_standard_input(stdin: Any) -> None:
    stdin(b"535 5.7.139 SmtpClientAuthentication is disabled for the Mailbox\n")
    assert findings()[0]["id"] == "smtp-auth-off-mailbox"


def test_standard_input_need_not_be_utf8(stdin: Any) -> None:
    stdin("getaddrinfo ENOTFOUND imap.ex\xe4mple.com".encode("latin-1") + b"\xff\x00")
    assert findings()[0]["id"] == "dns-unknown"


@pytest.mark.parametrize(
    "text", ["-ERR [AUTH] Authentication failed", "-ERR [IN-USE] x"]
)
def test_an_answer_of_pop_is_no_option(text: str) -> None:
    assert findings(text)[0]["id"].startswith("pop-")


def test_protocol_and_stage_help() -> None:
    assert findings("access denied", "--protocol", "graph")[0]["step"] == "permissions"
    assert findings("failed", "--stage", "tcp")[0]["step"] == "network"


def test_an_unknown_stage_is_left_out_and_said() -> None:
    err = StringIO()
    call_command(
        "explain", "AADSTS50034", "--stage", "moon", stdout=StringIO(), stderr=err
    )
    assert err.getvalue() == "There is no stage moon; it is left out.\n"
    assert findings("failed", "--protocol", "IMAP", "--stage", "TCP")[0]["step"] == (
        "network"
    )


def test_an_unknown_error_is_said_to_be_unknown() -> None:
    found = findings("Kernel panic - not syncing")
    assert (found[0]["id"], found[0]["certainty"]) == ("unexplained", "unknown")


def test_a_text_without_a_fault_still_has_an_answer() -> None:
    assert [one["certainty"] for one in findings("all is well")] == ["unknown"]


def test_words_name_cause_fix_and_who() -> None:
    shown = run("AADSTS50034")
    assert shown.startswith("The account does not exist in this tenant (certain)\n")
    for label in ("Why:", "Do:", "Step:", "Who:", "Again:", "Look up:"):
        assert label in shown


def test_lines_to_copy_are_printed() -> None:
    assert "Copy:   Set-CASMailbox" in run(
        "SmtpClientAuthentication is disabled for the Mailbox"
    )


@pytest.mark.parametrize("text", ["", "  \n"])
def test_without_a_text_it_says_so(text: str, stdin: Any) -> None:
    stdin(b"")
    for arguments in ([text], []):
        with pytest.raises(CommandError, match="There is no text to explain."):
            run(*arguments)


def test_the_catalogue_is_the_document() -> None:
    assert run("--catalogue") == document.page()


def test_it_runs_without_keys_and_database(tmp_path: Path) -> None:
    """As a script calls it: from a pipe, with no environment but the path."""
    done = subprocess.run(
        [sys.executable, ROOT / "manage.py", "explain", "--json", "--protocol", "pop3"],
        input=b"-ERR [SYS/TEMP] try later",
        capture_output=True,
        env={"PATH": "/usr/bin:/bin", "MAILADMIN_DATA": str(tmp_path)},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["findings"][0]["id"] == "pop-temporary"

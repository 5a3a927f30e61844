"""What the two commands print, write and answer."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from mailboxes.models import AppRegistration, AuditEvent, PopClient
from mailboxes.services.sections import importing, text
from tests.services.option_sets import CANARY
from tests.services.sections.files import POP, SMTP, replaced

pytestmark = pytest.mark.django_db
BAD = replaced(POP, "server", "a b")


@pytest.fixture
def file(tmp_path: Path):
    def write(content: str | bytes, name: str = "options.ini") -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def run(*arguments: str, command: str = "import_options") -> tuple[str, str, int]:
    """Standard output, standard error and exit code."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command(command, *arguments, stdout=out, stderr=err)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return out.getvalue(), err.getvalue(), code


def test_json_is_one_object_and_nothing_else(file):
    out, err, code = run(file(POP + SMTP), "--json")
    assert (err, code) == ("", 0)
    found = json.loads(out)
    assert {name: found[name] for name in ("sections", "imported", "errors")} == {
        "sections": 2,
        "imported": 2,
        "errors": [],
    }
    assert set(found) == {
        "sections", "imported", "new", "changed", "errors", "warnings", "cleaned",
        "unknown", "registrations", "changes",
    }  # fmt: skip
    assert {tuple(entry) for entry in found["warnings"]} == {
        ("line", "section", "option", "rule", "message")
    }


def test_mistakes_are_json_with_exit_code_1(file):
    out, _, code = run(file(BAD + SMTP), "--json")
    found = json.loads(out)
    assert (code, found["sections"], found["imported"]) == (1, 2, 0)
    assert found["errors"] == [
        {
            "line": 3,
            "section": "pop-client-sales",
            "option": "server",
            "rule": "T07-host",
            "message": "A host name has no spaces in it.",
        }
    ]
    assert PopClient.objects.count() == 0


def test_dry_run_imports_nothing(file):
    out, _, code = run(file(POP), "--dry-run", "--json")
    assert (json.loads(out)["imported"], json.loads(out)["new"], code) == (0, 1, 0)
    out, _, code = run(file(POP), "--dry-run")
    assert out.splitlines()[-1] == (
        "Nothing was imported (dry run): 1 sections, 1 new, 0 changed, the rest is as"
        " it was."
    )
    assert PopClient.objects.count() == 0


def test_people_read_it_grouped_and_short(file):
    content = POP + SMTP + "mail.smtp.x = 1\n[log]\nverbose = all\n"
    out, _, code = run(file(content))
    assert code == 0
    lines = out.splitlines()
    assert "Unknown: 2" in lines
    assert (
        "  line 17 [smtp-client] mail.smtp.x: Kept for export to the old server" in out
    )
    assert (
        "App registration app-66666666: could use it in 2 sections"
        " (--make-registrations)."
    ) in lines
    assert lines[-1] == "Imported 3 sections: 2 new, 0 changed, the rest is as it was."


def test_equal_words_are_said_once_with_their_lines(file):
    many = "".join(
        POP.replace("-sales]", f"-{n}]").replace("sales@", f"s{n}@") for n in range(8)
    )
    out, _, _ = run(file(many.replace("type = IMAP\n", "")))
    expected = "  lines 1, 8, 15, 22, 29 and 3 more type: The section names no type"
    assert expected in out


def test_errors_for_people(file):
    out, _, code = run(file(BAD + "nonsense\n"))
    assert (out.splitlines()[0], code) == ("Errors: 2", 1)
    assert "  line 3 [pop-client-sales] server: A host name has no spaces in it." in out
    assert out.splitlines()[-1] == (
        "Nothing was imported. Mend the errors and import the file again."
    )


def test_choices(file):
    masked = replaced(POP + SMTP, "password", "********")
    out, _, code = run(file(masked), "--as-drafts", "--make-registrations", "--json")
    assert code == 0
    assert PopClient.objects.get().enable_client is False
    assert AppRegistration.objects.count() == 1
    assert [one["made"] for one in json.loads(out)["registrations"]] == [True]


def test_standard_input(monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(POP.encode("utf-16")))
    monkeypatch.setattr("sys.stdin", stdin)
    assert run("-")[2] == 0
    assert PopClient.objects.count() == 1


def test_a_file_that_is_too_large_is_not_read_to_its_end(file, monkeypatch):
    monkeypatch.setattr(text, "LARGEST", 100)
    out, _, code = run(file("x" * 1000), "--json")
    assert [e["rule"] for e in json.loads(out)["errors"]] == ["I01-too-large"]
    assert code == 1


def test_a_file_that_is_not_there_is_one_sentence():
    with pytest.raises(CommandError, match="^/nowhere.ini cannot be read: No such"):
        run("/nowhere.ini")


def test_no_secret_is_printed(file):
    for arguments in ([], ["--json"], ["--dry-run"]):
        for content in (BAD, POP + SMTP, POP + f"nonsense {CANARY}\n"):
            out, err, _ = run(file(content), *arguments)
            assert CANARY not in out + err


def test_table_by_name_or_by_its_first_line(file, monkeypatch):
    rows = (
        "section,server,address,password\npop-client-a,mail.example.com,a@b.example,x\n"
    )
    assert run(file(rows, "a.csv"))[2] == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(rows.encode())))
    assert run("-")[2] == 0
    assert PopClient.objects.get().revision == 1


# --- export ------------------------------------------------------------------------


def test_export_prints_masked_sections_and_warns():
    importing.run(POP + "alias = Sales\n")
    out, err, code = run(command="export_options")
    assert code == 0
    assert out.startswith("[pop-client-sales]\naddress = sales@contoso.com\n")
    assert "password = ********\n" in out
    assert err == "The old server does not know: alias.\n"
    assert AuditEvent.objects.filter(action="options.exported").count() == 0


@pytest.mark.parametrize("there", [False, True])
def test_a_file_with_secrets_is_for_its_owner_only(tmp_path, there):
    importing.run(POP)
    path = tmp_path / "out.ini"
    if there:
        path.write_text("old")
        path.chmod(0o644)
    run(str(path), "--secrets", command="export_options")
    assert f"password = {CANARY}\n" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    event = AuditEvent.objects.get(action="options.exported")
    assert (event.actor_name, event.details) == (
        "command line",
        {"secrets": True, "sections": ["pop-client-sales"]},
    )


def test_a_masked_file_is_an_ordinary_one(tmp_path):
    importing.run(POP)
    path = tmp_path / "out.ini"
    run(str(path), command="export_options")
    assert "password = ********\n" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) & 0o400


def test_some_sections():
    importing.run(POP + SMTP)
    out, _, _ = run("--section", "SMTP-client", command="export_options")
    assert (out.count("["), out.startswith("[smtp-client]")) == (1, True)
    with pytest.raises(CommandError, match="^There is no section nobody.$"):
        run("--section", "nobody", command="export_options")


def test_export_that_cannot_be_written_is_one_sentence():
    importing.run(POP)
    with pytest.raises(CommandError, match="^/nowhere/x cannot be written: No such"):
        run("/nowhere/x", command="export_options")


def test_what_comes_out_goes_in_again(tmp_path):
    importing.run(POP + SMTP)
    path = str(tmp_path / "out.ini")
    run(path, command="export_options")
    out, _, code = run(path, "--json")
    found = json.loads(out)
    assert (code, found["imported"], found["new"], found["changed"]) == (0, 2, 0, 0)


def test_export_to_a_table(tmp_path):
    importing.run(POP)
    there = tmp_path / "all.CSV"
    run(str(there), command="export_options")
    assert there.read_text(encoding="utf-8-sig").startswith("kind,section,address,")
    printed, _, _ = run("--table", command="export_options")
    assert printed == there.read_bytes().decode()
    report = importing.run(there.read_bytes(), file_name=there.name)
    assert (report.errors, report.changes) == ([], {})

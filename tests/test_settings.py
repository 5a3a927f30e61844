"""Settings by table: every wrong value is one sentence, named by its check id."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core import checks as django_checks
from django.test import override_settings

from mailadmin.environment import Environment
from mailboxes.core.crypto import new_key
from mailboxes.services import secrets

ROOT = Path(__file__).resolve().parent.parent
OTHER_KEY = new_key()


def run(
    *arguments: str, data: Path, seconds: float = 60, **env: str
) -> subprocess.CompletedProcess[str]:
    """manage.py in a process of its own, with only these variables of ours."""
    kept = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=kept | {"MAILADMIN_DATA": str(data)} | env,
        capture_output=True,
        text=True,
        timeout=seconds,
    )


WRONG = [
    ("PORT", "abc", "not a whole number from 1 to 65535"),
    ("PORT", "0", "not a whole number from 1 to 65535"),
    ("PORT", "65536", "not a whole number from 1 to 65535"),
    ("MAILADMIN_BIND", "my host", "not an IP address"),
    ("MAILADMIN_HTTPS", "maybe", "neither true nor false"),
    ("MAILADMIN_DEBUG", "2", "neither true nor false"),
    ("MAILADMIN_LOG_LEVEL", "LOUD", "not one of DEBUG, INFO, WARNING, ERROR"),
    ("MAILADMIN_WORKERS", "4", "not a whole number from 5 to 32"),
    ("MAILADMIN_FETCH_THREADS", "-1", "not a whole number from 1 to 64"),
    ("MAILADMIN_WEB_WORKERS", "1.5", "not a whole number from 1 to 32"),
    ("MAILADMIN_HOSTS", "https://mail.example.com", "not a host name"),
    ("MAILADMIN_HOSTS", " , ", "holds no host name"),
    ("MAILADMIN_ORIGINS", "mail.example.com", "not an origin"),
    ("DATABASE_URL", "mysql://h/db", "not the address of an SQLite or PostgreSQL"),
    ("DATABASE_URL", "postgres://h:port/db", "not the address of an SQLite or Postgr"),
    ("DATABASE_URL", "nonsense", "not the address of an SQLite or PostgreSQL"),
    ("DATABASE_URL_FILE", "/no/such/file", "cannot be read: No such file"),
    ("REDIS_URL", "http://h", "not the address of a Redis server"),
    ("REDIS_URL_FILE", "/no/such/file", "cannot be read: No such file"),
    ("MAILADMIN_ENCRYPTION_KEYS", "short", "not an encryption key"),
    ("MAILADMIN_ENCRYPTION_KEYS", " , ", "not an encryption key"),
    ("MAILADMIN_ENCRYPTION_KEYS_FILE", "/no/such/file", "cannot be read"),
    ("MAILADMIN_SECRET_KEY", "short", "shorter than 32 characters"),
    ("MAILADMIN_SECRET_KEY_FILE", "/etc", "cannot be read: Is a directory"),
]


@pytest.mark.table(8)
@pytest.mark.parametrize(("variable", "value", "said"), WRONG)
def test_a_wrong_value_is_one_sentence_and_its_own_fault(
    tmp_path: Path, variable: str, value: str, said: str
) -> None:
    done = run("status", data=tmp_path, **{variable: value})
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(variable)
    assert said in line
    assert "Traceback" not in line


@pytest.mark.slow
def test_a_database_that_says_nothing_is_told_after_seconds(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgres://u@127.0.0.1:{silent.getsockname()[1]}/x?connect_timeout=2"
        done = run("status", data=tmp_path, DATABASE_URL=url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The database cannot be used: connection timeout")


def test_postgresql_is_not_waited_for_without_end(tmp_path: Path) -> None:
    url = "postgres://h/x?sslmode=require&keepalives_idle=5"
    show = (
        "from mailadmin.settings import DATABASES as d; print(d['default']['OPTIONS'])"
    )
    done = run("shell", "-v", "0", "-c", show, data=tmp_path, DATABASE_URL=url)
    assert ast.literal_eval(done.stdout) == {
        "connect_timeout": 10,
        "keepalives_idle": 5,
        "tcp_user_timeout": 30_000,
        "sslmode": "require",
    }


@pytest.mark.parametrize(
    ("open_to_others", "code"),
    [
        ({"MAILADMIN_BIND": "0.0.0.0"}, 2),
        ({"MAILADMIN_HTTPS": "true"}, 2),
        ({"MAILADMIN_BIND": "::1"}, 0),
    ],
)
def test_traces_are_shown_on_this_machine_only(
    tmp_path: Path, open_to_others: dict[str, str], code: int
) -> None:
    done = run("check", data=tmp_path, MAILADMIN_DEBUG="true", **open_to_others)
    assert done.returncode == code
    assert ("MAILADMIN_DEBUG is true where others" in done.stderr) == bool(code)


def test_every_wrong_value_at_once_has_a_sentence_each(tmp_path: Path) -> None:
    done = run("check", data=tmp_path, PORT="x", MAILADMIN_BIND="y", REDIS_URL="z")
    assert [line.split()[0] for line in done.stderr.splitlines()] == [
        "PORT",
        "MAILADMIN_BIND",
        "REDIS_URL",
    ]


def test_a_fault_becomes_a_check_with_id_and_hint(settings: Any) -> None:
    environment = Environment()
    environment.fault("PORT", "PORT is 'x'.", "Set PORT.")
    settings.ENVIRONMENT = environment
    found = [m for m in django_checks.run_checks() if m.id == "mailboxes.E001.PORT"]
    assert [(m.msg, m.hint) for m in found] == [("PORT is 'x'.", "Set PORT.")]


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("status", data=tmp_path / "file" / "data")
    assert done.returncode == 2
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        f"The data folder {tmp_path}/file/data cannot be written"
    ] * len(done.stderr.splitlines())


def test_a_data_folder_that_cannot_be_written_is_a_check(
    tmp_path: Path, settings: Any
) -> None:
    (tmp_path / "file").touch()
    settings.MAILADMIN_DATA = tmp_path / "file" / "data"
    assert [m.id for m in django_checks.run_checks() if m.id == "mailboxes.E002"] == [
        "mailboxes.E002"
    ]


@pytest.mark.django_db
def test_a_missing_encryption_key_is_a_check() -> None:
    sealed = secrets.seal("correct horse")

    def found() -> list[tuple[str | None, str]]:
        messages = django_checks.run_checks(databases=["default"])
        return [(m.id, m.msg) for m in messages if m.id == "mailboxes.E003"]

    assert found() == []
    with override_settings(MAILADMIN_ENCRYPTION_KEYS=[OTHER_KEY]):
        assert found() == [
            (
                "mailboxes.E003",
                f"Secrets in the database need encryption key {sealed.key_id}, which"
                " is not given.",
            )
        ]


@pytest.mark.table(2)
@pytest.mark.parametrize(
    ("command", "url", "said"),
    [
        ("status", "", "The database is not prepared"),
        ("serve", "", "The database is not prepared"),
        ("worker", "", "The database is not prepared"),
        ("hold", "", "The database is not prepared"),
        ("status", "sqlite:////no/such/folder/db", "The database cannot be used"),
        ("serve", "sqlite:////no/such/folder/db", "The database cannot be used"),
        ("prepare", "sqlite:////no/such/folder/db", "The database cannot be used"),
        ("status", "postgres://u:p@127.0.0.1:1/db", "The database cannot be used"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, command: str, url: str, said: str
) -> None:
    env = {"DATABASE_URL": url} if url else {}
    done = run(command, data=tmp_path, **env)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert said in line


def test_secrets_may_be_given_as_files(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"sqlite:///{tmp_path}/other.sqlite3\n")
    done = run("migrate", data=tmp_path, DATABASE_URL_FILE=str(tmp_path / "url"))
    assert (done.returncode, (tmp_path / "other.sqlite3").exists()) == (0, True)


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(OTHER_KEY)
    done = run(
        "check",
        data=tmp_path,
        MAILADMIN_ENCRYPTION_KEYS=OTHER_KEY,
        MAILADMIN_ENCRYPTION_KEYS_FILE=str(tmp_path / "keys"),
    )
    assert done.stderr == (
        "MAILADMIN_ENCRYPTION_KEYS and MAILADMIN_ENCRYPTION_KEYS_FILE are both set."
        " Set only one of them.\n"
    )


def test_key_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    run("check", data=tmp_path)
    modes = {
        name: oct((tmp_path / name).stat().st_mode & 0o777)
        for name in ("secret-key", "encryption-keys")
    }
    assert modes == {"secret-key": "0o600", "encryption-keys": "0o600"}


def test_two_copies_on_one_host_have_cookies_of_their_own(tmp_path: Path) -> None:
    code = (
        "from django.conf import settings as s; import json;"
        " print(json.dumps([s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME]))"
    )
    names = [
        json.loads(run("shell", "-v", "0", "-c", code, data=tmp_path, PORT=port).stdout)
        for port in ("8001", "8002")
    ]
    assert names == [
        ["mailadmin_8001", "mailadmin_csrf_8001"],
        ["mailadmin_8002", "mailadmin_csrf_8002"],
    ]


@pytest.mark.parametrize("command", ["option_reference", "--help"])
def test_a_reader_that_has_gone_makes_no_trace(tmp_path: Path, command: str) -> None:
    kept = {k: os.environ[k] for k in ("PATH", "HOME") if k in os.environ}
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env=kept | {"MAILADMIN_DATA": str(tmp_path)},
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")

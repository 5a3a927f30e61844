"""A backup of a database that is in use, and what its restoring leads to."""

from __future__ import annotations

import json
import sqlite3
import stat
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from mailboxes.services import instance
from mailboxes.services.instance import backup
from tests import factories


@pytest.fixture(autouse=True)
def sqlite(transactional_db: None) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only")


def subjects(file: Path) -> list[str]:
    copy = sqlite3.connect(file)
    try:
        return [row[0] for row in copy.execute("SELECT subject FROM mailboxes_message")]
    finally:
        copy.close()


def test_copy_holds_what_was_committed_and_is_one_file(tmp_path: Path) -> None:
    factories.message(factories.pop_client(), subject="in the log of writes")
    file, out = tmp_path / "copy.sqlite3", StringIO()
    call_command("backup", str(file), "--json", stdout=out)
    assert subjects(file) == ["in the log of writes"]
    assert json.loads(out.getvalue()) == {
        "file": str(file),
        "bytes": file.stat().st_size,
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_copy_is_held_and_the_original_is_not(tmp_path: Path) -> None:
    instance.current()
    file = tmp_path / "copy.sqlite3"
    backup.back_up(file)
    assert not instance.is_held()
    original = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(file)
    try:
        row = instance.current()
        assert (row.held, row.held_by) == (True, None)
        assert row.held_reason.startswith("This database is a backup of ")
        assert row.held_at is not None
        assert timezone.now() - row.held_at < timedelta(minutes=1)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = original


def test_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "copy.sqlite3"
    file.write_text("mine")
    with pytest.raises(CommandError, match="is there already; name a new file"):
        call_command("backup", str(file))
    assert file.read_text() == "mine"


def test_copy_that_is_not_held_yet_does_not_have_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is killed in the midst leaves nothing that looks like a backup."""
    file, seen = tmp_path / "copy.sqlite3", []

    def interrupt(*_parts: object) -> None:
        seen.append(file.exists())
        raise KeyboardInterrupt

    monkeypatch.setattr(backup.timezone, "now", interrupt)
    with pytest.raises(KeyboardInterrupt):
        backup.back_up(file)
    assert (seen, list(tmp_path.iterdir())) == ([False], [])


def test_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file"):
        call_command("backup", str(tmp_path / "none" / "copy.sqlite3"))


def test_nothing_is_left_of_a_copy_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_file: Path) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(backup, "_copy", fails)
    with pytest.raises(CommandError, match="cannot be written: database or disk is"):
        call_command("backup", str(tmp_path / "copy.sqlite3"))
    assert list(tmp_path.iterdir()) == []


def test_another_database_has_its_own_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "vendor", "postgresql")
    with pytest.raises(CommandError, match="pg_dump"):
        call_command("backup", str(tmp_path / "copy"))

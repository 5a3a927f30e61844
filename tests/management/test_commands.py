"""Commands of the machinery: prepare, hold, release; what they print and change."""

from __future__ import annotations

import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from mailboxes.core.crypto import new_key
from mailboxes.models import Worker
from mailboxes.services import instance, secrets
from mailboxes.services.instance import startup
from mailboxes.services.worker import processes
from tests import factories

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue().strip()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MAILADMIN_DATA = tmp_path
    settings.STATIC_ROOT = tmp_path / "static"
    return tmp_path


def test_prepare_makes_the_first_admin_and_tells_its_password_once() -> None:
    said = run("prepare")
    user = get_user_model().objects.get()
    password = said.partition("with the password ")[2].split()[0]
    assert (user.get_username(), user.is_superuser) == ("admin", True)
    assert user.check_password(password)
    assert run("prepare") == ""
    assert get_user_model().objects.count() == 1


def test_prepare_makes_groups_and_leaves_changed_ones_alone() -> None:
    run("prepare")
    viewers = Group.objects.get(name="Viewers")
    names = set(viewers.permissions.values_list("codename", flat=True))
    assert {name.split("_")[0] for name in names} == {"view"}
    admins = Group.objects.get(name="Administrators")
    assert admins.permissions.filter(codename="read_content").exists()
    viewers.permissions.clear()
    run("prepare")
    assert viewers.permissions.count() == 0


def test_prepare_gives_groups_what_a_new_version_brings() -> None:
    run("prepare")
    for name in startup.GROUPS:
        permissions = Group.objects.get(name=name).permissions
        permissions.remove(*permissions.filter(codename__endswith="_mailbox"))
    Permission.objects.filter(codename__endswith="_setupdraft").delete()
    run("prepare")
    found = {
        name: sorted(
            Group.objects.get(name=name)
            .permissions.filter(codename__regex="_(setupdraft|mailbox)$")
            .values_list("codename", flat=True)
        )
        for name in startup.GROUPS
    }
    assert found == {
        "Administrators": [
            "add_setupdraft",
            "change_setupdraft",
            "delete_setupdraft",
            "view_setupdraft",
        ],
        "Viewers": ["view_setupdraft"],
    }


def older() -> None:
    """As an older version left the database: the newest migration is not applied."""
    rows = MigrationRecorder.Migration.objects.filter(app="mailboxes")
    newest = rows.order_by("-name").first()
    assert newest is not None
    newest.delete()


def test_prepare_changes_no_tables_under_a_running_copy(folder: Path) -> None:
    older()
    held = processes.lock(folder / "run" / "serve.lock")
    with pytest.raises(CommandError, match=rf"process {os.getpid()}\). Stop it first."):
        run("prepare")
    held.close()
    assert startup.upgrade_problem(folder) == ""


def test_prepare_may_be_run_beside_a_running_copy_of_this_version(folder: Path) -> None:
    with processes.lock(folder / "run" / "serve.lock"):
        run("prepare")


def test_worker_of_another_host_is_seen_where_the_database_is_shared(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.live_worker()
    older()
    monkeypatch.setattr(connection, "vendor", "postgresql")
    assert "a worker runs on it" in startup.upgrade_problem(folder)
    Worker.objects.update(beat_at=timezone.now() - startup.ALIVE)
    assert startup.upgrade_problem(folder) == ""


def test_database_of_a_newer_version_is_not_touched() -> None:
    MigrationRecorder(connection).record_applied("mailboxes", "0099_next")
    with pytest.raises(CommandError, match="by a newer version of mailadmin"):
        run("prepare")
    assert "(0099_next)" in startup.problem()


def test_prepare_refuses_a_database_whose_key_is_missing(settings: Any) -> None:
    secrets.seal("correct horse")
    settings.MAILADMIN_ENCRYPTION_KEYS = [new_key()]
    with pytest.raises(CommandError, match="mailboxes.E003"):
        run("prepare")
    assert "mailboxes.E003" in startup.problem()


def test_hold_and_release_say_what_they_did() -> None:
    assert run("hold", "moving house") == "Held: nothing is fetched, settled or sent."
    assert instance.current().held_reason == "moving house"
    assert run("hold") == "It was held already: moving house"
    assert run("release") == "Released: fetching and sending go on."
    assert run("release") == "Nothing was held."
    assert instance.is_held() is False


def test_hold_and_release_speak_json() -> None:
    assert json.loads(run("hold", "moving house", "--json")) == {
        "held": True,
        "changed": True,
        "reason": "moving house",
    }
    assert json.loads(run("release", "--json")) == {"held": False, "changed": True}


def test_a_hold_needs_a_reason() -> None:
    with pytest.raises(CommandError, match="Give a reason"):
        run("hold", "  ")

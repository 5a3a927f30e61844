"""Commands of the machinery: prepare, hold, release; what they print and change."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from mailboxes.core.crypto import new_key
from mailboxes.services import instance, secrets, startup

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

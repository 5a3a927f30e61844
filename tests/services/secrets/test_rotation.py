"""A new key takes the place of an old one; what no key opens is told, or given up."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from mailboxes.core.crypto import Keyring, new_key
from mailboxes.core.errors import SecretUnreadable
from mailboxes.models import AuditEvent, SecretValue
from mailboxes.services import secrets
from mailboxes.services.secrets import rotation as key_rotation
from mailboxes.services.secrets.rotation import Rotation

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(settings: Any) -> list[str]:
    """Keys that are given, newest first."""
    settings.MAILADMIN_ENCRYPTION_KEYS = [new_key()]
    return settings.MAILADMIN_ENCRYPTION_KEYS


def name(key: str) -> str:
    return Keyring([key]).primary


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("rotate_keys", *arguments, stdout=out)
    return out.getvalue().strip()


def test_old_key_can_go_after_it(
    keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_rotation, "PORTION", 2)
    stored = [secrets.seal(f"secret {number}").pk for number in range(5)]
    keys.insert(0, new_key())
    assert key_rotation.rotate() == Rotation(name(keys[0]), 5, 0, 0)
    del keys[1]
    assert [secrets.reveal(pk) for pk in stored] == [
        f"secret {number}" for number in range(5)
    ]
    assert secrets.unknown_key_ids() == []
    assert key_rotation.rotate() == Rotation(name(keys[0]), 0, 0, 0)
    event = AuditEvent.objects.get(action="secrets.sealed-anew")
    assert event.details == {"key": name(keys[0]), "sealed": 5, "forgotten": 0}


def test_secret_without_a_key_is_told_and_left(keys: list[str]) -> None:
    secrets.seal("of a lost key")
    lost = keys[0]
    keys[:] = [new_key()]
    secrets.seal("ours")
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == 1
    assert secrets.unknown_key_ids() == [name(lost)]


def test_lost_secret_that_is_given_up_keeps_no_start_from_succeeding(
    keys: list[str],
) -> None:
    pk = secrets.seal("of a lost key").pk
    lost = keys[0]
    keys[:] = [new_key()]
    assert json.loads(run("--forget-lost", "--json")) == {
        "key": name(keys[0]),
        "sealed": 0,
        "lost": 1,
        "forgotten": 1,
    }
    assert secrets.unknown_key_ids() == []
    with pytest.raises(SecretUnreadable):
        secrets.reveal(pk)
    keys.append(lost)  # found again
    assert run() == f"1 secrets are sealed anew, key {name(keys[0])}."
    assert SecretValue.objects.get().key_id == name(keys[0])
    assert secrets.reveal(pk) == "of a lost key"


def test_row_that_changed_meanwhile_is_left(keys: list[str]) -> None:
    row = secrets.seal("old")
    assert key_rotation._seal(row.pk, secrets.keyring().seal("another")) == 0
    assert secrets.reveal(row.pk) == "old"


def test_fresh_key_is_printed_for_who_needs_one() -> None:
    assert len(Keyring([run("--new-key")]).ids) == 1
    assert list(json.loads(run("--new-key", "--json"))) == ["key"]

"""Which installation this is: the two ids, and the hold."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from mailboxes.core.errors import Held
from mailboxes.models import AuditEvent, Batch, Instance
from mailboxes.services import instance

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MAILADMIN_DATA = tmp_path
    return tmp_path


def written(folder: Path) -> str:
    return (folder / "instance-id").read_text().strip()


def test_a_new_installation_has_one_id_in_both_places(folder: Path) -> None:
    row = instance.identify()
    assert (written(folder), row.held) == (str(row.instance_id), False)
    assert instance.identify().held is False
    assert Instance.objects.count() == 1


def test_a_new_database_takes_the_id_of_the_folder(folder: Path) -> None:
    known = uuid.uuid4()
    (folder / "instance-id").write_text(f"{known}\n")
    row = instance.identify()
    assert (row.instance_id, row.held) == (known, False)


def test_a_database_without_its_folder_is_held(folder: Path) -> None:
    instance.identify()
    (folder / "instance-id").unlink()
    row = instance.identify()
    assert (row.held, row.held_reason) == (True, instance.OTHER_COPY)


@pytest.mark.parametrize(
    "text", ["5d2c1f1e-6f0b-4b8e-9a51-0123456789ab", "", "no id", "\udcff"]
)
def test_a_folder_of_another_copy_holds(folder: Path, text: str) -> None:
    instance.identify()
    (folder / "instance-id").write_text(text, "utf-8", "surrogateescape")
    assert instance.identify().held is True


def test_a_release_makes_the_folder_belong_to_the_database(folder: Path) -> None:
    row = instance.identify()
    (folder / "instance-id").unlink()
    instance.identify()
    assert instance.release() is True
    assert (written(folder), instance.is_held()) == (str(row.instance_id), False)
    assert instance.identify().held is False
    assert instance.release() is False


def test_a_hold_names_who_and_why_and_stops_batches() -> None:
    anna = get_user_model().objects.create_user("anna")
    batch = Batch.objects.create(kind=Batch.Kind.FETCH, created_at=timezone.now())
    assert instance.hold("moving house", anna) is True
    row = instance.current()
    batch.refresh_from_db()
    assert (row.held, row.held_reason, row.held_by, batch.stop) == (
        True,
        "moving house",
        anna,
        True,
    )
    with pytest.raises(Held):
        instance.require_free()


def test_a_second_hold_keeps_the_first_reason() -> None:
    instance.hold("one")
    assert instance.hold("two") is False
    assert instance.current().held_reason == "one"


def audited() -> list[tuple[str, str, dict[str, Any]]]:
    rows = AuditEvent.objects.filter(action__startswith="instance.").order_by("pk")
    return [
        (
            one.action,
            one.actor_name,
            {k: v for k, v in one.details.items() if k != "held_at"},
        )
        for one in rows
    ]


def test_hold_and_release_are_audited_where_they_change_something() -> None:
    users = get_user_model().objects
    anna, bob = users.create_user("anna"), users.create_user("bob")
    instance.release(bob)
    instance.hold("moving house", anna)
    held_at = instance.current().held_at
    instance.hold("moving again", bob)
    instance.release(bob)
    instance.release(bob)
    assert audited() == [
        ("instance.held", "anna", {"reason": "moving house"}),
        ("instance.released", "bob", {"reason": "moving house", "held_by": "anna"}),
    ]
    assert held_at is not None
    released = AuditEvent.objects.get(action="instance.released")
    assert released.details["held_at"] == held_at.isoformat()


def test_a_hold_by_the_product_itself_is_audited_without_a_user(folder: Path) -> None:
    instance.identify()
    (folder / "instance-id").unlink()
    instance.identify()
    held = AuditEvent.objects.get(action="instance.held")
    assert (held.actor, held.details) == (None, {"reason": instance.OTHER_COPY})


def test_a_hold_that_cannot_be_audited_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(instance.audit, "record", full)
    with pytest.raises(RuntimeError):
        instance.hold("moving house")
    assert instance.is_held() is False

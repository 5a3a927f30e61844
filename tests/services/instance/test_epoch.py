"""A restored database is noticed; nothing else ever looks like one."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from mailboxes.models import Instance
from mailboxes.services import instance
from mailboxes.services.instance import epoch

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """Stands for kill -9."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MAILADMIN_DATA = tmp_path / "a"
    return tmp_path / "a"


def stored() -> int:
    return Instance.objects.get().epoch


def written(folder: Path) -> int:
    return int((folder / "instance-epoch").read_text())


def start() -> bool:
    """A start of the worker service; whether everything is held then."""
    instance.identify()
    instance.Watch().look()
    return instance.is_held()


def restore(number: int) -> None:
    """A backup takes the place of the database, its hold and all."""
    Instance.objects.update(epoch=number, held=False, held_reason="")


def test_each_start_moves_it_on_in_both_places(folder: Path) -> None:
    numbers = []
    for _ in range(3):
        assert start() is False
        assert stored() == written(folder)
        numbers.append(stored())
    assert numbers == sorted(set(numbers))


def test_it_moves_on_every_few_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(instance.time, "monotonic", lambda: now[0])
    instance.identify()
    watch = instance.Watch()
    moved = set()
    for _ in range(1201):
        watch.look()
        moved.add(stored())
        now[0] += 1
    assert len(moved) == 41


def test_restored_database_is_held_at_the_next_start(folder: Path) -> None:
    start()
    backup = stored()
    start()
    restore(backup)
    assert start() is True
    row = instance.current()
    assert row.held_reason == instance.RESTORED
    assert len(instance.RESTORED) <= 200
    # It does not come right by itself.
    assert start() is True
    assert (stored(), written(folder) > backup) == (backup, True)


def test_database_restored_under_a_running_worker_is_held_at_once() -> None:
    instance.identify()
    watch = instance.Watch()
    watch.look()
    restore(stored() - 1)
    watch.look()
    assert instance.is_held()


def test_empty_database_under_a_running_worker_is_held() -> None:
    instance.identify()
    watch = instance.Watch()
    watch.look()
    Instance.objects.all().delete()
    watch.look()
    assert instance.is_held()


def test_release_lets_the_restored_database_count(folder: Path) -> None:
    start()
    start()
    restore(1)
    assert start() is True
    assert instance.release() is True
    assert (instance.is_held(), stored()) == (False, written(folder))
    assert start() is False


@pytest.mark.parametrize("where", ["_current", "write"])
def test_death_between_the_two_writes_holds_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    start()
    before = written(folder)

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(epoch, where, die)
        with pytest.raises(Killed):
            epoch.move_on() if where == "write" else instance.Watch().look()
    assert written(folder) == before
    assert start() is False


def test_death_while_the_file_is_written_leaves_the_old_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    before = written(folder)

    def half(_number: int) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(epoch.os, "fsync", half)
        with pytest.raises(Killed):
            epoch.move_on()
    assert written(folder) == before
    assert start() is False


@pytest.mark.parametrize("step", range(4))
def test_death_at_the_very_first_start_holds_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """At each of the writes: the id, the row, the epoch in both places."""
    writes = iter(range(100))

    def dying(real: Any) -> Any:
        def maybe(*args: Any, **kwargs: Any) -> Any:
            if next(writes) == step:
                raise Killed
            return real(*args, **kwargs)

        return maybe

    objects = type(Instance.objects)
    with monkeypatch.context() as broken:
        broken.setattr(epoch, "replace_file", dying(epoch.replace_file))
        broken.setattr(objects, "get_or_create", dying(objects.get_or_create))
        broken.setattr(epoch, "move_on", dying(epoch.move_on))
        with pytest.raises(Killed):
            start()
    assert start() is False
    assert written(folder) == stored()


@pytest.mark.parametrize("text", ["", "no number", "\udcff"])
def test_file_that_cannot_be_read_knows_nothing(folder: Path, text: str) -> None:
    start()
    (folder / "instance-epoch").write_text(text, "utf-8", "surrogateescape")
    assert start() is False
    assert written(folder) == stored()


def test_folder_that_cannot_be_written_holds_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()

    def full(_number: int) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(epoch.os, "fsync", full)
        assert start() is False
    assert start() is False


def test_upgrade_of_an_installation_without_it_holds_nothing(folder: Path) -> None:
    instance.identify()
    Instance.objects.update(epoch=0)
    (folder / "instance-epoch").unlink(missing_ok=True)
    assert start() is False


def test_new_database_takes_what_its_folder_knows(folder: Path) -> None:
    start()
    known = written(folder)
    Instance.objects.all().delete()
    instance.identify()
    assert (stored(), instance.is_held()) == (known, False)
    assert start() is False


def test_clock_that_is_set_back_holds_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [2_000_000_000.0]
    monkeypatch.setattr(epoch.time, "time", lambda: clock[0])
    for second in (2e9, 1e9, 1.5e9, 0.0, 3e9, 1e9):
        clock[0] = second
        assert start() is False
    restore(stored() - 1)
    assert start() is True


@pytest.mark.parametrize("seed", range(3))
def test_hosts_with_one_database_never_hold_but_after_a_restore(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Starts, deaths between the writes and joining hosts in any order."""
    chance = random.Random(seed)
    monkeypatch.setattr(instance, "_joins", lambda: True)
    hosts = ["a"]
    real = epoch.write

    def dying(number: int | None = None) -> None:
        if chance.random() < 0.3:
            raise Killed
        real(number)

    monkeypatch.setattr(epoch, "write", dying)
    backups = []
    for _ in range(100):
        if chance.random() < 0.05:
            hosts.append(f"host{len(hosts)}")
        settings.MAILADMIN_DATA = tmp_path / chance.choice(hosts)
        with suppress(Killed):
            start()
        assert not instance.is_held()
        backups.append(stored())
    monkeypatch.setattr(epoch, "write", real)
    settings.MAILADMIN_DATA = tmp_path / "a"
    assert start() is False
    restore(chance.choice(backups[:-1]))
    assert start() is True
    instance.release()
    for host in hosts:
        settings.MAILADMIN_DATA = tmp_path / host
        assert start() is False

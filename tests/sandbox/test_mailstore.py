"""One store behind all protocols: items that keep their number, and the log."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mailboxes.sandbox.box import FIRST_LETTERS
from mailboxes.sandbox.mailstore import INBOX, Mailstore
from mailboxes.sandbox.server import Sandbox
from tests.sandbox.clients import ORDERS, SUPPORT


def test_item_goes_with_a_message_and_the_log_tells_its_way(tmp_path: Path) -> None:
    store = Mailstore(tmp_path / "mail.sqlite3")
    store.ensure("a@example.org")
    store.add("a@example.org", INBOX, [b"one", b"two"])
    inbox, archive = (
        store.folder("a@example.org", name) for name in (INBOX, "Archive")
    )
    assert inbox is not None and archive is not None
    one, two = store.entries(inbox.id)
    before = store.last_change()
    store.set_flags(inbox.id, one.uid, "\\Seen")
    store.copy(inbox.id, [one.uid], archive.id, move=True)
    store.copy(inbox.id, [two.uid], archive.id, move=False)
    assert [(c.item, c.kind) for c in store.log(inbox.id, before)] == [
        (one.item, "changed"),
        (one.item, "left"),
    ]
    assert [c.kind for c in store.log(archive.id)] == ["came", "came"]
    found = store.by_item("a@example.org", one.item)
    assert found is not None
    assert (found[0].name, found[1].message_id) == ("Archive", one.message_id)
    assert len({e.item for e in store.entries(archive.id)} | {two.item}) == 3
    assert store.by_item("b@example.org", one.item) is None
    store.close()


def test_file_of_an_earlier_version_gets_item_numbers(tmp_path: Path) -> None:
    path = tmp_path / "mail.sqlite3"
    with closing(sqlite3.connect(path)) as old, old:
        old.executescript(
            "CREATE TABLE folder (id INTEGER PRIMARY KEY, account TEXT NOT NULL,"
            " name TEXT NOT NULL, uidvalidity INTEGER NOT NULL,"
            " uidnext INTEGER NOT NULL DEFAULT 1, UNIQUE (account, name));"
            "CREATE TABLE message (folder INTEGER NOT NULL, uid INTEGER NOT NULL,"
            " flags TEXT NOT NULL, arrived INTEGER NOT NULL, message_id TEXT NOT NULL,"
            " size INTEGER NOT NULL, sha256 TEXT NOT NULL, body INTEGER NOT NULL,"
            " PRIMARY KEY (folder, uid)) WITHOUT ROWID;"
            "INSERT INTO folder VALUES (1, 'a@example.org', 'INBOX', 7, 3);"
            "INSERT INTO message VALUES (1, 1, '', 1, '', 1, '', 1);"
            "INSERT INTO message VALUES (1, 2, '', 1, '', 1, '', 2);"
        )
    store = Mailstore(path)
    store.add("a@example.org", INBOX, [b"new"])
    assert [(e.uid, e.item) for e in store.entries(1)] == [(1, 1), (2, 2), (3, 3)]
    store.close()
    again = Mailstore(path)
    assert [e.item for e in again.entries(1)] == [1, 2, 3]
    again.close()


def test_what_is_written_together_is_there_as_a_whole_or_not(tmp_path: Path) -> None:
    store = Mailstore(tmp_path / "mail.sqlite3")
    with pytest.raises(KeyError), store.together():
        store.ensure("a@example.org")
        store.add("a@example.org", INBOX, [b"one"])
        store.add("a@example.org", "Nowhere", [b"two"])
    assert store.folders("a@example.org") == []
    with store.together():
        store.ensure("a@example.org")
        store.add("a@example.org", INBOX, [b"one"])
    inbox = store.folder("a@example.org", INBOX)
    assert inbox is not None
    assert len(store.uids(inbox.id)) == 1
    store.close()


def test_start_that_fails_amid_the_first_letters_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Mailstore, account: str, *rest: Any, **more: Any) -> list[int]:
        if account == ORDERS:
            raise sqlite3.OperationalError("database or disk is full")
        return add(self, account, *rest, **more)

    add = Mailstore.add
    monkeypatch.setattr(Mailstore, "add", full)
    with pytest.raises(sqlite3.OperationalError), Sandbox(tmp_path / "box"):
        pass
    monkeypatch.undo()
    with Sandbox(tmp_path / "box") as box:
        found = [len(box.messages(one)) for one in (SUPPORT, ORDERS)]
    assert found == [FIRST_LETTERS, FIRST_LETTERS]

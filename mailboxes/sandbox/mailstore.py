"""The mailboxes' contents, in one SQLite file that survives kill -9.

UIDs only grow; nothing is numbered anew but by `reset`. An item number belongs to one
message for ever and goes with it from folder to folder; what comes to a folder, changes
or leaves it stands in a log that only grows. One store behind all protocols.

Who puts mail in: delivery and generator. Who shows it: imap/session and the sessions of
the other protocols. Not for several threads: the loop owns it.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from .mailstore_schema import ITEMS, LOG, SCHEMA

INBOX, SENT = "INBOX", "Sent Items"
FOLDERS = {
    INBOX: "\\Marked",
    "Archive": "\\Archive",
    "Deleted Items": "\\Trash",
    "Drafts": "\\Drafts",
    "Junk Email": "\\Junk",
    SENT: "\\Sent",
}

_COLUMNS = "uid, flags, arrived, message_id, size, sha256, body, item"
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>\r\n]*>)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Folder:
    """A folder as it stands now."""

    id: int
    account: str
    name: str
    uidvalidity: int
    uidnext: int


@dataclass(frozen=True)
class Entry:
    """What is known of a message without its body."""

    uid: int
    flags: str
    arrived: int
    message_id: str
    size: int
    sha256: str
    body: int
    item: int


@dataclass(frozen=True)
class Change:
    """One line of the log of a folder. kind: came, changed (its flags) or left."""

    seq: int
    item: int
    kind: str


class Mailstore:
    """Folders, messages, answers that are due, counters."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA page_size=16384")
        self._db.execute("PRAGMA journal_mode=WAL")
        # Committed rows survive the death of the process, which is what drills need.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)
        columns = self._db.execute("SELECT name FROM pragma_table_info('message')")
        if ("item",) not in columns.fetchall():
            self._db.executescript(f"BEGIN IMMEDIATE; {ITEMS} COMMIT")
        self._db.executescript(LOG)
        self._changes: dict[int, int] = {}

    def close(self) -> None:
        self._db.close()

    def together(self) -> AbstractContextManager[None]:
        """All that is written in the block, or nothing of it."""
        return _Transaction(self._db)

    def ensure(self, account: str) -> bool:
        """Make the folders of an account; True when it is new."""
        if self.folder(account, INBOX) is not None:
            return False
        for name in FOLDERS:
            self.create(account, name)
        return True

    def folders(self, account: str) -> list[Folder]:
        """All folders of an account, by name."""
        rows = self._db.execute(
            "SELECT id, account, name, uidvalidity, uidnext FROM folder"
            " WHERE account = ? ORDER BY name",
            (account,),
        )
        return [Folder(*row) for row in rows]

    def folder(self, account: str, name: str) -> Folder | None:
        """One folder; INBOX in any case (RFC 3501 section 5.1)."""
        if name.upper() == INBOX:
            name = INBOX
        row = self._db.execute(
            "SELECT id, account, name, uidvalidity, uidnext FROM folder"
            " WHERE account = ? AND name = ?",
            (account, name),
        ).fetchone()
        return Folder(*row) if row else None

    def owner(self, folder: int) -> str:
        """Whose folder it is, "" for none that is known."""
        row = self._db.execute(
            "SELECT account FROM folder WHERE id = ?", (folder,)
        ).fetchone()
        return str(row[0]) if row else ""

    def create(self, account: str, name: str) -> bool:
        """False when it is there already."""
        made = self._db.execute(
            "INSERT OR IGNORE INTO folder (account, name, uidvalidity)"
            " VALUES (?, ?, ?)",
            (account, name, int(time.time())),
        )
        return made.rowcount == 1

    def delete(self, account: str, name: str) -> bool:
        """Remove a folder with its letters; False for INBOX or where there is none."""
        place = self.folder(account, name)
        if place is None or place.name == INBOX:
            return False
        with _Transaction(self._db):
            self._remove(place.id, self.uids(place.id))
            self._db.execute("DELETE FROM folder WHERE id = ?", (place.id,))
        return True

    def add(
        self,
        account: str,
        folder: str,
        contents: Iterable[bytes],
        flags: str = "",
        arrived: float | None = None,
    ) -> list[int]:
        """Append messages in one transaction; returns their UIDs."""
        with _Transaction(self._db):
            return self._add(account, folder, contents, flags, arrived)

    def _add(
        self,
        account: str,
        folder: str,
        contents: Iterable[bytes],
        flags: str,
        arrived: float | None,
    ) -> list[int]:
        place = self.folder(account, folder)
        if place is None:
            raise KeyError(f"{account} has no folder {folder}")
        when = int(time.time() if arrived is None else arrived)
        uids = []
        for content in contents:
            body = self._db.execute(
                "INSERT INTO body (content) VALUES (?)", (content,)
            ).lastrowid
            uids.append(
                self._append(
                    place.id,
                    (
                        flags,
                        when,
                        message_id(content),
                        len(content),
                        hashlib.sha256(content).hexdigest(),
                        body,
                        self._next_item(),
                    ),
                )
            )
        return uids

    def _append(self, folder: int, values: tuple[object, ...]) -> int:
        (uid,) = self._db.execute(
            "UPDATE folder SET uidnext = uidnext + 1 WHERE id = ?"
            " RETURNING uidnext - 1",
            (folder,),
        ).fetchone()
        self._db.execute(
            "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (folder, uid, *values),
        )
        self._touch(folder)
        return int(uid)

    def entries(self, folder: int, first: int = 1, last: int = 1 << 62) -> list[Entry]:
        """Messages of a folder by UID, both ends included."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM message"
            " WHERE folder = ? AND uid BETWEEN ? AND ? ORDER BY uid",
            (folder, first, last),
        )
        return [Entry(*row) for row in rows]

    def by_item(self, account: str, item: int) -> tuple[Folder, Entry] | None:
        """Where a message of an account is now; None when it is gone."""
        row = self._db.execute(
            f"SELECT folder, {_COLUMNS} FROM message WHERE item = ?", (item,)
        ).fetchone()
        if row is None:
            return None
        place = next((f for f in self.folders(account) if f.id == row[0]), None)
        return (place, Entry(*row[1:])) if place else None

    def log(self, folder: int, after: int = 0) -> list[Change]:
        """What has happened to a folder since change `after`, in order."""
        rows = self._db.execute(
            "SELECT seq, item, kind FROM change WHERE folder = ? AND seq > ?"
            " ORDER BY seq",
            (folder, after),
        )
        return [Change(*row) for row in rows]

    def last_change(self) -> int:
        """The number of the newest line of the log, 0 when it is empty."""
        (last,) = self._db.execute("SELECT max(seq) FROM change").fetchone()
        return int(last or 0)

    def uids(self, folder: int) -> list[int]:
        """All UIDs, growing."""
        rows = self._db.execute(
            "SELECT uid FROM message WHERE folder = ? ORDER BY uid", (folder,)
        )
        return [row[0] for row in rows]

    def bodies(self, ids: Sequence[int]) -> list[bytes | None]:
        """The original bytes, in the order asked for; None where they are gone."""
        marks = ",".join("?" * len(ids))
        found = dict(
            self._db.execute(f"SELECT id, content FROM body WHERE id IN ({marks})", ids)
        )
        return [found.get(one) for one in ids]

    def set_flags(self, folder: int, uid: int, flags: str) -> None:
        """Replace the flags of one message."""
        self._db.execute(
            "UPDATE message SET flags = ? WHERE folder = ? AND uid = ?",
            (flags, folder, uid),
        )

    def copy(
        self, source: int, uids: Sequence[int], target: int, *, move: bool
    ) -> list[tuple[int, int]]:
        """Copy or move in one transaction; pairs of old and new UID."""
        pairs = []
        with _Transaction(self._db):
            for uid in uids:
                for entry in self.entries(source, uid, uid):
                    values = (
                        entry.flags,
                        entry.arrived,
                        entry.message_id,
                        entry.size,
                        entry.sha256,
                        entry.body,
                        entry.item if move else self._next_item(),
                    )
                    pairs.append((uid, self._append(target, values)))
            if move:
                self._remove(source, [old for old, _ in pairs])
        return pairs

    def remove(self, folder: int, uids: Sequence[int]) -> None:
        """Expunge for good."""
        with _Transaction(self._db):
            self._remove(folder, uids)

    def _remove(self, folder: int, uids: Sequence[int]) -> None:
        for uid in uids:
            row = self._db.execute(
                "DELETE FROM message WHERE folder = ? AND uid = ? RETURNING body",
                (folder, uid),
            ).fetchone()
            if row:
                self._db.execute(
                    "DELETE FROM body WHERE id = ?1"
                    " AND NOT EXISTS (SELECT 1 FROM message WHERE body = ?1)",
                    row,
                )
        self._touch(folder)

    def reset(self, account: str, name: str = INBOX) -> int:
        """The folder was built anew: other UIDVALIDITY, UIDs from 1. Returns it."""
        place = self.folder(account, name)
        if place is None:
            raise KeyError(f"{account} has no folder {name}")
        with _Transaction(self._db):
            uids = self.uids(place.id)
            for new, uid in enumerate(uids, start=1):
                self._db.execute(
                    "UPDATE message SET uid = ? WHERE folder = ? AND uid = ?",
                    (new, place.id, uid),
                )
            value = max(place.uidvalidity + 1, int(time.time()))
            self._db.execute(
                "UPDATE folder SET uidvalidity = ?, uidnext = ? WHERE id = ?",
                (value, len(uids) + 1, place.id),
            )
        self._touch(place.id)
        return value

    def changes(self, folder: int) -> int:
        """A number that grows when messages come or go."""
        return self._changes.get(folder, 0)

    def _touch(self, folder: int) -> None:
        self._changes[folder] = self._changes.get(folder, 0) + 1

    def plan_answer(self, account: str, content: bytes, due: float) -> None:
        """Remember a letter that arrives at `due` (seconds since 1970)."""
        self._db.execute(
            "INSERT INTO answer (due, account, content) VALUES (?, ?, ?)",
            (due, account, content),
        )

    def deliver_answers(self, now: float) -> int:
        """Put every answer that is due into its INBOX, each exactly once."""
        rows = self._db.execute(
            "SELECT id, account, content FROM answer WHERE due <= ?", (now,)
        ).fetchall()
        for row, account, content in rows:
            with _Transaction(self._db):
                self._db.execute("DELETE FROM answer WHERE id = ?", (row,))
                self._add(account, INBOX, [content], "", now)
        return len(rows)

    def next_number(self, name: str) -> int:
        """0, 1, 2, ... per name, never twice."""
        (value,) = self._db.execute(
            "INSERT INTO counter VALUES (?, 1) ON CONFLICT (name)"
            " DO UPDATE SET value = value + 1 RETURNING value - 1",
            (name,),
        ).fetchone()
        return int(value)

    def _next_item(self) -> int:
        return self.next_number("item") + 1


class _Transaction:
    """BEGIN IMMEDIATE ... COMMIT, or ROLLBACK when the block fails.

    Within another one it is a part of that.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._whole = False

    def __enter__(self) -> None:
        self._whole = not self._db.in_transaction
        if self._whole:
            self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._whole:
            self._db.execute("ROLLBACK" if kind else "COMMIT")


def message_id(content: bytes) -> str:
    """The Message-ID of a letter, empty when it has none."""
    end = content.find(b"\r\n\r\n")
    found = _MESSAGE_ID.search(content, 0, end if end >= 0 else len(content))
    return found.group(1).decode("ascii", "replace") if found else ""

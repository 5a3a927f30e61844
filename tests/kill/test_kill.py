"""kill -9 of every part of the running product, while it fetches and sends.

Afterwards every message of the sandbox is stored once, nothing went out twice without
having been unconfirmed, and fetching went on by itself within a minute. The truth is
the sandbox's own store and the product's database, both read from outside.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fixtures.product import Product, wait_for

pytestmark = [
    pytest.mark.kill,
    pytest.mark.timeout(600),
]

WITHIN = 60.0  # seconds until fetching goes on
SENT_BEFORE_EACH = 2
FETCHED_BEFORE_EACH = 20
SLOW = 0.15  # seconds until the sandbox answers, so that a kill hits something
HEALTHY = ("support@contoso.example", "orders@contoso.example")
LETTER = "Subject: drill {}\nTo: {}\n\nNumber {}.\n"


class Drill:
    """One running copy, its processes, and what stands in the two databases."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.letters = 0

    # processes

    def find(self, *words: str) -> psutil.Process | None:
        """The topmost process of this copy whose command line has all the words."""
        for process in self.processes():
            if all(word in process.cmdline() for word in words):
                return process
        return None

    def processes(self) -> list[psutil.Process]:
        assert self.product.process is not None
        serve = psutil.Process(self.product.process.pid)
        return [serve, *serve.children(recursive=True)]

    def busy(self, kind: str) -> psutil.Process | None:
        """The process that is in the middle of a cycle now."""
        for (owner,) in self.rows(
            "SELECT owner FROM mailboxes_cycle WHERE outcome = 'running' AND kind = ?",
            kind,
        ):
            try:
                return psutil.Process(int(owner.split(":")[1]))
            except psutil.NoSuchProcess:
                continue  # killed by the round before; its cycle is not yet closed
        return None

    def idle(self) -> psutil.Process | None:
        cluster = self.find(str(self.manage), "qcluster")
        busy = self.rows("SELECT owner FROM mailboxes_batch WHERE ended_at IS NULL")
        taken = {int(owner.split(":")[1]) for (owner,) in busy if owner}
        if cluster is None:
            return None
        for sentinel in cluster.children():
            # The sentinel starts the workers first, then monitor and pusher.
            workers = sorted(sentinel.children(), key=lambda p: p.pid)[:3]
            for process in workers:
                if process.pid not in taken:
                    return process
        return None

    @property
    def manage(self) -> Path:
        return Path(__file__).resolve().parent.parent.parent / "manage.py"

    def victim(self, part: str) -> psutil.Process | None:
        manage = str(self.manage)
        finders: dict[str, Callable[[], psutil.Process | None]] = {
            "fetching": lambda: self.busy("fetch"),
            "sending": lambda: self.busy("send"),
            "idle": self.idle,
            "worker": lambda: self.find(manage, "worker"),
            "serve": lambda: self.processes()[0],
            "web": lambda: self.find("gunicorn"),
        }
        return finders[part]()

    # rows

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return _read(self.product.data / "mailadmin.sqlite3", sql, *values)

    def ask_sandbox(self, path: str, **given: Any) -> None:
        """Its control API: slow answers, more letters."""
        world = json.loads((self.product.data / "sandbox" / "sandbox.json").read_text())
        request = urllib.request.Request(
            f"http://127.0.0.1:{world['control']['port']}{path}",
            json.dumps(given).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200

    def send(self) -> None:
        """Queue letters, one after the other; `judge` counts them."""
        for _ in range(SENT_BEFORE_EACH):
            self.letters += 1
            file = self.product.data / "letter.eml"
            to = "bob@customers.example"
            file.write_text(LETTER.format(self.letters, to, self.letters))
            self.product.manage("send", "--from", HEALTHY[0], "--to", to, str(file))

    def fetched_since(self, when: datetime) -> int:
        """How many of the mailboxes had a good cycle that began after `when`."""
        [(count,)] = self.rows(
            "SELECT count(DISTINCT pop_client_id) FROM mailboxes_cycle"
            " WHERE kind = 'fetch' AND outcome IN ('ok', 'partial')"
            " AND started_at > ?",
            when.strftime("%Y-%m-%d %H:%M:%S.%f"),
        )
        return int(count)

    def stored(self) -> Counter[tuple[str, str]]:
        """How often each message is stored: (address, SHA-256 of its bytes)."""
        return Counter(
            self.rows(
                "SELECT b.address, m.digest FROM mailboxes_message m"
                " JOIN mailboxes_popclient p ON p.id = m.pop_client_id"
                " JOIN mailboxes_mailbox b ON b.id = p.mailbox_row_id"
            )
        )

    def delivered(self) -> Counter[tuple[str, str]]:
        """What lies in the sandbox's inboxes, in the same form."""
        return Counter(
            _read(
                self.product.data / "sandbox" / "mail.sqlite3",
                "SELECT f.account, m.sha256 FROM message m"
                " JOIN folder f ON f.id = m.folder"
                f" WHERE f.name = 'INBOX' AND f.account IN {HEALTHY!r}",
            )
        )

    def went_out(self) -> Counter[str]:
        """How often the sandbox took each of our letters, by Message-ID."""
        log = self.product.data / "sandbox" / "delivered.jsonl"
        lines = log.read_text(encoding="utf-8").splitlines()
        return Counter(json.loads(line)["message_id"] for line in lines)

    # the drill itself

    def kill(self, part: str) -> float:
        """Kill one part; the seconds until both mailboxes are fetched again."""
        for address in HEALTHY:
            self.ask_sandbox("/deliver", to=address, count=FETCHED_BEFORE_EACH)
        sending = threading.Thread(target=self.send)
        sending.start()
        if part not in ("fetching", "sending"):
            wait_for(lambda: self.busy("fetch"), 30, "a cycle", every=0.01)
        victim = wait_for(
            lambda: self.victim(part), 30, f"a process to kill ({part})", every=0.01
        )
        victim.kill()
        begun, when = time.monotonic(), datetime.now(UTC)
        if part == "serve":
            assert self.product.process is not None
            self.product.process.wait()
            self.product.start("--resume")  # as scripts/run does
        wait_for(
            lambda: self.fetched_since(when) == len(HEALTHY),
            WITHIN,
            f"fetching after the end of {part}",
        )
        took = time.monotonic() - begun
        sending.join()
        return took

    def settle(self) -> None:
        """Until nothing waits to be sent and all that lies there is fetched."""
        wait_for(
            lambda: (
                not self.rows(
                    "SELECT 1 FROM mailboxes_outboundmessage"
                    " WHERE state IN ('queued', 'sending', 'waiting')"
                )
            ),
            120,
            "the outbox to become empty",
        )
        there = self.delivered()
        wait_for(lambda: set(there) <= set(self.stored()), 60, "everything fetched")

    def judge(self) -> None:
        """Stored once, and sent once or unconfirmed."""
        stored = self.stored()
        there = self.delivered()  # read last: letters keep coming
        known = {key: count for key, count in stored.items() if key[0] in HEALTHY}
        assert {key: n for key, n in known.items() if n != there[key]} == {}
        out = self.went_out()
        letters = self.rows("SELECT message_id, state FROM mailboxes_outboundmessage")
        assert len(letters) == self.letters
        assert {i: out[i] for i, _ in letters if out[i] > 1} == {}
        assert {
            i: state
            for i, state in letters
            if not (state == "sent" and out[i] == 1 or state == "unconfirmed")
        } == {}


def _read(path: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as db:
        return db.execute(sql, values).fetchall()


PARTS = ("fetching", "sending", "idle", "worker", "serve", "web")


CHANGE = """
from mailboxes.models import SmtpClient
from mailboxes.services import revisions
for client in SmtpClient.objects.all():
    raw = {"connect-timeout": "00:00:07"}
    revisions.save_smtp_client(
        client=client, section="", raw=raw, base_revision=client.revision
    )
"""
IN_EFFECT = (
    "SELECT c.section, c.revision, r.number, s.generation FROM mailboxes_sender s"
    " JOIN mailboxes_smtpclient c ON c.id = s.smtp_client_id"
    " JOIN mailboxes_revision r ON r.id = s.revision_id ORDER BY c.section"
)


def drill(product: Product, parts: tuple[str, ...]) -> dict[str, float]:
    one = Drill(product)
    # Options saved now wait for Restart sending; the death of a process is none.
    product.manage("shell", "-v0", "-c", CHANGE)
    in_effect = one.rows(IN_EFFECT)
    assert {(saved, now) for _section, saved, now, _generation in in_effect} == {(2, 1)}
    start = datetime.now(UTC)
    wait_for(lambda: one.fetched_since(start) == len(HEALTHY), 60, "the first cycles")
    one.ask_sandbox("/faults", account="*", fault="slow", seconds=SLOW)
    took = {
        f"{number} {part}": one.kill(part) for number, part in enumerate(parts, start=1)
    }
    one.ask_sandbox("/faults", account="*", fault=None)
    one.settle()
    one.judge()
    assert one.rows(IN_EFFECT) == in_effect
    return took


def test_one_of_those_that_hold_mail_is_killed(own_product: Product) -> None:
    took = drill(own_product, PARTS[:4])
    assert max(took.values()) <= WITHIN


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", PARTS)
def test_ten_of_each_are_killed(own_product: Product, part: str) -> None:
    took = drill(own_product, (part,) * 10)
    assert max(took.values()) <= WITHIN

"""Cycles over a scripted IMAP server: what one of its messages may do to it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.utils import timezone

from mailboxes.core.choices import Outcome
from mailboxes.models import Cycle, Fetcher, Mailbox, PopClient, Revision
from mailboxes.services import fetch, secrets
from mailboxes.services.fetch import cycle as fetch_cycle
from mailboxes.services.worker import leases, pool
from tests.servers.imap_script import signed_in
from tests.servers.scripted import Scripted, Talk
from tests.services.conftest import letter

LETTERS = {number: letter(f"number {number}") for number in (1, 2, 3)}
SECONDS = 30.0  # that a cycle has, far more than it needs
SHORT = 2.0  # where the server is without haste
Misbehave = Callable[[Talk, bytes], bytes]


def well(talk: Talk, tag: bytes) -> bytes:
    """Misbehaves in nothing."""
    return b"OK done"


def server(
    number: int, misbehave: Misbehave = well, listing: Misbehave | None = None
) -> Scripted:
    """Holds three letters; the body of `number` is answered by `misbehave`.

    What that returns stands for OK at the end of the command. listing: answers a
    listing at `number`, and what comes after that is left out too.
    """

    def fetch_bodies(talk: Talk, tag: bytes) -> None:
        ids, items = re.search(rb"FETCH (\S+) \((.*)\)", talk.heard[-1]).groups()
        end = b"OK done"
        for one in _numbers(ids):
            if b"RFC822.SIZE" in items and one == number and listing is not None:
                end = listing(talk, tag)
                if end.startswith(b"NO"):
                    break
            elif b"RFC822.SIZE" in items:
                size = len(LETTERS[one])
                talk.send(b"* %d FETCH (UID %d RFC822.SIZE %d)\r\n" % (one, one, size))
            elif b"HEADER" not in items and one == number and misbehave is not well:
                end = misbehave(talk, tag)
            else:
                data = LETTERS[one]
                if b"HEADER" in items:
                    data = data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                head = b"* %d FETCH (UID %d BODY[] {%d}\r\n" % (one, one, len(data))
                talk.send(head + data + b")\r\n")
        talk.send(tag + b" " + end + b"\r\n")

    def search(talk: Talk, tag: bytes) -> None:
        asked = re.search(rb"UID (\d+)(?::(\*|\d+))?$", talk.heard[-1])
        first, last = int(asked[1]), asked[2] or asked[1]
        most = 3 if last == b"*" else int(last)
        there = b" ".join(b"%d" % n for n in LETTERS if first <= n <= most)
        talk.send(b"* SEARCH " + there + b"\r\n" + tag + b" OK done\r\n")

    return signed_in({b"UID FETCH": fetch_bodies, b"UID SEARCH": search})


def _numbers(ids: bytes) -> list[int]:
    found: list[int] = []
    for part in ids.split(b","):
        first, _, last = part.partition(b":")
        found += range(int(first), int(last or first) + 1)
    return found


@pytest.fixture
def client(db: None) -> PopClient:
    mailbox = Mailbox.objects.create(address="anna@example.org")
    client = PopClient.objects.create(section="pop-client", mailbox_row=mailbox)
    Fetcher.objects.create(pop_client=client, next_due=timezone.now())
    return client


def run(client: PopClient, running: Scripted, seconds: float = SECONDS) -> Cycle:
    """One cycle of `seconds` at most."""
    values = {
        "type": "IMAP",
        "server": "127.0.0.1",
        "port": running.port,
        "pop-connection-security": "none",
        "password": secrets.seal("right").pk,
        "first-fetch": "everything",
    }
    if not client.revision:
        Revision.objects.create(pop_client=client, number=1, values=values)
        PopClient.objects.update(revision=1)
        client.refresh_from_db()
    fetcher = leases.claim(Fetcher.objects.all(), client.fetcher.pk)
    assert fetcher is not None
    until = time.monotonic() + seconds
    return fetch_cycle.FetchCycle(fetcher, lambda: False, until=until).run()


def stored(client: PopClient) -> list[tuple[str, str]]:
    return list(client.messages.order_by("pk").values_list("subject", "reason"))


def test_body_in_drops_holds_its_mailbox_for_two_cycles(client: PopClient) -> None:
    def drip(talk: Talk, tag: bytes) -> bytes:
        talk.send(b"* 2 FETCH (UID 2 BODY[] {%d}\r\n" % len(LETTERS[2]))
        pause = threading.Event()
        while True:
            talk.send(b"x")
            pause.wait(0.01)

    with server(2, drip) as running:
        outcomes = [
            run(client, running, seconds).outcome for seconds in (SHORT, SHORT, SECONDS)
        ]
        pool.pool.close_all()
    assert outcomes == [Outcome.PARTIAL, Outcome.FAILED, Outcome.OK]
    assert stored(client) == [
        ("number 1", ""),
        ("number 2", "too-slow"),
        ("number 3", ""),
    ]


@pytest.mark.parametrize(
    "end",
    [b"NO [SERVERBUG] Internal error", b"NO Some messages could not be FETCHed"],
)
def test_refused_body_costs_one_cycle_nothing(client: PopClient, end: bytes) -> None:
    with server(2, lambda talk, tag: end) as running:
        assert run(client, running).outcome == Outcome.OK
        assert run(client, running).new_connection is False
        pool.pool.close_all()
    assert stored(client) == [
        ("number 1", ""),
        ("number 2", "refused-by-server"),
        ("number 3", ""),
    ]


@pytest.mark.parametrize("answer", [b"", b"* 2 FETCH (UID 2 BODY[] NIL)\r\n"])
def test_body_that_is_left_out_is_not_passed_over(
    client: PopClient, answer: bytes
) -> None:
    def leave_out(talk: Talk, tag: bytes) -> bytes:
        talk.send(answer)
        return b"OK done"

    with server(2, leave_out) as running:
        first, second = run(client, running), run(client, running)
        pool.pool.close_all()
    assert (first.outcome, first.code) == (Outcome.FAILED, "protocol-error")
    assert second.outcome == Outcome.OK
    assert stored(client) == [
        ("number 1", ""),
        ("number 2", "refused-by-server"),
        ("number 3", ""),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"* 2 FETCH (UID 2 RFC822.SIZE NIL INTERNALDATE NIL)\r\n",
        b"* 2 FETCH (UID 2 RFC822.SIZE -1)\r\n",
        b"* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n",
    ],
)
def test_message_that_a_listing_leaves_out_is_read(
    client: PopClient, answer: bytes
) -> None:
    """SEARCH named it, and the cursor goes past it."""

    def leave_out(talk: Talk, tag: bytes) -> bytes:
        talk.send(answer)
        return b"OK done"

    with server(2, listing=leave_out) as running:
        cycle = run(client, running)
        pool.pool.close_all()
    assert (cycle.outcome, cycle.listed) == (Outcome.OK, 3)
    assert stored(client) == [("number 1", ""), ("number 2", ""), ("number 3", "")]
    assert client.sources.get().cursor == "3"


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize(
    "refusal",
    [
        b"NO [SERVERBUG] Internal error occurred",
        b"NO [UNAVAILABLE] FETCH Server error while fetching messages",
        b"NO [NOPERM] not this one",
    ],
)
def test_message_whose_size_the_server_cannot_tell_stops_nobody(
    client: PopClient, number: int, refusal: bytes
) -> None:
    with server(number, listing=lambda talk, tag: refusal) as running:
        cycle = run(client, running)
        pool.pool.close_all()
    assert (cycle.outcome, cycle.code, cycle.listed) == (Outcome.OK, "", 3)
    assert stored(client) == [("number 1", ""), ("number 2", ""), ("number 3", "")]
    listings = [h for h in running.heard if b"RFC822.SIZE" in h]
    assert len(listings) == 1 + (4 - number)  # all, then each of those left alone


def test_listing_that_is_throttled_is_not_gone_on_with(client: PopClient) -> None:
    refusal = b"NO [THROTTLED] slow down"
    with server(2, listing=lambda talk, tag: refusal) as running:
        cycle = run(client, running)
        pool.pool.close_all()
    assert (cycle.code, cycle.stage) == ("server-throttled", "list")
    assert stored(client) == []


def test_message_that_is_gone_when_it_is_listed_costs_nothing(
    client: PopClient,
) -> None:
    def search(talk: Talk, tag: bytes) -> None:
        asks = b"ALL" not in talk.heard[-1]
        talk.send(b"* SEARCH" + b" 5" * asks + b"\r\n" + tag + b" OK done\r\n")

    with signed_in({b"UID SEARCH": search}) as running:
        cycle = run(client, running)
        pool.pool.close_all()
    assert (cycle.outcome, stored(client)) == (Outcome.OK, [])
    assert client.sources.get().cursor == "5"


def test_cycles_end_before_the_queue_ends_their_process() -> None:
    """With time to write how they ended."""
    assert fetch.SECONDS < fetch.LIMIT <= settings.Q_CLUSTER["timeout"] - 20

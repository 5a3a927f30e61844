"""Cycles over IMAP folders that are larger than one cycle can list."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from mailboxes.core.choices import Outcome
from mailboxes.models import Cycle, Fetcher, Mailbox, PopClient, Revision, Source
from mailboxes.services import secrets
from mailboxes.services.fetch import cycle as fetch_cycle, sources
from mailboxes.services.worker import leases, pool
from mailboxes.transports.base import Folder, Listed
from tests.servers.imap_script import signed_in
from tests.servers.scripted import Scripted, Talk
from tests.services.conftest import letter

DAYS = 10  # that are read where the rule is last days


def server(ages: Mapping[int, timedelta], next_id: int) -> Scripted:
    """Holds letters of these ages by UID; tells of sizes, bodies and SEARCH SINCE."""
    times = {number: timezone.now() - age for number, age in ages.items()}

    def fetch_messages(talk: Talk, tag: bytes) -> None:
        ids, items = re.search(rb"FETCH (\S+) \((.*)\)", talk.heard[-1]).groups()
        for one in numbers(ids):
            data = letter(f"number {one}")
            if b"RFC822.SIZE" in items:
                day = times[one].strftime("%d-%b-%Y %H:%M:%S +0000").encode()
                words = b'RFC822.SIZE %d INTERNALDATE "%b")' % (len(data), day)
            else:
                words = b"BODY[] {%d}\r\n%b)" % (len(data), data)
            talk.send(b"* 1 FETCH (UID %d %b\r\n" % (one, words))
        talk.send(tag + b" OK done\r\n")

    def search(talk: Talk, tag: bytes) -> None:
        words = talk.heard[-1].decode().partition("SEARCH ")[2]
        asked = re.fullmatch(r"UID (\d+):\*(?: OR SINCE (\S+) UID (\d+):\*)?", words)
        first, since, young = asked.groups()
        found = [n for n in times if n >= int(first)]
        if since:
            day = datetime.strptime(since, "%d-%b-%Y").replace(tzinfo=UTC)
            found = [n for n in found if times[n] >= day or n >= int(young)]
        ids = " ".join(map(str, found)).encode()
        talk.send(b"* SEARCH " + ids + b"\r\n" + tag + b" OK done\r\n")

    opened = (
        b"* OK [UIDVALIDITY 77] v\r\n* OK [UIDNEXT %d] n\r\n{tag} OK done\r\n" % next_id
    )
    return signed_in(
        {b"UID FETCH": fetch_messages, b"UID SEARCH": search, b"EXAMINE": opened}
    )


def numbers(ids: bytes) -> list[int]:
    found: list[int] = []
    for part in ids.split(b","):
        first, _, last = part.partition(b":")
        found += range(int(first), int(last or first) + 1)
    return found


def run(running: Scripted, **options: object) -> list[Cycle]:
    """Cycles until one is not partial, of a new pop-client."""
    mailbox = Mailbox.objects.create(address="anna@example.org")
    client = PopClient.objects.create(
        section="pop-client", mailbox_row=mailbox, revision=1
    )
    values = {
        "type": "IMAP",
        "server": "127.0.0.1",
        "port": running.port,
        "pop-connection-security": "none",
        "password": secrets.seal("right").pk,
        **{name.replace("_", "-"): value for name, value in options.items()},
    }
    Revision.objects.create(pop_client=client, number=1, values=values)
    Fetcher.objects.create(pop_client=client, next_due=timezone.now())
    cycles: list[Cycle] = []
    while not cycles or cycles[-1].outcome == Outcome.PARTIAL:
        fetcher = leases.claim(Fetcher.objects.all(), client.fetcher.pk)
        assert fetcher is not None
        until = time.monotonic() + 60
        cycle = fetch_cycle.FetchCycle(fetcher, lambda: False, until=until).run()
        cycles.append(cycle)
    pool.pool.close_all()
    return cycles


def subjects() -> list[str]:
    client = PopClient.objects.get()
    return list(client.messages.order_by("pk").values_list("subject", flat=True))


def listings(running: Scripted) -> list[int]:
    """Messages whose size was asked for, by command."""
    asked = [line for line in running.heard if b"RFC822.SIZE" in line]
    return [len(numbers(line.split(b" ")[3])) for line in asked]


def test_large_folder_is_listed_as_far_as_a_cycle_takes_it(db: None) -> None:
    new = timedelta(minutes=1)
    with server(dict.fromkeys(range(1, 8), new), 8) as running:
        cycles = run(running, first_fetch="everything", maximum_msg_number=3)
    assert [(c.outcome, c.stored) for c in cycles] == [
        (Outcome.PARTIAL, 3),
        (Outcome.PARTIAL, 3),
        (Outcome.OK, 1),
    ]
    assert listings(running) == [4, 1 + 4, 1 + 1]  # the last of before is compared
    assert subjects() == [f"number {number}" for number in range(1, 8)]


def test_as_many_messages_as_a_cycle_takes_are_one_cycle(db: None) -> None:
    new = timedelta(minutes=1)
    with server(dict.fromkeys(range(1, 4), new), 4) as running:
        cycles = run(running, first_fetch="everything", maximum_msg_number=3)
    assert [(c.outcome, c.stored) for c in cycles] == [(Outcome.OK, 3)]


def test_old_messages_are_not_even_listed(db: None) -> None:
    """The day before the first is listed, for the zone of the server, and left out."""
    ages = {number: timedelta(days=400) for number in range(1, 51)}
    ages |= {51: timedelta(days=DAYS, minutes=2), 52: timedelta(days=DAYS - 1)}
    with server(ages, 53) as running:
        cycles = run(running, first_fetch="last-days", first_fetch_days=DAYS)
    assert [(c.outcome, c.stored) for c in cycles] == [(Outcome.OK, 1)]
    assert listings(running) == [2]
    assert subjects() == ["number 52"]
    assert Source.objects.get().cursor == "52"


def test_listing_of_nothing_that_is_wanted_is_gone_on_from(db: None) -> None:
    ages = {n: timedelta(days=DAYS, minutes=2) for n in range(1, 8)}
    ages[8] = timedelta(days=1)
    with server(ages, 9) as running:
        cycles = run(
            running,
            first_fetch="last-days",
            first_fetch_days=DAYS,
            maximum_msg_number=2,
        )
    assert [(c.outcome, c.stored) for c in cycles] == [
        (Outcome.PARTIAL, 0),
        (Outcome.PARTIAL, 0),
        (Outcome.OK, 1),
    ]
    assert listings(running) == [3, 3, 2]


def test_renumbered_folder_of_old_mail_is_not_listed_either(db: None) -> None:
    ages = {number: timedelta(days=400) for number in range(1, 51)}
    with server(ages, 51) as running:
        run(running, first_fetch="from-now")
        client = PopClient.objects.get()
        Source.objects.update(validity="76")
        fetcher = leases.claim(Fetcher.objects.all(), client.fetcher.pk)
        assert fetcher is not None
        until = time.monotonic() + 60
        cycle = fetch_cycle.FetchCycle(fetcher, lambda: False, until=until).run()
        pool.pool.close_all()
    assert (cycle.outcome, cycle.stored, subjects()) == (Outcome.OK, 0, [])
    assert listings(running) == []


@pytest.mark.parametrize(
    ("minutes", "next_id", "since", "listed", "end"),
    [
        (61, 95, True, 2, 90),  # what is left out is done with
        (61, 95, True, 3, 30),  # cut off: there is more
        (59, 95, True, 2, 20),  # a slow host may not show all yet
        (61, 95, False, 2, 20),
        (59, None, True, 2, 90),  # ids are text: all was listed before
        (59, None, False, 2, 20),
        (61, 95, True, 0, 90),
        (59, 95, True, 0, 0),
        (61, 51, True, 0, 50),  # set back: the next message has an id below baseline
    ],
)
def test_end_of_a_listing(
    minutes: int, next_id: int | None, since: bool, listed: int, end: int
) -> None:
    now = timezone.now()
    source = Source(
        baseline=90,
        since=now if since else None,
        created_at=now - timedelta(minutes=minutes),
    )
    found = [Listed(number * 10, 1, None) for number in range(1, listed + 1)]
    folder = Folder("INBOX", "1", next_id)
    assert sources.end(source, folder, found, 2) == end

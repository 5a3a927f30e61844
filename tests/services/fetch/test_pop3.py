"""Cycles by POP3 at Dovecot: old mail, deleting, new ids, and cuts at each step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.utils import timezone

from mailboxes.core.choices import Outcome, SettleState
from mailboxes.models import (
    Cycle,
    Fetcher,
    Listing,
    Location,
    Mailbox,
    PopClient,
    Revision,
)
from mailboxes.services import secrets
from mailboxes.services.fetch import cycle as fetch_cycle
from mailboxes.services.worker import leases
from tests.servers.cutter import Cutter, When
from tests.servers.dovecot import Dovecot
from tests.servers.mailboxes import PASSWORD
from tests.servers.pop3_script import serve
from tests.services.conftest import letter

pytestmark = [pytest.mark.django_db]
# CAPA, AUTH and its line, STAT, UIDL, LIST, 3 RETR, 3 DELE, QUIT
LINES = 13


def client(user: str, port: int, **changes: Any) -> PopClient:
    """A pop-client that reads by POP3 without encryption."""
    mailbox = Mailbox.objects.create(address=user)
    made = PopClient.objects.create(section="pop-client", mailbox_row=mailbox)
    Fetcher.objects.create(pop_client=made, next_due=timezone.now())
    values = {
        "type": "POP3",
        "server": "127.0.0.1",
        "port": port,
        "pop-connection-security": "none",
        "password": secrets.seal(PASSWORD).pk,
        "first-fetch": "everything",
    }
    values |= {name.replace("_", "-"): value for name, value in changes.items()}
    Revision.objects.create(pop_client=made, number=1, values=values)
    PopClient.objects.update(revision=1)
    made.refresh_from_db()
    return made


def run(made: PopClient) -> Cycle:
    Fetcher.objects.update(not_before=None, next_due=timezone.now())
    fetcher = leases.claim(Fetcher.objects.all(), made.fetcher.pk)
    assert fetcher is not None
    until = time.monotonic() + 60
    return fetch_cycle.FetchCycle(fetcher, lambda: False, until=until).run()


def subjects(made: PopClient) -> list[str]:
    return list(made.messages.order_by("pk").values_list("subject", flat=True))


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    return dovecot.new_user()


def fill(dovecot: Dovecot, user: str, *names: str) -> None:
    for name in names:
        dovecot.deliver(user, letter(name))


@pytest.fixture
def between(dovecot: Dovecot) -> Iterator[Cutter]:
    with Cutter(dovecot.pop3) as cutter:
        yield cutter


@pytest.mark.server
@pytest.mark.parametrize("when", ["before", "amid", "after"])
@pytest.mark.parametrize("at", range(1, LINES + 1))
def test_cut_at_any_step_loses_and_doubles_nothing(
    dovecot: Dovecot, user: str, between: Cutter, at: int, when: When
) -> None:
    names = ["one", "two", "three"]
    fill(dovecot, user, *names)
    made = client(user, between.port, after_fetch="delete")
    between.cut(at, when)
    first = run(made)
    after = [run(made), run(made)]
    assert first.outcome == Outcome.FAILED
    assert [cycle.outcome for cycle in after] == [Outcome.OK, Outcome.OK]
    assert sorted(subjects(made)) == sorted(names)
    assert dovecot.files(user) == []
    assert not Location.objects.filter(settle=SettleState.PENDING).exists()


@pytest.mark.server
def test_what_was_cut_has_as_many_steps_as_a_cycle(
    dovecot: Dovecot, user: str, between: Cutter
) -> None:
    fill(dovecot, user, "one", "two", "three")
    cycle = run(client(user, between.port, after_fetch="delete"))
    assert (cycle.outcome, cycle.settled) == (Outcome.OK, 3)
    assert len(between.said) == LINES
    assert set(Location.objects.values_list("settle", flat=True)) == {SettleState.DONE}


@pytest.mark.server
def test_last_days_are_those_that_the_received_lines_tell(
    dovecot: Dovecot, user: str
) -> None:
    now = datetime.now(UTC)
    for name, days in (("month", 30), ("week", 7), ("yesterday", 1)):
        when = format_datetime(now - timedelta(days=days))
        line = f"Received: from a by b; {when}\r\n".encode()
        dovecot.deliver(user, line + letter(name))
    made = client(user, dovecot.pop3, first_fetch="last-days", first_fetch_days=3)
    run(made)
    fill(dovecot, user, "now")
    run(made)
    assert subjects(made) == ["yesterday", "now"]


@pytest.mark.server
def test_from_now_leaves_what_was_there(dovecot: Dovecot, user: str) -> None:
    fill(dovecot, user, "old")
    made = client(user, dovecot.pop3, first_fetch="from-now")
    run(made)
    fill(dovecot, user, "new")
    run(made)
    assert (subjects(made), len(dovecot.files(user))) == (["new"], 2)


@pytest.mark.server
def test_server_that_numbers_anew_doubles_nothing(dovecot: Dovecot, user: str) -> None:
    """As after a restore: the same files, other UIDLs."""
    fill(dovecot, user, "one", "two", "three")
    made = client(user, dovecot.pop3)
    run(made)
    before = set(Listing.objects.values_list("key", flat=True))
    dovecot.renumber(user)
    fill(dovecot, user, "four")
    cycle, after = run(made), run(made)
    assert (cycle.stored, cycle.matched, after.stored) == (1, 3, 0)
    assert subjects(made) == ["one", "two", "three", "four"]
    now = Listing.objects.exclude(key__in=before).values_list("key", flat=True)
    assert len(now) == 4


@pytest.mark.server
def test_more_than_one_batch_is_deleted_in_one_session(
    dovecot: Dovecot, user: str, between: Cutter
) -> None:
    fill(dovecot, user, *(f"n{number}" for number in range(450)))
    cycle = run(client(user, between.port, after_fetch="delete"))
    assert (cycle.outcome, cycle.stored, cycle.settled) == (Outcome.OK, 450, 450)
    assert (between.said.count(b"QUIT"), dovecot.files(user)) == (1, [])


def test_ten_thousand_are_listed_and_the_new_one_is_fetched() -> None:
    letters = {b"u%05d" % number: b"" for number in range(10_000)}
    capabilities = b"TOP UIDL PIPELINING USER SASL=PLAIN"
    with serve(letters=letters, capabilities=capabilities) as server:
        made = client("anna@example.org", server.port, first_fetch="from-now")
        first = run(made)
        letters[b"new"] = letter("new")
        second = run(made)
        heard = [line.split()[0] for line in server.heard]
    assert [(c.outcome, c.stored) for c in (first, second)] == [
        (Outcome.OK, 0),
        (Outcome.OK, 1),
    ]
    assert subjects(made) == ["new"]
    assert (Listing.objects.count(), heard.count(b"RETR")) == (10_001, 1)

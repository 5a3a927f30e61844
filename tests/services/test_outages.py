"""Hours of refused sign-ins, played with a clock of their own, and counted (D9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from mailboxes.core.choices import Protocol, RunState, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.models import Fetcher, Mailbox, PopClient, Revision, Sender
from mailboxes.services import fetch, secrets
from mailboxes.services.fetch.cycle import FetchCycle
from mailboxes.services.outbox import senders as outbox_senders
from mailboxes.services.outbox.cycle import SendCycle
from mailboxes.services.outbox.open_connections import connections
from mailboxes.services.worker.pool import pool
from mailboxes.transports import registry
from mailboxes.transports.memory import MemoryInbound, MemoryOutbound, MemoryServer
from tests.services import sending

pytestmark = pytest.mark.django_db
HOST = "mail.contoso.example"
BEGIN = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
STEP = timedelta(seconds=30)
BLOCKED = MailError("AADSTS53003", Stage.TOKEN, permanent=True)


class World:
    """Mailboxes on one server, fetched when they are due, as batches would."""

    def __init__(self, server: MemoryServer) -> None:
        self.server = server
        self.now = BEGIN
        self.fault: Callable[[str], None] = lambda login: None
        server.hook("open", lambda: self.fault(server.calls[-1][1]))

    def add(self, number: int, after: timedelta = timedelta(0)) -> PopClient:
        """A mailbox whose first cycle is due `after` the begin, then each 5 minutes."""
        login = f"team{number:02}@contoso.example"
        self.server.add_account(login, password="right")
        mailbox = Mailbox.objects.create(address=login)
        client = PopClient.objects.create(
            section=f"pop-client-{number:02}",
            mailbox_row=mailbox,
            server=HOST,
            revision=1,
        )
        values = {
            "type": "IMAP",
            "server": HOST,
            "password": secrets.seal("right").pk,
            "cycle-time": 300,
        }
        Revision.objects.create(pop_client=client, number=1, values=values)
        Fetcher.objects.create(pop_client=client, next_due=BEGIN + after)
        return client

    def run(self, span: timedelta) -> Counter[str]:
        """Let `span` pass; how often each log-in signed in meanwhile."""
        before = len(self.server.calls)
        end = self.now + span
        while self.now < end:
            while (held := fetch.claim_next()) is not None:
                FetchCycle(held, lambda: False).run()
            for pk in outbox_senders.due(self.now):
                SendCycle(pk, lambda: False).run()
            self.now += STEP
        calls = self.server.calls[before:]
        return Counter(login for verb, login in calls if verb == "open")

    def sign_in_anew(self) -> None:
        """Close every kept connection: the next cycle has to sign in."""
        pool.close_all()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with (
        MemoryServer(HOST) as server,
        registry.override(
            inbound={Protocol.IMAP: MemoryInbound},
            outbound={Protocol.SMTP: MemoryOutbound},
        ),
    ):
        made = World(server)
        monkeypatch.setattr(timezone, "now", lambda: made.now)
        yield made
        pool.close_all()
        connections.close_all()


def states() -> Counter[str]:
    return Counter(Fetcher.objects.values_list("state", flat=True))


def blocked(login: str) -> None:
    raise MailError(BLOCKED.code, BLOCKED.stage, permanent=True)


def test_expired_passwords_cost_each_account_two_sign_ins(world: World) -> None:
    """More would lock the accounts, however many mailboxes fail alike."""
    clients = [world.add(number) for number in range(9)]
    for account in world.server.accounts.values():
        account.password = "another"
    signed_in = world.run(timedelta(hours=2))
    assert sorted(signed_in.values()) == [2] * 9
    assert states() == {"stopped": 9}
    assert len(clients) == 9


def test_network_faults_in_between_leave_it_at_two(world: World) -> None:
    world.add(1)
    world.server.accounts["team01@contoso.example"].password = "another"
    turns = iter([False, True, False, True, False, True, False, True])

    def flaky(login: str) -> None:
        if next(turns, False):
            raise MailError(Code.CONNECT_TIMEOUT, Stage.TCP)

    world.fault = flaky
    signed_in = world.run(timedelta(hours=2))
    # The second of three did not reach the sign-in.
    assert signed_in == {"team01@contoso.example": 3}
    assert states() == {"stopped": 1}


def test_wrong_passwords_at_the_authority_cost_one_each(world: World) -> None:
    for number in range(9):
        world.add(number)

    def refused(login: str) -> None:
        raise MailError("AADSTS50126", Stage.TOKEN, permanent=True)

    world.fault = refused
    signed_in = world.run(timedelta(hours=2))
    assert sorted(signed_in.values()) == [1] * 9
    assert states() == {"stopped": 9}


@pytest.mark.parametrize(
    "apart",
    [
        timedelta(0),
        timedelta(seconds=30),
    ],
)
@pytest.mark.slow  # fifteen seconds each; test_outages_at_sandbox has a short one
def test_shared_outage_of_hours_stops_nobody(world: World, apart: timedelta) -> None:
    """Twenty mailboxes and the sender are refused by a policy, for six hours."""
    for number in range(20):
        world.add(number, after=apart * number)
    client = sending.smtp_client(server=HOST)
    world.server.add_account("support", password=sending.PASSWORD)
    world.run(timedelta(minutes=10))
    assert states() == {"active": 20}
    world.sign_in_anew()
    world.fault = blocked
    sending.queue(client)
    signed_in = world.run(timedelta(hours=6))
    assert states() == {"failing": 20}
    assert Sender.objects.get().state == RunState.FAILING
    probe = signed_in.pop("team00@contoso.example")
    # Tried at 0, 1, 3, 8, 23 and 83 minutes, then hourly.
    assert probe == 10
    # At the begin, then hourly; those that had stopped wait from when they are freed.
    assert set(signed_in.values()) <= {6, 7}
    assert len(signed_in) == 20

    world.fault = lambda login: None
    before = world.now
    world.run(timedelta(hours=1, minutes=1))
    assert states() == {"active": 20}
    assert Sender.objects.get().state == RunState.ACTIVE
    first, last = (
        Fetcher.objects.order_by(order).values_list("last_success_at", flat=True)[0]
        for order in ("last_success_at", "-last_success_at")
    )
    assert first is not None and last is not None
    assert before <= first
    assert set(Fetcher.objects.values_list("failures", flat=True)) == {0}


def test_end_of_an_outage_is_everybodys_within_a_tick(world: World) -> None:
    for number in range(8):
        world.add(number)
    world.fault = blocked
    world.run(timedelta(minutes=20))
    world.fault = lambda login: None
    signed_in = world.run(timedelta(minutes=4))  # the probe's next try: 23 minutes
    assert sorted(signed_in.values()) == [1] * 8
    assert states() == {"active": 8}
    ended = set(Fetcher.objects.values_list("last_success_at", flat=True))
    assert len(ended) == 1


def test_small_tenant_is_not_stopped_by_what_all_of_it_meets(world: World) -> None:
    for number in range(3):
        world.add(number)
    world.fault = blocked
    signed_in = world.run(timedelta(hours=3))
    assert states() == {"failing": 3}
    assert sorted(signed_in.values()) == [3, 3, 7]
    world.fault = lambda login: None
    world.run(timedelta(hours=1))
    assert states() == {"active": 3}


def test_one_mailbox_of_many_that_is_refused_stops_at_once(world: World) -> None:
    for number in range(6):
        world.add(number)
    world.run(timedelta(minutes=1))
    world.sign_in_anew()
    world.fault = lambda login: blocked(login) if login.startswith("team03") else None
    signed_in = world.run(timedelta(hours=2))
    assert states() == {"active": 5, "stopped": 1}
    assert signed_in["team03@contoso.example"] == 1


def test_refusals_that_come_one_by_one_stop_each(world: World) -> None:
    """A quarter of an hour between them: each has a cause of its own."""
    for number in range(8):
        world.add(number)
    world.run(timedelta(minutes=1))
    signed_in: Counter[str] = Counter()
    for number in range(8):
        world.sign_in_anew()
        last = f"team{number:02}"
        world.fault = lambda login, last=last: login[:6] <= last and blocked(login)
        signed_in += world.run(timedelta(minutes=15))
    assert states() == {"stopped": 8}

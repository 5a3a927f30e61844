"""What every transport promises, run over the double and over real servers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from imapclient.imap_utf7 import encode

from mailboxes.core.choices import AfterFetch, Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import PROXY_LOGIN
from mailboxes.transports.base import (
    CHUNK_SIZE,
    Credential,
    Endpoint,
    InboundTransport,
    Limits,
    Listed,
    NetworkPolicy,
    OutboundTransport,
    Proxy,
    Reply,
)
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.memory import MemoryInbound, MemoryOutbound, MemoryServer
from mailboxes.transports.smtp import SmtpTransport
from tests.fixtures.matrix import Claim
from tests.live import place as live_place, settings as live_settings
from tests.matrix.cells import ANY, BASIC, SANDBOX, TOKEN

WHEN = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
MESSAGE = b"From: a@example.org\r\nSubject: one\r\n\r\nHello\r\n.dot\r\n"


@dataclass
class Place:
    """A mailbox of one user on one server, and how to reach it.

    smallest: the shortest message that the server takes. reads, sends: cells of the
    compatibility matrix that a test records that uses a reader, a sender.
    """

    inbound: type[InboundTransport]
    outbound: type[OutboundTransport]
    endpoint: Endpoint
    submission: Endpoint
    credential: Credential
    policy: NetworkPolicy
    deliver: Callable[..., None]
    unknown_recipient: str
    smallest: bytes = b""
    reads: Sequence[tuple[str, ...]] = ()
    sends: Sequence[tuple[str, ...]] = ()
    claim: Claim | None = None

    @property
    def letter(self) -> bytes:
        """A message from the user; the sandbox refuses others, as Exchange does."""
        return MESSAGE.replace(b"a@example.org", self.credential.login.encode())

    def reader(self) -> InboundTransport:
        self._claim(self.reads)
        return self.inbound(self.endpoint, self.credential, self.policy)

    def sender(self) -> OutboundTransport:
        self._claim(self.sends)
        return self.outbound(self.submission, self.credential, self.policy)

    def _claim(self, cells: Sequence[tuple[str, ...]]) -> None:
        for words in cells:
            assert self.claim is not None
            self.claim(*words)


# Kinds of sign-in, their words in the matrix.
SIGN_INS = {"password": BASIC, "token": TOKEN, "shared": TOKEN}
PROXIES = {
    "http_proxy": ("tinyproxy", "without login"),
    "squid_with_login": ("Squid", "with login"),
    "microsocks_with_login": ("microsocks (SOCKS5)", "with login"),
    "dante": ("Dante (SOCKS5)", "without login"),
}
READ_FROM = ("cyrus", "pymap")
# In the fast tier too.
ALWAYS = {("ssl-tls", "token"), ("start-tls", "password"), ("http_proxy", "password")}
KINDS = [
    "memory",
    "sandbox-token",
    "sandbox-password",
    "sandbox-shared",
    *(
        pytest.param(
            f"{way}-{sign_in}",
            marks=[pytest.mark.server]
            + [pytest.mark.slow] * ((way, sign_in) not in ALWAYS),
        )
        for way, sign_in in (
            # Dovecot and Postfix
            ("ssl-tls", "password"),
            ("ssl-tls", "token"),
            ("start-tls", "password"),
            ("start-tls", "token"),
            # the same through a proxy of each kind, and each of two families
            ("http_proxy", "password"),
            ("squid_with_login", "token"),
            ("microsocks_with_login", "token"),
            ("dante", "password"),
            # other servers: to read from, to send by
            ("cyrus", "password"),
            ("pymap", "password"),
            ("pymap", "token"),
            ("exim", "password"),
            ("exim", "token"),
        )
    ),
]
if "LIVE_CREDENTIAL" in os.environ:
    KINDS.append("live")  # scripts/live


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, cell: Claim) -> Iterator[Place]:
    if request.param == "memory":
        yield from _memory()
        return
    if request.param == "live":
        yield from _live(cell)
        return
    way, _, sign_in = request.param.rpartition("-")
    if way == "sandbox":
        folder = request.getfixturevalue("tmp_path") / "sandbox"
        yield from _sandbox(folder, sign_in, cell)
        return
    server = request.getfixturevalue(way if way in READ_FROM else "dovecot")
    relay = request.getfixturevalue("exim" if way == "exim" else "postfix")
    policy = server.policy()
    proxies = []
    if way in PROXIES:
        proxy = request.getfixturevalue(way)
        policy = replace(policy, proxy=proxy.proxy)
        name, login = PROXIES[way]
        proxies.append(("PROXY", login, ANY, name, proxy.version))
    security = Security(way) if way in tuple(Security) else Security.STARTTLS
    user = server.new_user()
    credential = server.password_of(user)
    if sign_in == "token":
        credential = server.token_of(user)

    def deliver(data: bytes, **details: object) -> None:
        server.deliver(user, data, **details)

    kind = SIGN_INS[sign_in]
    reads = ("IMAP", kind, ANY, type(server).__name__, server.version)
    sends = ("SMTP", kind, ANY, type(relay).__name__, relay.version)
    yield Place(
        ImapTransport,
        SmtpTransport,
        server.endpoint(security),
        relay.endpoint(security),
        credential,
        policy,
        deliver,
        "nobody@full.example.org",
        server.smallest,
        [reads, *proxies],
        [sends, *proxies],
        cell,
    )


def _memory() -> Iterator[Place]:
    with MemoryServer("memory.example.org") as server:
        server.add_account("anna@example.org", password="pw")

        def deliver(data: bytes, **details: object) -> None:
            server.deliver("anna@example.org", data, **details)

        server.refused["nobody@example.org"] = Reply(550, "5.1.1 no such user")
        yield Place(
            MemoryInbound,
            MemoryOutbound,
            server.endpoint,
            server.endpoint,
            Credential("anna@example.org", password="pw"),
            NetworkPolicy(),
            deliver,
            "nobody@example.org",
        )


def _sandbox(folder: Path, sign_in: str, cell: Claim) -> Iterator[Place]:
    """The providers' real names, through the sandbox's proxy; as in production."""
    with Sandbox(folder, first_letters=0) as box:
        if sign_in == "token":
            address = "support@contoso.example"
            credential = Credential(address, token=box.token(address))
        elif sign_in == "shared":  # the token of one account, the mailbox of another
            address, person = "service@contoso.example", "support@contoso.example"
            credential = Credential(address, token=box.token(person), account=person)
        else:  # the one account that may still send and fetch with its password
            address = "legacy@contoso.example"
            credential = Credential(address, password=box.account(address).password)

        def deliver(
            data: bytes, folder: str = "INBOX", arrived: datetime | None = None
        ) -> None:
            store, when = box.box.store, arrived.timestamp() if arrived else None
            name = encode(folder).decode()  # the sandbox keeps names as on the wire

            def put() -> None:
                store.create(address, name)
                store.add(address, name, [data], arrived=when)

            box._call(put)

        proxy = Proxy(box.host, box.proxy_port, *PROXY_LOGIN)
        yield Place(
            ImapTransport,
            SmtpTransport,
            Endpoint("outlook.office365.com", 993, Security.TLS),
            Endpoint("smtp.office365.com", 587, Security.STARTTLS),
            credential,
            NetworkPolicy(10, 20, proxy=proxy, ca_pem=box.ca_pem),
            deliver,
            "nobody@contoso.example",
            reads=[("IMAP", SIGN_INS[sign_in], ANY, SANDBOX, "")],
            sends=[("SMTP", SIGN_INS[sign_in], ANY, SANDBOX, "")],
            claim=cell,
        )


def _live(cell: Claim) -> Iterator[Place]:
    """A real mailbox (tests/live)."""
    live = live_settings.read()
    secret = os.environ["LIVE_CREDENTIAL"]
    credential = Credential(live.mailbox, token=secret)
    if live.grant == "basic":
        credential = Credential(live.mailbox, password=secret)
    with live_place.opened(live, credential) as (reader, deliver):
        yield Place(
            reader,
            SmtpTransport,
            live.imap,
            live.smtp,
            credential,
            live.policy,
            deliver,
            live.unknown_recipient,
            smallest=b"X: y\r\n\r\n",
            claim=cell,
        )


def bodies(reader: InboundTransport, listed: list[Listed]) -> dict[int, bytes]:
    return {item.id: b"".join(item.chunks) for item in reader.stream(listed)}


def test_open_measures_phases_and_tells_where_it_is(place: Place) -> None:
    with place.reader() as reader:
        assert reader.facts["host"] == place.endpoint.host
        assert {"tcp", "greeting", "sign-in"} <= set(reader.timings)
        assert reader.alive()
    assert not reader.alive()


def test_wrong_secret_is_refused_at_sign_in(place: Place) -> None:
    wrong = Credential(place.credential.login, password="wrong")
    code = Code.PASSWORD_REFUSED
    if place.credential.is_token:
        wrong = Credential(place.credential.login, token="a.b.c")
        code = Code.TOKEN_NOT_ACCEPTED
    for kind, endpoint in (
        (place.inbound, place.endpoint),
        (place.outbound, place.submission),
    ):
        transport = kind(endpoint, wrong, place.policy)
        with pytest.raises(MailError) as caught:
            transport.open()
        assert (caught.value.code, caught.value.stage) == (code, "sign-in")
        assert caught.value.evidence["user"] == wrong.login
        assert not transport.alive()


def test_missing_folder_is_named(place: Place) -> None:
    with place.reader() as reader:
        with pytest.raises(MailError) as caught:
            reader.select("No such folder")
        assert caught.value.code == Code.FOLDER_MISSING
        assert caught.value.evidence["folder"] == "No such folder"
        assert reader.select("").name == "INBOX"


def test_empty_folder_lists_nothing(place: Place) -> None:
    with place.reader() as reader:
        assert reader.select("").next_id == 1
        assert reader.list_new(0) == []
        assert list(reader.stream([])) == []


def test_list_new_tells_id_size_and_arrival(place: Place) -> None:
    place.deliver(MESSAGE, arrived=WHEN)
    place.deliver(place.smallest, arrived=WHEN)
    with place.reader() as reader:
        folder = reader.select("")
        assert (folder.next_id, folder.messages) == (3, 2)
        assert reader.list_new(0) == [
            Listed(1, len(MESSAGE), WHEN),
            Listed(2, len(place.smallest), WHEN),
        ]
        assert reader.list_new(1) == [Listed(2, len(place.smallest), WHEN)]


def test_open_tells_each_stage_as_it_ends(place: Place) -> None:
    for transport in (place.reader(), place.sender()):
        told: list[tuple[Stage, int, object]] = []
        transport.progress = lambda *stage, told=told: told.append(stage)
        with transport:
            stages = [stage for stage, _ms, _facts in told]
            assert stages == sorted(set(stages), key=list(Stage).index)
            assert {Stage.TCP, Stage.GREETING, Stage.SIGN_IN} <= set(stages)
            assert {str(stage): ms for stage, ms, _facts in told} == transport.timings
        secret = place.credential.token or place.credential.password
        assert secret not in json.dumps(told)


class Enough(Exception):
    """What a caller raises that has seen enough."""


@pytest.mark.parametrize("last", [Stage.TCP, Stage.GREETING, Stage.SIGN_IN])
def test_progress_may_end_the_opening(place: Place, last: Stage) -> None:
    def enough(stage: Stage, ms: int, facts: object) -> None:
        if stage is last:
            raise Enough

    for transport in (place.reader(), place.sender()):
        transport.progress = enough
        with pytest.raises(Enough):
            transport.open()
        assert not transport.alive()


def test_listing_within_limits_has_what_is_wanted(place: Place) -> None:
    """What it may leave out, a transport that has it at hand gives all the same."""
    old = WHEN - timedelta(days=3)
    for arrived in (old, WHEN, old, WHEN):
        place.deliver(MESSAGE, arrived=arrived)
    with place.reader() as reader:
        reader.select("")
        young = [item.id for item in reader.list_new(0, Limits(since=WHEN, baseline=2))]
        first = [item.id for item in reader.list_new(1, Limits(most=2))]
    assert young in ([2, 3, 4], [1, 2, 3, 4])
    assert first in ([2, 3], [2, 3, 4])


def test_list_new_after_the_last_id_is_empty(place: Place) -> None:
    """`UID SEARCH 3:*` names message 2 when that is the last one."""
    place.deliver(MESSAGE)
    place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        assert reader.list_new(2) == []
        assert reader.list_new(500) == []


def test_stream_gives_the_bytes_that_came_in_and_marks_nothing(place: Place) -> None:
    long_line = b"Subject: x\r\n\r\n" + b"y" * 300_000 + b"\r\n"
    place.deliver(MESSAGE)
    place.deliver(long_line)
    place.deliver(place.smallest)
    came = {1: MESSAGE, 2: long_line, 3: place.smallest}
    with place.reader() as reader:
        validity = reader.select("").validity
        assert bodies(reader, reader.list_new(0)) == came
        assert bodies(reader, reader.list_new(0)) == came
        assert reader.select("").validity == validity


def test_stream_cuts_large_bodies_into_chunks(place: Place) -> None:
    large = b"Subject: x\r\n\r\n" + (b"z" * 76 + b"\r\n") * 40_000
    place.deliver(large)
    with place.reader() as reader:
        reader.select("")
        (fetched,) = reader.stream(reader.list_new(0))
    assert max(map(len, fetched.chunks)) <= CHUNK_SIZE
    assert b"".join(fetched.chunks) == large
    assert fetched.complete


def test_stream_leaves_out_what_is_gone(place: Place) -> None:
    place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        (there,) = reader.list_new(0)
        assert bodies(reader, [Listed(77, 10, None), there]) == {1: MESSAGE}


def test_headers_gives_headers_only(place: Place) -> None:
    place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        (fetched,) = reader.headers(reader.list_new(0))
    assert b"".join(fetched.chunks) == MESSAGE.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert not fetched.complete


def test_settle_leave_and_mark_read_keep_the_message(place: Place) -> None:
    place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        assert reader.settle([1], AfterFetch.LEAVE) == set()
        assert reader.settle([1], AfterFetch.MARK_READ) == set()
        assert [item.id for item in reader.list_new(0)] == [1]


def test_settle_delete_may_be_repeated(place: Place) -> None:
    for _ in range(3):
        place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        assert reader.settle([1, 3], AfterFetch.DELETE) == set()
        assert reader.settle([1, 3], AfterFetch.DELETE) == {1, 3}
        assert [item.id for item in reader.list_new(0)] == [2]


def test_settle_move_puts_it_into_the_folder(place: Place) -> None:
    other = b"Subject: other\r\n\r\n"
    place.deliver(other, folder="Entwürfe/Done")
    place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        assert reader.settle([1], AfterFetch.MOVE, "Entwürfe/Done") == set()
        assert reader.list_new(0) == []
        reader.select("Entwürfe/Done")
        found = bodies(reader, reader.list_new(0))
        assert sorted(found.values()) == sorted([other, MESSAGE])


def test_settle_move_to_a_missing_folder_says_so(place: Place) -> None:
    place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        with pytest.raises(MailError) as caught:
            reader.settle([1], AfterFetch.MOVE, "Nowhere")
        assert caught.value.code == Code.FOLDER_TARGET_MISSING
        assert caught.value.evidence["folder"] == "Nowhere"
        assert [item.id for item in reader.list_new(0)] == [1]


def test_calls_on_a_closed_transport_fail_as_connection_lost(place: Place) -> None:
    reader, sender = place.reader(), place.sender()
    for call in (
        lambda: reader.select(""),
        lambda: sender.send("a@example.org", ["b@example.org"], MESSAGE),
    ):
        with pytest.raises(MailError) as caught:
            call()
        assert caught.value.code == Code.CONNECTION_LOST
    reader.close()
    sender.close()


def test_send_names_accepted_and_refused(place: Place) -> None:
    user = place.credential.login
    with place.sender() as sender:
        result = sender.send(user, [user, place.unknown_recipient], place.letter)
        assert result.accepted == (user,)
        assert result.refused[place.unknown_recipient].code == 550
        assert result.answer.startswith("250 ")


def test_send_to_refused_recipients_only_raises_and_goes_on(place: Place) -> None:
    user, unknown = place.credential.login, place.unknown_recipient
    with place.sender() as sender:
        with pytest.raises(MailError) as caught:
            sender.send(user, [unknown], place.letter)
        assert caught.value.code == Code.RECIPIENT_REFUSED
        assert caught.value.permanent and not caught.value.handed_over
        assert caught.value.evidence["recipients"][unknown][0] == 550
        assert sender.alive()
        assert sender.send(user, [user], place.letter).accepted == (user,)


def test_send_several_over_one_connection(place: Place) -> None:
    user = place.credential.login
    with place.sender() as sender:
        answers = {sender.send(user, [user], place.letter).answer for _ in range(5)}
    assert len(answers) == 5


def test_repr_shows_no_secret(place: Place) -> None:
    text = repr(place.credential) + repr(place.policy) + repr(place.reader())
    secret = place.credential.token or place.credential.password
    assert secret not in text

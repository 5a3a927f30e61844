"""What every transport with text ids promises, run over the doubles and real servers.

A protocol joins by one more function in `PLACES`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from mailboxes.core.choices import AfterFetch, Security
from mailboxes.core.errors import Code, MailError
from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import GRAPH_RESOURCE, PROXY_LOGIN
from mailboxes.transports.base import (
    CHUNK_SIZE,
    Credential,
    Endpoint,
    NetworkPolicy,
    Proxy,
)
from mailboxes.transports.ews import EwsInbound
from mailboxes.transports.graph.inbound import GraphInbound
from mailboxes.transports.keyed import KeyedInbound, Remote
from mailboxes.transports.memory_keyed import MemoryKeyed, MemoryUndated
from mailboxes.transports.memory_server import MemoryServer
from mailboxes.transports.pop3 import Pop3Transport
from tests.fixtures.matrix import Claim
from tests.fixtures.servers import note_real_server
from tests.matrix.cells import ANY, BASIC, MICROSOFT, SANDBOX, TOKEN

MESSAGE = b"From: a@example.org\r\nSubject: one\r\n\r\nHello\r\n.dot\r\n"


@dataclass
class Place:
    """A mailbox of one user on one server, and how to reach it."""

    kind: type[KeyedInbound]
    endpoint: Endpoint
    credential: Credential
    policy: NetworkPolicy
    deliver: Callable[[bytes], object]
    remove: Callable[[bytes], None]  # the message with these bytes, by somebody else

    def reader(self) -> KeyedInbound:
        return self.kind(self.endpoint, self.credential, self.policy)


@contextmanager
def memory(
    kind: type[KeyedInbound], _request: pytest.FixtureRequest
) -> Iterator[Place]:
    with MemoryServer("memory.example.org") as server:
        login = "anna@example.org"
        server.add_account(login, password="pw")

        def remove(data: bytes) -> None:
            messages = server.folder(login).messages
            for number in [n for n, one in messages.items() if one.data == data]:
                del messages[number]

        yield Place(
            kind,
            server.endpoint,
            Credential(login, password="pw"),
            NetworkPolicy(),
            lambda data: server.deliver(login, data),
            remove,
        )


def claim(
    request: pytest.FixtureRequest,
    protocol: str,
    grant: str,
    provider: str,
    counterpart: str,
    version: str = "",
) -> None:
    """What the place proves of the compatibility matrix."""
    cell: Claim = request.getfixturevalue("cell")
    cell(protocol, grant, provider, counterpart, version)


@contextmanager
def pop3_at_dovecot(
    security: Security, by_token: bool, request: pytest.FixtureRequest
) -> Iterator[Place]:
    server = request.getfixturevalue("dovecot")
    note_real_server(request.config, f"Dovecot {server.version} POP3 XOAUTH2")
    grant = TOKEN if by_token else BASIC
    claim(request, "POP3", grant, ANY, "Dovecot", server.version)
    user = server.new_user()

    def remove(data: bytes) -> None:
        for path in server.files(user):
            if path.read_bytes() == data:
                path.unlink()

    yield Place(
        Pop3Transport,
        server.pop3_endpoint(security),
        server.token_of(user) if by_token else server.password_of(user),
        server.policy(),
        lambda data: server.deliver(user, data),
        remove,
    )


SHARED, PERSON = "service@contoso.example", "support@contoso.example"


def signed_in(box: Sandbox, login: str, resource: str = "") -> Credential:
    """With a token of the mailbox itself, of a shared one with that of a person."""
    more = {"resource": resource} if resource else {}
    person = PERSON if login == SHARED else ""
    return Credential(login, token=box.token(person or login, **more), account=person)


@contextmanager
def pop3_at_cyrus(
    security: Security, request: pytest.FixtureRequest
) -> Iterator[Place]:
    server = request.getfixturevalue("cyrus")
    note_real_server(request.config, f"Cyrus {server.version} POP3")
    claim(request, "POP3", BASIC, ANY, "Cyrus", server.version)
    user = server.new_user()
    server.deliver(user, MESSAGE)  # the inbox is made at the first sign-in by IMAP
    server.remove(user, MESSAGE)
    yield Place(
        Pop3Transport,
        server.pop3_endpoint(security),
        server.password_of(user),
        server.policy(),
        lambda data: server.deliver(user, data),
        lambda data: server.remove(user, data),
    )


@contextmanager
def pop3_at_sandbox(
    request: pytest.FixtureRequest, login: str = "pop3@contoso.example"
) -> Iterator[Place]:
    """By its provider's name and port, with a token, through the proxy."""
    box = request.getfixturevalue("sandbox")
    if login == SHARED:
        box.remove(login, *(one["uid"] for one in box.messages(login)))
    else:
        box.make(login)

    def remove(data: bytes) -> None:
        wanted = hashlib.sha256(data).hexdigest()
        there = box.messages(login)
        box.remove(login, *(one["uid"] for one in there if one["sha256"] == wanted))

    yield Place(
        Pop3Transport,
        Endpoint("outlook.office365.com", 0, Security.TLS),
        signed_in(box, login),
        NetworkPolicy(proxy=Proxy("127.0.0.1", box.proxy_port), ca_pem=box.ca_pem),
        lambda data: box.deliver(login, data),
        remove,
    )


@contextmanager
def graph(
    kind: type[KeyedInbound],
    request: pytest.FixtureRequest,
    login: str = "support@contoso.example",
) -> Iterator[Place]:
    """The sandbox's Graph, reached by its real name through the sandbox's proxy."""
    claim(request, "GRAPH", TOKEN, MICROSOFT, SANDBOX)
    folder = request.getfixturevalue("tmp_path") / "sandbox"
    with Sandbox(folder, first_letters=0) as box:
        policy = NetworkPolicy(
            proxy=Proxy(box.host, box.proxy_port, login, PROXY_LOGIN[1]),
            ca_pem=box.ca_pem,
        )

        def remove(data: bytes) -> None:
            digest = hashlib.sha256(data).hexdigest()
            for one in box.messages(login):
                if one["sha256"] == digest:
                    box.remove(login, one["uid"])

        yield Place(
            kind,
            Endpoint("graph.microsoft.com", 0, Security.TLS),
            signed_in(box, login, GRAPH_RESOURCE),
            policy,
            lambda data: box.deliver(login, data),
            remove,
        )


@contextmanager
def ews(
    request: pytest.FixtureRequest, login: str = "returns@contoso.example"
) -> Iterator[Place]:
    """Exchange Online of the sandbox, through its proxy, as production has it."""
    claim(request, "EWS", TOKEN, MICROSOFT, SANDBOX)
    folder = request.getfixturevalue("tmp_path")
    with Sandbox(folder / "sandbox", first_letters=0) as box:
        policy = NetworkPolicy(proxy=Proxy(box.host, box.proxy_port), ca_pem=box.ca_pem)
        at = "https://outlook.office365.com/EWS/Exchange.asmx"

        def remove(data: bytes) -> None:
            wanted = hashlib.sha256(data).hexdigest()
            there = box.messages(login)
            gone = (one["uid"] for one in there if one["sha256"] == wanted)
            box.remove(login, *gone)

        yield Place(
            EwsInbound,
            Endpoint(at, 0, Security.TLS),
            signed_in(box, login),
            policy,
            lambda data: box.deliver(login, data),
            remove,
        )


Opened = Callable[[pytest.FixtureRequest], AbstractContextManager[Place]]
PLACES: dict[str, Opened] = {
    "memory": lambda request: memory(MemoryKeyed, request),
    "memory-undated": lambda request: memory(MemoryUndated, request),
    "pop3-sandbox": pop3_at_sandbox,
    "pop3-dovecot-tls": lambda r: pop3_at_dovecot(Security.TLS, True, r),
    "pop3-dovecot-starttls": lambda r: pop3_at_dovecot(Security.STARTTLS, False, r),
    "pop3-dovecot-plain": lambda r: pop3_at_dovecot(Security.NONE, False, r),
    "pop3-cyrus-tls": lambda r: pop3_at_cyrus(Security.TLS, r),
    "pop3-cyrus-starttls": lambda r: pop3_at_cyrus(Security.STARTTLS, r),
    "graph": lambda request: graph(GraphInbound, request),
    "ews": ews,
    "pop3-sandbox-shared": lambda request: pop3_at_sandbox(request, SHARED),
    "graph-shared": lambda request: graph(GraphInbound, request, SHARED),
    "ews-shared": lambda request: ews(request, SHARED),
}


SLOW = {"pop3-cyrus-tls", "pop3-cyrus-starttls"}


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name
        for name in PLACES
    ]
)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with PLACES[request.param](request) as found:
        yield found


def listed(reader: KeyedInbound, state: str = "") -> tuple[dict[str, Remote], str]:
    """All that a listing tells by id, and the state after it."""
    pages = list(reader.changes(state, None))
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    return {one.key: one for page in pages for one in page.there}, pages[-1].state


def test_select_names_the_folder_and_no_number(place: Place) -> None:
    place.deliver(MESSAGE)
    with place.reader() as reader:
        first, again = reader.select(""), reader.select("")
    assert first == again
    assert (first.next_id, first.dated) == (None, place.kind.dated)
    assert first.messages in (1, None)


def test_unknown_folder_is_missing(place: Place) -> None:
    with place.reader() as reader, pytest.raises(MailError) as caught:
        reader.select("No such folder")
    assert caught.value.code == Code.FOLDER_MISSING


def test_listing_is_complete_and_goes_on_from_its_state(place: Place) -> None:
    for number in range(5):
        place.deliver(MESSAGE.replace(b"one", b"%d" % number))
    with place.reader() as reader:
        reader.select("")
        before, state = listed(reader)
    place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        after, _ = listed(reader, state)
    assert len(before) == 5
    assert len(after.keys() - before.keys()) == 1
    assert all((one.arrived is not None) == place.kind.dated for one in after.values())


def test_bodies_come_unchanged_in_bounded_chunks(place: Place) -> None:
    long = MESSAGE + (b"x" * 70 + b"\r\n") * (CHUNK_SIZE // 60)
    place.deliver(MESSAGE)
    place.deliver(long)
    with place.reader() as reader:
        reader.select("")
        there, _ = listed(reader)
        got = {one.key: one for one in reader.stream(list(there.values()))}
    assert got.keys() == there.keys()
    if place.kind.original_bytes:
        bodies = sorted(b"".join(one.chunks) for one in got.values())
        assert bodies == sorted([MESSAGE, long])
    assert all(0 < len(c) <= CHUNK_SIZE for one in got.values() for c in one.chunks)
    assert all(one.complete for one in got.values())


def test_body_that_is_too_large_is_cut(place: Place) -> None:
    long = MESSAGE + (b"x" * 70 + b"\r\n") * (3 * CHUNK_SIZE // 72)
    place.deliver(long)
    with place.reader() as reader:
        reader.select("")
        there, _ = listed(reader)
        (got,) = reader.stream(list(there.values()), largest=1000)
        assert not got.complete
        assert sum(len(chunk) for chunk in got.chunks) <= CHUNK_SIZE
        (whole,) = reader.stream(list(there.values()))
    assert whole.complete


def test_headers_come_alone(place: Place) -> None:
    place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        there, _ = listed(reader)
        (got,) = reader.headers(list(there.values()))
    assert not got.complete
    assert b"Subject: one" in b"".join(got.chunks)
    assert b"Hello" not in b"".join(got.chunks)


def test_message_that_is_gone_is_left_out(place: Place) -> None:
    other = MESSAGE.replace(b"one", b"two")
    place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        before, state = listed(reader)
    place.deliver(other)
    with place.reader() as reader:
        reader.select("")
        found, _ = listed(reader, state)
    there = before | found
    place.remove(other)
    with place.reader() as reader:
        reader.select("")
        listed(reader, state)
        left = reader.present(there)
        assert left == set(before)
        bodies = list(reader.stream(list(there.values())))
    assert [one.key for one in bodies] == list(before)


@pytest.mark.parametrize("action", [AfterFetch.DELETE, AfterFetch.MARK_READ])
def test_settling_may_be_repeated(place: Place, action: AfterFetch) -> None:
    if action not in place.kind.supports:
        pytest.skip(f"{place.kind.__name__} has no {action}")
    place.deliver(MESSAGE)
    with place.reader() as reader:
        reader.select("")
        there, _ = listed(reader)
        assert reader.settle(there, action) == set()
    with place.reader() as reader:
        reader.select("")
        listed(reader)
        again = reader.settle(there, action)
        left = reader.present(there)
    deleted = action is AfterFetch.DELETE
    assert (again, left) == ((set(there), set()) if deleted else (set(), set(there)))

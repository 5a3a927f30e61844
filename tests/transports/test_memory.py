"""The double: faults, hooks, counts, and a life like the real ones."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from mailboxes.core.choices import AfterFetch, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.transports.base import Credential, NetworkPolicy
from mailboxes.transports.memory import MemoryInbound, MemoryOutbound, MemoryServer

ANNA, BERT = "anna@example.org", "bert@example.org"
LOST = MailError(Code.CONNECTION_LOST, Stage.FETCH)


@pytest.fixture
def server() -> Iterator[MemoryServer]:
    with MemoryServer("memory.test") as made:
        made.add_account(ANNA, password="pw")
        made.add_account(BERT, token="tk")
        yield made


def reader(server: MemoryServer) -> MemoryInbound:
    return MemoryInbound(
        server.endpoint, Credential(ANNA, password="pw"), NetworkPolicy()
    )


def sender(server: MemoryServer) -> MemoryOutbound:
    return MemoryOutbound(
        server.endpoint, Credential(BERT, token="tk"), NetworkPolicy()
    )


def test_server_is_found_only_while_it_runs(server: MemoryServer) -> None:
    other = MemoryServer("other.test")
    with pytest.raises(MailError) as caught:
        reader(other).open()
    assert caught.value.code == Code.DNS_UNKNOWN
    with pytest.raises(ValueError):
        MemoryServer("memory.test").__enter__()


def test_fault_comes_in_its_place_and_once(server: MemoryServer) -> None:
    for number in range(4):
        server.deliver(ANNA, b"%d" % number)
    server.fail("stream", LOST, after=2)
    with reader(server) as inbound:
        inbound.select("")
        listed, got = inbound.list_new(0), []
        with pytest.raises(MailError) as caught:
            for fetched in inbound.stream(listed):
                got.append(fetched.id)
        assert (caught.value, got) == (LOST, [1, 2])
        assert not inbound.alive()
    with reader(server) as inbound:
        inbound.select("")
        assert len(list(inbound.stream(listed))) == 4


def test_send_that_is_done_though_the_answer_is_lost(server: MemoryServer) -> None:
    doubt = MailError(Code.SEND_UNCONFIRMED, Stage.DATA, handed_over=True)
    server.fail("send", doubt, done_first=True)
    with sender(server) as outbound:
        with pytest.raises(MailError) as caught:
            outbound.send(BERT, [ANNA], b"x")
        assert caught.value is doubt
        assert not outbound.alive()
    assert [(s.sender, s.recipients, s.message) for s in server.sent] == [
        (BERT, (ANNA,), b"x")
    ]
    assert len(server.folder(ANNA).messages) == 1


def test_send_that_fails_first_delivers_nothing(server: MemoryServer) -> None:
    server.fail("send", MailError(Code.MESSAGE_DEFERRED, Stage.DATA), times=2)
    with sender(server) as outbound:
        for _ in range(2):
            with pytest.raises(MailError):
                outbound.send(BERT, [ANNA], b"x")
        outbound.send(BERT, [ANNA], b"x")
    assert len(server.sent) == 1


def test_settle_that_is_done_though_the_answer_is_lost(server: MemoryServer) -> None:
    server.deliver(ANNA, b"x")
    server.fail("settle", LOST, done_first=True)
    with reader(server) as inbound:
        inbound.select("")
        with pytest.raises(MailError):
            inbound.settle([1], AfterFetch.DELETE)
    with reader(server) as inbound:
        inbound.select("")
        assert inbound.settle([1], AfterFetch.DELETE) == {1}


def test_message_in_trouble_stands_in_nobodys_way(server: MemoryServer) -> None:
    refusal = MailError(Code.SERVER_UNAVAILABLE, Stage.FETCH)
    for number in range(4):
        server.deliver(ANNA, b"%d" % number)
    messages = server.folder(ANNA).messages
    messages[1].troubles["stream"] = refusal
    messages[2].troubles["stream"] = "silent"
    messages[3].told = 99
    with reader(server) as inbound:
        inbound.select("")
        listed, got = inbound.list_new(0), []
        assert [item.size for item in listed] == [1, 1, 99, 1]
        with pytest.raises(MailError) as caught:
            for fetched in inbound.stream(listed):
                got.append(fetched.id)
        assert (caught.value, got) == (refusal, [3, 4])
        assert [f.id for f in inbound.headers(listed)] == [1, 2, 3, 4]
        assert inbound.alive()


def test_slow_message_takes_the_time_that_there_is(server: MemoryServer) -> None:
    server.deliver(ANNA, b"fast")
    server.deliver(ANNA, b"slow")
    server.folder(ANNA).messages[2].troubles["stream"] = "slow"
    with reader(server) as inbound:
        inbound.select("")
        listed, got = inbound.list_new(0), []
        inbound.until = time.monotonic() + 60
        with pytest.raises(MailError) as caught:
            for fetched in inbound.stream(listed):
                got.append(fetched.id)
        assert (caught.value.code, got) == (Code.READ_TIMEOUT, [1])
        assert time.monotonic() >= inbound.until
        assert not inbound.alive()


def test_renumbering_makes_ids_void(server: MemoryServer) -> None:
    for text in (b"a", b"b", b"c"):
        server.deliver(ANNA, text)
    with reader(server) as inbound:
        inbound.select("")
        inbound.settle([1], AfterFetch.DELETE)
        server.folder(ANNA).renumber("2")
        folder = inbound.select("")
        assert (folder.validity, folder.next_id) == ("2", 3)
        bodies = [f.chunks for f in inbound.stream(inbound.list_new(0))]
        assert bodies == [[b"b"], [b"c"]]


def test_calls_hooks_and_connections_are_counted(server: MemoryServer) -> None:
    heard: list[str] = []
    server.hook("select", lambda: heard.append("select"))
    with reader(server) as first, reader(server):
        first.select("")
        assert server.open_connections == 2
    assert heard == ["select"]
    assert (server.open_connections, server.most_connections) == (0, 2)
    assert server.count("open") == 2
    assert server.calls[0] == ("open", ANNA)

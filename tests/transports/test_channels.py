"""Requests of several threads: lines kept, facts told, an idle line made anew."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from mailboxes.core.choices import Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.sandbox.server import Sandbox
from mailboxes.transports.base import Endpoint, NetworkPolicy, Proxy
from mailboxes.transports.channels import Channels
from tests.fixtures.product import free_port
from tests.servers.scripted import Scripted, Talk
from tests.transports.test_channel import GOOD, head, serve


def channels(port: int, most: int = 4) -> Channels:
    end = Endpoint("127.0.0.1", port, Security.NONE)
    return Channels(end, NetworkPolicy(2, 2), most=most)


def got(asked: Channels, method: str = "GET") -> bytes:
    answer = asked.request(method, "/x", {}, None, Stage.LIST)
    return answer.whole(Stage.LIST)


def test_line_that_cannot_be_opened_fails_at_its_stage() -> None:
    with pytest.raises(MailError) as caught:
        got(channels(free_port()))
    assert (caught.value.code, caught.value.stage) == (Code.CONNECT_REFUSED, Stage.TCP)


def test_connection_is_kept_and_its_certificate_checked(sandbox: Sandbox) -> None:
    end = Endpoint("graph.microsoft.com", 443, Security.TLS)
    way = NetworkPolicy(proxy=Proxy(sandbox.host, sandbox.proxy_port))
    with pytest.raises(MailError) as caught:
        got(Channels(end, way))
    assert (caught.value.code, caught.value.stage) == (Code.TLS_UNTRUSTED, Stage.TLS)
    trusting = NetworkPolicy(proxy=way.proxy, ca_pem=sandbox.ca_pem)
    server = Channels(end, trusting)
    lines = set()
    for _ in range(3):
        answer = server.request("GET", "/v1.0/me/messages", {}, None, Stage.LIST)
        assert (answer.status, server.handed_over) == (401, True)
        assert b"Access token is empty" in answer.whole(Stage.LIST)
        (kept,) = server._free
        lines.add(kept.peer)
    assert len(lines) == 1
    server.close()
    assert kept.peer is None


def closes_after(count: int) -> Callable[[Talk], None]:
    """Answers so often on a line; what is asked then is read, and the line falls."""

    def script(talk: Talk) -> None:
        for _ in range(count):
            if head(talk) < 0:
                return
            talk.send(GOOD)
        head(talk)
        talk.reset()

    return script


def test_reading_goes_on_when_a_kept_line_falls() -> None:
    with Scripted(closes_after(1)) as server:
        asked = channels(server.port)
        assert [got(asked), got(asked), got(asked)] == [b"ok"] * 3
        asked.close()


def test_sending_on_a_line_that_falls_is_not_done_again() -> None:
    with Scripted(closes_after(1)) as server:
        asked = channels(server.port)
        assert got(asked) == b"ok"
        with pytest.raises(MailError) as caught:
            got(asked, "POST")
        assert (caught.value.code, asked.handed_over) == (Code.CONNECTION_LOST, True)
        assert server.heard.count(b"POST /x HTTP/1.1") == 1
        asked.close()


def test_threads_have_lines_of_their_own_of_which_some_are_kept() -> None:
    together = threading.Barrier(3)

    def script(talk: Talk) -> None:
        while head(talk) >= 0:
            together.wait(5)
            talk.send(GOOD)

    with Scripted(script) as server:
        asked = channels(server.port, most=2)
        found: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: found.append(got(asked))) for _ in range(3)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join(10)
        assert (found, len(asked._free)) == ([b"ok"] * 3, 2)
        asked.close()


def test_answer_that_is_left_ends_its_line() -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegun"
    with Scripted(serve(long)) as server:
        asked = channels(server.port)
        answer = asked.request("GET", "/x", {}, None, Stage.LIST)
        assert asked._free == []
        answer.close()
        (kept,) = asked._free
        assert kept.peer is None
        asked.close()


def test_answer_that_is_left_twice_ends_no_other_line() -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegun"
    with Scripted(serve(long)) as server:
        asked = channels(server.port)
        first = asked.request("GET", "/x", {}, None, Stage.LIST)
        reading = first.pieces(Stage.LIST)
        assert next(reading) == b"begun"
        first.close()
        second = asked.request("GET", "/x", {}, None, Stage.LIST)
        reading.close()
        first.close()
        assert asked._free == []
        assert next(second.pieces(Stage.LIST)) == b"begun"
        asked.close()


def test_every_failure_tells_the_first_line() -> None:
    with Scripted(serve(b"220 mail ready\r\n\r\n")) as server:
        asked = channels(server.port)
        asked.begin({}, None)
        asked.facts["user"] = "anna@example.org"
        with pytest.raises(MailError) as caught:
            got(asked)
    assert caught.value.evidence["user"] == "anna@example.org"
    assert caught.value.evidence["port"] == server.port

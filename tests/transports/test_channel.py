"""The HTTP channel: lines kept and made anew, the last byte, and the end of time."""

from __future__ import annotations

import gzip
import os
import resource
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import trustme

from mailboxes.core.choices import Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.transports.base import SHORTEST, Endpoint, NetworkPolicy
from mailboxes.transports.channel import PIECE, Answer, Channel, Whole
from tests.servers.scripted import Scripted, Talk
from tests.transports.test_net import encrypted, tls_server, trusting

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED_NOTHING = b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
SOON = 0.6  # seconds; the policy's own timeout is 2 s for each wait
LATE = 8.0  # a machine may be busy; less than PATIENT, that timeout where it counts
PATIENT = 30
MUCH = Whole(b"x" * (8 << 20))


def head(talk: Talk) -> int:
    """Read a request without its body; returns the length of that, -1 at the end."""
    lines = []
    while line := talk.line():
        lines.append(line.lower())
    if not lines:
        return -1
    found = [one for one in lines if one.startswith(b"content-length:")]
    return int(found[0].split(b":")[1]) if found else 0


def serve(*answers: bytes) -> Callable[[Talk], None]:
    """One connection that gives these answers, then ends."""

    def script(talk: Talk) -> None:
        for answer in answers:
            length = head(talk)
            if length < 0:
                return
            talk.literal(length)
            talk.send(answer)

    return script


def channel(port: int, until: float | None = None, patience: float = 2) -> Channel:
    end = Endpoint("127.0.0.1", port, Security.NONE)
    return Channel(end, NetworkPolicy(2, patience), lambda: until)


def got(answer: Answer) -> tuple[int, bytes]:
    return answer.status, answer.whole(Stage.FETCH)


def ask(line: Channel, body: Whole | None = None) -> Answer:
    return line.request("POST", "/x", {"A": "b"}, body, Stage.FETCH)


def test_line_is_kept_between_requests() -> None:
    with Scripted(serve(GOOD, GOOD)) as server, channel(server.port) as line:
        first, peer = got(ask(line)), line.peer
        assert (first, got(ask(line))) == ((200, b"ok"), (200, b"ok"))
        assert line.peer is peer is not None
        assert server.heard.count(b"POST /x HTTP/1.1") == 2
        assert server.heard.count(b"Host: 127.0.0.1:%d" % server.port) == 2


@pytest.mark.parametrize("close", [b"", b"Connection: close\r\n"])
def test_line_that_the_server_ended_is_made_anew(close: bytes) -> None:
    answer = GOOD.replace(b"\r\n\r\n", b"\r\n" + close + b"\r\n", 1)
    with Scripted(serve(answer)) as server, channel(server.port) as line:
        assert got(ask(line)) == (200, b"ok")
        _wait(lambda: line._http is None or line.stale())
        assert got(ask(line)) == (200, b"ok")


def test_line_under_tls_is_not_taken_for_ended(authority: trustme.CA) -> None:
    """Session tickets make a socket readable though nothing was said."""
    certificate = authority.issue_cert("localhost")
    with tls_server(certificate) as server:
        line = Channel(encrypted(server.port), trusting(authority))
        line.open()
        first = line.peer
        time.sleep(0.1)  # for the tickets, which nothing tells of
        assert (line.stale(), line.peer is first) == (False, True)
        line.drop()


def test_line_of_a_process_with_many_sockets_is_looked_at() -> None:
    """select refuses numbers from 1,024 on."""
    with Scripted(serve(GOOD, GOOD)) as server, channel(server.port) as line:
        most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 1200:
            pytest.skip("this system allows too few files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(most, 1200), hard))
        held = [os.open(os.devnull, os.O_RDONLY)]
        try:
            while held[-1] < 1100:
                held.append(os.open(os.devnull, os.O_RDONLY))
            assert got(ask(line, Whole(b"body"))) == (200, b"ok")
            peer = line.peer
            assert peer is not None and peer.fileno() > 1024
            assert got(ask(line)) == (200, b"ok")
            assert line.peer is peer
        finally:
            for one in held:
                os.close(one)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _wait(met: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not met():
        assert time.monotonic() < end
        threading.Event().wait(0.01)


def cut_in_body(talk: Talk) -> None:
    head(talk)
    talk.literal(PIECE)
    talk.reset()


def cut_after_body(talk: Talk) -> None:
    talk.literal(head(talk))
    talk.reset()


@pytest.mark.parametrize(
    ("script", "handed_over"), [(cut_in_body, False), (cut_after_body, True)]
)
def test_last_byte_decides_what_was_handed_over(
    script: Callable[[Talk], None], handed_over: bool
) -> None:
    with Scripted(script) as server, channel(server.port) as line:
        with pytest.raises(MailError) as caught:
            ask(line, MUCH)
        assert (caught.value.code, caught.value.stage) == (
            Code.CONNECTION_LOST,
            Stage.FETCH,
        )
        assert line.handed_over is handed_over


def test_answer_before_the_end_of_the_body_is_heard() -> None:
    def script(talk: Talk) -> None:
        head(talk)
        talk.send(b"HTTP/1.1 413 Too large\r\nContent-Length: 3\r\n\r\nbig")
        talk.literal(1 << 30)

    with Scripted(script) as server, channel(server.port) as line:
        body = Whole(b"x" * (64 << 20))
        assert got(ask(line, body)) == (413, b"big")
        assert (line.handed_over, line.peer) == (False, None)


@pytest.mark.parametrize("encrypts", [False, True])
def test_answer_is_heard_though_the_line_fell_after_it(
    authority: trustme.CA, encrypts: bool
) -> None:
    """As IIS does with a request that is too large: an answer, then a reset."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    def script(talk: Talk) -> None:
        if encrypts:
            talk.encrypt(context)
        head(talk)
        talk.literal(PIECE)
        talk.send(b"HTTP/1.1 413 Too large\r\nContent-Length: 3\r\n\r\nbig")
        talk.reset()

    class Body(Whole):
        """One piece that no socket takes at once: the line falls while it is sent."""

        def pieces(self) -> Iterator[bytes]:
            yield b"x" * (self.size - 1)
            yield b"x"

    with Scripted(script) as server:
        end = encrypted(server.port) if encrypts else None
        line = Channel(end, trusting(authority)) if end else channel(server.port)
        assert got(ask(line, Body(b"x" * (64 << 20)))) == (413, b"big")
        assert (line.handed_over, line.peer) == (False, None)
        line.drop()


def test_answer_that_is_cut_is_a_lost_line() -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok"
    with Scripted(serve(cut)) as server, channel(server.port) as line:
        with pytest.raises(MailError) as caught:
            got(ask(line))
        assert caught.value.code == Code.CONNECTION_LOST


@pytest.mark.parametrize("cut", [False, True])
def test_body_that_ends_with_the_line_is_whole_only_where_tls_says_so(
    authority: trustme.CA, cut: bool
) -> None:
    """Of a gateway that knows no length: a line that fell is no end of a message."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    def script(talk: Talk) -> None:
        talk.encrypt(context)
        head(talk)
        talk.send(b"HTTP/1.1 200 OK\r\n\r\nSubject: one\r\n")
        if not cut:
            assert isinstance(talk.socket, ssl.SSLSocket)
            talk.socket.unwrap()
        talk.hang_up()

    with Scripted(script) as server:
        line = Channel(encrypted(server.port), trusting(authority))
        if cut:
            with pytest.raises(MailError) as caught:
                got(ask(line))
            assert caught.value.code == Code.CONNECTION_LOST
        else:
            assert got(ask(line)) == (200, b"Subject: one\r\n")
        line.drop()


@pytest.mark.parametrize("cut", [False, True])
def test_gzip_is_taken_off(cut: bool) -> None:
    content = b"".join(b"%d " % number for number in range(200_000))
    packed = gzip.compress(content)
    if cut:
        packed = packed[: len(packed) // 2]
    told = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    answer = told % len(packed) + packed
    with Scripted(serve(answer)) as server, channel(server.port) as line:
        if cut:
            with pytest.raises(MailError) as caught:
                got(ask(line))
            assert caught.value.code == Code.CONNECTION_LOST
        else:
            assert got(ask(line)) == (200, content)


@pytest.mark.parametrize("body", [b"Content-Length: 0\r\n\r\n", CHUNKED_NOTHING])
def test_answer_without_a_body_may_say_gzip(body: bytes) -> None:
    answer = b"HTTP/1.1 401 Unauthorized\r\nContent-Encoding: gzip\r\n" + body
    with Scripted(serve(answer, GOOD)) as server, channel(server.port) as line:
        assert got(ask(line)) == (401, b"")
        assert got(ask(line)) == (200, b"ok")


def test_gzip_of_a_large_answer_comes_in_bounded_pieces() -> None:
    packed = gzip.compress(bytes(20 << 20))
    told = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    answer = told % len(packed) + packed
    with Scripted(serve(answer)) as server, channel(server.port) as line:
        sizes = [len(piece) for piece in ask(line).pieces(Stage.FETCH)]
    assert (max(sizes), sum(sizes)) == (PIECE, 20 << 20)


def test_body_that_is_no_gzip_is_told() -> None:
    answer = GOOD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n", 1)
    with Scripted(serve(answer)) as server, channel(server.port) as line:
        with pytest.raises(MailError) as caught:
            got(ask(line))
        assert caught.value.code == Code.PROTOCOL_ERROR


def test_new_line_has_no_more_patience_than_is_left() -> None:
    begun = time.monotonic()
    line = channel(1, begun + SOON)
    assert 0 < line.way().connect_timeout <= SOON
    assert channel(1, begun - 1).way().connect_timeout == SHORTEST


def test_answer_that_is_no_http_is_told() -> None:
    with Scripted(serve(b"220 mail ready\r\n\r\n")) as server:
        with channel(server.port) as line, pytest.raises(MailError) as caught:
            ask(line)
        assert caught.value.code == Code.PROTOCOL_ERROR


def test_answer_that_drips_ends_in_time() -> None:
    def script(talk: Talk) -> None:
        head(talk)
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            talk.send(b"x")
            time.sleep(0.05)

    begun = time.monotonic()
    with (
        Scripted(script) as server,
        channel(server.port, begun + SOON, PATIENT) as line,
    ):
        with pytest.raises(MailError) as caught:
            got(ask(line))
        assert caught.value.code == Code.READ_TIMEOUT
        assert time.monotonic() - begun < LATE


def test_server_that_takes_nothing_ends_in_time_and_is_no_doubt() -> None:
    begun = time.monotonic()
    with _deaf() as port, channel(port, begun + SOON, PATIENT) as line:
        with pytest.raises(MailError) as caught:
            ask(line, Whole(b"x" * (64 << 20)))
        assert (caught.value.code, line.handed_over) == (Code.READ_TIMEOUT, False)
        assert time.monotonic() - begun < LATE


def _deaf() -> _Deaf:
    return _Deaf()


class _Deaf:
    """A server that accepts and never reads."""

    def __enter__(self) -> int:
        self._socket = socket.create_server(("127.0.0.1", 0))
        return int(self._socket.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._socket.close()


@pytest.fixture
def authority() -> Iterator[trustme.CA]:
    yield trustme.CA()

"""All that is done over an SMTP connection ends by a moment, however slow it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from mailboxes.core.choices import Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.transports.smtp import SmtpTransport, transport as smtp_transport
from tests.servers.scripted import Talk
from tests.servers.smtp_script import serve, transport

SOON = 1.0  # seconds
LATE = 8.0  # less than what drips lasts, and than PATIENT; a machine may be busy
PATIENT = 30.0  # the policy's own timeout, for each wait
LARGE = b"Subject: large\r\n\r\n" + b"x" * 78 * 100_000 + b"\r\n"
MESSAGE = b"Subject: one\r\n\r\nHello\r\n"


def drip(text: bytes) -> Callable[[Talk], None]:
    """One byte now and then: no single wait is ever long."""

    def answer(talk: Talk) -> None:
        for letter in text:
            talk.send(bytes([letter]))
            time.sleep(0.1)

    return answer


@contextmanager
def slow(verb: bytes, reply: bytes) -> Iterator[SmtpTransport]:
    """A connection on which the answer to that drips for ten seconds."""
    with (
        serve({verb: drip(reply + b"-" * 100)}) as server,
        transport(server, read_timeout=PATIENT) as line,
    ):
        yield line


def failure(sender: SmtpTransport, message: bytes = MESSAGE) -> tuple[MailError, float]:
    """What sending comes to, and after how many seconds."""
    begun = time.monotonic()
    sender.until = begun + SOON
    with pytest.raises(MailError) as caught:
        sender.send("a@b.example", ["c@d.example"], message)
    return caught.value, time.monotonic() - begun


def test_greeting_that_drips_ends_in_time() -> None:
    with serve({b"greeting": drip(b"220 " + b"-" * 100)}) as server:
        sender = transport(server, read_timeout=PATIENT)
        begun = time.monotonic()
        sender.until = begun + SOON
        with pytest.raises(MailError) as caught:
            sender.open()
        assert (caught.value.code, caught.value.stage) == (
            Code.READ_TIMEOUT,
            Stage.GREETING,
        )
        assert time.monotonic() - begun < LATE


@pytest.mark.parametrize(
    ("verb", "stage"), [(b"RCPT", Stage.ENVELOPE), (b"DATA", Stage.DATA)]
)
def test_answer_that_drips_before_the_data_is_no_doubt(
    verb: bytes, stage: Stage
) -> None:
    with slow(verb, b"250-") as line:
        error, seconds = failure(line)
        assert (error.code, error.stage, error.handed_over) == (
            Code.READ_TIMEOUT,
            stage,
            False,
        )
        assert (seconds < LATE, line.alive()) == (True, False)


def test_answer_that_drips_after_the_dot_is_unconfirmed() -> None:
    with slow(b"content", b"250 ") as line:
        error, seconds = failure(line)
        assert (error.code, error.evidence["reason"], error.handed_over) == (
            Code.SEND_UNCONFIRMED,
            Code.READ_TIMEOUT,
            True,
        )
        assert seconds < LATE


def test_content_that_takes_too_long_is_not_handed_over() -> None:
    """A slow way out: each piece arrives, the whole would take minutes."""

    def take_slowly(talk: Talk) -> None:
        talk.send(b"354 go on\r\n")
        while data := talk.socket.recv(1 << 14):
            seen.append(data[-5:])
            over.wait(0.05)

    seen: list[bytes] = []
    over = threading.Event()
    with (
        serve({b"DATA": take_slowly}) as server,
        transport(server, read_timeout=PATIENT) as line,
    ):
        error, seconds = failure(line, LARGE)
        assert (error.code, error.stage, error.handed_over) == (
            Code.READ_TIMEOUT,
            Stage.DATA,
            False,
        )
        assert seconds < LATE
        over.set()
    assert b"\r\n.\r\n" not in seen


def test_time_that_is_over_sends_nothing() -> None:
    with serve() as server, transport(server) as line:
        line.until = time.monotonic() - 1
        with pytest.raises(MailError) as caught:
            line.send("a@b.example", ["c@d.example"], MESSAGE)
        assert (caught.value.code, caught.value.handed_over) == (
            Code.READ_TIMEOUT,
            False,
        )
    assert [line for line in server.heard if line.startswith(b"MAIL")] == []


def test_later_moment_lets_the_connection_go_on() -> None:
    with serve() as server, transport(server) as line:
        line.until = time.monotonic() + 60
        line.send("a@b.example", ["c@d.example"], MESSAGE)
        line.until = None
        line.send("a@b.example", ["c@d.example"], MESSAGE)
        assert line.alive()


def test_kept_connection_that_is_dead_is_given_up_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Mail waits for the sign of life, so it is not waited for as long as an answer."""
    monkeypatch.setattr(smtp_transport, "SIGN_OF_LIFE", 0.2)
    with (
        serve({b"NOOP": Talk.wait_for_end}) as server,
        transport(server, read_timeout=PATIENT) as line,
    ):
        begun = time.monotonic()
        assert line.alive() is False
        assert time.monotonic() - begun < LATE
    with serve() as server, transport(server) as line:
        assert line.alive()
        assert line.send("a@b.example", ["c@d.example"], MESSAGE).refused == {}

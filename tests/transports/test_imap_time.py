"""No read lasts longer than the moment that is set, however often bytes arrive."""

from __future__ import annotations

import threading
import time

import pytest

from mailboxes.core.errors import Code, MailError
from mailboxes.transports.base import Listed
from mailboxes.transports.imap import transport as imap_transport
from tests.servers.imap_script import signed_in, transport
from tests.servers.scripted import Scripted, Talk

STEP = 0.01  # seconds between two bytes
TIME = 0.3
LATE = 8.0  # less than what drips lasts, and than PATIENT; a machine may be busy
PATIENT = 30.0  # the policy's own timeout, for each wait


def drip(talk: Talk) -> None:
    """A byte now and then, until the client leaves."""
    pause = threading.Event()
    for _ in range(2000):
        talk.send(b"x")
        pause.wait(STEP)


def test_body_that_comes_in_drops_ends_at_the_moment() -> None:
    def body(talk: Talk, tag: bytes) -> None:
        talk.send(b"* 1 FETCH (UID 1 BODY[] {2}\r\nhi)\r\n")
        talk.send(b"* 2 FETCH (UID 2 BODY[] {9999}\r\n")
        drip(talk)

    with signed_in({b"UID FETCH": body}) as server:
        reader = transport(server, read_timeout=PATIENT)
        reader.open()
        reader.select("")
        reader.until = time.monotonic() + TIME
        got: list[int] = []
        with pytest.raises(MailError) as caught:
            for fetched in reader.stream([Listed(1, 2, None), Listed(2, 9999, None)]):
                got.append(fetched.id)
        late = time.monotonic() - reader.until
        assert (caught.value.code, caught.value.stage) == (Code.READ_TIMEOUT, "fetch")
        assert (got, reader.alive()) == ([1], False)
        assert 0 <= late < LATE
        reader.close()


def test_greeting_that_comes_in_drops_ends_at_the_moment() -> None:
    with Scripted(drip) as server:
        reader = transport(server, read_timeout=PATIENT)
        reader.until = time.monotonic() + TIME
        with pytest.raises(MailError) as caught:
            reader.open()
        late = time.monotonic() - reader.until
    assert (caught.value.code, caught.value.stage) == (Code.READ_TIMEOUT, "greeting")
    assert 0 <= late < LATE


def test_kept_connection_that_is_dead_is_given_up_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A firewall dropped it: a cycle that waits as for an answer has no time left."""
    monkeypatch.setattr(imap_transport, "SIGN_OF_LIFE", 0.2)
    with signed_in({b"NOOP": lambda talk, tag: talk.wait_for_end()}) as server:
        reader = transport(server, read_timeout=PATIENT)
        reader.open()
        reader.until = until = time.monotonic() + 60
        assert reader.alive() is False
        assert time.monotonic() - (until - 60) < LATE
        assert reader.until == until
        reader.close()


@pytest.mark.slow
def test_silence_costs_no_more_than_the_timeout_of_a_single_wait() -> None:
    with signed_in({b"NOOP": lambda talk, tag: talk.wait_for_end()}) as server:
        reader = transport(server)
        reader.open()
        began = time.monotonic()
        reader.until = began + 60
        assert not reader.alive()
        assert time.monotonic() - began < 10


def test_wait_is_whole_again_when_the_moment_is_taken_back() -> None:
    with signed_in({}) as server, transport(server) as reader:
        sock = reader._client.socket()  # type: ignore[union-attr]
        reader.until = time.monotonic() + 1
        assert reader.alive()
        assert sock.gettimeout() < 1
        reader.until = None
        assert reader.alive()
        assert sock.gettimeout() == reader.policy.read_timeout


def test_goodbye_is_short_and_leaves_the_moment_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imap_transport, "GOODBYE", TIME)
    with signed_in({b"LOGOUT": lambda talk, tag: drip(talk)}) as server:
        reader = transport(server, read_timeout=PATIENT)
        reader.open()
        reader.until = until = time.monotonic() + 60
        began = time.monotonic()
        reader.close()
        assert time.monotonic() - began < LATE
        assert reader.until == until

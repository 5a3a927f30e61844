"""POP3 against a scripted server: listing, fetching, deleting, and odd answers."""

from __future__ import annotations

import threading
import time

import pytest

from mailboxes.core.choices import AfterFetch, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.transports.keyed import Remote
from mailboxes.transports.pop3 import Pop3Transport, transport as pop3_transport
from mailboxes.transports.pop3.client import Client
from mailboxes.transports.settling import PartlySettled
from tests.servers.pop3_script import (
    CAPABILITIES,
    LETTER,
    serve,
    transport,
)
from tests.servers.scripted import Scripted, Talk

PIPELINING = CAPABILITIES + b" PIPELINING"
MANY = {b"u%d" % n: LETTER.replace(b"one", b"%d" % n) for n in range(1, 41)}


class Clock:
    """What a module takes for `time`."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


def everything(reader: Pop3Transport) -> list[Remote]:
    reader.select("")
    return [one for page in reader.changes("", None) for one in page.there]


def verbs(server: Scripted) -> list[bytes]:
    return [line.split(b" ")[0] for line in server.heard]


# --- the maildrop -------------------------------------------------------------------


@pytest.mark.parametrize("capabilities", [PIPELINING, CAPABILITIES, None])
def test_everything_is_listed_and_fetched(capabilities: bytes | None) -> None:
    with (
        serve(letters=MANY, capabilities=capabilities) as server,
        transport(server) as reader,
    ):
        there = everything(reader)
        bodies = {got.key: b"".join(got.chunks) for got in reader.stream(there)}
        heads = [b"".join(got.chunks) for got in reader.headers(there)]
    assert {one.key: one.size for one in there} == {
        key.decode(): len(body) for key, body in MANY.items()
    }
    assert bodies == {key.decode(): body for key, body in MANY.items()}
    assert heads == [body.partition(b"Hello")[0] for body in MANY.values()]
    assert verbs(server)[-1] == b"QUIT"


def test_commands_go_ahead_of_their_answers_where_offered() -> None:
    """The server answers nothing before it has heard sixteen."""
    waiting: list[bytes] = []

    def retrieve(talk: Talk, rest: bytes) -> None:
        waiting.append(rest)
        if len(waiting) == 16:
            for number in waiting:
                talk.send(b"+OK\r\n%s\r\n.\r\n" % number)

    sixteen = {b"u%d" % n: LETTER for n in range(1, 17)}
    with (
        serve({b"RETR": retrieve}, sixteen, PIPELINING) as server,
        transport(server) as reader,
    ):
        got = list(reader.stream(everything(reader)))
    assert [b"".join(one.chunks) for one in got] == [
        b"%d\r\n" % n for n in range(1, 17)
    ]


@pytest.mark.parametrize("capabilities", [None, b"UIDL USER"])
def test_header_comes_out_of_the_whole_message_without_top(
    capabilities: bytes | None,
) -> None:
    with (
        serve({b"TOP": b"-ERR what?\r\n"}, MANY, capabilities) as server,
        transport(server) as reader,
    ):
        heads = list(reader.headers(everything(reader)))
    assert [b"".join(one.chunks) for one in heads] == [
        body.partition(b"Hello")[0] for body in MANY.values()
    ]
    assert verbs(server).count(b"TOP") == (1 if capabilities is None else 0)


@pytest.mark.parametrize("answer", [b"-ERR Unknown command\r\n", b"-ERR no\r\n"])
def test_server_without_uidl_is_told_by_name(answer: bytes) -> None:
    with (
        serve({b"UIDL": answer}, capabilities=b"TOP USER") as server,
        transport(server) as reader,
        pytest.raises(MailError) as caught,
    ):
        reader.select("")
    error = caught.value
    assert (error.code, error.stage, error.permanent) == (
        Code.POP_NO_UIDL,
        Stage.MAILBOX,
        True,
    )
    assert error.evidence["answer"] == f"UIDL: {answer.decode().strip()}"


def test_uidl_that_is_refused_for_a_while_is_no_missing_one() -> None:
    with (
        serve({b"UIDL": b"-ERR [SYS/TEMP] later\r\n"}) as server,
        transport(server) as reader,
        pytest.raises(MailError) as caught,
    ):
        everything(reader)
    assert (caught.value.code, caught.value.stage) == (
        Code.SERVER_UNAVAILABLE,
        Stage.LIST,
    )


def test_equal_messages_with_one_uidl_are_two() -> None:
    listing = b"+OK\r\n1 same\r\n2 same\r\n3 other\r\n.\r\n"
    letters = {b"a": LETTER, b"b": LETTER, b"c": LETTER}
    with serve({b"UIDL": listing}, letters) as server, transport(server) as reader:
        there = everything(reader)
        got = list(reader.stream(there))
    assert [one.key for one in there] == ["same", "same 2", "other"]
    assert len(got) == 3


@pytest.mark.parametrize(
    "line", [b"1\r\n", b"one u1\r\n", b"1 " + b"x" * 600 + b"\r\n"]
)
def test_listing_that_cannot_be_read_is_no_listing(line: bytes) -> None:
    with (
        serve({b"UIDL": b"+OK\r\n" + line + b".\r\n"}) as server,
        transport(server) as reader,
        pytest.raises(MailError) as caught,
    ):
        everything(reader)
    assert caught.value.code == Code.PROTOCOL_ERROR


@pytest.mark.parametrize("capabilities", [PIPELINING, CAPABILITIES])
def test_refused_message_stands_in_nobodys_way(capabilities: bytes) -> None:
    def retrieve(talk: Talk, rest: bytes) -> None:
        answer = {
            b"2": b"-ERR [SYS/TEMP] cannot read it\r\n",
            b"3": b"-ERR Message 3 expunged.\r\n",
        }
        talk.send(answer.get(rest, b"+OK\r\nbody\r\n.\r\n"))

    four = {b"u%d" % n: LETTER for n in range(1, 5)}
    with (
        serve({b"RETR": retrieve}, four, capabilities) as server,
        transport(server) as reader,
    ):
        there, got = everything(reader), []
        with pytest.raises(MailError) as caught:
            for one in reader.stream(there):
                got.append(one.key)
        assert reader.alive()
    assert got == ["u1", "u4"]
    assert caught.value.code == Code.SERVER_UNAVAILABLE


def test_connection_that_is_cut_within_a_message_is_lost() -> None:
    def cut(talk: Talk, _rest: bytes) -> None:
        talk.send(b"+OK\r\nSubject: o")
        talk.hang_up()

    with serve({b"RETR": cut}) as server, transport(server) as reader:
        there = everything(reader)
        with pytest.raises(MailError) as caught:
            list(reader.stream(there))
        assert not reader.alive()
    assert (caught.value.code, caught.value.stage) == (
        Code.CONNECTION_LOST,
        Stage.FETCH,
    )


def test_drops_do_not_hold_a_call_beyond_its_time() -> None:
    def drip(talk: Talk, _rest: bytes) -> None:
        talk.send(b"+OK\r\n")
        pause = threading.Event()
        while True:
            talk.send(b"x")
            pause.wait(0.01)

    with (
        serve({b"RETR": drip}) as server,
        transport(server, read_timeout=30) as reader,
    ):
        there = everything(reader)
        began = reader.until = time.monotonic() + 0.3
        with pytest.raises(MailError) as caught:
            list(reader.stream(there))
        assert time.monotonic() - began < 8
    assert caught.value.code == Code.READ_TIMEOUT


def test_stream_that_is_left_early_ends_the_session() -> None:
    with (
        serve(letters=MANY, capabilities=PIPELINING) as server,
        transport(server) as reader,
    ):
        bodies = reader.stream(everything(reader))
        next(bodies)
        bodies.close()  # type: ignore[attr-defined]
        assert not reader.alive()
    assert b"QUIT" not in verbs(server)


# --- after the fetch ----------------------------------------------------------------


@pytest.mark.parametrize("capabilities", [PIPELINING, CAPABILITIES])
def test_deletion_counts_when_quit_is_answered(capabilities: bytes) -> None:
    with (
        serve(letters=MANY, capabilities=capabilities) as server,
        transport(server) as reader,
    ):
        everything(reader)
        gone = reader.settle(["u1", "u3", "nowhere"], AfterFetch.DELETE)
        assert not reader.alive()
    assert gone == {"nowhere"}
    assert server.heard[-3:] == [b"DELE 1", b"DELE 3", b"QUIT"]


@pytest.mark.parametrize(
    ("quit_answer", "code"),
    [
        (b"-ERR [SYS/TEMP] some messages not removed\r\n", Code.SERVER_UNAVAILABLE),
        (b"", Code.CONNECTION_LOST),
    ],
)
def test_deletion_without_a_good_answer_to_quit_is_a_failure(
    quit_answer: bytes, code: Code
) -> None:
    def answer(talk: Talk, _rest: bytes) -> None:
        talk.send(quit_answer) if quit_answer else talk.hang_up()

    with serve({b"QUIT": answer}) as server, transport(server) as reader:
        everything(reader)
        with pytest.raises(MailError) as caught:
            reader.settle(["u1"], AfterFetch.DELETE)
    assert (caught.value.code, caught.value.stage) == (code, Stage.SETTLE)


def test_message_that_cannot_be_deleted_does_not_keep_the_others() -> None:
    def delete(talk: Talk, rest: bytes) -> None:
        talk.send(b"-ERR [SYS/PERM] no\r\n" if rest == b"2" else b"+OK\r\n")

    with serve({b"DELE": delete}, MANY) as server, transport(server) as reader:
        everything(reader)
        with pytest.raises(PartlySettled) as caught:
            reader.settle(["u1", "u2", "u3", "nowhere"], AfterFetch.DELETE)
    error = caught.value
    assert (error.code, error.late) == (Code.AUTHORIZATION_FAILED, False)
    assert (error.gone, error.refused, error.later) == ({"nowhere"}, {"u2"}, set())
    assert server.heard[-4:] == [b"DELE 1", b"DELE 2", b"DELE 3", b"QUIT"]


@pytest.mark.parametrize("capabilities", [PIPELINING, CAPABILITIES])
def test_half_of_the_time_is_kept_for_the_answer_to_quit(
    monkeypatch: pytest.MonkeyPatch, capabilities: bytes
) -> None:
    clock = Clock()

    def delete(talk: Talk, _rest: bytes) -> None:
        clock.now += 10.0
        talk.send(b"+OK\r\n")

    with (
        serve({b"DELE": delete}, MANY, capabilities) as server,
        transport(server) as reader,
    ):
        keys = [one.key for one in everything(reader)]
        monkeypatch.setattr(pop3_transport, "time", clock)
        # Not the clock by which the line is watched: only asking has to end early.
        reader.until = clock.now + 200.0
        with monkeypatch.context() as patched:
            patched.setattr(Client, "_hurry", lambda self: None)
            with pytest.raises(PartlySettled) as caught:
                reader.settle(["nowhere", *keys], AfterFetch.DELETE)
    error, asked = caught.value, verbs(server).count(b"DELE")
    assert asked < len(keys)
    assert server.heard[-1] == b"QUIT"
    assert (error.late, error.gone, error.refused) == (True, {"nowhere"}, set())
    assert error.later == set(keys[asked:])
    if capabilities == CAPABILITIES:
        assert asked == 10


def test_line_that_falls_before_quit_deletes_nothing() -> None:
    def cut(talk: Talk, _rest: bytes) -> None:
        talk.hang_up()

    with serve({b"DELE": cut}) as server, transport(server) as reader:
        everything(reader)
        with pytest.raises(MailError):
            reader.settle(["u1"], AfterFetch.DELETE)
        reader.close()
    assert b"QUIT" not in verbs(server)


def test_settling_again_begins_another_session() -> None:
    with serve(letters=MANY) as server, transport(server) as reader:
        everything(reader)
        reader.settle(["u1"], AfterFetch.DELETE)
        reader.settle(["u2"], AfterFetch.DELETE)
    assert verbs(server).count(b"CAPA") == verbs(server).count(b"QUIT") == 2


@pytest.mark.parametrize("action", [AfterFetch.MOVE, AfterFetch.MARK_READ])
def test_what_pop3_has_not_is_refused(action: AfterFetch) -> None:
    with serve() as server, transport(server) as reader:
        everything(reader)
        with pytest.raises(MailError) as caught:
            reader.settle(["u1"], action, "Archive")
    assert (caught.value.code, caught.value.permanent) == (Code.PROTOCOL_ERROR, True)

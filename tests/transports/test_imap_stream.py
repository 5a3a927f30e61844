"""The pipeline of bodies: odd answers, batches, and equality over a real Dovecot."""

from __future__ import annotations

import hashlib
import io
import random
import time
import tracemalloc
from collections.abc import Iterator
from datetime import datetime

import pytest

from mailboxes.transports.base import CHUNK_SIZE, Limits, Listed
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.imap.listing import arrived, criteria
from mailboxes.transports.imap.stream import Pipeline, Refused, batches, uid_set


def run(answers: bytes, commands: int = 1) -> list[tuple[int, bytes | None]]:
    """(uid, body) of all FETCH answers; tags are A1, A2, ..."""
    tags = iter(b"A%d" % number for number in range(1, 100))
    pipeline = Pipeline(io.BytesIO(answers), lambda data: None, lambda: next(tags))
    found = [
        (answer.uid, None if answer.body is None else b"".join(answer.body))
        for answer in pipeline.run([b"UID FETCH x"] * commands)
    ]
    assert not pipeline.dirty
    return found


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b"* 1 FETCH (UID 5 BODY[] {3}\r\nabc)\r\n", [(5, b"abc")]),
        (b"* 1 FETCH (BODY[] {3}\r\nabc UID 5)\r\n", [(5, b"abc")]),
        (b"* 1 fetch (uid 5 body[] {0}\r\n)\r\n", [(5, b"")]),
        (b"* 1 FETCH (UID 5 BODY[HEADER] {3}\r\nabc)\r\n", [(5, b"abc")]),
        (b'* 1 FETCH (UID 5 BODY[] "a \\"UID 9\\" b")\r\n', [(5, b'a "UID 9" b')]),
        (b'* 1 FETCH (BODY[] "" UID 5)\r\n', [(5, b"")]),
        (b"* 1 FETCH (UID 5 BODY[] NIL)\r\n", [(5, None)]),
        (b"* 1 FETCH (UID 5 FLAGS (\\Seen) BODY[] {1}\r\nx)\r\n", [(5, b"x")]),
        (b"* 9 FETCH (FLAGS (\\Seen))\r\n", [(0, None)]),
        (b"* 3 EXPUNGE\r\n* 12 EXISTS\r\n* OK still here\r\n", []),
        (b"\r\n* 1 FETCH (UID 5 BODY[] {3}\r\nabc)\r\n\r\n \r\n", [(5, b"abc")]),
        (b"* 1 FETCH (UID 5 BODY[] {3} \r\nabc)\r\n", [(5, b"abc")]),
        (b"* 1 FETCH (UID 5 BODY[] {4}\r\n\r\n\r\n)\r\n", [(5, b"\r\n\r\n")]),
        (b"* NO disk {9}\r\n* 1 FETCH (UID 5 BODY[] {1}\r\nx)\r\n", [(5, b"x")]),
        (b"* LIST () {3}\r\nfoo bar\r\n", []),
        (b"* 1 FETCH (UID 5 X {2}\r\nzz BODY[] {1}\r\nx)\r\n", [(5, b"x")]),
        (
            b"* 1 FETCH (UID 5 BODY[] {19}\r\n* 1 FETCH (UID 6)\r\n)\r\n",
            [(5, b"* 1 FETCH (UID 6)\r\n")],
        ),
    ],
)
def test_answers_of_many_shapes(
    answer: bytes, found: list[tuple[int, bytes | None]]
) -> None:
    assert run(answer + b"A1 OK done\r\n") == found


def test_commands_may_be_answered_in_another_order() -> None:
    second = b"* 2 FETCH (UID 6 BODY[] {1}\r\ny)\r\nA2 OK done\r\n"
    first = b"* 1 FETCH (UID 5 BODY[] {1}\r\nx)\r\nA1 OK done\r\n"
    assert run(second + first, commands=2) == [(6, b"y"), (5, b"x")]


def test_gone_messages_are_no_refusal() -> None:
    assert run(b"A1 NO [EXPUNGEISSUED] some are gone\r\n") == []


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"A1 NO busy\r\n", Refused),
        (b"A1 BAD what\r\n", Refused),
        (b"* BYE over\r\n", Refused),
        (b"* BYE\r\n", Refused),
        (b"A7 OK done\r\n", ValueError),
        (b"rubbish\r\n", ValueError),
        (b"* 1 FETCH (UID 1 BODY[] {5}\r\nab", EOFError),
        (b"* 1 FETCH (UID", EOFError),
        (b"", EOFError),
    ],
)
def test_broken_answers_raise(line: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        run(line)


def test_no_comes_after_the_answers_of_what_was_sent_ahead() -> None:
    answers = (
        b"* 1 FETCH (UID 5 BODY[] {1}\r\nx)\r\nA1 NO [SERVERBUG] one is broken\r\n"
        b"* 2 FETCH (UID 6 BODY[] {1}\r\ny)\r\nA2 NO another\r\nA3 OK done\r\n"
    )
    tags, sent = iter([b"A1", b"A2", b"A3"]), list[bytes]()
    pipeline = Pipeline(io.BytesIO(answers), sent.append, lambda: next(tags))
    found = []
    with pytest.raises(Refused) as caught:
        for answer in pipeline.run([b"UID FETCH x"] * 3):
            found.append((answer.uid, answer.body))
    assert found == [(5, [b"x"]), (6, [b"y"])]
    assert (caught.value.status, caught.value.text) == (
        "NO",
        "[SERVERBUG] one is broken",
    )
    assert (pipeline.dirty, len(sent)) == (False, 3)


def test_nothing_more_is_sent_after_a_no() -> None:
    tags, sent = iter(b"A%d" % number for number in range(1, 100)), list[bytes]()
    answers = b"".join(b"A%d NO x\r\n" % number for number in range(1, 5))
    pipeline = Pipeline(io.BytesIO(answers), sent.append, lambda: next(tags))
    with pytest.raises(Refused):
        list(pipeline.run([b"UID FETCH x"] * 9))
    assert (pipeline.dirty, len(sent)) == (False, 4)


def test_commands_go_on_after_a_no_that_is_spared() -> None:
    tags, sent = iter(b"A%d" % number for number in range(1, 100)), list[bytes]()
    said = [b"OK done", b"NO one", b"OK done", b"NO two", b"OK done", b"OK done"]
    answers = b"".join(b"A%d %b\r\n" % pair for pair in enumerate(said, 1))
    pipeline = Pipeline(io.BytesIO(answers), sent.append, lambda: next(tags))
    with pytest.raises(Refused, match="NO one"):
        list(pipeline.run([b"UID FETCH x"] * 6, spares=lambda refusal: True))
    assert (pipeline.dirty, len(sent)) == (False, 6)


def test_no_that_is_not_spared_is_the_one_that_is_raised() -> None:
    tags, sent = iter(b"A%d" % number for number in range(1, 100)), list[bytes]()
    said = [b"NO one", b"NO [LIMIT] two", b"NO three", b"NO four", b"NO five"]
    answers = b"".join(b"A%d %b\r\n" % pair for pair in enumerate(said, 1))
    pipeline = Pipeline(io.BytesIO(answers), sent.append, lambda: next(tags))
    with pytest.raises(Refused, match="two"):
        list(pipeline.run([b"x"] * 9, spares=lambda one: "LIMIT" not in one.text))
    assert (pipeline.dirty, len(sent)) == (False, 5)


def test_of_a_body_that_is_too_large_only_the_beginning_is_kept() -> None:
    """Whatever size it was said to have; the next answers are read all the same."""
    large = b"Subject: x\r\n\r\n" + bytes(10_000_000)
    answers = b"* 1 FETCH (UID 5 BODY[] {%d}\r\n%b)\r\n" % (len(large), large)
    answers += b"* 2 FETCH (UID 6 BODY[] {4}\r\n1234)\r\nA1 OK done\r\n"
    pipeline = Pipeline(io.BytesIO(answers), lambda data: None, lambda: b"A1")
    tracemalloc.start()
    found = list(pipeline.run([b"UID FETCH x"], largest=4))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [(a.uid, a.body, a.whole) for a in found] == [
        (5, [large[:CHUNK_SIZE]], False),
        (6, [b"1234"], True),
    ]
    assert peak < 4 * CHUNK_SIZE


def test_messages_larger_than_they_were_said_to_be_fill_no_memory() -> None:
    """A window of fifty may be of any size where the server tells none."""
    body = bytes(CHUNK_SIZE)
    answer = b"* 1 FETCH (UID 5 BODY[] {%d}\r\n%b)\r\n" % (len(body), body)
    answers = io.BytesIO(answer * 20 + b"A1 OK done\r\n")
    pipeline = Pipeline(answers, lambda data: None, lambda: b"A1")
    tracemalloc.start()
    found = list(pipeline.run([b"UID FETCH x"]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [one.body for one in found] == [[body]] * 20
    assert peak < 8 * CHUNK_SIZE


def test_commands_go_ahead_of_answers_by_four() -> None:
    sent: list[bytes] = []

    class Reader(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            before.append(len(sent))
            return super().readline(size)

    before: list[int] = []
    tags = iter(b"A%d" % number for number in range(1, 100))
    answers = b"".join(b"A%d OK done\r\n" % number for number in range(1, 7))
    pipeline = Pipeline(Reader(answers), sent.append, lambda: next(tags))
    assert list(pipeline.run([b"UID FETCH x"] * 6)) == []
    assert before == [4, 5, 6, 6, 6, 6]


def test_batches_keep_count_and_size() -> None:
    listed = [Listed(number, 1, None) for number in range(1, 121)]
    assert [len(group) for group in batches(listed)] == [50, 50, 20]
    sizes = [3_000_000, 2_000_000, 2_000_000, 90_000_000, 0, 5]
    listed = [Listed(number, size, None) for number, size in enumerate(sizes, 1)]
    assert list(batches(listed)) == [[1], [2, 3], [4], [5, 6]]


def test_uid_set_is_exact() -> None:
    assert uid_set([5]) == b"5"
    assert uid_set([3, 1, 2, 7, 9, 10, 7]) == b"1:3,7,9:10"
    assert uid_set([]) == b""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'INTERNALDATE " 1-Mar-2026 14:30:05 +0200"', "2026-03-01T12:30:05+00:00"),
        (b'INTERNALDATE "31-Dec-2025 23:59:60 +0000"', None),
        (b'internaldate "31-dec-2025 20:00:00 -0530"', "2026-01-01T01:30:00+00:00"),
        (b'INTERNALDATE "31-Foo-2025 20:00:00 +0000"', None),
        (b"INTERNALDATE NIL", None),
    ],
)
def test_arrival_is_read_or_none(text: bytes, said: str | None) -> None:
    moment = arrived(text)
    assert (moment.isoformat() if moment else None) == said


@pytest.mark.parametrize(
    ("after", "since", "keys"),
    [
        (4, None, b"UID 5:*"),
        (4, "2026-03-01T00:30+00:00", b"UID 5:* OR SINCE 28-Feb-2026 UID 8:*"),
        (4, "2026-03-01T00:30+05:00", b"UID 5:* OR SINCE 27-Feb-2026 UID 8:*"),
        (7, "2026-03-01T00:30+00:00", b"UID 8:*"),
    ],
)
def test_what_is_searched_for(after: int, since: str | None, keys: bytes) -> None:
    moment = datetime.fromisoformat(since) if since else None
    assert b" ".join(criteria(after, Limits(since=moment, baseline=7))) == keys


# over a real server


def make_message(number: int, size: int) -> bytes:
    """`size` bytes of lines, different for each number; hostile where it can be."""
    if not size:
        return b""
    chance = random.Random(number)
    lines = [
        b"Subject: number %d" % number,
        b"",
        b"* 1 FETCH (UID 1 BODY[] {9}",
        b"A1 OK",
    ]
    total = 0
    while total < size:
        line = chance.randbytes(chance.randrange(60)).translate(PRINTABLE)
        lines.append(line)
        total += len(line) + 2
    return b"\r\n".join(lines)[: size - 2].rstrip(b"\r\n") + b"\r\n"


# Any byte but CR and LF: Dovecot's Maildir keeps lines, not bytes, of those.
PRINTABLE = bytes(46 if byte in b"\r\n\0" else byte for byte in range(256))


@pytest.fixture(scope="module")
def crowd(dovecot) -> Iterator[tuple[str, list[str]]]:
    """A user with 500 messages of 0 bytes to 3 MB; the digests of their bytes."""
    user = dovecot.new_user()
    chance = random.Random(2)
    sizes = [0, 0, 3_000_000, 2_900_000, 1_048_576, 1_048_577, 4]
    sizes += [chance.choice((300, 4_000, 30_000)) for _ in range(490)]
    sizes += [700_000] * (500 - len(sizes))
    digests = []
    for number, size in enumerate(sizes):
        data = make_message(number, size)
        dovecot.deliver(user, data)
        digests.append(hashlib.sha256(data).hexdigest())
    yield user, sorted(digests)


@pytest.mark.server
def test_500_messages_arrive_unchanged(dovecot, crowd: tuple[str, list[str]]) -> None:
    user, digests = crowd
    with ImapTransport(
        dovecot.endpoint(), dovecot.token_of(user), dovecot.policy()
    ) as reader:
        reader.select("")
        listed = reader.list_new(0)
        assert len(listed) == 500
        found, largest = {}, 0
        for fetched in reader.stream(listed):
            assert fetched.id not in found
            body = b"".join(fetched.chunks)
            largest = max([largest, *map(len, fetched.chunks)])
            found[fetched.id] = (len(body), hashlib.sha256(body).hexdigest())
        assert {item.id: item.size for item in listed} == {
            number: size for number, (size, _) in found.items()
        }
        assert sorted(digest for _, digest in found.values()) == digests
        assert largest <= CHUNK_SIZE
        assert reader.alive()


@pytest.mark.server
def test_100_megabytes_are_not_held_twice(dovecot) -> None:
    size = 100_000_000
    user = dovecot.new_user()
    dovecot.deliver(
        user, b"Subject: x\r\n\r\n" + (b"z" * 998 + b"\r\n") * (size // 1000)
    )
    with ImapTransport(
        dovecot.endpoint(), dovecot.token_of(user), dovecot.policy()
    ) as reader:
        reader.select("")
        listed = reader.list_new(0)
        tracemalloc.start()
        (fetched,) = reader.stream(listed)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert sum(map(len, fetched.chunks)) == listed[0].size
    assert peak < 1.1 * size


@pytest.mark.server
def test_speed_against_raw_discard(
    dovecot, crowd: tuple[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Prints the ratio to reading the same bytes without looking; asserts none."""
    user, _ = crowd
    with ImapTransport(
        dovecot.endpoint(), dovecot.token_of(user), dovecot.policy()
    ) as reader:
        reader.select("")
        listed = reader.list_new(0)
        ours, raw = [], []
        for _ in range(3):
            start = time.perf_counter()
            total = sum(
                len(chunk) for item in reader.stream(listed) for chunk in item.chunks
            )
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            control = reader._client._imap  # type: ignore[union-attr]
            control.send(b"Z1 UID FETCH 1:* (UID BODY.PEEK[])\r\n")
            tail = b""
            while b"\r\nZ1 OK" not in tail:
                tail = tail[-100:] + control.file.read1(1 << 16)
            raw.append(time.perf_counter() - start)
    assert total == sum(item.size for item in listed)
    with capsys.disabled():
        print(
            f"\n500 messages, {total / 1e6:.1f} MB: streamed {min(ours):.3f} s, raw "
            f"{min(raw):.3f} s, ratio {min(ours) / min(raw):.2f}"
        )

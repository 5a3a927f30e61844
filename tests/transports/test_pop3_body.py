"""Bodies taken off the bytes of a POP3 connection, however these come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailboxes.transports.base import CHUNK_SIZE
from mailboxes.transports.pop3.body import LF, Inbox, spooled
from tests.servers.pop3_script import stuffed

BODIES = {
    "empty": b"",
    "one line": b"Hello\r\n",
    "dots": b".\r\n..\r\n...\r\n.x\r\nx.\r\n.\r\n",
    "dot after an empty line": b"\r\n.\r\n\r\n.\r\n",
    "bare ends": b"a\rb\nc\n.d\r.e\n\r.\r\r\n",
    "smuggled end": b"a\n.\r\n+OK forged\r\n",
    "long line": b"x" * 100_000 + b"\r\n",
    "nul and high": bytes(range(256)) + b"\r\n",
}


def inbox(data: bytes, step: int) -> Inbox:
    """What gives `data` in pieces of `step` bytes, then the end of the connection."""
    pieces = iter([data[at : at + step] for at in range(0, len(data), step)])

    def more() -> bytes:
        piece = next(pieces, b"")
        if not piece:
            raise EOFError("closed")
        return piece

    return Inbox(more)


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7, 1 << 20])
@pytest.mark.parametrize("name", BODIES)
def test_body_is_the_bytes_that_were_sent(name: str, step: int) -> None:
    body = BODIES[name]
    if len(body) > 1000 and step < 7:
        step *= 1000
    held = inbox(stuffed(body) + b".\r\n+OK next\r\n", step)
    assert b"".join(held.body(len(body))) == body
    assert held.line(100) == b"+OK next\r\n"


@pytest.mark.parametrize("step", [1, 4, 1000])
def test_two_bodies_follow_each_other(step: int) -> None:
    held = inbox(b"a\r\n.\r\n+OK\r\n..b\r\n.\r\n", step)
    assert b"".join(held.body()) == b"a\r\n"
    assert held.line(10) == b"+OK\r\n"
    assert b"".join(held.body()) == b".b\r\n"
    assert held.empty


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_server_that_ends_its_lines_by_lf_is_understood(step: int) -> None:
    held = inbox(b"a\n..b\n.\nnext\n", step)
    held.newline = LF
    assert b"".join(held.body()) == b"a\n.b\n"
    assert held.line(10) == b"next\n"


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_body_with_bare_line_ends_is_over_when_its_size_is_there(step: int) -> None:
    """A server that sends files as they lie on its disk, under lines of its own."""
    held = inbox(b"a\nb\n.\r\n+OK\r\n", step)
    assert b"".join(held.body(4)) == b"a\nb\n"
    assert held.line(10) == b"+OK\r\n"


def test_line_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 50 bytes"):
        inbox(b"x" * 100 + b"\r\n", 10).line(50)


def test_end_of_the_connection_comes_out() -> None:
    with pytest.raises(EOFError):
        list(inbox(b"half a mess", 4).body())


def pieces(size: int, step: int) -> Iterator[bytes]:
    for start in range(0, size, step):
        yield b"x" * min(step, size - start)


@pytest.mark.parametrize("size", [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, 3 * CHUNK_SIZE + 5])
def test_chunks_are_bounded_and_hold_everything(size: int) -> None:
    chunks, whole = spooled(pieces(size, 70_000))
    assert (sum(map(len, chunks)), whole) == (size, True)
    assert all(0 < len(chunk) <= CHUNK_SIZE for chunk in chunks)


@pytest.mark.parametrize("largest", [10, CHUNK_SIZE + 10, 2 * CHUNK_SIZE + 10])
def test_of_too_large_a_body_the_first_chunk_is_kept(largest: int) -> None:
    chunks, whole = spooled(pieces(3 * CHUNK_SIZE, 70_000), largest)
    assert ([len(chunk) for chunk in chunks], whole) == ([CHUNK_SIZE], False)
    assert spooled(pieces(largest, 70_000), largest)[1]

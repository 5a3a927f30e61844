"""60 MB with 3 attachments, out by SMTP and in by IMAP: every byte, little memory."""

from __future__ import annotations

import errno

import pytest

from mailboxes.core.choices import Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.spool import IN_MEMORY, Room, Spool, whole
from tests.servers.process import wait_for
from tests.transports.large import MEGABYTE, SIZE, Letter, digest, moved

MOST = 16 * MEGABYTE


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(300)
def test_large_message_out_and_in(exim, dovecot, capsys) -> None:
    user, policy = dovecot.new_user(), dovecot.policy()
    credential = dovecot.token_of(user)
    out = moved("out", exim.endpoint(), credential, policy)
    assert (out.digest, out.size) == digest(Letter(user))
    assert abs(out.size - SIZE) < MEGABYTE
    with ImapTransport(dovecot.endpoint(), credential, policy) as reader:
        wait_for(lambda: reader.select("").messages == 1, "no delivery")
    came = moved("in", dovecot.endpoint(), credential, policy)
    assert (came.digest, came.size) == (out.digest, out.size)
    with capsys.disabled():
        print(f"\n60 MB: SMTP +{out.growth >> 20} MB, IMAP +{came.growth >> 20} MB")
    assert out.growth <= MOST
    assert came.growth <= MOST


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(300)
def test_large_message_in_from_another_server(cyrus) -> None:
    user = cyrus.new_user()
    letter = Letter(user)
    cyrus.deliver(user, whole(letter))
    came = moved("in", cyrus.endpoint(), cyrus.password_of(user), cyrus.policy())
    assert (came.digest, came.size) == digest(letter)
    assert came.growth <= MOST


def test_spool_tells_that_the_disk_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    spool = Spool()
    spool.append(bytes(IN_MEMORY))
    with pytest.raises(MailError) as caught:
        spool.append(b"x")
    assert (caught.value.code, caught.value.stage) == (Code.INTERNAL, Stage.STORE)
    assert str(caught.value.evidence["answer"]).endswith(": No space left on device")


def test_spool_gives_back_what_was_put_in() -> None:
    chunks = [bytes([number]) * MEGABYTE for number in range(7)] + [b"end"]
    spool = Spool()
    assert (len(spool), list(spool), bool(spool)) == (0, [], False)
    for chunk in chunks:
        spool.append(chunk)
    assert sum(map(len, spool._kept)) == IN_MEMORY
    assert list(spool) == list(spool) == chunks
    assert (spool[0], spool[-1], spool[5:]) == (chunks[0], b"end", chunks[5:])
    assert whole(spool) == b"".join(chunks)
    with pytest.raises(IndexError):
        spool[8]


def test_spools_share_a_room() -> None:
    room = Room(3)
    first, second = Spool(room), Spool(room)
    for spool in (first, second):
        for chunk in (b"ab", b"c"):
            spool.append(chunk)
    assert (first._kept, second._kept) == ([b"ab", b"c"], [])
    assert first == second == [b"ab", b"c"]


@pytest.mark.parametrize("room", [0, 3, 6])
def test_shortened_spool_has_its_first_chunk(room: int) -> None:
    spool = Spool(Room(room))
    spool.shorten()
    assert list(spool) == []
    for chunk in (b"ab", b"c", b"d"):
        spool.append(chunk)
    spool.shorten()
    assert list(spool) == [b"ab"]

"""POP3 against Dovecot: tokens, many and large messages unchanged, and how fast."""

from __future__ import annotations

import hashlib
import random
import time
import tracemalloc
from collections.abc import Callable

import pytest

from mailboxes.core.choices import AfterFetch, Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.transports.base import CHUNK_SIZE, Credential
from mailboxes.transports.keyed import Remote
from mailboxes.transports.pop3 import Pop3Transport
from mailboxes.transports.pop3.client import Client
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.server
LINE = b"z" * 74 + b"\r\n"


def reader(
    dovecot: Dovecot, credential: Credential, security: Security = Security.TLS
) -> Pop3Transport:
    end = dovecot.pop3_endpoint(security)
    return Pop3Transport(end, credential, dovecot.policy())


def everything(opened: Pop3Transport) -> list[Remote]:
    opened.select("")
    return [one for page in opened.changes("", None) for one in page.there]


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize("size", [1_000, 2_000, 4_000, 5_800])
def test_token_of_real_size_signs_in(
    dovecot: Dovecot, size: int, security: Security
) -> None:
    """Up to about 6 KB: Dovecot 2.3 hangs up on a line of more than 8192 bytes."""
    credential = dovecot.token_of(dovecot.new_user(), size=size)
    with reader(dovecot, credential, security) as opened:
        assert opened.select("").messages == 0
    assert len(credential.token) >= size


def only_oauthbearer(capabilities: Callable[[Client], dict[str, str] | None]):
    def offered(client: Client) -> dict[str, str] | None:
        found = capabilities(client) or {}
        assert "OAUTHBEARER" in found["SASL"]
        return {**found, "SASL": "OAUTHBEARER"}

    return offered


def test_oauthbearer_signs_in(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = only_oauthbearer(Client.capabilities)
    monkeypatch.setattr(Client, "capabilities", asked)
    user = dovecot.new_user()
    with reader(dovecot, dovecot.token_of(user)) as opened:
        assert opened.alive()
    with pytest.raises(MailError) as caught:
        reader(dovecot, dovecot.token_of(user, lasts=-60)).open()
    assert (caught.value.code, caught.value.stage) == (
        Code.TOKEN_NOT_ACCEPTED,
        Stage.SIGN_IN,
    )
    assert "status" in str(caught.value.evidence["challenge"])


@pytest.mark.parametrize("by_token", [True, False])
def test_refused_credential_is_told_apart(dovecot: Dovecot, by_token: bool) -> None:
    user = dovecot.new_user()
    wrong = (
        dovecot.token_of(user, lasts=-60) if by_token else Credential(user, "", "no")
    )
    with pytest.raises(MailError) as caught:
        reader(dovecot, wrong).open()
    assert caught.value.code == (
        Code.TOKEN_NOT_ACCEPTED if by_token else Code.PASSWORD_REFUSED
    )
    assert str(caught.value.evidence["answer"]).startswith("-ERR [AUTH] ")


def message(number: int, size: int, chance: random.Random) -> bytes:
    """Lines that begin with dots, end at odd places, and hold any byte but NUL."""
    parts = [b"Subject: %d\r\n\r\n" % number]
    length = len(parts[0])
    while length < size:
        dots = b"." * chance.choice((0, 0, 0, 1, 1, 2, 3))
        text = bytes(chance.choices(range(128, 256), k=chance.choice((0, 1, 60, 900))))
        parts.append(dots + text + b"\r\n")
        length += len(parts[-1])
    return b"".join(parts)


def test_300_messages_arrive_unchanged(dovecot: Dovecot) -> None:
    user, chance = dovecot.new_user(), random.Random(5)
    sizes = [0, 3_000_000, CHUNK_SIZE, CHUNK_SIZE + 1]
    sizes += [chance.choice((300, 4_000, 30_000)) for _ in range(296)]
    digests = []
    for number, size in enumerate(sizes):
        data = message(number, size, chance)
        dovecot.deliver(user, data)
        digests.append(hashlib.sha256(data).hexdigest())
    with reader(dovecot, dovecot.token_of(user)) as opened:
        there = everything(opened)
        found = {got.key: b"".join(got.chunks) for got in opened.stream(there)}
        heads = {got.key: b"".join(got.chunks) for got in opened.headers(there)}
        assert opened.settle(found, AfterFetch.DELETE) == set()
    assert {one.key: one.size for one in there} == {
        key: len(body) for key, body in found.items()
    }
    assert sorted(hashlib.sha256(body).hexdigest() for body in found.values()) == (
        sorted(digests)
    )
    assert all(body.startswith(heads[key]) for key, body in found.items())
    assert dovecot.files(user) == []


def test_60_megabytes_are_never_held(dovecot: Dovecot) -> None:
    body = b"Subject: x\r\n\r\n" + LINE * (60_000_000 // len(LINE))
    user = dovecot.new_user()
    dovecot.deliver(user, body)
    digest = hashlib.sha256(body).hexdigest()
    size = len(body)
    del body
    with reader(dovecot, dovecot.token_of(user)) as opened:
        there = everything(opened)
        tracemalloc.start()
        (got,) = opened.stream(there)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    whole = hashlib.sha256()
    for chunk in got.chunks:
        whole.update(chunk)
    assert (whole.hexdigest(), there[0].size) == (digest, size)
    assert peak < 16_000_000


def test_speed_against_raw_discard(
    dovecot: Dovecot, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prints the ratio to reading the same bytes without looking; asserts none."""
    user = dovecot.new_user()
    for number in range(400):
        lines = LINE * (600 if number % 10 else 20_000)
        dovecot.deliver(user, b"Subject: %d\r\n\r\n" % number + lines)
    with reader(dovecot, dovecot.token_of(user)) as opened:
        there, ours, raw = everything(opened), [], []
        client = opened._client
        assert client is not None and client._socket is not None
        for _ in range(3):
            start = time.perf_counter()
            total = sum(
                len(chunk) for got in opened.stream(there) for chunk in got.chunks
            )
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            client.send(*(b"RETR %d" % n for n in range(1, 401)), b"STAT")
            tail = b""
            while not tail.endswith(b"\r\n") or b"\r\n.\r\n+OK 400 " not in tail:
                tail = tail[-100:] + client._socket.recv(1 << 18)
            raw.append(time.perf_counter() - start)
    assert total == sum(one.size for one in there)
    with capsys.disabled():
        print(
            f"\n400 messages, {total / 1e6:.1f} MB by POP3: streamed {min(ours):.3f} s,"
            f" raw {min(raw):.3f} s, ratio {min(ours) / min(raw):.2f}"
        )

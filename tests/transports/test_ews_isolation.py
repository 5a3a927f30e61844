"""Two EWS mailboxes in one process never share a proxy, a CA or a token.

exchangelib keeps protocols in a cache by address and credentials; the last test takes
our way past it away and shows that this file would notice.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from exchangelib.protocol import CachingProtocol

from mailboxes.core.choices import Security
from mailboxes.core.errors import Code, MailError
from mailboxes.sandbox.server import Sandbox
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy, Proxy
from mailboxes.transports.ews import EwsInbound, account

AT = Endpoint("https://outlook.office365.com/EWS/Exchange.asmx", 0, Security.TLS)
LOGIN = "support@contoso.example"
OTHER = "orders@contoso.example"


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[tuple[Sandbox, Sandbox]]:
    """Two providers under the same names, with a CA, a proxy and a token key each."""
    with ExitStack() as stack:
        yield (
            stack.enter_context(Sandbox(tmp_path / "one", first_letters=3)),
            stack.enter_context(Sandbox(tmp_path / "two", first_letters=5)),
        )


def reader(
    box: Sandbox, login: str = LOGIN, trusts: Sandbox | None = None
) -> EwsInbound:
    policy = NetworkPolicy(
        proxy=Proxy(box.host, box.proxy_port), ca_pem=(trusts or box).ca_pem
    )
    return EwsInbound(AT, Credential(login, token=box.token(login)), policy)


def count(transport: EwsInbound) -> int:
    """Messages that a listing tells; the boxes hold another number each."""
    transport.select("")
    return sum(len(page.there) for page in transport.changes("", None))


def turns(boxes: tuple[Sandbox, Sandbox], seen: list[tuple[int, ...]]) -> None:
    """Both open at once, used in turns, each opened anew in between."""
    one, two = reader(boxes[0]), reader(boxes[1])
    with one, two:
        seen.append((count(one), count(two)))
        one.close()
        one.open()
        seen.append((count(two), count(one)))
    again = reader(boxes[1], OTHER)
    with again, one:
        seen.append((count(again), count(one)))


def test_proxy_ca_and_token_of_two_mailboxes_never_mix(
    boxes: tuple[Sandbox, Sandbox],
) -> None:
    seen: list[tuple[int, ...]] = []
    turns(boxes, seen)
    assert seen == [(3, 5), (5, 3), (5, 3)]
    for box in boxes:
        calls = box.requests(LOGIN)["ews"]
        assert list(calls) == ["ok"]
    assert CachingProtocol._protocol_cache == {}


def test_ca_of_one_mailbox_does_not_help_another(
    boxes: tuple[Sandbox, Sandbox],
) -> None:
    with reader(boxes[0]), pytest.raises(MailError) as caught:
        reader(boxes[1], trusts=boxes[0]).open()
    assert caught.value.code == Code.TLS_UNTRUSTED


def test_many_threads_never_mix(boxes: tuple[Sandbox, Sandbox]) -> None:
    seen: list[tuple[int, int]] = []

    def read(place: int, login: str) -> None:
        with reader(boxes[place], login) as transport:
            for _turn in range(3):
                seen.append((place, count(transport)))

    threads = [
        threading.Thread(target=read, args=(place, login))
        for place in (0, 1)
        for login in (LOGIN, OTHER)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [(0, 3)] * 6 + [(1, 5)] * 6


def test_without_the_way_past_the_cache_they_mix(
    boxes: tuple[Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative: with exchangelib's cache the second reads the first's mailbox."""

    class Cached(account.Protocol):
        def __init__(self, config: object, wire: object = None) -> None:
            super().__init__(config=config)
            self.wire = wire

    def through_the_cache(config: object, wire: object) -> object:
        return Cached(config=config, wire=wire)

    monkeypatch.setattr(account, "past_the_cache", through_the_cache)
    monkeypatch.setattr(CachingProtocol, "_protocol_cache", {})
    with reader(boxes[0]) as one, reader(boxes[1]) as two:
        assert (count(one), count(two)) == (3, 3)

"""The way to one of several addresses: order, race, failures, and what stays open."""

from __future__ import annotations

import contextlib
import errno
import gc
import socket
import warnings
from collections.abc import Iterator

import pytest

from mailboxes.core.choices import Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.oauth import session
from mailboxes.transports import dial, net
from mailboxes.transports.base import Endpoint, NetworkPolicy
from tests.servers.process import free_port

V4, V6 = socket.AF_INET, socket.AF_INET6


@contextlib.contextmanager
def listening(host: str, port: int = 0) -> Iterator[int]:
    """A port that accepts connections in the kernel's queue."""
    family = V6 if ":" in host else V4
    with socket.create_server((host, port), family=family) as server:
        yield int(server.getsockname()[1])


@contextlib.contextmanager
def dropping(host: str, port: int = 0) -> Iterator[int]:
    """A port that answers nothing, as behind a firewall: its queue is full (Linux)."""
    family = V6 if ":" in host else V4
    with contextlib.ExitStack() as kept:
        server = kept.enter_context(socket.socket(family))
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((host, port))
        server.listen(0)
        for _ in range(4):
            client = kept.enter_context(socket.socket(family))
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                client.connect(server.getsockname())
        yield int(server.getsockname()[1])


def found_by_name(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def answer(host: str, port: int, **more: object) -> list[tuple[object, ...]]:
        return [
            (V6 if ":" in one else V4, socket.SOCK_STREAM, 6, "", (one, port))
            for one in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.fixture(params=["::1", "127.0.0.2"])
def dead(request: pytest.FixtureRequest) -> str:
    """An address whose port drops everything while 127.0.0.1 answers."""
    if ":" in request.param:
        try:
            with listening("::1"):
                pass
        except OSError:
            pytest.skip("this machine has no IPv6")
    return str(request.param)


def test_dead_address_does_not_cost_the_time_of_the_other(
    dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mail, and tokens, whose session takes the same way."""
    found_by_name(monkeypatch, dead, "127.0.0.1")
    policy = NetworkPolicy(connect_timeout=30)
    with listening("127.0.0.1") as port, dropping(dead, port):
        line = net.Line(Endpoint("mail.test", port, Security.NONE), policy, {})
        line.open().close()
        assert line.evidence["address"] == "127.0.0.1"
        assert 200 <= line.timings["tcp"] < 5000
        pools = session._pools(policy)
        pool = pools["https"]("mail.test", port)
        pool.ConnectionCls("mail.test", port)._new_conn().close()


def test_second_address_waits_for_no_clock_when_the_first_refuses() -> None:
    with listening("127.0.0.1") as port:
        sock, address = dial.dial([(V4, "127.0.0.2", port), (V4, "127.0.0.1", port)], 5)
        sock.close()
    assert address == "127.0.0.1"


def test_first_address_wins_where_both_answer() -> None:
    with listening("127.0.0.1") as port, listening("127.0.0.2", port):
        sock, address = dial.dial([(V4, "127.0.0.2", port), (V4, "127.0.0.1", port)], 5)
        sock.close()
    assert (address, sock.gettimeout()) == ("127.0.0.2", None)


def test_all_addresses_share_one_timeout() -> None:
    with dropping("127.0.0.1") as port, dropping("127.0.0.2", port):
        both = [(V4, "127.0.0.2", port), (V4, "127.0.0.1", port)]
        with pytest.raises(dial.NoneAnswersError) as caught:
            dial.dial(both, 0.4)
    address, failure = caught.value.args
    assert (address, type(failure)) == ("127.0.0.1", TimeoutError)


def test_last_refusal_is_told() -> None:
    port = free_port()
    with pytest.raises(dial.NoneAnswersError) as caught:
        dial.dial([(V4, "127.0.0.2", port), (V4, "127.0.0.1", port)], 5)
    address, failure = caught.value.args
    assert (address, failure.errno) == ("127.0.0.1", errno.ECONNREFUSED)


class WithoutV6(socket.socket):
    """A socket of a machine whose kernel has no IPv6 (ipv6.disable=1)."""

    def __init__(self, family: int = -1, *rest: int, **more: object) -> None:
        if family == V6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported")
        super().__init__(family, *rest, **more)  # type: ignore[arg-type]


def test_address_of_a_family_that_is_not_there_costs_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    class Slow(WithoutV6):
        def connect(self, address: tuple[str, int]) -> None:  # type: ignore[override]
            tried.append(address[0])
            with contextlib.suppress(BlockingIOError):
                super().connect(address)
            raise BlockingIOError  # as long as the IPv6 is not tried

    monkeypatch.setattr(dial, "APART", 0.0)
    with listening("127.0.0.1") as port:
        monkeypatch.setattr(socket, "socket", Slow)
        sock, address = dial.dial([(V4, "127.0.0.1", port), (V6, "::1", port)], 5)
        sock.close()
    assert (address, tried) == ("127.0.0.1", ["127.0.0.1"])


def test_no_socket_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    found_by_name(monkeypatch, "::1")
    monkeypatch.setattr(socket, "socket", WithoutV6)
    with pytest.raises(MailError) as caught:
        net.Line(Endpoint("mail.test", 1, Security.NONE), NetworkPolicy(), {}).open()
    error = caught.value
    assert (error.code, error.stage) == (Code.CONNECT_UNREACHABLE, Stage.TCP)
    assert error.evidence["answer"] == "Address family not supported"


def test_line_that_cannot_be_set_up_is_closed_and_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = []

    class Reset(socket.socket):
        def close(self) -> None:
            closed.append(self)
            super().close()

        def setsockopt(self, *told: object) -> None:  # type: ignore[override]
            raise OSError(errno.EINVAL, "Invalid argument")

    with listening("127.0.0.1") as port:
        monkeypatch.setattr(socket, "socket", Reset)
        line = net.Line(Endpoint("127.0.0.1", port, Security.NONE), NetworkPolicy(), {})
        with pytest.raises(MailError) as caught:
            line.open()
    assert (caught.value.code, caught.value.stage) == (
        Code.CONNECT_UNREACHABLE,
        Stage.TCP,
    )
    assert len(closed) == 1


def test_no_address_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    found_by_name(monkeypatch)
    with pytest.raises(MailError) as caught:
        net.Line(Endpoint("mail.test", 1, Security.NONE), NetworkPolicy(), {}).open()
    assert caught.value.code == Code.CONNECT_UNREACHABLE


def test_families_take_turns() -> None:
    six = [(V6, f"::{n}", 1) for n in range(3)]
    four = [(V4, f"127.0.0.{n}", 1) for n in range(2)]
    assert dial.interleaved([*six, *four]) == [
        six[0],
        four[0],
        six[1],
        four[1],
        six[2],
    ]


def test_losers_are_closed() -> None:
    gc.collect()  # what earlier tests have left is not told here
    with (
        warnings.catch_warnings(record=True) as told,
        listening("127.0.0.1") as port,
        dropping("127.0.0.2", port),
    ):
        warnings.simplefilter("always", ResourceWarning)
        both = [(V4, "127.0.0.2", port), (V4, "127.0.0.1", port)]
        dial.dial(both, 5)[0].close()
        gc.collect()
    assert [one for one in told if issubclass(one.category, ResourceWarning)] == []

"""Opens the line to a server: names, TCP, proxy, encryption; maps their failures.

One `Line` per connection holds what was learned on the way (`evidence`) and how long
each phase took. Greeting and sign-in belong to the transports. The environment's
proxy variables are never read: all there is comes with the `NetworkPolicy`.
"""

from __future__ import annotations

import ipaddress
import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..core.choices import ProxyKind, Security, Stage
from ..core.errors import Code, MailError
from . import dial, proxy, socks, tls
from .base import Endpoint, NetworkPolicy, Progress

_NAMES = {
    socket.EAI_NONAME: Code.DNS_UNKNOWN,
    getattr(socket, "EAI_NODATA", socket.EAI_NONAME): Code.DNS_UNKNOWN,
    getattr(socket, "EAI_ADDRFAMILY", socket.EAI_NONAME): Code.DNS_UNKNOWN,
    socket.EAI_AGAIN: Code.DNS_TEMPORARY,
    socket.EAI_FAIL: Code.DNS_TEMPORARY,
}
# What an exception means while the line is being opened, most specific class wins.
OPENING: Mapping[type[BaseException], Code] = {
    TimeoutError: Code.CONNECT_TIMEOUT,
    ConnectionRefusedError: Code.CONNECT_REFUSED,
    ConnectionError: Code.CONNECTION_LOST,
    OSError: Code.CONNECT_UNREACHABLE,
}
# The same once the line stands.
TALKING: Mapping[type[BaseException], Code] = {
    TimeoutError: Code.READ_TIMEOUT,
    OSError: Code.CONNECTION_LOST,
    EOFError: Code.CONNECTION_LOST,
}
_BAD_HOST = re.compile(r"[\x00-\x20\x7f/@]")


def code_of(error: BaseException, table: Mapping[type[BaseException], Code]) -> Code:
    """The code of the nearest class of `error` in `table`. Raises KeyError if none."""
    for kind in type(error).__mro__:
        if kind in table:
            return table[kind]
    raise KeyError(type(error))


def lost(
    error: OSError | EOFError, stage: Stage, facts: Mapping[str, object]
) -> MailError:
    """The MailError of a line that failed after it was open."""
    return MailError(
        code_of(error, TALKING),
        stage,
        evidence={**facts, "answer": _words(error)},
    )


class Line:
    """One connection to one server; `open()` may be called once.

    evidence: host, port, address (of the proxy when there is one), proxy, issuer and
    tls version, as far as known: the base of every MailError of this connection.
    timings: milliseconds of the phases "dns", "tcp", "proxy", "tls".
    progress: see base.Transport.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        policy: NetworkPolicy,
        timings: dict[str, int],
        progress: Progress | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.policy = policy
        self.timings = timings
        self.progress = progress
        self._socket: socket.socket | None = None
        self._within = 0.0  # seconds of the blocks inside of the one being timed
        self.evidence: dict[str, object] = {
            "host": endpoint.host,
            "port": endpoint.port,
        }
        if policy.proxy:
            self.evidence["proxy"] = f"{policy.proxy.host}:{policy.proxy.port}"

    def open(self) -> socket.socket:
        """A connected socket, encrypted when the endpoint says TLS from the start.

        Its timeout is the policy's read_timeout. Until it stands each wait is cut to
        what the policy's `until` leaves. Raises MailError at DNS, TCP, PROXY or TLS.
        """
        try:
            sock = self._through_proxy() if self.policy.proxy else self._direct()
            if self.endpoint.security is Security.TLS:
                sock = self.encrypt(sock)
            sock.settimeout(self.policy.read_timeout)
        except BaseException:
            self._drop()
            raise
        return sock

    def encrypt(self, sock: socket.socket) -> ssl.SSLSocket:
        """TLS on `sock`, certificate and name checked. Closes `sock` on failure."""
        try:
            with self.timed("tls") as told:
                now = self.policy.hurried()
                secure = tls.wrap(sock, self.endpoint.host, now, self.evidence)
                secure.settimeout(self.policy.read_timeout)
                self._socket = secure
                told.update(tls.described(secure))
        except BaseException:
            self._drop()
            raise
        return secure

    def _drop(self) -> None:
        """Close what is open: `progress` may have ended the opening."""
        if self._socket is not None:
            self._socket.close()

    @contextmanager
    def timed(self, phase: str) -> Iterator[dict[str, object]]:
        """Adds the block's milliseconds to `timings[phase]`, then tells `progress`.

        The time of blocks inside of it is theirs alone. The block may put facts that
        belong to this phase only into what it is given.
        """
        start, outer = time.monotonic(), self._within
        self._within = 0.0
        told: dict[str, object] = {}
        try:
            yield told
        finally:
            whole = time.monotonic() - start
            spent = round((whole - self._within) * 1000)
            self._within = outer + whole
            self.timings[phase] = self.timings.get(phase, 0) + spent
        if self.progress is not None:
            self.progress(Stage(phase), spent, {**self.evidence, **told})

    def _direct(self) -> socket.socket:
        return self._reach(self.endpoint.host, self.endpoint.port)

    def _through_proxy(self) -> socket.socket:
        way = self.policy.proxy
        assert way is not None
        try:
            sock = self._reach(way.host, way.port)
        except MailError as error:
            raise MailError(
                Code.PROXY_UNREACHABLE,
                Stage.PROXY,
                evidence={**error.evidence, "reason": error.code},
            ) from error
        with self.timed("proxy"):
            ask = socks.ask if way.kind is ProxyKind.SOCKS5 else proxy.ask
            ask(sock, way, self.endpoint, self.evidence)
        return sock

    def _reach(self, host: str, port: int) -> socket.socket:
        with self.timed("dns") as told:
            found = self._resolve(host, port)
            told["addresses"] = [address for _family, address, _port in found]
        with self.timed("tcp"):
            try:
                self._socket = sock = self._connect(found)
            except OSError as error:  # no descriptor is left, or the line was reset
                raise self._unreached(error) from error
        return sock

    def _resolve(self, host: str, port: int) -> list[tuple[int, str, int]]:
        """Addresses of `host` as (family, address, port), in the resolver's order."""
        try:
            ip = ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            pass
        else:
            family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
            return [(family, str(ip), port)]
        try:
            if not host or _BAD_HOST.search(host):
                raise UnicodeError(f"{host!r} is not a host name")
            answers = _getaddrinfo(host, port, self._patience())
        except (socket.gaierror, UnicodeError, TimeoutError) as error:
            raise self._unresolved(error) from error
        found = [(a[0], str(a[4][0]), port) for a in answers]
        return list(dict.fromkeys(found))

    def _unresolved(self, error: Exception) -> MailError:
        if isinstance(error, socket.gaierror):
            code = _NAMES.get(error.errno or 0, Code.DNS_TEMPORARY)
        elif isinstance(error, TimeoutError):
            code = Code.DNS_TEMPORARY
        else:
            code = Code.DNS_UNKNOWN
        return MailError(
            code, Stage.DNS, evidence={**self.evidence, "answer": _words(error)}
        )

    def _unreached(self, error: OSError) -> MailError:
        return MailError(
            code_of(error, OPENING),
            Stage.TCP,
            evidence={**self.evidence, "answer": _words(error)},
        )

    def _connect(self, found: list[tuple[int, str, int]]) -> socket.socket:
        """The first address that answers; all of them share connect_timeout."""
        try:
            sock, address = dial.dial(found, self._patience())
        except dial.NoneAnswersError as none:
            address, failure = none.args
            self.evidence["address"] = address
            raise self._unreached(failure) from failure
        self.evidence["address"] = address
        self._socket = sock  # from here on `open` closes it if anything fails
        # Commands are small and wait for their answers: no Nagle delay.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.settimeout(self._patience())
        return sock

    def _patience(self) -> float:
        """Seconds that the next step may wait."""
        return self.policy.hurried().connect_timeout


def readable(sock: socket.socket) -> bool:
    """Something has come, or the end. By poll: select takes no number over 1,023."""
    asked = select.poll()
    asked.register(sock, select.POLLIN)
    return bool(asked.poll(0))


def _getaddrinfo(host: str, port: int, timeout: float) -> list[tuple]:
    """socket.getaddrinfo, which has no timeout of its own, given one (seconds)."""
    result: list[list[tuple]] = []
    failure: list[Exception] = []

    def look_up() -> None:
        try:
            result.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failure.append(error)

    thread = threading.Thread(target=look_up, name="resolver", daemon=True)
    thread.start()
    thread.join(timeout)
    if failure:
        raise failure[0]
    if not result:
        raise TimeoutError(f"no answer from the resolver in {timeout:g} s")
    return result[0]


def _words(error: BaseException) -> str:
    """Text of an exception without Python's decoration."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__

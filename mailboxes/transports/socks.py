"""Asks a SOCKS5 proxy for a tunnel (RFC 1928), with or without a login (RFC 1929).

The proxy looks up the name of the server, as behind an HTTP proxy: an inner network
often has no resolver of its own. Written by hand so that mail and tokens go the same
way with the same refusals; PySocks tells those in prose only.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct

from ..core.choices import Stage
from ..core.errors import Code, MailError
from .base import Endpoint, Proxy
from .patience import Patience

VERSION, LOGIN_VERSION = 5, 1
NO_LOGIN, LOGIN, NO_METHOD = 0, 2, 255
CONNECT = 1
IPV4, NAME, IPV6 = 1, 3, 4
ADDRESS_BYTES = {IPV4: 4, IPV6: 16}
LONGEST = 255  # bytes of a name, a user name and a password
# RFC 1928 section 6: words of the reply, and what it means here.
REPLIES: dict[int, tuple[str, Code, bool]] = {
    1: ("general failure", Code.PROXY_GATEWAY, False),
    2: ("not allowed by the rules", Code.PROXY_DENIED, True),
    3: ("network unreachable", Code.PROXY_GATEWAY, False),
    4: ("host unreachable", Code.PROXY_GATEWAY, False),
    5: ("connection refused", Code.PROXY_GATEWAY, False),
    6: ("time to live expired", Code.PROXY_GATEWAY, False),
    7: ("command not supported", Code.PROXY_DENIED, True),
    8: ("address type not supported", Code.PROXY_DENIED, True),
}


class _Refused(Exception):
    """Code, whether it is permanent, and what the proxy said."""


def ask(
    sock: socket.socket,
    proxy: Proxy,
    endpoint: Endpoint,
    evidence: dict[str, object],
) -> None:
    """Makes `sock`, connected to `proxy`, a tunnel to `endpoint`.

    Raises MailError at PROXY (PROXY_AUTH, PROXY_DENIED, PROXY_GATEWAY,
    PROXY_NOT_SOCKS, CONNECTION_LOST, READ_TIMEOUT) with the proxy's reply in words in
    evidence["answer"], and closes `sock` then.
    """
    patience = Patience(sock)
    try:
        _sign_in(sock, patience, proxy)
        _connect(sock, patience, endpoint)
    except _Refused as refused:
        sock.close()
        code, permanent, answer = refused.args
        raise MailError(
            code,
            Stage.PROXY,
            permanent=permanent,
            evidence={**evidence, "answer": answer},
        ) from None
    except (OSError, EOFError) as error:
        sock.close()
        late = isinstance(error, TimeoutError)
        words = getattr(error, "strerror", None) or str(error)
        raise MailError(
            Code.READ_TIMEOUT if late else Code.CONNECTION_LOST,
            Stage.PROXY,
            evidence={**evidence, "answer": words},
        ) from error


def _sign_in(sock: socket.socket, patience: Patience, proxy: Proxy) -> None:
    """Agree on a method, and log in where the proxy chose that (RFC 1929)."""
    user, password = proxy.username.encode(), proxy.password.encode()
    if max(len(user), len(password)) > LONGEST:
        raise _Refused(Code.PROXY_AUTH, True, "user name or password above 255 bytes")
    methods = bytes([NO_LOGIN, LOGIN] if user else [NO_LOGIN])
    sock.sendall(bytes([VERSION, len(methods)]) + methods)
    chosen = _answer(patience)
    if chosen == NO_LOGIN:
        return
    if chosen != LOGIN or not user:
        raise _Refused(Code.PROXY_AUTH, True, f"SOCKS5 method {chosen}")
    sock.sendall(
        bytes([LOGIN_VERSION, len(user)]) + user + bytes([len(password)]) + password
    )
    status = _exactly(patience, 2)[1]
    if status:
        raise _Refused(Code.PROXY_AUTH, True, f"SOCKS5 login status {status}")


def _connect(sock: socket.socket, patience: Patience, endpoint: Endpoint) -> None:
    """Ask for the server by its name, or by its address where it has no name."""
    sock.sendall(
        bytes([VERSION, CONNECT, 0])
        + _address(endpoint.host.strip("[]"))
        + struct.pack("!H", endpoint.port)
    )
    reply = _answer(patience)
    if reply:
        words, code, permanent = REPLIES.get(
            reply, ("unassigned", Code.PROXY_GATEWAY, False)
        )
        raise _Refused(code, permanent, f"SOCKS5 reply {reply}: {words}")
    # The address that the proxy connects from follows; it is read to its last byte,
    # and no further: what comes next is the server's.
    _, kind = _exactly(patience, 2)
    size = ADDRESS_BYTES.get(kind) or _exactly(patience, 1)[0]
    _exactly(patience, size + 2)


def _address(host: str) -> bytes:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            name = host.encode("ascii" if host.isascii() else "idna")
        except UnicodeError:
            name = b""
        if not 0 < len(name) <= LONGEST:
            raise _Refused(
                Code.PROXY_GATEWAY, False, f"{host!r} is not a host name"
            ) from None
        return bytes([NAME, len(name)]) + name
    return bytes([IPV4 if address.version == 4 else IPV6]) + address.packed


def _answer(patience: Patience) -> int:
    """The second byte of an answer, whose first must be the version."""
    first = _exactly(patience, 1)
    if first[0] != VERSION:
        with contextlib.suppress(OSError):  # the rest is for the admin's eye only
            first += patience.recv(80)
        raise _Refused(Code.PROXY_NOT_SOCKS, True, first.split(b"\r")[0])
    return _exactly(patience, 1)[0]


def _exactly(patience: Patience, size: int) -> bytes:
    """So many bytes. Raises EOFError, OSError."""
    found = b""
    while len(found) < size:
        more = patience.recv(size - len(found))
        if not more:
            raise EOFError("the proxy closed the connection")
        found += more
    return found

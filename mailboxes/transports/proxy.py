"""Asks an HTTP proxy for a tunnel (CONNECT, RFC 9110 section 9.3.6).

Written by hand because PySocks, python-socks and http.client read ahead and lose a
server's banner that arrives in the same segment as the proxy's answer.
"""

from __future__ import annotations

import base64
import re
import socket

from ..core.choices import Stage
from ..core.errors import Code, MailError
from .base import Endpoint, Proxy
from .patience import Patience

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
_LONGEST = 16_384  # bytes of an answer's header
# Exact status first, then its hundred.
ANSWERS = {
    407: (Code.PROXY_AUTH, True),
    401: (Code.PROXY_AUTH, True),  # tinyproxy to a login that is wrong
    403: (Code.PROXY_DENIED, True),
    4: (Code.PROXY_DENIED, True),
    502: (Code.PROXY_GATEWAY, False),
    503: (Code.PROXY_GATEWAY, False),
    5: (Code.PROXY_GATEWAY, False),
}


def ask(
    sock: socket.socket,
    proxy: Proxy,
    endpoint: Endpoint,
    evidence: dict[str, object],
) -> None:
    """Makes `sock`, connected to `proxy`, a tunnel to `endpoint`.

    Raises MailError at PROXY (PROXY_AUTH, PROXY_DENIED, PROXY_GATEWAY,
    PROXY_NOT_HTTP, CONNECTION_LOST, READ_TIMEOUT) with the answer's first line in
    evidence["answer"], and closes `sock` then.
    """
    try:
        sock.sendall(_request(proxy, endpoint))
        head = _read_head(sock)
    except OSError as error:
        sock.close()
        late = isinstance(error, TimeoutError)
        raise MailError(
            Code.READ_TIMEOUT if late else Code.CONNECTION_LOST,
            Stage.PROXY,
            evidence={**evidence, "answer": error.strerror or str(error)},
        ) from error
    first = head.split(b"\r\n", 1)[0].split(b"\n", 1)[0]
    match = _STATUS.match(first + b"\r")
    status = int(match[1]) if match else 0
    if 200 <= status < 300:
        return
    sock.close()
    code, permanent = ANSWERS.get(status) or ANSWERS.get(
        status // 100, (Code.PROXY_NOT_HTTP, True)
    )
    if not head:
        code, permanent = Code.CONNECTION_LOST, False
    raise MailError(
        code, Stage.PROXY, permanent=permanent, evidence={**evidence, "answer": first}
    )


def _request(proxy: Proxy, endpoint: Endpoint) -> bytes:
    host = endpoint.host.strip("[]")
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        host = host.encode("idna").decode("ascii")
    lines = [
        f"CONNECT {host}:{endpoint.port} HTTP/1.1",
        f"Host: {host}:{endpoint.port}",
    ]
    if proxy.username:
        login = f"{proxy.username}:{proxy.password}".encode()
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(login).decode()}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _read_head(sock: socket.socket) -> bytes:
    """The answer up to its empty line, byte by byte: what follows is the server's."""
    head, patience = bytearray(), Patience(sock)
    while len(head) < _LONGEST and not head.endswith((b"\r\n\r\n", b"\n\n")):
        byte = patience.recv(1)
        if not byte:
            break
        head += byte
        if len(head) == 5 and head != b"HTTP/":
            break
    return bytes(head)

"""A name server for drills: names of its own that fail as a real one lets them fail.

DNS cannot be served on loopback to a process that does not choose its resolver, so this
process gets the answers that such a resolver would have given. Only for processes that
are made for drills; all other names are looked up as ever.
"""

from __future__ import annotations

import socket
from typing import Any

_look_up = socket.getaddrinfo

# "invalid" is nobody's (RFC 6761 section 6.4).
FAILURES = {
    "unknown.invalid": (socket.EAI_NONAME, "Name or service not known"),
    "later.invalid": (socket.EAI_AGAIN, "Temporary failure in name resolution"),
}
# A multicast address: a TCP connection to it fails with "Network is unreachable".
ADDRESSES = {"unreachable.invalid": "224.0.0.1"}


def answer(host: Any, *args: Any, **more: Any) -> Any:
    """As socket.getaddrinfo."""
    name = str(host).lower()
    if name in FAILURES:
        raise socket.gaierror(*FAILURES[name])
    return _look_up(ADDRESSES.get(name, host), *args, **more)


def serve() -> None:
    """Answer in this process from now on."""
    socket.getaddrinfo = answer

"""One large message by Graph in a process of its own, whose peak of memory is told.

Run by test_graph_large: `python -m tests.transports.graph_large in|out < settings`.
Prints JSON: what was seen, and the growth of the peak over that of a small message.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from mailboxes.core.choices import Security
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy, Proxy
from mailboxes.transports.graph.inbound import GraphInbound
from mailboxes.transports.graph.outbound import GraphOutbound

LOGIN, ANNA = "support@contoso.example", "anna@customers.example"


def peak() -> int:
    """Most bytes in memory so far; getrusage would tell the parent's as well."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmHWM")


def given(told: dict[str, Any]) -> tuple[Endpoint, Credential, NetworkPolicy]:
    return (
        Endpoint("graph.microsoft.com", 0, Security.TLS),
        Credential(LOGIN, token=told["token"]),
        NetworkPolicy(
            proxy=Proxy("127.0.0.1", told["proxy"], LOGIN, told["login"]),
            ca_pem=told["ca_pem"],
        ),
    )


def fetch(told: dict[str, Any]) -> dict[str, Any]:
    with GraphInbound(*given(told)) as reader:
        reader.select("")
        pages = reader.changes("", None)
        small, large = sorted(
            (one for page in pages for one in page.there), key=lambda one: one.size
        )
        list(reader.stream([small]))
        before = peak()
        [body] = reader.stream([large])
        grown = peak() - before
    digest = hashlib.sha256()
    for chunk in body.chunks:
        digest.update(chunk)
    return {
        "digest": digest.hexdigest(),
        "chunks": max(map(len, body.chunks)),
        "grown": grown,
    }


def send(told: dict[str, Any]) -> dict[str, Any]:
    with open(told["file"], "rb") as file:
        message = file.read()
    small = f"From: {LOGIN}\r\nTo: {ANNA}\r\n\r\nHi\r\n".encode()
    with GraphOutbound(*given(told)) as sender:
        sender.send(LOGIN, [ANNA], small)
        before = peak()
        answer = sender.send(LOGIN, [ANNA], message).answer
    return {"answer": answer, "grown": peak() - before}


if __name__ == "__main__":
    work = {"in": fetch, "out": send}[sys.argv[1]]
    print(json.dumps(work(json.load(sys.stdin))))

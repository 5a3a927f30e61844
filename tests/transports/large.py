"""Moves one large message in a process of its own, and says what that cost.

    python -m tests.transports.large        (a task in JSON on standard input)

Peak memory of a process never shrinks, so that only a fresh one can tell it.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mailboxes.core.choices import Security
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy
from mailboxes.transports.imap import ImapTransport
from mailboxes.transports.smtp import SmtpTransport

ROOT = Path(__file__).resolve().parents[2]
MEGABYTE = 1 << 20
SIZE = 60 * MEGABYTE
LINE = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx\r\n"


class Letter(Sequence[bytes]):
    """About 60 MB with three attachments, made anew chunk by chunk.

    Some lines begin with a dot.
    """

    def __init__(self, sender: str) -> None:
        kind = b'multipart/mixed; boundary="cut"'
        self._head = (
            b"From: %s\r\nSubject: large\r\nDate: Tue, 24 Nov 2026 12:00:00 +0000\r\n"
            b"Message-ID: <large@example.org>\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: %s\r\n\r\n--cut\r\n\r\n.Hello\r\n..\r\n"
        ) % (sender.encode(), kind)
        self._lines = MEGABYTE // len(LINE)

    def __len__(self) -> int:
        return SIZE // MEGABYTE + 2

    def __getitem__(self, index: int) -> bytes:  # type: ignore[override]
        if not 0 <= index < len(self):
            raise IndexError(index)
        if index == 0:
            return self._head
        if index == len(self) - 1:
            return b"--cut--\r\n"
        number, first = divmod(index - 1, (len(self) - 2) // 3)
        part = b""
        if not first:
            part = (
                b"--cut\r\nContent-Type: application/octet-stream\r\n"
                b"Content-Transfer-Encoding: base64\r\n"
                b'Content-Disposition: attachment; filename="%d.bin"\r\n\r\n' % number
            )
        return (part + LINE * self._lines)[:MEGABYTE].rpartition(b"\n")[0] + b"\n"


@dataclass(frozen=True)
class Cost:
    """digest and size: of the message. growth: of peak memory, in bytes."""

    digest: str
    size: int
    growth: int


def digest(chunks: Iterator[bytes] | Sequence[bytes]) -> tuple[str, int]:
    """SHA-256 and size of what is in chunks, holding one of them."""
    whole, size = hashlib.sha256(), 0
    for chunk in chunks:
        whole.update(chunk)
        size += len(chunk)
    return whole.hexdigest(), size


def from_mark(chunks: Sequence[bytes], mark: bytes) -> Iterator[bytes]:
    """The chunks from `mark` on: what servers put before a message is left out."""
    first = True
    for chunk in chunks:
        yield chunk[chunk.index(mark) :] if first else chunk
        first = False


def moved(
    way: str, endpoint: Endpoint, credential: Credential, policy: NetworkPolicy
) -> Cost:
    """Send ("out") or fetch ("in") the one message in a process of its own."""
    task = {
        "way": way,
        "endpoint": asdict(endpoint),
        "credential": asdict(credential),
        "policy": asdict(policy),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.transports.large"],
        cwd=ROOT,
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return Cost(**json.loads(done.stdout))


def main(task: dict[str, Any]) -> Cost:
    endpoint = Endpoint(**task["endpoint"])
    endpoint = Endpoint(endpoint.host, endpoint.port, Security(endpoint.security))
    credential = Credential(**task["credential"])
    parts = endpoint, credential, NetworkPolicy(**task["policy"])
    if task["way"] == "out":
        return _out(SmtpTransport(*parts), credential.login)
    return _in(ImapTransport(*parts))


def _out(sender: SmtpTransport, user: str) -> Cost:
    letter = Letter(user)
    with sender:
        before = _peak()
        sender.send(user, [user], letter)
        growth = _peak() - before
    return Cost(*digest(letter), growth)


def _in(reader: ImapTransport) -> Cost:
    with reader:
        reader.select("")
        listed = reader.list_new(0)
        before = _peak()
        [fetched] = reader.stream(listed)
        told = digest(from_mark(fetched.chunks, b"From: "))
        return Cost(*told, _peak() - before)


def _peak() -> int:
    """Bytes. getrusage would tell the peak of the process that started this one."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    print(json.dumps(asdict(main(json.load(sys.stdin)))))

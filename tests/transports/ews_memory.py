"""Run by test_ews_large in a process of its own: one large message in or out by EWS.

python -m tests.transports.ews_memory CONFIG prints, as JSON, the peak of resident
memory before and after in bytes, and the digest of what was fetched. CONFIG: what
(fetch or send), url, login, token, proxy (host and port), ca (file), message (file).
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from pathlib import Path

from mailboxes.core.choices import Security
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy, Proxy
from mailboxes.transports.ews import EwsInbound, EwsOutbound


def peak() -> int:
    """Bytes; getrusage would begin with the peak of the process that started this."""
    status = Path("/proc/self/status").read_text()
    line = next(one for one in status.splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def begun() -> int:
    """The peak from now on is that of what is in memory now (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def main() -> None:
    config = json.loads(Path(sys.argv[1]).read_text())
    given = (
        Endpoint(config["url"], 0, Security.TLS),
        Credential(config["login"], token=config["token"]),
        NetworkPolicy(
            proxy=Proxy(*config["proxy"]), ca_pem=Path(config["ca"]).read_text()
        ),
    )
    told: dict[str, object] = {}
    if config["what"] == "fetch":
        with EwsInbound(*given) as reader:
            reader.select("")
            there = [one for page in reader.changes("", None) for one in page.there]
            small = [one for one in there if one.size < 1_000_000]
            list(reader.stream(small))
            before, began = begun(), time.monotonic()
            (body,) = reader.stream([one for one in there if one.size > 1_000_000])
            told["seconds"] = round(time.monotonic() - began, 2)
            told["after"], told["before"] = peak(), before
            told["size"] = sum(len(chunk) for chunk in body.chunks)
            digest = hashlib.sha256()
            for chunk in body.chunks:
                digest.update(chunk)
            told["sha256"] = digest.hexdigest()
    else:
        message = Path(config["message"]).read_bytes()
        small_one = message[: message.index(b"\r\n\r\n") + 4] + b"small\r\n"
        with EwsOutbound(*given) as sender:
            sender.send(config["login"], ["anna@customers.example"], small_one)
            before, began = begun(), time.monotonic()
            sender.send(config["login"], ["anna@customers.example"], message)
            told["seconds"] = round(time.monotonic() - began, 2)
            told["after"], told["before"] = peak(), before
            told["size"] = len(message)
    print(json.dumps(told))


if __name__ == "__main__":
    main()

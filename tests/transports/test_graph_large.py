"""A message of 60 MB in and out by Graph: the same bytes, in little memory.

Fetched it goes to the disk in chunks. Sent it lies in memory as message, as parsed
parts and as one request.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import GRAPH_RESOURCE, PROXY_LOGIN
from tests.transports.graph_large import ANNA, LOGIN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MEGABYTE = 1 << 20
MOST = 16 * MEGABYTE  # that a fetch may take
FACTOR = 2.5  # times the message, for sending


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "sandbox", first_letters=0) as running:
        yield running


def large() -> tuple[bytes, dict[str, str]]:
    """60 MB with three attachments, and the digests of these by name."""
    made = EmailMessage(policy=policy.SMTP)
    made["From"], made["To"], made["Subject"] = LOGIN, ANNA, "Large"
    made["Message-ID"] = "<large@contoso.example>"
    made.set_content("Three attachments\r\n")
    digests = {}
    for number in range(3):
        content = bytes([number, 255 - number, 7, 13]) * (15 * MEGABYTE // 4)
        name = f"part-{number}.bin"
        digests[name] = hashlib.sha256(content).hexdigest()
        made.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return made.as_bytes(), digests


def run(box: Sandbox, way: str, **more: Any) -> dict[str, Any]:
    told = {
        "token": box.token(LOGIN, resource=GRAPH_RESOURCE),
        "proxy": box.proxy_port,
        "login": PROXY_LOGIN[1],
        "ca_pem": box.ca_pem,
        **more,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.transports.graph_large", way],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=240,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_large_message_is_fetched_in_chunks(box: Sandbox) -> None:
    message, _ = large()
    assert len(message) > 60 * MEGABYTE
    box.deliver(LOGIN, b"Subject: small\r\n\r\nHi\r\n", message)
    seen = run(box, "in")
    print(f"grown by {seen['grown'] / MEGABYTE:.0f} MB")
    assert seen["digest"] == hashlib.sha256(message).hexdigest()
    assert seen["chunks"] <= MEGABYTE
    assert seen["grown"] <= MOST


def test_large_message_is_sent_whole(box: Sandbox, tmp_path: Path) -> None:
    message, digests = large()
    file = tmp_path / "large.eml"
    file.write_bytes(message)
    seen = run(box, "out", file=str(file))
    print(f"grown by {seen['grown'] / MEGABYTE:.0f} MB")
    assert seen["answer"].startswith("202 ")
    assert seen["grown"] <= FACTOR * len(message)

    def sent() -> bytes:
        store = box.box.store
        place = store.folder(LOGIN, "Sent Items")
        assert place is not None
        [content] = store.bodies([store.entries(place.id)[-1].body])
        return content or b""

    read: Any = message_from_bytes(box._call(sent), policy=policy.SMTP)
    found = {
        part.get_filename(): hashlib.sha256(part.get_content()).hexdigest()
        for part in read.iter_attachments()
    }
    assert found == digests
    assert read["Message-ID"] == "<large@contoso.example>"

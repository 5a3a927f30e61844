"""A large message by EWS: whole, in bounded memory, and one at a time in a process."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import time
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from mailboxes.core.choices import Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.sandbox.server import Sandbox
from mailboxes.transports.ews import large

ROOT = Path(__file__).resolve().parents[2]
LOGIN = "support@contoso.example"
MB = 1024 * 1024
MOST = 16 * MB  # growth; measured: docs/ews.md


def letter(megabytes: int) -> bytes:
    """About so many MB, with three attachments."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"] = LOGIN, "anna@customers.example"
    made["Subject"], made["Message-ID"] = "Large", "<large@contoso.example>"
    made.set_content("Three files.\r\n")
    piece = bytes(range(256)) * 4096
    for number in range(3):
        content = piece * (megabytes * 3 // 4 // 3)
        made.add_attachment(
            content,
            maintype="application",
            subtype="octet-stream",
            filename=f"{number}.bin",
        )
    return made.as_bytes()


def measured(box: Sandbox, folder: Path, what: str) -> dict[str, Any]:
    """What ews_memory tells, in a process of its own."""
    config = folder / "config.json"
    config.write_text(
        json.dumps(
            {
                "what": what,
                "url": "https://outlook.office365.com/EWS/Exchange.asmx",
                "login": LOGIN,
                "token": box.token(LOGIN),
                "proxy": [box.host, box.proxy_port],
                "ca": str(box.ca_file),
                "message": str(folder / "message.eml"),
            }
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.transports.ews_memory", str(config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_large_message_is_fetched_whole_in_bounded_memory(tmp_path: Path) -> None:
    content = letter(60)
    with Sandbox(tmp_path / "box", first_letters=3) as box:
        box.deliver(LOGIN, content)
        told = measured(box, tmp_path, "fetch")
    print("fetch", told)
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert told["after"] - told["before"] <= MOST


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_large_message_is_sent_whole_in_bounded_memory(tmp_path: Path) -> None:
    content = letter(60)
    (tmp_path / "message.eml").write_bytes(content)
    with Sandbox(tmp_path / "box", first_letters=0) as box:
        told = measured(box, tmp_path, "send")
        sent = box.delivered()
    print("send", told)
    assert [one["sha256"] for one in sent][-1] == hashlib.sha256(content).hexdigest()
    assert told["after"] - told["before"] <= MOST


def test_one_large_message_at_a_time() -> None:
    inside, most = 0, 0
    counting = threading.Lock()

    def handle() -> None:
        nonlocal inside, most
        with large.alone(large.LARGE, None, Stage.FETCH):
            with counting:
                inside += 1
                most = max(most, inside)
            threading.Event().wait(0.01)
            with counting:
                inside -= 1

    threads = [threading.Thread(target=handle) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_small_messages_do_not_wait_for_a_large_one() -> None:
    with (
        large.alone(large.LARGE, None, Stage.FETCH),
        large.alone(large.LARGE - 1, 0, Stage.FETCH),
    ):
        pass


def test_waiting_for_the_turn_ends_in_time() -> None:
    with large.alone(large.LARGE, None, Stage.FETCH):
        until = time.monotonic() + 0.05
        with (
            pytest.raises(MailError) as caught,
            large.alone(large.LARGE, until, Stage.DATA),
        ):
            pass
    assert (caught.value.code, caught.value.stage) == (Code.READ_TIMEOUT, Stage.DATA)

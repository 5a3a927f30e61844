"""The sandbox's EWS seen by a client that shares no code with ours (npm).

Direct to its listener: the script leads the provider's name to this machine, and the
certificate is checked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import ON_PREMISES
from tests.fixtures.matrix import Claim
from tests.foreign import npm
from tests.matrix.cells import BASIC, MICROSOFT, TOKEN

pytestmark = [pytest.mark.server, pytest.mark.slow]

NAME, VERSION = "ews-javascript-api", "0.15.3"
PACKAGE = f"{NAME}@{VERSION}"
SCRIPT = Path(__file__).with_name("ews_client.js")
LEGACY = "legacy@contoso.example"
LOGIN = "support@contoso.example"
CUSTOMER, HIDDEN = "anna@customers.example", "boss@customers.example"
LETTER = (
    f"From: {LOGIN}\r\nTo: {CUSTOMER}\r\nBcc: {HIDDEN}\r\nSubject: Raw\r\n"
    "Message-ID: <raw@contoso.example>\r\n\r\nHello\r\n"
).encode()


def seen(box: Sandbox, folder: Path, **more: str) -> dict[str, Any]:
    """What the client saw of a mailbox."""
    modules = npm.packages(PACKAGE)
    config = folder / "config.json"
    told = {
        "module": str(modules / "ews-javascript-api"),
        "url": f"https://outlook.office365.com:{box.ports['ews']}/EWS/Exchange.asmx",
        "letter": base64.b64encode(LETTER).decode(),
        **more,
    }
    config.write_text(json.dumps(told))
    done = subprocess.run(
        ["node", str(SCRIPT), str(config)],
        env={"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(box.ca_file)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("way", ["user", "application"])
def test_foreign_client_reads_settles_syncs_and_sends(
    tmp_path: Path, way: str, cell: Claim
) -> None:
    cell("EWS", TOKEN, MICROSOFT, f"{NAME} (client)", VERSION)
    with Sandbox(tmp_path / "box", first_letters=5) as box:
        before = box.messages(LOGIN)
        more = {"token": box.token(LOGIN)}
        if way == "application":
            more = {"token": box.app_token(), "impersonate": LOGIN}
        got = seen(box, tmp_path, **more)
        newest = before[-1]
        after = {
            name: [one["sha256"] for one in box.messages(LOGIN, name)]
            for name in ("INBOX", "Sent Items", "Deleted Items")
        }
        flags = {one["sha256"]: one["flags"] for one in box.messages(LOGIN)}
        sent = box.delivered()
    assert got["folder"] == {"name": "Inbox", "total": 5}
    assert len(got["subjects"]) == 5 and all(got["subjects"])
    assert _digest(got["mime"]) == newest["sha256"]
    assert got["pages"] == [2, 2, 1]
    assert got["later"] == ["Delete", "Delete", "ReadFlagChange"]
    assert got["refusal"] == "ErrorFolderNotFound"
    digests = [one["sha256"] for one in before]
    assert after["INBOX"] == [digests[0], digests[1], digests[4]]
    assert after["Deleted Items"] == [digests[2]]
    assert flags[newest["sha256"]] == "\\Seen"
    assert [sorted(one["to"]) for one in sent] == [[CUSTOMER, HIDDEN], [CUSTOMER]]
    assert sent[0]["message_id"] == "<raw@contoso.example>"


def test_foreign_client_signs_in_by_password_at_contosos_own_server(
    tmp_path: Path, cell: Claim
) -> None:
    cell("EWS", BASIC, MICROSOFT, f"{NAME} (client)", VERSION)
    letter = LETTER.replace(LOGIN.encode(), LEGACY.encode())
    with Sandbox(tmp_path / "box", first_letters=5) as box:
        got = seen(
            box,
            tmp_path,
            url=f"https://{ON_PREMISES}:{box.ports['ews']}/EWS/Exchange.asmx",
            user=LEGACY,
            password=box.account(LEGACY).password,
            letter=base64.b64encode(letter).decode(),
        )
    assert got["folder"] == {"name": "Inbox", "total": 5}
    assert (len(got["subjects"]), got["refusal"]) == (5, "ErrorFolderNotFound")


def test_foreign_client_is_refused_without_a_right_token(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "box", first_letters=0) as box:
        graph = box.token(LOGIN, resource="https://graph.microsoft.com")
        with pytest.raises(AssertionError) as caught:
            seen(box, tmp_path, token=graph)
        counted = box.requests(LOGIN).get("ews", {})
    assert "The audience claim value is invalid" in str(caught.value)
    assert "ok" not in counted


def _digest(text: str) -> str:
    return hashlib.sha256(base64.b64decode(text)).hexdigest()

"""The sandbox's Graph seen by Microsoft's own client, which shares no code with ours.

Direct to its listener: the script leads the provider's name to this machine, and the
certificate is checked. Proves the cells Graph in and out, sandbox against npm
@microsoft/microsoft-graph-client.
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
from mailboxes.sandbox.world import GRAPH_RESOURCE
from tests.fixtures.matrix import Claim
from tests.foreign import npm
from tests.matrix.cells import MICROSOFT, TOKEN

pytestmark = [pytest.mark.server, pytest.mark.slow]

NAME, VERSION = "@microsoft/microsoft-graph-client", "3.0.7"
SCRIPT = Path(__file__).with_name("graph_client.js")
LOGIN = "support@contoso.example"
CUSTOMER, HIDDEN = "anna@customers.example", "boss@customers.example"
LETTER = (
    f"From: {LOGIN}\r\nTo: {CUSTOMER}\r\nBcc: {HIDDEN}\r\nSubject: Raw\r\n"
    "Message-ID: <raw@contoso.example>\r\n\r\nHello\r\n"
).encode()


def seen(box: Sandbox, folder: Path, **more: str) -> dict[str, Any]:
    """What the client saw of a mailbox."""
    modules = npm.packages(f"{NAME}@{VERSION}")
    config = folder / "config.json"
    told = {
        "module": str(modules / NAME),
        "port": box.ports["graph"],
        "to": CUSTOMER,
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
    cell("GRAPH", TOKEN, MICROSOFT, f"{NAME} (client)", VERSION)
    with Sandbox(tmp_path / "box", first_letters=5, answer_after=900) as box:
        before = box.messages(LOGIN)
        token, root = box.token(LOGIN, resource=GRAPH_RESOURCE), "/me"
        if way == "application":
            token, root = box.app_token(resource=GRAPH_RESOURCE), f"/users/{LOGIN}"
        got = seen(box, tmp_path, token=token, root=root)
        after = {
            name: [one["sha256"] for one in box.messages(LOGIN, name)]
            for name in ("INBOX", "Archive", "Deleted Items", "Drafts")
        }
        flags = {one["sha256"]: one["flags"] for one in box.messages(LOGIN)}
        sent = box.delivered()
    digests = [one["sha256"] for one in before]
    assert got["folder"] == {"name": "Inbox", "total": 5}
    assert len(got["subjects"]) == 5 and all(got["subjects"])
    assert _digest(got["mime"]) == digests[-1]
    assert (got["pages"], got["keptId"]) == ([2, 2, 1], True)
    assert got["batch"] == [204, 200, 400]
    assert got["later"] == ["removed", "removed", "there"]
    assert got["uploaded"] == 201
    assert got["refusal"] == {
        "status": 400,
        "code": "ErrorInvalidIdMalformed",
        "id": True,
    }
    assert after == {
        "INBOX": digests[2:],
        "Archive": digests[:1],
        "Deleted Items": digests[1:2],
        "Drafts": [],
    }
    assert flags[digests[-1]] == "\\Seen"
    people = [sorted(one["to"]) for one in sent]
    assert people == [[CUSTOMER], [CUSTOMER, HIDDEN], [CUSTOMER]]
    assert sent[1]["message_id"] == "<raw@contoso.example>"
    assert sent[2]["size"] > 5_000_000


def test_foreign_client_is_refused_without_a_right_token(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "box", first_letters=0) as box:
        with pytest.raises(AssertionError) as caught:
            seen(box, tmp_path, token=box.token(LOGIN), root="/me")
        counted = box.requests(LOGIN).get("graph", {})
    assert "401 InvalidAuthenticationToken" in str(caught.value)
    assert counted == {"audience": 1}


def _digest(text: str) -> str:
    return hashlib.sha256(base64.b64decode(text)).hexdigest()

"""The live kit, with the sandbox in the place of a tenant: runs, and keeps secrets."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from mailboxes.core.choices import ProxyKind, Security
from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import CONFIDENTIAL_APP_ID, PROXY_LOGIN
from tests.live import settings
from tests.sandbox.clients import LEGACY, SUPPORT

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, **live: str) -> subprocess.CompletedProcess[str]:
    """The kit as a person starts it."""
    return subprocess.run(
        ["scripts/live", str(folder)],
        cwd=ROOT,
        env=os.environ | live,
        capture_output=True,
        text=True,
        timeout=110,
    )


def variables(box: Sandbox, folder: Path, grant: str, secret: str) -> dict[str, str]:
    file = folder / "secret"
    file.write_text(f"{secret}\n")
    login = ":".join(PROXY_LOGIN)
    return {
        "LIVE_MAILBOX": LEGACY if grant == "basic" else SUPPORT,
        "LIVE_GRANT": grant,
        "LIVE_SECRET_FILE": str(file),
        "LIVE_DIRECTORY_ID": box.tenant_id,
        "LIVE_CLIENT_ID": (
            box.client_id if grant == "password" else CONFIDENTIAL_APP_ID
        ),
        "LIVE_UNKNOWN_RECIPIENT": "nobody@contoso.example",
        "LIVE_PROXY": f"socks5://{login}@{box.host}:{box.socks_port}",
        "LIVE_CA_FILE": str(box.ca_file),
    }


@pytest.mark.slow
@pytest.mark.parametrize("grant", ["client_credentials", "password", "token", "basic"])
def test_every_grant_passes_at_the_sandbox(
    sandbox: Sandbox, tmp_path: Path, grant: str
) -> None:
    secret = {
        "client_credentials": str(sandbox.app().secret),
        "password": sandbox.account(SUPPORT).password,
        "token": sandbox.token(SUPPORT),
        "basic": sandbox.account(LEGACY).password,
    }[grant]
    done = run(tmp_path / "report", **variables(sandbox, tmp_path, grant, secret))
    assert done.returncode == 0, done.stdout + done.stderr
    text = (tmp_path / "report/live-report.json").read_text()
    told = json.loads(text)
    assert told["about"]["grant"] == grant
    assert len(told["results"]) > 25
    assert {one["result"] for one in told["results"]} == {"passed"}
    page = (tmp_path / "report/live-report.md").read_text()
    for hidden in (secret, PROXY_LOGIN[1], "eyJ"):
        assert hidden not in text + page + done.stdout + done.stderr
    # What lay in the mailbox before is as it was, and no folder is left.
    inbox = sandbox.messages(told_mailbox(grant))
    assert [one["uid"] for one in inbox[:12]] == list(range(1, 13))
    assert folders(sandbox, told_mailbox(grant)) == []


@pytest.mark.slow
def test_failures_are_told_without_secrets(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.fault(SUPPORT, "imap-throttled")
    token = sandbox.token(SUPPORT)
    done = run(tmp_path / "report", **variables(sandbox, tmp_path, "token", token))
    assert done.returncode == 1
    report = json.loads((tmp_path / "report/live-report.json").read_text())
    said = next(one["said"] for one in report["results"] if one["said"])
    assert said["code"] == "server-throttled"
    everything = done.stdout + (tmp_path / "report/live-report.md").read_text()
    assert token not in everything


def test_refused_sign_in_ends_it(sandbox: Sandbox, tmp_path: Path) -> None:
    done = run(tmp_path, **variables(sandbox, tmp_path, "password", "wrong-word"))
    assert done.returncode == 1
    assert done.stdout.startswith("No token: AADSTS50126 at token: ")
    assert "wrong-word" not in done.stdout


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"LIVE_MAILBOX": ""}, "Set LIVE_MAILBOX; docs/live-kit.md tells what it is."),
        ({"LIVE_MAILBOX": "x"}, "Set LIVE_MAILBOX to the address of the mailbox."),
        ({"LIVE_GRANT": "magic"}, "Set LIVE_GRANT to one of token, basic, password,"),
        ({"LIVE_CLIENT_ID": ""}, "Set LIVE_CLIENT_ID; docs/live-kit.md tells"),
        ({"LIVE_SECRET_FILE": "/x"}, "The file that LIVE_SECRET_FILE names cannot be"),
        ({"LIVE_IMAP": "host"}, "Set LIVE_IMAP to a host and a port, such as outlook"),
        ({"LIVE_PROXY": "ftp://x:1"}, "Set LIVE_PROXY to http://host:port or socks5"),
    ],
)
def test_what_is_missing_is_told(
    tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(settings.NotReady, match=re.escape(words)):
        settings.read(_complete(tmp_path) | changes)


def test_variables_are_read(tmp_path: Path) -> None:
    live = settings.read(
        _complete(tmp_path)
        | {"LIVE_PROXY": "socks5://a:b%40c@p:1080", "LIVE_SMTP": "s:465"}
    )
    assert (live.imap.security, live.smtp.security) == (Security.TLS, Security.TLS)
    proxy = live.policy.proxy
    assert proxy and (proxy.kind, proxy.password) == (ProxyKind.SOCKS5, "b@c")
    assert live.unknown_recipient == "no-such-user@contoso.example"
    assert "s3cret" not in repr(live)


def test_every_variable_is_documented_and_no_other() -> None:
    text = (ROOT / "docs/live-kit.md").read_text("utf-8")
    documented = re.findall(r"^\| `(LIVE_[A-Z_]+)` \| (.*?) \|", text, re.M)
    assert sorted(name for name, _ in documented) == sorted(settings.NAMES)
    for name, default in documented:
        if default.startswith("`") and default.endswith("`"):
            assert settings.NAMES[name] == default.strip("`")


def _complete(folder: Path) -> dict[str, str]:
    file = folder / "secret"
    file.write_text("s3cret\n")
    return {
        "LIVE_MAILBOX": SUPPORT,
        "LIVE_SECRET_FILE": str(file),
        "LIVE_DIRECTORY_ID": "d",
        "LIVE_CLIENT_ID": "c",
    }


def told_mailbox(grant: str) -> str:
    return LEGACY if grant == "basic" else SUPPORT


def folders(box: Sandbox, address: str) -> list[str]:
    """Names of the kit's folders that are left."""
    names = box._call(lambda: box.box.store.folders(address))
    return [one.name for one in names if "mailadmin-live" in one.name]

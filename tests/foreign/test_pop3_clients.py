"""curl and fetchmail read the sandbox's POP3: clients that share no code with ours."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mailboxes.sandbox.server import Sandbox
from tests.fixtures.matrix import Claim
from tests.fixtures.servers import note_real_server
from tests.foreign.programs import version
from tests.matrix.cells import ANY, BASIC, TOKEN
from tests.sandbox.clients import letter

pytestmark = pytest.mark.server
HOST = "outlook.office365.com"
SECONDS = 60


def need(command: str, config: pytest.Config) -> None:
    """Skips without the program; notes its version for the summary."""
    if shutil.which(command) is None:
        why = f"{command} is not installed (scripts/test-servers)"
        pytest.fail(why) if os.environ.get("CI") == "true" else pytest.skip(why)
    said = subprocess.run([command, "--version"], capture_output=True, text=True).stdout
    version = re.search(r"\d[\d.]*\d", said)
    assert version is not None
    note_real_server(config, f"{command} {version[0]} POP3")


@pytest.fixture
def address(sandbox: Sandbox) -> str:
    made = sandbox.make("pop3@contoso.example", basic=True)
    sandbox.deliver(made.address, letter(1), letter(2))
    return made.address


def curl(
    box: Sandbox, what: str, *arguments: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [
            "curl",
            "--disable",
            "--silent",
            "--show-error",
            "--proxytunnel",
            "--proxy",
            f"http://{box.host}:{box.proxy_port}",
            "--cacert",
            str(box.ca_file),
            *arguments,
            f"pop3s://{HOST}/{what}",
        ],
        capture_output=True,
        timeout=SECONDS,
    )


@pytest.mark.parametrize("by", ["token", "password"])
def test_curl_lists_reads_and_deletes(
    sandbox: Sandbox,
    address: str,
    by: str,
    pytestconfig: pytest.Config,
    cell: Claim,
) -> None:
    need("curl", pytestconfig)
    cell(
        "POP3", TOKEN if by == "token" else BASIC, ANY, "curl (client)", version("curl")
    )
    login = ["--user", f"{address}:{sandbox.account(address).password}"]
    if by == "token":
        login = ["--user", f"{address}:", "--oauth2-bearer", sandbox.token(address)]
    listed = curl(sandbox, "", *login)
    sizes = b"".join(b"%d %d\r\n" % (n, len(letter(n))) for n in (1, 2))
    assert (listed.returncode, listed.stdout, listed.stderr) == (0, sizes, b"")
    assert curl(sandbox, "2", *login).stdout == letter(2)
    gone = curl(sandbox, "1", *login, "--request", "DELE", "--list-only")
    assert gone.returncode == 0
    left = [one["message_id"] for one in sandbox.messages(address)]
    assert left == ["<letter.2@contoso.example>"]


def test_curl_is_refused_with_a_token_that_has_ended(
    sandbox: Sandbox, address: str, pytestconfig: pytest.Config
) -> None:
    need("curl", pytestconfig)
    token = sandbox.token(address, seconds=-60)
    done = curl(sandbox, "", "--user", f"{address}:", "--oauth2-bearer", token)
    assert done.returncode == 67  # CURLE_LOGIN_DENIED


@pytest.mark.parametrize("keep", [True, False])
def test_fetchmail_fetches_each_message_once(
    sandbox: Sandbox,
    address: str,
    keep: bool,
    tmp_path: Path,
    pytestconfig: pytest.Config,
    cell: Claim,
) -> None:
    need("fetchmail", pytestconfig)
    cell("POP3", BASIC, ANY, "fetchmail (client)", version("fetchmail", "-V"))
    inbox, settings = tmp_path / "inbox", tmp_path / "fetchmailrc"
    settings.write_text(
        f"poll {HOST} via 127.0.0.1 service {sandbox.ports['pop3s']} proto pop3 uidl\n"
        f' user "{address}" pass "{sandbox.account(address).password}" ssl sslcertck\n'
        f' sslcertfile "{sandbox.ca_file}" sslcommonname {HOST}\n'
        f' {"keep" if keep else "nokeep"} mda "cat >> {inbox}"\n'
    )
    settings.chmod(0o600)
    codes = [
        subprocess.run(
            ["fetchmail", "--fetchmailrc", str(settings), "--nosyslog"],
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LC_ALL": "C"},
            capture_output=True,
            timeout=SECONDS,
        ).returncode
        for _ in range(2)
    ]
    text = inbox.read_bytes()
    assert codes == [0, 1]  # 1: there was nothing new
    assert [text.count(b"Message-ID: <letter.%d@" % n) for n in (1, 2)] == [1, 1]
    assert b"\n..two dots\n" in text and b"\n.\n" in text
    assert len(sandbox.messages(address)) == (2 if keep else 0)

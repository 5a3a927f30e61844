"""curl and fetchmail read the sandbox's POP3: clients that share no code with ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailboxes.sandbox.server import Sandbox
from tests.fixtures.matrix import Claim
from tests.foreign.programs import Ran, curl, fetchmail, version
from tests.matrix.cells import ANY, BASIC, TOKEN
from tests.sandbox.clients import letter

pytestmark = pytest.mark.server
HOST = "outlook.office365.com"


@pytest.fixture
def address(sandbox: Sandbox) -> str:
    made = sandbox.make("pop3@contoso.example", basic=True)
    sandbox.deliver(made.address, letter(1), letter(2))
    return made.address


def ask(box: Sandbox, what: str, *arguments: str) -> Ran:
    version("curl")  # skips without it
    return curl(box, f"pop3s://{HOST}/{what}", *arguments)


@pytest.mark.parametrize("by", ["token", "password"])
def test_curl_lists_reads_and_deletes(
    sandbox: Sandbox,
    address: str,
    by: str,
    cell: Claim,
) -> None:
    cell(
        "POP3", TOKEN if by == "token" else BASIC, ANY, "curl (client)", version("curl")
    )
    login = ["--user", f"{address}:{sandbox.account(address).password}"]
    if by == "token":
        login = ["--user", f"{address}:", "--oauth2-bearer", sandbox.token(address)]
    listed = ask(sandbox, "", *login)
    sizes = b"".join(b"%d %d\r\n" % (n, len(letter(n))) for n in (1, 2))
    assert (listed.code, listed.out, listed.err) == (0, sizes, "")
    assert ask(sandbox, "2", *login).out == letter(2)
    gone = ask(sandbox, "1", *login, "--request", "DELE", "--list-only")
    assert gone.code == 0
    left = [one["message_id"] for one in sandbox.messages(address)]
    assert left == ["<letter.2@contoso.example>"]


def test_curl_is_refused_with_a_token_that_has_ended(
    sandbox: Sandbox, address: str
) -> None:
    token = sandbox.token(address, seconds=-60)
    done = ask(sandbox, "", "--user", f"{address}:", "--oauth2-bearer", token)
    assert done.code == 67  # CURLE_LOGIN_DENIED


@pytest.mark.parametrize("keep", [True, False])
def test_fetchmail_fetches_each_message_once(
    sandbox: Sandbox,
    address: str,
    keep: bool,
    tmp_path: Path,
    cell: Claim,
) -> None:
    cell("POP3", BASIC, ANY, "fetchmail (client)", version("fetchmail", "-V"))
    inbox, settings = tmp_path / "inbox", tmp_path / "fetchmailrc"
    settings.write_text(
        f"poll {HOST} via 127.0.0.1 service {sandbox.ports['pop3s']} proto pop3 uidl\n"
        f' user "{address}" pass "{sandbox.account(address).password}" ssl sslcertck\n'
        f' sslcertfile "{sandbox.ca_file}" sslcommonname {HOST}\n'
        f' {"keep" if keep else "nokeep"} mda "cat >> {inbox}"\n'
    )
    settings.chmod(0o600)
    codes = [fetchmail(tmp_path, settings).code for _ in range(2)]
    text = inbox.read_bytes()
    assert codes == [0, 1]  # 1: there was nothing new
    assert [text.count(b"Message-ID: <letter.%d@" % n) for n in (1, 2)] == [1, 1]
    assert b"\n..two dots\n" in text and b"\n.\n" in text
    assert len(sandbox.messages(address)) == (2 if keep else 0)

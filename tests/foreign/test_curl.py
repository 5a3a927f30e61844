"""curl against the sandbox's IMAP and SMTP, with bearer tokens and passwords."""

from __future__ import annotations

import hashlib
import re

import pytest

from mailboxes.sandbox.server import Sandbox
from tests.fixtures.matrix import Claim
from tests.foreign.programs import curl, version
from tests.matrix.cells import ANY, BASIC, TOKEN
from tests.sandbox.clients import IMAP_HOST, LEGACY, SMTP_HOST, SUPPORT

pytestmark = pytest.mark.server
IMAP, SMTP = f"imaps://{IMAP_HOST}", f"smtps://{SMTP_HOST}:465"
STARTTLS = {IMAP: f"imap://{IMAP_HOST}:143", SMTP: f"smtp://{SMTP_HOST}:587"}
LETTER = (
    f"From: {SUPPORT}\r\nTo: anna@customers.example\r\nSubject: by curl\r\n"
    "Message-ID: <curl.1@contoso.example>\r\n\r\nHello\r\n.\r\n..two dots\r\n"
).encode()


def token(box: Sandbox, address: str = SUPPORT) -> list[str]:
    return ["--user", f"{address}:", "--oauth2-bearer", box.token(address)]


def password(box: Sandbox) -> list[str]:
    return ["--user", f"{LEGACY}:{box.account(LEGACY).password}"]


@pytest.mark.parametrize("url", [IMAP, STARTTLS[IMAP]])
def test_curl_reads_every_letter_by_token(
    sandbox: Sandbox, cell: Claim, url: str
) -> None:
    cell("IMAP", TOKEN, ANY, "curl (client)", version("curl"))
    more = [*token(sandbox), "--ssl-reqd"]
    found = curl(sandbox, f"{url}/INBOX?ALL", *more)
    assert (found.code, found.err) == (0, "")
    numbers = found.out.split(b"SEARCH")[1].split()
    there = sandbox.messages(SUPPORT)
    assert len(numbers) == len(there) == 12
    for one in there[:3]:
        letter = curl(sandbox, f"{url}/INBOX;UID={one['uid']}", *more)
        assert hashlib.sha256(letter.out).hexdigest() == one["sha256"]


def test_curl_reads_by_password(sandbox: Sandbox, cell: Claim) -> None:
    cell("IMAP", BASIC, ANY, "curl (client)", version("curl"))
    found = curl(sandbox, f"{IMAP}/", *password(sandbox))
    assert found.code == 0
    assert b'"/" INBOX' in found.out or b'"/" "INBOX"' in found.out


def test_curl_marks_moves_and_deletes(sandbox: Sandbox) -> None:
    def command(text: str) -> bytes:
        done = curl(sandbox, f"{IMAP}/INBOX", *token(sandbox), "-X", text)
        assert (done.code, done.err) == (0, ""), text
        return done.out

    command("UID STORE 1 +FLAGS (\\Seen)")
    command('CREATE "Entw&APw-rfe"')
    command('UID MOVE 2 "Entw&APw-rfe"')
    command("UID STORE 3 +FLAGS (\\Deleted)")
    command("UID EXPUNGE 3")
    left = sandbox.messages(SUPPORT)
    assert [one["uid"] for one in left] == [1, *range(4, 13)]
    assert "\\Seen" in left[0]["flags"]
    assert len(sandbox.messages(SUPPORT, "Entw&APw-rfe")) == 1
    assert b"&APw-" in command('LIST "" "*"')


@pytest.mark.parametrize("url", [SMTP, STARTTLS[SMTP]])
def test_curl_sends_by_token(sandbox: Sandbox, cell: Claim, url: str, tmp_path) -> None:
    cell("SMTP", TOKEN, ANY, "curl (client)", version("curl"))
    done = sent(sandbox, url, tmp_path, *token(sandbox))
    assert (done.code, done.err) == (0, "")
    [taken] = sandbox.delivered()
    assert taken["to"] == ["anna@customers.example"]


def test_curl_sends_by_password(sandbox: Sandbox, cell: Claim, tmp_path) -> None:
    cell("SMTP", BASIC, ANY, "curl (client)", version("curl"))
    letter = LETTER.replace(SUPPORT.encode(), LEGACY.encode())
    more = ["--mail-from", LEGACY, *password(sandbox)]
    assert sent(sandbox, SMTP, tmp_path, *more, letter=letter).code == 0
    assert len(sandbox.delivered()) == 1


@pytest.mark.parametrize("url", [IMAP, SMTP])
def test_curl_is_refused_with_a_token_of_somebody_else(
    sandbox: Sandbox, url: str, tmp_path
) -> None:
    """The error challenge is answered by it, and the exchange ends."""
    wrong = ["--user", f"{SUPPORT}:", "--oauth2-bearer", sandbox.token(LEGACY)]
    done = (
        curl(sandbox, f"{url}/", *wrong)
        if url == IMAP
        else sent(sandbox, url, tmp_path, *wrong)
    )
    assert done.code == 67  # login denied
    assert re.search("denied|Login", done.err)


def sent(box: Sandbox, url: str, tmp_path, *more: str, letter: bytes = LETTER):
    """curl hands `letter` over."""
    file = tmp_path / "letter.eml"
    file.write_bytes(letter)
    return curl(
        box,
        url,
        *("--ssl-reqd", "--mail-from", SUPPORT),
        *("--mail-rcpt", "anna@customers.example", "--upload-file", str(file)),
        *more,
    )

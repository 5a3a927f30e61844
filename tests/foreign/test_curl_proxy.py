"""curl through the sandbox's proxies: foreign code that speaks SOCKS5 and CONNECT."""

from __future__ import annotations

import pytest

from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import PROXY_LOGIN
from tests.fixtures.matrix import Claim
from tests.foreign.programs import curl, version
from tests.matrix.cells import ANY
from tests.sandbox.clients import AUTHORITY, SUPPORT

pytestmark = pytest.mark.server
INBOX = "imaps://outlook.office365.com/INBOX"
LOGIN = ":".join(PROXY_LOGIN)


def by_token(box: Sandbox) -> list[str]:
    return ["--user", f"{SUPPORT}:", "--oauth2-bearer", box.token(SUPPORT)]


def socks(box: Sandbox, login: str = "") -> str:
    return f"socks5h://{login}{'@' if login else ''}{box.host}:{box.socks_port}"


@pytest.mark.parametrize("login", ["", LOGIN])
def test_curl_goes_through_socks(sandbox: Sandbox, login: str, cell: Claim) -> None:
    words = "with login" if login else "without login"
    cell("PROXY", words, ANY, "curl (SOCKS5 client)", version("curl"))
    way = socks(sandbox, login)
    done = curl(sandbox, INBOX, *by_token(sandbox), "-X", "NOOP", proxy=way)
    assert (done.code, done.err) == (0, "")
    url = f"{AUTHORITY}/{sandbox.tenant_id}/v2.0/.well-known/openid-configuration"
    found = curl(sandbox, url, proxy=way)
    assert found.code == 0 and b'"token_endpoint"' in found.out


@pytest.mark.parametrize(
    ("login", "url", "words"),
    [
        ("sandbox:wrong", INBOX, "User was rejected by the SOCKS5 server"),
        (LOGIN, "imaps://mail.fabrikam.example/", "Can't complete SOCKS5 connection"),
    ],
)
def test_curl_understands_refusals_of_socks(
    sandbox: Sandbox, login: str, url: str, words: str
) -> None:
    done = curl(sandbox, url, proxy=socks(sandbox, login))
    assert done.code == 97
    assert words.lower() in done.err.lower()


def test_curl_is_told_what_a_fault_replies(sandbox: Sandbox) -> None:
    address = sandbox.make("far@contoso.example").address
    sandbox.switch(address, "socks-denied")
    login = f"{address.replace('@', '%40')}:{PROXY_LOGIN[1]}"
    done = curl(sandbox, INBOX, proxy=socks(sandbox, login))
    assert done.code == 97
    assert done.err.rstrip().endswith("(2)")


def test_curl_goes_through_connect(sandbox: Sandbox, cell: Claim) -> None:
    cell("PROXY", "without login", ANY, "curl (CONNECT client)", version("curl"))
    done = curl(sandbox, INBOX, *by_token(sandbox), "-X", "NOOP")
    assert (done.code, done.err) == (0, "")
    refused = curl(sandbox, "imaps://mail.fabrikam.example/")
    assert (refused.code, "502" in refused.err) == (56, True)

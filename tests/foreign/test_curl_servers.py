"""curl at the private servers of the tests: they speak what the fixtures promise.

What fails here is a fault of a fixture and not of ours.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mailboxes.core.choices import Security
from mailboxes.transports.base import Credential
from tests.foreign.programs import Ran, run, version

pytestmark = pytest.mark.server
LETTER = b"Subject: by curl\r\n\r\nHello\r\n"


def ask(server, url: str, credential: Credential, folder: Path, *more: str) -> Ran:
    """curl without a proxy, under the CA of the tests."""
    version("curl")
    ca = folder / "ca.pem"
    ca.write_text(server.ca_pem)
    sign_in = ["--user", f"{credential.login}:{credential.password}"]
    if credential.is_token:
        sign_in += ["--oauth2-bearer", credential.token]
    plain = ["--disable", "--silent", "--show-error", "--ssl-reqd", "--max-time", "30"]
    return run("curl", *plain, "--cacert", str(ca), *sign_in, *more, url)


def pop3(server, security: Security) -> str:
    scheme = "pop3s" if security is Security.TLS else "pop3"
    return f"{scheme}://localhost:{server.pop3_endpoint(security).port}/"


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize("family", ["dovecot", "bare_dovecot", "cyrus"])
def test_pop3_by_password(
    family: str, security: Security, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server = request.getfixturevalue(family)
    user = server.new_user()
    server.deliver(user, LETTER)
    credential = server.password_of(user)
    done = ask(server, f"{pop3(server, security)}1", credential, tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out == LETTER


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_pop3_by_token(
    dovecot, mechanism: str, security: Security, tmp_path: Path
) -> None:
    user = dovecot.new_user()
    dovecot.deliver(user, LETTER)
    credential = dovecot.token_of(user)
    more = ["--login-options", f"AUTH={mechanism}"]
    done = ask(dovecot, f"{pop3(dovecot, security)}1", credential, tmp_path, *more)
    assert (done.code, done.out) == (0, LETTER), done.err

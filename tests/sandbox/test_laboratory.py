"""Scenarios on mailboxes: who is hit, who is not, and what a restart keeps."""

from __future__ import annotations

import base64
import imaplib
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import requests

from mailboxes.sandbox import world
from mailboxes.sandbox.laboratory import UnknownScenario, WrongAddress
from mailboxes.sandbox.server import Sandbox
from tests.sandbox.clients import (
    AUTHORITY,
    IMAP_HOST,
    ORDERS,
    SUPPORT,
    connect,
    signed_in,
    tls,
)


def login(who: str) -> str:
    """The header by which a client tells the proxy whose line it is."""
    given = base64.b64encode(f"{who}:{world.PROXY_LOGIN[1]}".encode()).decode()
    return f"Proxy-Authorization: Basic {given}\r\n"


def line(
    box: Sandbox, who: str, host: str = IMAP_HOST, port: int = 993
) -> socket.socket:
    return connect(box, host, port, login(who))


def greeting(box: Sandbox, who: str) -> bytes:
    secure = tls(box).wrap_socket(line(box, who), server_hostname=IMAP_HOST)
    secure.settimeout(10)
    return secure.recv(4096)


def ask(box: Sandbox, who: str) -> requests.Response:
    """The tenant's configuration, which names no mailbox."""
    session = requests.Session()
    session.trust_env = False
    session.verify = str(box.ca_file)
    password = world.PROXY_LOGIN[1]
    proxy = f"http://{who.replace('@', '%40')}:{password}@127.0.0.1:{box.proxy_port}"
    session.proxies = {"https": proxy}
    path = f"{world.TENANT_ID}/v2.0/.well-known/openid-configuration"
    return session.get(f"{AUTHORITY}/{path}", timeout=10)


def test_proxy_refuses_the_lines_of_one_mailbox(sandbox: Sandbox) -> None:
    sandbox.switch(SUPPORT, "proxy-denied")
    with pytest.raises(ConnectionError, match="403 Forbidden"):
        line(sandbox, SUPPORT)
    assert greeting(sandbox, ORDERS).startswith(b"* OK ")
    sandbox.switch(SUPPORT, "")
    assert greeting(sandbox, SUPPORT).startswith(b"* OK ")


def test_proxy_refuses_one_side_only(sandbox: Sandbox) -> None:
    sandbox.switch(SUPPORT, "proxy-mail-denied")
    assert ask(sandbox, SUPPORT).status_code == 200
    with pytest.raises(ConnectionError, match="403 Forbidden"):
        line(sandbox, SUPPORT)
    sandbox.switch(SUPPORT, "proxy-authority-denied")
    assert greeting(sandbox, SUPPORT).startswith(b"* OK ")
    with pytest.raises(requests.exceptions.ProxyError, match="403"):
        ask(sandbox, SUPPORT)


CERTIFICATES = {
    "tls-self-signed": "self-signed certificate",
    "tls-inspected": "unable to get local issuer certificate",
    "tls-other-name": "Hostname mismatch",
    "tls-expired": "certificate has expired",
    "tls-not-yet-valid": "certificate is not yet valid",
    "tls-old-version": "ALERT_PROTOCOL_VERSION",
    "tls-old-cipher": "ALERT_HANDSHAKE_FAILURE",
    "tls-plain-port": "WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE",
}


@pytest.mark.parametrize("scenario", CERTIFICATES)
def test_handshake_fails_as_it_would_outside(sandbox: Sandbox, scenario: str) -> None:
    sandbox.switch(SUPPORT, scenario)
    with pytest.raises(ssl.SSLError, match=CERTIFICATES[scenario]):
        tls(sandbox).wrap_socket(line(sandbox, SUPPORT), server_hostname=IMAP_HOST)
    assert greeting(sandbox, ORDERS).startswith(b"* OK ")


def test_certificate_after_starttls_is_the_faults_too(sandbox: Sandbox) -> None:
    sandbox.switch(SUPPORT, "tls-inspected-smtp")
    plain = line(sandbox, SUPPORT, "smtp.office365.com", 587)
    plain.settimeout(10)
    plain.recv(4096)
    plain.sendall(b"EHLO x\r\n")
    plain.recv(4096)
    plain.sendall(b"STARTTLS\r\n")
    plain.recv(4096)
    with pytest.raises(ssl.SSLCertVerificationError, match="local issuer"):
        tls(sandbox).wrap_socket(plain, server_hostname="smtp.office365.com")


def test_tenant_is_refused_for_one_mailbox(sandbox: Sandbox) -> None:
    sandbox.switch(SUPPORT, "entra-tenant-unknown")
    refused = ask(sandbox, SUPPORT)
    assert (refused.status_code, refused.json()["error_codes"]) == (400, [90002])
    assert ask(sandbox, ORDERS).status_code == 200


def test_who_never_says_whose_line_it_is_is_hit_too(sandbox: Sandbox) -> None:
    """Until the mailbox has said it: then others' lines are left alone."""
    sandbox.switch(SUPPORT, "proxy-denied")
    with pytest.raises(ConnectionError, match="403 Forbidden"):
        connect(sandbox, IMAP_HOST, 993)
    with pytest.raises(ConnectionError, match="403 Forbidden"):
        line(sandbox, SUPPORT)
    connect(sandbox, IMAP_HOST, 993).close()


def test_a_wrong_password_for_the_proxy_names_nobody(sandbox: Sandbox) -> None:
    sandbox.switch(SUPPORT, "proxy-denied")
    with pytest.raises(ConnectionError):
        line(sandbox, SUPPORT)
    wrong = base64.b64encode(f"{SUPPORT}:wrong".encode()).decode()
    header = f"Proxy-Authorization: Basic {wrong}\r\n"
    connect(sandbox, IMAP_HOST, 993, header).close()


def test_switching_cuts_the_lines_of_that_mailbox_alone(sandbox: Sandbox) -> None:
    mine, other = signed_in(sandbox), signed_in(sandbox, ORDERS)
    sandbox.switch(SUPPORT, "imap-unavailable")
    with pytest.raises((OSError, imaplib.IMAP4.error)):
        mine.noop()
    other.noop()


def test_uidvalidity_changes_when_it_is_switched_on(sandbox: Sandbox) -> None:
    old = sandbox.uidvalidity(SUPPORT), sandbox.uidvalidity(ORDERS)
    sandbox.switch(SUPPORT, "imap-uidvalidity")
    assert sandbox.uidvalidity(SUPPORT) > old[0]
    assert sandbox.uidvalidity(ORDERS) == old[1]
    now = sandbox.uidvalidity(SUPPORT)
    sandbox.switch(SUPPORT, "")
    assert sandbox.uidvalidity(SUPPORT) == now


def test_what_is_on_outlives_a_restart(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "box", first_letters=0) as box:
        box.switch(SUPPORT, "imap-unavailable")
        box.switch(ORDERS, "imap-unavailable")
        box.switch(ORDERS, "")
    with Sandbox(tmp_path / "box", first_letters=0) as box:
        assert box.box.faults.scenarios() == {SUPPORT: "imap-unavailable"}


def test_what_is_not_there_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(UnknownScenario):
        sandbox.switch(SUPPORT, "nonsense")
    with pytest.raises(WrongAddress, match="There is a mailbox"):
        sandbox.make(SUPPORT)
    with pytest.raises(WrongAddress, match="is not in contoso.example"):
        sandbox.make("someone@elsewhere.example")


def test_made_mailbox_is_as_it_was_asked_for(sandbox: Sandbox) -> None:
    account = sandbox.make("Drill@contoso.example", basic=True, opened=False)
    assert (account.address, account.basic) == ("drill@contoso.example", True)
    assert account.app_access == ()
    assert sandbox.token(account.address)


def test_control_switches_and_makes(sandbox: Sandbox) -> None:
    url = f"http://127.0.0.1:{sandbox.control_port}"
    session = requests.Session()
    session.trust_env = False

    def post(path: str, **body: Any) -> tuple[int, Any]:
        answer = session.post(url + path, json=body, timeout=10)
        return answer.status_code, answer.json()

    on = {"on": {SUPPORT: "imap-limit"}}
    assert post("/scenarios", account=SUPPORT, scenario="imap-limit") == (200, on)
    assert session.get(f"{url}/scenarios", timeout=10).json() == on
    assert post("/scenarios", account=SUPPORT) == (200, {"on": {}})
    assert post("/scenarios", account=SUPPORT, scenario="x")[1] == {
        "error": "There is no scenario x."
    }
    assert post("/scenarios", account="x@y.example")[0] == 400
    status, made = post("/accounts", address="new@contoso.example", basic=True)
    assert (status, made["address"]) == (200, "new@contoso.example")
    assert post("/accounts", address="new@contoso.example")[0] == 400


def test_dead_ports_refuse_and_say_nothing(sandbox: Sandbox) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", sandbox.ports["closed"]), 5)
    with pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", sandbox.ports["full"]), 0.3)

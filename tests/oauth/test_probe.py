"""Way, clock and tenant of an authority, asked without a credential."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from email.utils import formatdate

import pytest
import trustme

from mailboxes.core.choices import Security, Stage
from mailboxes.core.errors import MailError
from mailboxes.oauth import probe
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.transports.base import Endpoint, NetworkPolicy, Proxy
from tests.fixtures.product import free_port
from tests.servers.scripted import Scripted, Talk

AUTHORITY = "https://login.microsoftonline.com"


def through(sandbox: Sandbox) -> NetworkPolicy:
    return NetworkPolicy(5, 5, Proxy("127.0.0.1", sandbox.proxy_port), sandbox.ca_pem)


def test_reach_tells_each_stage(sandbox: Sandbox) -> None:
    told: dict[Stage, Mapping[str, object]] = {}
    probe.reach(
        AUTHORITY,
        through(sandbox),
        lambda stage, _ms, facts: told.update({stage: facts}),
    )
    assert list(told) == ["dns", "tcp", "proxy", "tls"]
    assert told[Stage.TLS]["host"] == "login.microsoftonline.com"


@pytest.mark.parametrize(
    ("authority", "host", "port"),
    [
        (AUTHORITY, "login.microsoftonline.com", 443),
        ("https://login.example.com:8443/x", "login.example.com", 8443),
        ("", "", 443),
    ],
)
def test_endpoint_of_an_authority(authority: str, host: str, port: int) -> None:
    assert probe.endpoint(authority) == Endpoint(host, port, Security.TLS)


def test_tenant_is_found_by_id_and_by_domain(sandbox: Sandbox) -> None:
    for directory in (world.TENANT_ID, world.TENANT_DOMAINS[0]):
        found = probe.discover(AUTHORITY, directory, through(sandbox))
        assert found.refusal is None
        assert found.facts == {
            "issuer": f"{AUTHORITY}/{world.TENANT_ID}/v2.0",
            "tenant": world.TENANT_ID,
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
        }
        assert found.skew is not None and abs(found.skew) < 3


def test_shared_tenant_has_no_id(sandbox: Sandbox) -> None:
    found = probe.discover(AUTHORITY, "organizations", through(sandbox))
    assert "tenant" not in found.facts and "issuer" in found.facts


@pytest.mark.parametrize(
    ("directory", "code"),
    [
        ("00000000-1111-2222-3333-444455556666", "AADSTS90002"),
        ("nowhere.example", "AADSTS90002"),
        ("a b", "AADSTS900023"),
    ],
)
def test_unknown_tenant_is_a_refusal_with_a_time(
    sandbox: Sandbox, directory: str, code: str
) -> None:
    found = probe.discover(AUTHORITY, directory, through(sandbox))
    assert found.refusal is not None and found.skew is not None
    assert (found.refusal.code, found.refusal.stage) == (code, "tenant")
    assert found.refusal.evidence["trace_id"]


def test_no_answer_is_raised(sandbox: Sandbox) -> None:
    policy = NetworkPolicy(2, 2, Proxy("127.0.0.1", free_port()), sandbox.ca_pem)
    for call in (
        lambda: probe.reach(AUTHORITY, policy),
        lambda: probe.discover(AUTHORITY, world.TENANT_ID, policy),
    ):
        with pytest.raises(MailError) as caught:
            call()
        assert (caught.value.code, caught.value.stage) == ("proxy-unreachable", "proxy")


# scripted answers


def answering(
    authority: trustme.CA, body: bytes, status: str = "200 OK", *headers: str
) -> Scripted:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    def script(talk: Talk) -> None:
        talk.encrypt(context)
        talk.until(b"")
        head = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
        talk.send("\r\n".join([*head, "Connection: close", "", ""]).encode() + body)
        talk.wait_for_end()

    return Scripted(script)


CONFIGURATION = json.dumps(
    {"token_endpoint": "https://x/token", "issuer": "https://x/abc/v2.0"}
).encode()


def discovered(authority: trustme.CA, server: Scripted) -> probe.Discovery:
    policy = NetworkPolicy(5, 5, ca_pem=authority.cert_pem.bytes().decode())
    return probe.discover(f"https://localhost:{server.port}/", "abc", policy)


def at(seconds: float) -> str:
    """The header of a clock that is so far ahead of ours."""
    return "Date: " + formatdate(time.time() + seconds, usegmt=True)


@pytest.mark.parametrize(
    ("ahead", "age", "skew"),
    [(0, "", 0), (-600, "", 600), (600, "", -600), (-600, "Age: 600", 0)],
)
def test_clock_is_read_from_the_date_less_the_age(
    authority: trustme.CA, ahead: float, age: str, skew: float
) -> None:
    headers = [at(ahead), *([age] if age else [])]
    with answering(authority, CONFIGURATION, "200 OK", *headers) as server:
        found = discovered(authority, server)
    assert server.heard[0] == b"GET /abc/v2.0/.well-known/openid-configuration HTTP/1.1"
    assert found.facts["tenant"] == "abc"
    assert found.skew == pytest.approx(skew, abs=30)


@pytest.mark.parametrize("headers", [(), ("Date: soon",), (at(0), "Age: long")])
def test_clock_that_cannot_be_read_is_unknown(
    authority: trustme.CA, headers: tuple[str, ...]
) -> None:
    with answering(authority, CONFIGURATION, "200 OK", *headers) as server:
        assert discovered(authority, server).skew is None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"<html>Please sign in</html>", "200 OK", "token-not-json"),
        (b"[]", "200 OK", "token-not-json"),
        (b"{}", "200 OK", "tenant-unknown"),
        (b'{"hello": 1}', "404 Not Found", "tenant-unknown"),
        (b'{"error": "invalid_tenant"}', "400 Bad Request", "tenant-unknown"),
        (b"busy", "429 Too Many Requests", "token-throttled"),
    ],
)
def test_answer_that_is_no_configuration(
    authority: trustme.CA, body: bytes, status: str, code: str
) -> None:
    with answering(authority, body, status, at(-900)) as server:
        found = discovered(authority, server)
    assert found.refusal is not None and found.refusal.code == code
    # A page from something in between says nothing about the authority's clock.
    assert (found.skew is None) == (body[:1] != b"{")

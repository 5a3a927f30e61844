"""HTTPS on lines of our own: failures as MailError, pauses, the moment of the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.client import BadStatusLine, RemoteDisconnected

import pytest
import requests
import urllib3.exceptions as u3

from mailboxes.core.choices import Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.sandbox.server import Sandbox
from mailboxes.transports import http
from mailboxes.transports.base import Endpoint, NetworkPolicy, Proxy
from mailboxes.transports.http import Http
from tests.fixtures.product import free_port


def wrapped(cause: Exception) -> Exception:
    """As requests and urllib3 hand it on."""
    return requests.exceptions.ConnectionError(u3.ProtocolError("aborted", cause))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (wrapped(TimeoutError("late")), Code.READ_TIMEOUT),
        (wrapped(RemoteDisconnected("closed")), Code.CONNECTION_LOST),
        (wrapped(ConnectionResetError(104, "reset")), Code.CONNECTION_LOST),
        (wrapped(BadStatusLine("SSH-2.0")), Code.PROTOCOL_ERROR),
        (u3.IncompleteRead(1, 2), Code.CONNECTION_LOST),
        (requests.exceptions.InvalidURL("x"), Code.PROTOCOL_ERROR),
        (requests.exceptions.RequestException("odd"), Code.CONNECTION_LOST),
    ],
)
def test_failure_of_a_request_is_a_mail_error(error: Exception, code: Code) -> None:
    mapped = http.failed(error, Stage.FETCH, {"host": "h"})
    assert (mapped.code, mapped.stage) == (code, Stage.FETCH)
    assert mapped.evidence["host"] == "h"


def test_address_that_is_a_permission_is_not_quoted() -> None:
    cause = ConnectionResetError(104, "Connection reset by peer")
    error = requests.exceptions.ConnectionError(
        u3.MaxRetryError(None, "/upload?authtoken=canary", cause)  # type: ignore
    )
    mapped = http.failed(error, Stage.DATA, {})
    assert mapped.evidence == {"answer": "Connection reset by peer"}


def test_failure_of_the_line_comes_out_as_it_is() -> None:
    inner = MailError(Code.TLS_NAME, Stage.TLS)
    assert http.failed(wrapped(inner), Stage.FETCH, {}) is inner


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), ("", None), ("soon", None), ("9" * 30, 3600.0), ("-5", None)],
)
def test_retry_after_is_read_in_seconds(text: str, seconds: float | None) -> None:
    assert http.retry_after({"Retry-After": text}) == seconds


def test_retry_after_may_be_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    found = http.retry_after({"Retry-After": later})
    assert found is not None and 80 < found <= 90


def test_line_that_cannot_be_opened_fails_at_its_stage() -> None:
    end = Endpoint("127.0.0.1", free_port(), Security.TLS)
    with pytest.raises(MailError) as caught:
        Http(end, NetworkPolicy()).ask("GET", "/", Stage.LIST, headers={})
    assert (caught.value.code, caught.value.stage) == (
        Code.CONNECT_REFUSED,
        Stage.TCP,
    )


def test_connection_is_kept_and_its_certificate_checked(sandbox: Sandbox) -> None:
    end = Endpoint("graph.microsoft.com", 443, Security.TLS)
    way = NetworkPolicy(proxy=Proxy(sandbox.host, sandbox.proxy_port))
    with pytest.raises(MailError) as caught:
        Http(end, way).ask("GET", "/v1.0/me", Stage.LIST, headers={})
    assert (caught.value.code, caught.value.stage) == (
        Code.TLS_UNTRUSTED,
        Stage.TLS,
    )
    trusting = NetworkPolicy(proxy=way.proxy, ca_pem=sandbox.ca_pem)
    server = Http(end, trusting)
    for _ in range(3):
        answer = server.ask("GET", "/v1.0/me/messages", Stage.LIST, headers={})
        assert (answer.status_code, server.handed_over) == (401, True)
        assert b"Access token is empty" in server.read(answer, Stage.LIST)
    assert server.opened == 1
    server.close()

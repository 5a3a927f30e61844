"""What failures of a token endpoint mean: only a refusal of it stops a client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http.client import BadStatusLine
from typing import Any

import pytest
import requests
import urllib3.exceptions as u3

from mailboxes.core.choices import RunState, Stage
from mailboxes.core.errors import MailError
from mailboxes.oauth import microsoft, refusals, session
from mailboxes.oauth.base import TokenRequest
from mailboxes.oauth.refusals import BY_ERROR
from mailboxes.services import retry
from mailboxes.transports.base import NetworkPolicy, Proxy
from tests.oauth.wire import AUTHORITY, TENANT, Answer, Wire

REQUEST = TokenRequest(
    AUTHORITY,
    TENANT,
    "client",
    "https://outlook.office.com/.default",
    "support@contoso.example",
    "canary-Passw0rd",
)
Ask = Callable[[dict[str, Answer]], MailError]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """The MailError of a request for a token that is answered so."""

    def refused(answers: dict[str, Answer]) -> MailError:
        monkeypatch.setattr(session, "make", Wire(answers).session)
        with pytest.raises(MailError) as caught:
            microsoft.acquire(REQUEST, NetworkPolicy(), None)
        return caught.value

    return refused


def state(error: MailError) -> RunState:
    return retry.decide(error, datetime.now(UTC), failures=1).state


@pytest.mark.parametrize(
    ("failure", "code", "stage"),
    [
        (
            requests.exceptions.ChunkedEncodingError(
                u3.ProtocolError("cut", u3.IncompleteRead(10, 20))
            ),
            "connection-lost",
            Stage.TOKEN,
        ),
        (requests.exceptions.TooManyRedirects("3"), "token-not-json", Stage.PROXY),
        (
            requests.exceptions.ConnectionError(
                u3.ProtocolError("aborted", BadStatusLine("SSH-2.0-OpenSSH_9.6"))
            ),
            "token-not-json",
            Stage.PROXY,
        ),
        (
            requests.exceptions.ContentDecodingError("gzip"),
            "token-unavailable",
            Stage.TOKEN,
        ),
        (requests.exceptions.RequestException("?"), "token-unavailable", Stage.TOKEN),
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["openid-configuration", "/token"])
def test_broken_answer_stops_nobody(
    ask: Ask, failure: Exception, code: str, stage: Stage, where: str
) -> None:
    error = ask({where: failure})
    assert (error.code, error.stage, state(error)) == (code, stage, RunState.FAILING)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": "server_error", "error_codes": [50000]}, "AADSTS50000"),
        (503, {"error": "server_error", "error_codes": [50000]}, "AADSTS50000"),
        (500, {"error": "invalid_request", "error_codes": [50000]}, "AADSTS50000"),
        (400, {"error": "temporarily_unavailable"}, "token-unavailable"),
        (500, {"error": "invalid_request"}, "token-unavailable"),
        (500, {"message": "An error has occurred."}, "token-unavailable"),
        (502, "<html>Bad gateway</html>", "token-unavailable"),
    ],
)
def test_fault_of_the_service_passes(
    ask: Ask, status: int, body: Any, code: str
) -> None:
    error = ask({"/token": (status, body, {"Retry-After": "40"})})
    assert (error.code, error.stage) == (code, Stage.TOKEN)
    assert (error.permanent, error.retry_after) == (False, 40.0)
    assert state(error) == RunState.THROTTLED  # as long as it has asked for


@pytest.mark.parametrize(
    "body",
    [
        {"error": "invalid_grant", "error_codes": [50126]},
        {"error": "invalid_grant", "error_codes": [50999]},
        {"error": "invalid_grant"},
        {"error": "no_such_error"},
    ],
)
def test_refusal_stops(ask: Ask, body: Any) -> None:
    error = ask({"/token": (400, body)})
    assert (error.permanent, state(error)) == (True, RunState.STOPPED)


def test_throttled_before_the_token_is_no_unknown_tenant(ask: Ask) -> None:
    error = ask({"/userrealm/": (429, {"message": "slow"}, {"Retry-After": "90"})})
    assert (error.code, error.retry_after) == ("token-throttled", 90.0)
    assert state(error) == RunState.THROTTLED


@pytest.mark.parametrize(
    ("header", "wait"),
    [("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0), ("²", None), ("soon", None)],
)
def test_pause_may_be_a_date_and_is_an_hour_at_most(
    ask: Ask, header: str, wait: float | None
) -> None:
    body = {"error": "temporarily_unavailable"}
    assert ask({"/token": (503, body, {"Retry-After": header})}).retry_after == wait


def test_number_of_an_error_that_is_none_leaves_the_word(ask: Ask) -> None:
    body = {"error": "invalid_client", "error_codes": ["²", 10**80]}
    error = ask({"/token": (400, body)})
    assert (error.code, error.evidence["codes"]) == (BY_ERROR["invalid_client"], [])


@pytest.mark.parametrize("where", ["openid-configuration", "/token"])
@pytest.mark.parametrize("body", [[], "null", '"text"', 7])
def test_json_that_is_no_object_is_a_page_of_somebody_else(
    ask: Ask, where: str, body: Any
) -> None:
    error = ask({where: (200, body)})
    assert (error.code, state(error)) == ("token-not-json", RunState.FAILING)


def test_authority_that_is_no_address_is_a_fault_of_the_option(ask: Ask) -> None:
    error = ask({"/token": requests.exceptions.InvalidURL("no host")})
    assert (error.code, error.stage, error.evidence["option"]) == (
        "config-incomplete",
        Stage.FIELDS,
        "tenant-authority",
    )


def test_fault_of_the_way_is_told_as_the_line_has_found_it() -> None:
    """Behind what urllib3 and requests make of it; the authority's name goes first."""
    line = MailError(
        "proxy-denied", Stage.PROXY, evidence={"host": "x", "answer": "no"}
    )
    failed = u3.NewConnectionError(None, "proxy-denied")  # type: ignore[arg-type]
    failed.__cause__ = line
    error = requests.exceptions.ConnectionError(u3.MaxRetryError(None, "/", failed))  # type: ignore[arg-type]
    policy = NetworkPolicy(proxy=Proxy("proxy.contoso.com", 22))
    found = refusals.of_exception(error, refusals.facts_of(AUTHORITY, policy))
    assert (found.code, found.stage) == ("proxy-denied", Stage.PROXY)
    assert found.evidence == {
        "host": "login.microsoftonline.com",
        "proxy": "proxy.contoso.com:22",
        "answer": "no",
    }


def test_faults_of_tls_and_proxy_are_not_asked_for_again() -> None:
    for failure in (u3.SSLError("expired"), u3.ProxyError("407", OSError("407"))):
        with pytest.raises(u3.MaxRetryError):
            session.RETRY.increment("GET", "/", error=failure)

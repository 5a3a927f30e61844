"""What response codes, statuses and exceptions of EWS become."""

from __future__ import annotations

import inspect

import pytest
from exchangelib import errors

from mailboxes.core.choices import Security, Stage
from mailboxes.core.errors import Code, MailError
from mailboxes.services.findings import all_codes
from mailboxes.transports.base import Credential, Endpoint, NetworkPolicy
from mailboxes.transports.ews import EwsInbound, answers, calls
from mailboxes.transports.ews.account import located
from mailboxes.transports.ews.answers import Refusal

ONLINE = {"host": "outlook.office365.com"}
OWN = {"host": "mail.contoso.example"}


def of_exchangelib() -> list[type[Exception]]:
    return [
        kind
        for _name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.EWSError)
    ]


@pytest.mark.parametrize("kind", of_exchangelib(), ids=lambda kind: kind.__name__)
def test_every_exception_of_exchangelib_is_mapped(kind: type[Exception]) -> None:
    made = kind.__new__(kind)
    made.args = ("text",)
    made.value = "text"  # type: ignore[attr-defined]
    made.wait = 1.0  # type: ignore[attr-defined]
    assert isinstance(made, calls.KNOWN)
    for stage in (Stage.SIGN_IN, Stage.MAILBOX, Stage.LIST, Stage.FETCH, Stage.DATA):
        mapped = calls.mapped(made, stage, {"host": "h"})
        assert mapped.code in set(Code)
        assert (mapped.stage, mapped.evidence["host"]) == (stage, "h")


def test_every_code_of_the_tables_has_a_finding() -> None:
    meant = {code for code, _permanent in answers.CODES.values()}
    meant |= {code for code, _permanent in answers.STATUSES.values()}
    meant |= {code for _words, code in answers.WORDS}
    assert meant <= set(all_codes())


def test_response_codes_are_those_that_exchange_has() -> None:
    """By the list that exchangelib keeps."""
    known = {name for name, _kind in inspect.getmembers(errors, inspect.isclass)}
    assert answers.CODES.keys() - known == set()


@pytest.mark.parametrize(
    ("status", "headers", "body", "facts", "token", "code", "permanent"),
    [
        (401, {}, b"", ONLINE, True, Code.TOKEN_NOT_ACCEPTED, False),
        (401, {}, b"", OWN, False, Code.PASSWORD_REFUSED, True),
        (403, {}, b"", ONLINE, True, Code.EWS_SWITCHED_OFF, True),
        (403, {}, b"", OWN, False, Code.EWS_MAILBOX_REFUSED, True),
        (403, {}, b"no", ONLINE, True, Code.EWS_MAILBOX_REFUSED, True),
        (404, {}, b"", OWN, False, Code.GREETING_UNEXPECTED, True),
        (302, {}, b"", OWN, False, Code.GREETING_UNEXPECTED, True),
        (413, {}, b"", OWN, False, Code.MESSAGE_TOO_LARGE, True),
        (429, {"retry-after": "7"}, b"", OWN, True, Code.EWS_SERVER_BUSY, False),
        (503, {"retry-after": "7"}, b"", OWN, True, Code.SERVER_UNAVAILABLE, False),
        (500, {}, b"<html>", OWN, True, Code.SERVER_UNAVAILABLE, False),
        (418, {}, b"", OWN, True, Code.PROTOCOL_ERROR, False),
    ],
)
def test_status_without_soap(
    status: int,
    headers: dict[str, str],
    body: bytes,
    facts: dict[str, str],
    token: bool,
    code: Code,
    permanent: bool,
) -> None:
    error = answers.status(status, headers, body, Stage.SIGN_IN, facts, token=token)
    assert (error.code, error.permanent) == (code, permanent)
    assert error.retry_after == (7.0 if headers else None)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
        ("999999", 3600.0),
        ("²", None),
    ],
)
def test_pause_of_a_status_may_be_a_date_and_is_an_hour_at_most(
    header: str, wait: float | None
) -> None:
    headers = {"retry-after": header}
    error = answers.status(503, headers, b"", Stage.LIST, OWN, token=True)
    assert error.retry_after == wait


def test_words_of_exchange_come_before_its_codes() -> None:
    text = "ExchangeImpersonation SOAP header must be present for this type of token."
    error = answers.refused(Refusal("ErrorAccessDenied", text), Stage.LIST, {})
    assert (error.code, error.permanent) == (Code.EWS_IMPERSONATION_MISSING, True)


def test_pause_is_kept_in_seconds() -> None:
    error = answers.refused(Refusal("ErrorServerBusy", "", 198.0), Stage.LIST, {})
    assert (error.code, error.retry_after) == (Code.EWS_SERVER_BUSY, 198.0)


def test_cookies_and_tokens_of_an_answer_are_not_kept() -> None:
    headers = {"set-cookie": "secret-cookie", "x-ms-diagnostics": "why"}
    error = answers.status(401, headers, b"", Stage.SIGN_IN, {}, token=True)
    assert error.evidence["headers"] == {"x-ms-diagnostics": "why"}
    assert "secret-cookie" not in str(error.evidence)


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (
            "https://mail.contoso.example/ews/exchange.asmx",
            ("mail.contoso.example", 443, Security.TLS, "/ews/exchange.asmx"),
        ),
        (
            "http://127.0.0.1:8080/EWS/Exchange.asmx",
            ("127.0.0.1", 8080, Security.NONE, "/EWS/Exchange.asmx"),
        ),
        (
            "outlook.office365.com",
            ("outlook.office365.com", 443, Security.TLS, "/EWS/Exchange.asmx"),
        ),
        (
            "https://[::1]:4443/EWS/Exchange.asmx",
            ("::1", 4443, Security.TLS, "/EWS/Exchange.asmx"),
        ),
    ],
)
def test_address_of_the_service(
    server: str, expected: tuple[str, int, Security, str]
) -> None:
    at, path = located(Endpoint(server, 0, Security.TLS))
    assert (at.host, at.port, at.security, path) == expected


def test_what_is_closed_says_so() -> None:
    reader = EwsInbound(
        Endpoint("https://h/EWS/Exchange.asmx", 0, Security.TLS),
        Credential("a@b.example", token="t"),
        NetworkPolicy(),
    )
    assert not reader.alive()
    with pytest.raises(MailError) as caught:
        reader.select("")
    assert caught.value.code == Code.CONNECTION_LOST

"""Pasted texts: honest about what is not known, fast, and silent about secrets."""

from __future__ import annotations

import time

import pytest

from mailboxes.core.choices import Step
from mailboxes.services.findings import explain
from mailboxes.services.findings.features import of_text

TOKEN_FAULT = "AADSTS7000215: Invalid client secret provided."
LOGIN_FAULT = "A1 NO AUTHENTICATE failed."


def first(text: str, **known: str) -> tuple[str, str]:
    found = explain(text, **known)
    return (found[0].id, str(found[0].certainty)) if found else ("", "")


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (f"{LOGIN_FAULT}\n{TOKEN_FAULT}", "entra-wrong-secret"),
        (f"{TOKEN_FAULT}\n{LOGIN_FAULT}", "entra-wrong-secret"),
        ("imap: socket error: EOF\n[SSL: CERTIFICATE_VERIFY_FAILED] self-signed",
         "tls-untrusted"),
        ("smtp 535 5.7.3 Authentication unsuccessful\nread ECONNRESET\n"
         "getaddrinfo ENOTFOUND smtp.example.com", "dns-unknown"),
    ],
)  # fmt: skip
def test_the_root_cause_comes_first(text: str, id: str) -> None:
    assert first(text)[0] == id


def test_one_decisive_sign_is_certain_two_causes_are_likely() -> None:
    assert first(TOKEN_FAULT) == ("entra-wrong-secret", "certain")
    both = f"{TOKEN_FAULT}\nAADSTS50126: Error validating credentials"
    assert first(both)[1] == "likely"


def test_the_protocol_that_is_known_decides() -> None:
    text = "Error: authentication failed"
    steps = {p: first(text, protocol=p)[0] for p in ("imap", "ews", "graph")}
    assert steps["imap"] == "password-refused"
    assert steps["ews"] == "ews-unauthorized"


def test_the_stage_that_is_known_decides_where_nothing_else_does() -> None:
    assert first("it failed", stage="tcp") == ("unexplained-network", "unknown")
    assert first("it failed", stage="sign-in") == ("unexplained-sign-in", "unknown")


@pytest.mark.parametrize("text", ["", " ", "\x00", "all is well", "250 2.0.0 OK"])
def test_a_text_without_a_fault_has_no_finding(text: str) -> None:
    assert explain(text) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"error":"invalid_grant","error_description":"AADSTS50126: x"}',
        '{\\"error\\":\\"invalid_grant\\",\\"description\\":\\"AADSTS50126: x\\"}',
        "aadsts50126",
        "AADSTS: 50126",
        "AADSTS 50126",
        "error_codes: [50126], oauth",
        "https://login.microsoftonline.com/error?code=50126",
        "error=invalid_grant&error_description=AADSTS50126%3a+Error",
        "&quot;AADSTS50126&quot; &amp;",
        "\\u0041ADSTS50126",
    ],
)
def test_a_number_is_read_in_every_wrapping(text: str) -> None:
    found = explain(text)
    assert (found[0].id, found[0].code) == ("entra-wrong-password", "AADSTS50126")


@pytest.mark.parametrize(
    "text",
    [
        "535 5.7.8 Username and Password not accepted - gsmtp",
        "535-5.7.8 Username and Password not accepted - gsmtp",
        "(535, b'5.7.8 Username and Password not accepted. - gsmtp')",
        "535 #5.7.8 Username and Password not accepted gsmtp",
        "{ code: 'EAUTH', response: '535-5.7.8 Username and Password not accepted'",
    ],
)
def test_a_reply_of_smtp_is_read_in_every_spelling(text: str) -> None:
    assert first(text)[0] == "google-smtp-credential-refused"


def test_what_a_server_offers_is_no_fault() -> None:
    features = of_text(
        "250-AUTH LOGIN PLAIN XOAUTH2\n* CAPABILITY IMAP4rev1 AUTH=PLAIN"
    )
    assert "basic" not in features.tags


def test_a_field_at_fault_is_named() -> None:
    found = explain(
        "AADSTS900144: The request body must contain 'scope'. parameter: 'scope'"
    )
    assert (found[0].step, found[0].option) == (Step.SCOPE, "scope")


def test_secrets_of_a_text_are_not_repeated() -> None:
    text = "AADSTS50126 oauth client_secret=Xyz~123 password=hunter2 imap login failed"
    shown = repr(explain(text))
    assert "hunter2" not in shown and "Xyz~123" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "authentication failed " * 9_000,
        "\\" * 50_000,
        "eyJ" + "a" * 50_000,
        "certificate " * 9_000 + "imap ssl tls smtp oauth",
        "(" * 50_000,
        " " * 100_000,
        "host " * 20_000 + "imap",
        "redirect_uri " * 5_000 + "oauth",
        "could not connect " * 3_000 + "imap",
        "auth=" * 12_000,
    ],
)
def test_a_long_text_takes_no_time(text: str) -> None:
    before = time.perf_counter()
    explain(text)
    assert time.perf_counter() - before < 5

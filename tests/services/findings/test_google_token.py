"""Refused tokens of Google's: what tokeninfo says decides, else the server's words."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.core.choices import Retry
from mailboxes.core.codes import Code
from mailboxes.services.findings import find
from mailboxes.services.findings.google_token import at_google, decide

USER = "support@contoso.example"
CLIENT = "123-sandbox.apps.googleusercontent.com"
GOOD = {
    "aud": CLIENT,
    "scope": "openid https://mail.google.com/ email",
    "email": USER,
    "exp": "1800000000",
}


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({}, "google-token-right"),
        ({"email": USER.upper()}, "google-token-right"),
        ({"email": ""}, "google-token-right"),
        ({"scope": "https://mail.google.com"}, "google-scope-narrow"),
        ({"scope": ""}, "google-scope-narrow"),
        ({"email": "anna@contoso.example"}, "google-token-other-account"),
        ({"aud": "999-other.apps.googleusercontent.com"}, "token-client"),
    ],
)
def test_tokeninfo_decides(change: dict[str, str], finding: str) -> None:
    decided = decide(GOOD | change, user=USER, client_id=CLIENT)
    assert decided is not None and decided.id == finding


@pytest.mark.parametrize("told", [{}, {"error": "invalid_token"}])
def test_what_google_does_not_know_decides_nothing(told: dict[str, str]) -> None:
    assert decide(told, user=USER, client_id=CLIENT) is None


def test_key_of_a_service_account_is_nobodys_client_id() -> None:
    decided = decide(GOOD | {"aud": "100"}, user=USER)
    assert decided is not None and decided.id == "google-token-right"


def refused(**more: Any) -> Any:
    facts = {
        "protocol": "IMAP",
        "host": "imap.gmail.com",
        "user": USER,
        "claims": {},
        "answer": "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)",
        **more,
    }
    return find(Code.TOKEN_NOT_ACCEPTED, facts, stage="sign-in")


def test_names_of_the_other_account_are_told() -> None:
    found = refused(tokeninfo=GOOD | {"email": "anna@contoso.example"})
    assert str(found.cause) == (
        f"It belongs to anna@contoso.example, the log-in name is {USER}."
    )
    assert found.retry == Retry.ADMIN  # D9: in growing pauses


def test_challenge_of_google_tells_a_token_from_a_password() -> None:
    assert refused().id == "google-imap-credential-refused"
    challenge = '{"status":"400","schemes":"bearer","scope":"https://mail.google.com/"}'
    assert refused(challenge=challenge).id == "google-token-refused"


@pytest.mark.parametrize(
    ("host", "is_google"),
    [
        ("imap.gmail.com", True),
        ("smtp.googlemail.com", True),
        ("gmail.com.example.org", False),
        ("outlook.office365.com", False),
        (None, False),
    ],
)
def test_servers_of_google_are_known_by_name(host: str | None, is_google: bool) -> None:
    assert at_google({"host": host}) is is_google

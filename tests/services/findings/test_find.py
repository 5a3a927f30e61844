"""Stored failures: a code keeps its meaning, evidence may tell it more exactly."""

from __future__ import annotations

import logging

import pytest

from mailboxes.core.choices import Retry, Stage, Step
from mailboxes.core.codes import Code
from mailboxes.services import findings
from mailboxes.services.findings import LOOK_UP, find


@pytest.mark.parametrize(
    ("code", "evidence", "id"),
    [
        (Code.TOKEN_INVALID_GRANT, {"error": "invalid_grant", "host":
            "oauth2.googleapis.com", "answer": "Token has been expired or revoked."},
         "google-refresh-token-ended"),
        (Code.TOKEN_REFUSED, {"error": "invalid_scope", "answer":
            "AADSTS70011: The provided value for 'scope' is not valid."},
         "entra-scope-invalid"),
        (Code.PASSWORD_REFUSED, {"protocol": "SMTP", "host": "smtp.gmail.com",
            "answer": "534 5.7.9 Application-specific password required"},
         "google-app-password-required"),
        (Code.QUOTA_FULL, {"protocol": "IMAP", "host": "imap.gmail.com", "answer":
            "[OVERQUOTA] Account exceeded command or bandwidth limits."},
         "google-bandwidth-spent"),
        (Code.PROTOCOL_ERROR, {"protocol": "POP3", "answer":
            "-ERR Protocol error. Connection is closed. 10"}, "pop-two-line-auth"),
        (Code.AUTHORIZATION_FAILED, {"protocol": "GRAPH", "status": 403, "answer":
            "Access to OData is disabled: [RAOP]"}, "graph-odata-disabled"),
        (Code.MESSAGE_REFUSED, {"protocol": "SMTP", "answer":
            "550 5.7.26 Unauthenticated email is not accepted due to DMARC policy."},
         "smtp-domain-refused"),
    ],
)  # fmt: skip
def test_the_answer_refines_the_code(
    code: Code, evidence: dict[str, object], id: str
) -> None:
    finding = find(code, evidence)
    assert (finding.id, finding.code) == (id, code)


@pytest.mark.parametrize(
    ("code", "answer", "id"),
    [
        (Code.DNS_UNKNOWN, "535 5.7.3 Authentication unsuccessful", "dns-unknown"),
        (Code.TLS_NAME, "AADSTS50126", "tls-name"),
        (Code.LEASE_LOST, "try again later", "lease-lost"),
        (Code.MESSAGE_TOO_LARGE, "certificate verify failed", "message-too-large"),
    ],
)
def test_words_of_another_kind_change_nothing(code: Code, answer: str, id: str) -> None:
    assert find(code, {"answer": answer}).id == id


def test_a_missing_value_names_its_own_field() -> None:
    words = "AADSTS90014: The required field 'client_id' is missing."
    finding = find("AADSTS90014", {"answer": words, "error": "invalid_request"})
    assert (finding.step, finding.option) == (Step.CLIENT_ID, "client-id")


def test_a_fault_of_the_authority_is_no_refusal() -> None:
    finding = find("AADSTS1234567", {"status": 503})
    assert (finding.id, finding.retry) == ("token-unavailable", Retry.BACK_OFF)


def test_an_unlisted_number_is_likely_by_its_family() -> None:
    finding = find("AADSTS50999")
    assert (finding.id, finding.certainty) == ("entra-account-other", "likely")
    assert finding.look_up == LOOK_UP.format(50999)


@pytest.mark.parametrize(
    ("stage", "id"),
    [
        (Stage.DNS, "unexplained-network"),
        (Stage.TLS, "unexplained-network"),
        (Stage.TOKEN, "token-refused"),
        (Stage.SIGN_IN, "unexplained-sign-in"),
        (Stage.DATA, "unexplained-sending"),
        (Stage.FETCH, "protocol-error"),
    ],
)
def test_an_unknown_code_gets_an_honest_finding_of_its_stage(
    stage: Stage, id: str
) -> None:
    finding = find("never-seen", {"answer": "x"}, stage=stage)
    assert (finding.id, finding.certainty) == (id, "unknown")


def test_what_nobody_knows_is_logged_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "_warned", set())
    with caplog.at_level(logging.WARNING, logger="mailboxes.services.findings"):
        for _ in range(3):
            find("never-seen", {"answer": "secret words"}, stage=Stage.DATA)
        find("never-seen", stage=Stage.DNS)
    assert [record.getMessage() for record in caplog.records] == [
        "No finding of its own for never-seen at stage data",
        "No finding of its own for never-seen at stage dns",
    ]


def test_headers_and_status_are_looked_at() -> None:
    evidence = {
        "protocol": "EWS",
        "status": 401,
        "headers": {"x-ms-diagnostics": "2000003;reason=The audience claim value"
                    " is invalid 'https://graph.microsoft.com'."},
        "answer": "Unauthorized",
        "host": "outlook.office365.com",
    }  # fmt: skip
    assert find(Code.TOKEN_NOT_ACCEPTED, evidence).id == "ews-wrong-audience"


def test_no_greeting_at_a_port_of_tls_is_a_wrong_encryption() -> None:
    silent = {"host": "outlook.office365.com", "port": 993, "protocol": "IMAP"}
    found = find(Code.READ_TIMEOUT, silent, stage=Stage.GREETING)
    assert (found.id, found.option, found.retry, found.certain) == (
        "read-timeout",
        "pop-connection-security",
        Retry.ADMIN,
        False,
    )
    assert "port 993" in found.cause


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        ({"port": 993, "tls": "TLSv1.3"}, Stage.GREETING),
        ({"port": 143}, Stage.GREETING),
        ({"port": 993}, Stage.TLS),
    ],
)
def test_other_silence_is_only_slow(facts: dict[str, object], stage: Stage) -> None:
    found = find(Code.READ_TIMEOUT, facts, stage=stage)
    assert (found.option, found.retry) == ("protocol-timeout", Retry.BACK_OFF)


def test_line_that_ends_at_the_sign_in_of_smtp_has_a_finding_of_its_own() -> None:
    sends, reads = {"protocol": "SMTP"}, {"protocol": "IMAP"}
    found = find(Code.CONNECTION_LOST, sends, stage=Stage.SIGN_IN)
    assert (found.id, found.retry) == ("smtp-cut-after-auth", Retry.NOW)
    for facts, stage in ((reads, Stage.SIGN_IN), (sends, Stage.DATA)):
        assert find(Code.CONNECTION_LOST, facts, stage=stage).id == "connection-lost"


@pytest.mark.parametrize(
    ("answer", "id"),
    [
        ("421 4.4.2 Connection dropped due to timeout", "smtp-busy"),
        ("421 4.3.0 Temporary System Problem. - gsmtp", "google-temporary"),
        ("421 bye", "server-closed"),
    ],
)
def test_reason_of_a_close_is_heard(answer: str, id: str) -> None:
    assert find(Code.SERVER_CLOSED, {"protocol": "SMTP", "answer": answer}).id == id


@pytest.mark.parametrize(
    ("code", "step", "option", "retry", "fix"),
    [
        ("AADSTS50076", Step.REFRESH_TOKEN, "password", Retry.OWNER,
         "Let the owner sign in again, with the second factor."),
        ("AADSTS50079", Step.REFRESH_TOKEN, "password", Retry.OWNER,
         "Let the owner sign in again, and enrol when Microsoft asks for it."),
        ("AADSTS50133", Step.REFRESH_TOKEN, "password", Retry.OWNER,
         "Let the owner sign in again."),
        ("AADSTS50144", Step.REFRESH_TOKEN, "password", Retry.OWNER,
         "Let the owner set a new password that does not expire, and sign in again."),
        ("AADSTS50053", Step.REFRESH_TOKEN, "password", Retry.ADMIN,
         "See in the Entra sign-in logs which of the two it was, and clear the lock or"
         " the risk; then let the owner sign in again."),
        (Code.TOKEN_INTERACTION, Step.REFRESH_TOKEN, "password", Retry.OWNER,
         "Let the owner sign in again."),
        (Code.TOKEN_INVALID_GRANT, Step.REFRESH_TOKEN, "password", Retry.OWNER,
         "Let the owner sign in again."),
        ("AADSTS70043", Step.CONDITIONAL_ACCESS, "password", Retry.ADMIN,
         "Let the owner sign in again, and exclude the application from the sign-in"
         " frequency, else it ends again."),
    ],
)  # fmt: skip
def test_stored_sign_in_of_an_owner_is_mended_by_the_owner(
    code: str, step: Step, option: str, retry: Retry, fix: str
) -> None:
    """Nobody has to be taken out of the multi-factor policy for it."""
    found = find(code, {"side": "authority", "owner": True}, stage=Stage.TOKEN)
    assert (found.step, found.option, found.retry, str(found.fix)) == (
        step,
        option,
        retry,
        fix,
    )
    assert found.portal_first is False
    by_password = find(code, {"side": "authority"}, stage=Stage.TOKEN)
    assert (by_password.id, by_password.fix) != (found.id, found.fix)


@pytest.mark.parametrize("code", ["AADSTS7000215", "AADSTS7000222"])
def test_client_secret_of_an_owners_application_is_not_the_password(code: str) -> None:
    """The option `password` holds the refresh token, which it would overwrite."""
    found = find(code, {"side": "authority", "owner": True}, stage=Stage.TOKEN)
    assert (found.step, found.option) == (Step.SECRET, "registration")

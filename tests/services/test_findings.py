"""Every failure has a finding with cause, step and fix."""

from __future__ import annotations

import time

import pytest

from mailboxes.core.choices import Retry, Step
from mailboxes.core.codes import Code
from mailboxes.models import PopClient, SmtpClient
from mailboxes.services.finding import Finding
from mailboxes.services.findings import all_codes, explain, find
from mailboxes.services.findings.catalogue import BY_ID, BY_NUMBER
from mailboxes.services.findings.filling import filled

EVERY = [find(code) for code in all_codes()]
OPTIONS = {o.name for m in (PopClient, SmtpClient) for o in m.options().values()}

# diagnosis.md section 3.3: numbers of a row, and the step at fault.
ENTRA = [
    ([50126], Step.PASSWORD), ([50034], Step.USER_NAME), ([50053], Step.PASSWORD),
    ([50055, 50144], Step.PASSWORD), ([50056], Step.PASSWORD), ([50057], Step.ACCOUNT),
    ([50064, 50132, 50133, 50135], Step.PASSWORD),
    ([50072, 50079, 53004], Step.MFA), ([50074, 50076, 50078], Step.MFA),
    ([50158, 50161], Step.CONDITIONAL_ACCESS),
    ([50097, 50129, 50155, 50187], Step.CONDITIONAL_ACCESS),
    ([53000, 53001, 53002], Step.CONDITIONAL_ACCESS),
    ([53003, 530032, 50131, 530035, 53011, 530034], Step.CONDITIONAL_ACCESS),
    ([50105], Step.REGISTRATION), ([65001, 65004, 90094, 90095], Step.PERMISSIONS),
    ([65005, 650056, 650057], Step.PERMISSIONS), ([65002], Step.CLIENT_ID),
    ([500011, 50001, 650052, 650054], Step.SCOPE),
    ([70011, 28002, 28003, 700023, 500013, 700022, 28000, 1002012], Step.SCOPE),
    ([700016], Step.CLIENT_ID), ([70001, 700011, 7000112], Step.REGISTRATION),
    ([7000218, 700025, 70003], Step.PUBLIC_CLIENT),
    ([7000215, 70002, 7000222, 700027, 50012, 700030, 50013], Step.SECRET),
    ([700024, 500133], Step.CLOCK),
    ([90002, 900023, 50059, 50128, 90019, 9001023, 90124, 90130], Step.DIRECTORY_ID),
    ([50194, 9002332, 50020, 500208, 50014, 51004, 16000], Step.ACCOUNT_TYPE),
    ([90038, 900382, 900432, 90051, 1000104, 50049], Step.AUTHORITY),
    ([50011, 70004, 900971, 700084], Step.REGISTRATION),
    ([70043], Step.CONDITIONAL_ACCESS), ([50196, 90055], Step.THROTTLING),
    ([90033, 90006, 90012, 90024, 90090, 50033], Step.SERVICE),
    ([80001, 80002, 80005, 80007, 80014], Step.PASSWORD),
    ([80012], Step.ACCOUNT), ([80013], Step.CLOCK),
    ([500021, 500022, 50002], Step.PROXY), ([500212, 500213], Step.ACCOUNT_TYPE),
    ([1002016], Step.NETWORK),
]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "step"), [(n, step) for numbers, step in ENTRA for n in numbers]
)
def test_entra_refusal_names_its_step(number: int, step: Step) -> None:
    finding = find(f"AADSTS{number}")
    assert (finding.step, finding.look_up) == (
        step,
        f"https://login.microsoftonline.com/error?code={number}",
    )


def test_table_covers_every_number_that_has_a_finding() -> None:
    listed = {n for numbers, _ in ENTRA for n in numbers}
    others = {54005, 700005, 501481, 70000, 70008, 700082, 50089, 50173}
    others |= {90014, 900144, 9002313, 90100, 70016, 70018, 70019}
    assert set(BY_NUMBER) == listed | others


@pytest.mark.parametrize("code", list(Code))
def test_every_code_of_ours_has_a_finding(code: Code) -> None:
    assert str(code) in all_codes()


@pytest.mark.parametrize("finding", EVERY, ids=lambda f: f.code)
def test_finding_is_complete(finding: Finding) -> None:
    words = [str(finding.title), str(finding.cause), str(finding.fix), str(finding.who)]
    assert all(words)
    assert str(finding.fix).endswith(".")
    assert finding.option in OPTIONS | {""}
    if not finding.certain:
        text = " ".join(words).lower()
        assert "likely" in text or "probably" in text


def test_unknown_numbers_fall_back_by_error() -> None:
    assert find("AADSTS99999", {"error": "invalid_grant"}).step == Step.PASSWORD
    assert find("AADSTS99999", {"error": "interaction_required"}).step == Step.MFA
    assert find("AADSTS99999").code == "AADSTS99999"


def test_unknown_code_still_has_a_finding() -> None:
    assert find("something-new").retry == Retry.BACK_OFF


def test_facts_fill_the_words() -> None:
    finding = find(Code.CONNECT_REFUSED, {"host": "mail.example", "port": 993})
    assert finding.title == "mail.example refuses connections at port 993"
    assert find(Code.CONNECT_REFUSED).title == (
        "The server refuses connections at its port"
    )


def test_every_place_has_a_plain_word_where_no_fact_is_known() -> None:
    for row in BY_ID.values():
        told = filled(row, {})
        for words in (told.title, told.cause, told.fix):
            assert "…" not in words, row.id
        if row.title.startswith("{"):
            assert told.title[:1].isupper(), row.id


def test_braces_in_evidence_are_harmless() -> None:
    assert find(Code.DNS_UNKNOWN, {"host": "{x}"}).title == "{x} has no address in DNS"


GOOD = {
    "aud": "https://outlook.office.com",
    "scp": "IMAP.AccessAsUser.All SMTP.Send",
    "upn": "a@b.example",
    "exp": time.time() + 3600,
}


@pytest.mark.parametrize(
    ("change", "facts", "step"),
    [
        ({"exp": 1}, {}, Step.CLOCK),
        ({"aud": "https://graph.microsoft.com"}, {}, Step.SCOPE),
        ({"scp": "User.Read"}, {}, Step.PERMISSIONS),
        (
            {"scp": "IMAP.AccessAsUser.All"},
            {"protocol": "SMTP"},
            Step.PERMISSIONS,
        ),
        ({"upn": "c@b.example"}, {"user": "a@b.example"}, Step.RIGHTS),
        ({}, {"user": "A@b.example"}, Step.PROTOCOL),
    ],
)
def test_refused_token_is_explained_by_its_claims(
    change: dict, facts: dict, step: Step
) -> None:
    assert find(Code.TOKEN_NOT_ACCEPTED, facts, claims=GOOD | change).step == step


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("AADSTS50126: Error validating credentials", ["AADSTS50126"]),
        (
            "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is"
            " disabled for the Tenant.",
            ["smtp-auth-off-tenant"],
        ),
        (
            "BAD User is authenticated but not connected.",
            ["authenticated-not-connected"],
        ),
        ("* BYE Session invalidated - AccessTokenExpired", ["session-token-ended"]),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] Hostname mismatch",
            ["tls-name", "tls-untrusted"],
        ),
        ("all is well", []),
    ],
)  # fmt: skip
def test_pasted_error_is_explained(text: str, codes: list[str]) -> None:
    assert [finding.code for finding in explain(text)] == codes


@pytest.mark.parametrize(
    ("code", "option", "step"),
    [
        (Code.DNS_UNKNOWN, "tenant-authority", Step.AUTHORITY),
        (Code.PROXY_GATEWAY, "tenant-authority", Step.AUTHORITY),
        (Code.CONNECT_REFUSED, "proxy", Step.NETWORK),
        (Code.TLS_NOT_TLS, "proxy", Step.PROXY),
        (Code.PROXY_AUTH, "proxy", Step.PROXY),
    ],
)
def test_failure_at_the_authority_is_mended_elsewhere(
    code: Code, option: str, step: Step
) -> None:
    there = find(code, {"side": "authority", "host": "login.example"})
    assert (there.option, there.step) == (option, step)
    words = f"{there.title} {there.cause} {there.fix}"
    assert "993" not in words and "…" not in words
    if not there.certain:
        assert "Likely" in str(there.cause)

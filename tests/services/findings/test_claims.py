"""Where a server gives no reason, the token's claims decide (diagnosis.md 3.1)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from mailboxes.core.choices import Retry, Step
from mailboxes.core.codes import Code
from mailboxes.services.findings import explain, find
from mailboxes.services.findings.claims import (
    EXCHANGE_ID,
    GRAPH_ID,
    PERSONAL_TENANT,
    decide,
    is_application,
)

NOW = 1_700_000_000.0
USER = "sales@contoso.example"
EXCHANGE = "https://outlook.office365.com"
GRAPH = "https://graph.microsoft.com"
OWN = {"exp": NOW + 3000, "nbf": NOW - 600, "upn": USER, "appid": "app-1", "oid": "o-1"}
APP = {"exp": NOW + 3000, "idtyp": "app", "appid": "app-1", "oid": "o-1"}
DELEGATED = {
    "IMAP": (EXCHANGE, "IMAP.AccessAsUser.All"),
    "POP3": (EXCHANGE, "POP.AccessAsUser.All"),
    "SMTP": (EXCHANGE, "SMTP.Send"),
    "EWS": (EXCHANGE, "EWS.AccessAsUser.All"),
    "GRAPH": (GRAPH, "Mail.ReadWrite"),
}
APPLICATION = {
    "IMAP": (EXCHANGE, "IMAP.AccessAsApp"),
    "POP3": (EXCHANGE, "POP.AccessAsApp"),
    "SMTP": (EXCHANGE, "SMTP.SendAsApp"),
    "EWS": (EXCHANGE, "full_access_as_app"),
    "GRAPH": (GRAPH, "Mail.ReadWrite"),
}


def decided(claims: dict[str, Any], protocol: str, **more: Any) -> str:
    return decide(claims, protocol=protocol, user=USER, now=NOW, **more).id


@pytest.mark.parametrize("protocol", DELEGATED)
def test_a_good_token_of_the_user_leaves_protocol_licence_or_mailbox(
    protocol: str,
) -> None:
    audience, permission = DELEGATED[protocol]
    claims = OWN | {"aud": audience, "scp": f"openid {permission}"}
    assert decided(claims, protocol) == "token-not-accepted"


@pytest.mark.parametrize("protocol", DELEGATED)
def test_each_protocol_has_its_own_permission(protocol: str) -> None:
    for other, (audience, permission) in DELEGATED.items():
        claims = OWN | {"aud": audience, "scp": permission}
        if other != protocol and audience == DELEGATED[protocol][0]:
            assert decided(claims, protocol) == "refused-token-permission"


@pytest.mark.parametrize("protocol", APPLICATION)
def test_an_application_with_its_permission_lacks_rights_at_exchange(
    protocol: str,
) -> None:
    audience, role = APPLICATION[protocol]
    wanted = "graph-odata-disabled" if protocol == "GRAPH" else None
    claims = APP | {"aud": audience, "roles": [role]}
    assert decided(claims, protocol) == (wanted or "application-rights-missing")
    lacking = APP | {"aud": audience, "roles": ["User.Read.All"]}
    assert decided(lacking, protocol) == "refused-token-permission"


@pytest.mark.parametrize(
    ("protocol", "audience", "fits"),
    [
        ("IMAP", "https://outlook.office.com", True),
        ("IMAP", "https://outlook.office365.com/", True),
        ("IMAP", "https://outlook-sdf.office.com", True),
        ("IMAP", "https://partner.outlook.cn", True),
        ("IMAP", EXCHANGE_ID, True),
        ("IMAP", GRAPH_ID, False),
        ("IMAP", GRAPH, False),
        ("IMAP", "https://outlook.office.com.evil.example", False),
        ("GRAPH", GRAPH, True),
        ("GRAPH", "https://microsoftgraph.chinacloudapi.cn", True),
        ("GRAPH", GRAPH_ID, True),
        ("GRAPH", EXCHANGE, False),
    ],
)
def test_the_audience_must_be_the_service(
    protocol: str, audience: str, fits: bool
) -> None:
    permission = DELEGATED[protocol][1]
    found = decided(OWN | {"aud": audience, "scp": permission}, protocol)
    assert (found != "refused-token-audience") == fits


def test_sending_by_graph_wants_the_permission_to_send() -> None:
    reading = OWN | {"aud": GRAPH, "scp": "Mail.ReadWrite"}
    assert decided(reading, "GRAPH", stage="data") == "refused-token-permission"
    sending = OWN | {"aud": GRAPH, "scp": "Mail.Send"}
    assert decided(sending, "GRAPH", stage="data") == "token-not-accepted"


def test_the_first_fault_counts() -> None:
    """End before audience, audience before permission, permission before user."""
    claims = {"exp": NOW - 1, "aud": GRAPH, "scp": "User.Read", "upn": "b@b.example"}
    order = []
    for name, value in (
        ("exp", NOW + 1),
        ("aud", EXCHANGE),
        ("scp", "IMAP.AccessAsUser.All"),
        ("upn", USER),
    ):
        order.append(decided(claims, "IMAP"))
        claims[name] = value
    order.append(decided(claims, "IMAP"))
    assert order == [
        "refused-token-ended",
        "refused-token-audience",
        "refused-token-permission",
        "refused-token-other-user",
        "token-not-accepted",
    ]


def test_ews_does_not_know_personal_accounts() -> None:
    claims = OWN | {"aud": EXCHANGE, "tid": PERSONAL_TENANT}
    assert decided(claims, "EWS") == "refused-token-personal"


@pytest.mark.parametrize(
    ("claims", "application"),
    [
        ({"idtyp": "app"}, True),
        ({"roles": ["x"]}, True),
        ({"roles": ["x"], "scp": "y"}, False),
        ({"roles": ["x"], "upn": USER}, False),
        ({"scp": "y"}, False),
        ({}, False),
    ],
)
def test_an_application_is_told_from_a_user(
    claims: dict[str, Any], application: bool
) -> None:
    assert is_application(claims) is application


@pytest.mark.parametrize(
    "claims",
    [{}, {"aud": None}, {"exp": "soon"}, {"roles": "x", "idtyp": "app"}, {"scp": None}],
)
def test_odd_claims_are_survived(claims: dict[str, Any]) -> None:
    assert decided(claims, "IMAP")


def test_a_stored_refusal_of_an_application_shows_the_lines_to_run() -> None:
    evidence = {
        "protocol": "IMAP",
        "user": USER,
        "at": NOW,
        "claims": APP | {"aud": EXCHANGE, "roles": ["IMAP.AccessAsApp"]},
    }
    finding = find(Code.TOKEN_NOT_ACCEPTED, evidence)
    assert (finding.id, finding.step) == ("application-rights-missing", Step.RIGHTS)
    assert finding.copy == (
        "New-ServicePrincipal -AppId 'app-1' -ObjectId 'o-1'",
        f"Add-MailboxPermission -Identity '{USER}' -User 'o-1'"
        " -AccessRights FullAccess",
    )
    assert "Enterprise application" in f"{finding.cause} {finding.fix} {finding.portal}"
    assert (finding.code, finding.retry) == (Code.TOKEN_NOT_ACCEPTED, Retry.ADMIN)


def test_values_in_lines_to_run_are_literal() -> None:
    evidence = {
        "protocol": "IMAP",
        "user": "o'neil@contoso.example; Remove-Mailbox\n$x",
        "at": NOW,
        "claims": APP | {"aud": EXCHANGE, "roles": ["IMAP.AccessAsApp"]},
    }
    line = find(Code.TOKEN_NOT_ACCEPTED, evidence).copy[1]
    assert "-Identity 'o''neil@contoso.example; Remove-Mailbox$x' -User" in line


def test_a_token_is_not_called_ended_because_a_row_is_old() -> None:
    """The end of a stored token says something only about when it was refused."""
    claims = OWN | {"aud": EXCHANGE, "scp": "IMAP.AccessAsUser.All", "exp": NOW + 1}
    at = {"protocol": "IMAP", "user": USER, "claims": claims, "at": NOW}
    assert find(Code.TOKEN_NOT_ACCEPTED, at).id == "token-not-accepted"
    late = at | {"at": NOW + 60}
    assert find(Code.TOKEN_NOT_ACCEPTED, late).id == "refused-token-ended"
    unknown = {k: v for k, v in at.items() if k != "at"}
    assert find(Code.TOKEN_NOT_ACCEPTED, unknown).id == "token-not-accepted"


@pytest.mark.parametrize(
    ("protocol", "id"),
    [
        ("IMAP", "imap-token-refused"),
        ("POP3", "pop-token-refused"),
        ("SMTP", "smtp-token-refused"),
        ("EWS", "ews-unauthorized"),
        ("GRAPH", "graph-wrong-audience"),
    ],
)
def test_without_claims_the_protocol_decides(protocol: str, id: str) -> None:
    finding = find(Code.TOKEN_NOT_ACCEPTED, {"protocol": protocol})
    assert (finding.id, finding.retry) == (id, Retry.ADMIN)


def token(claims: dict[str, Any]) -> str:
    def part(value: dict[str, Any]) -> str:
        raw = json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    return f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}.c2lnbmF0dXJl"


def test_a_token_in_a_pasted_text_is_read_and_not_shown() -> None:
    jwt = token(OWN | {"aud": GRAPH, "scp": "Mail.Read"})
    text = f"A1 AUTHENTICATE XOAUTH2 Bearer {jwt}\nA1 NO AUTHENTICATE failed."
    found = explain(text, protocol="imap")
    assert (found[0].id, found[0].step) == ("refused-token-audience", Step.SCOPE)
    assert found[0].certainty == "likely"
    assert jwt not in repr(found) and "c2lnbmF0dXJl" not in repr(found)

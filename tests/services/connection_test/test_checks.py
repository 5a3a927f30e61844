"""What a test judges by itself: fields, clock, claims, the letter of a send test."""

from __future__ import annotations

import time
from typing import Any

import pytest

from mailboxes.core.errors import MailError
from mailboxes.models import PopClient, SecretValue, SmtpClient
from mailboxes.models.clients import MECHANISMS
from mailboxes.services import revisions
from mailboxes.services.connection_test import checks
from mailboxes.services.findings import find
from mailboxes.services.options import snapshots
from mailboxes.services.options.snapshots import Snapshot
from tests.services.option_sets import (
    CLIENT,
    DIRECTORY,
    pop_basic,
    saved_pop,
    saved_smtp,
)

pytestmark = pytest.mark.django_db


def snapshot(client: PopClient | SmtpClient, **changes: Any) -> Snapshot:
    """The newest, with option values that no rule would let through."""
    taken = snapshots.take(client)
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    named = {MECHANISMS if n == "mechanisms" else n: v for n, v in named.items()}
    taken.values.update(named)
    taken.own.update(named)
    return taken


def refused(call: Any, *arguments: Any) -> tuple[str, dict[str, object]]:
    with pytest.raises(MailError) as caught:
        call(*arguments)
    assert caught.value.permanent
    return caught.value.code, caught.value.evidence


# fields


def test_fields_that_are_right_give_warnings_only() -> None:
    found = checks.fields(snapshots.take(saved_pop()))
    assert [text.split(":")[0] for text in found] == [
        "The mailbox signs in with its password (ROPC)"
    ]


def test_draft_is_judged_as_if_it_were_on() -> None:
    client = saved_pop(enable_client=False, client_id="")
    code, evidence = refused(checks.fields, snapshots.take(client))
    assert (code, evidence["option"]) == ("config-incomplete", "client-id")
    assert str(evidence["answer"]).startswith("Enter the Application (client) ID")


def test_every_broken_rule_is_told_with_the_first() -> None:
    client = saved_pop(enable_client=False, client_id="", directory_id="")
    code, evidence = refused(checks.fields, snapshots.take(client))
    assert code == "config-incomplete"
    assert len(evidence["others"]) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "code", "option"),
    [
        ({"type": "EWS"}, "transport-missing", "type"),
        ({"grant_type": "service_account"}, "grant-missing", "grant-type"),
    ],
)
def test_what_a_version_cannot_do_is_said_first(
    changes: dict[str, str], code: str, option: str, first_version: None
) -> None:
    found, evidence = refused(checks.fields, snapshot(saved_pop(), **changes))
    assert (found, evidence["option"]) == (code, option)
    finding = find(found, evidence)
    assert finding.option == option and "…" not in str(finding.title)


def test_secret_that_cannot_be_read_fails_before_anybody_is_asked() -> None:
    client = saved_pop()
    SecretValue.objects.update(ciphertext=b"nonsense")
    code, _evidence = refused(checks.fields, snapshots.take(client))
    assert code == "secret-unreadable"


# clock


@pytest.mark.parametrize("skew", [0, 300, -300])
def test_clock_within_five_minutes(skew: float) -> None:
    checks.clock(skew)


@pytest.mark.parametrize(
    ("skew", "words"), [(301, "5 minutes fast"), (-7200, "120 minutes slow")]
)
def test_clock_beyond_five_minutes(skew: float, words: str) -> None:
    code, evidence = refused(checks.clock, skew)
    assert (code, evidence["skew"]) == ("clock-skew", words)


# claims


def good(**changes: object) -> dict[str, object]:
    now = time.time()
    return {
        "aud": "https://outlook.office.com",
        "scp": "IMAP.AccessAsUser.All SMTP.Send",
        "upn": "support@contoso.com",
        "tid": DIRECTORY,
        "appid": CLIENT,
        "nbf": now - 5,
        "exp": now + 3600,
    } | changes


def test_claims_that_fit_have_nothing_odd() -> None:
    taken = snapshots.take(saved_pop())
    assert checks.claims(taken, good(), DIRECTORY) == []
    assert checks.claims(taken, good(aud="https://outlook.office365.com/"), "") == []
    assert checks.claims(taken, good(tid=DIRECTORY.upper()), DIRECTORY) == []
    assert checks.claims(snapshots.take(saved_smtp()), good(), DIRECTORY) == []


WRONG = [
    ({"aud": "https://graph.microsoft.com"}, "token-audience"),
    ({"aud": "00000003-0000-0000-c000-000000000000"}, "token-audience"),
    ({"scp": "SMTP.Send"}, "token-permission"),
    ({"scp": ""}, "token-permission"),
    ({"tid": "9188040d-6c67-4c5b-b112-36a304b66dad"}, "token-tenant"),
    ({"appid": "99999999-0000-0000-0000-000000000000"}, "token-client"),
    ({"exp": time.time() - 1}, "token-expired"),
    ({"nbf": time.time() + 3600}, "token-expired"),
]


@pytest.mark.parametrize(("changes", "code"), WRONG)
def test_claim_that_does_not_fit(changes: dict[str, object], code: str) -> None:
    taken = snapshots.take(saved_pop())
    found, evidence = refused(checks.claims, taken, good(**changes), DIRECTORY)
    assert found == code
    finding = find(found, evidence)
    words = f"{finding.title} {finding.cause} {finding.fix}"
    assert "…" not in words and "None" not in words


def test_token_of_another_user_is_odd_but_proves_nothing() -> None:
    taken = snapshots.take(saved_pop())
    [odd] = checks.claims(taken, good(upn="admin@contoso.com"), DIRECTORY)
    assert (
        odd == "The token belongs to admin@contoso.com, which is not the log-in name."
    )


def as_application(client: PopClient | SmtpClient) -> Snapshot:
    return snapshot(client, grant_type="client_credentials")


def test_application_needs_its_role_for_imap() -> None:
    taken = as_application(saved_pop())
    claims = good(scp="", upn="")
    code, evidence = refused(checks.claims, taken, claims, DIRECTORY)
    assert (code, evidence["permission"]) == ("token-permission", "IMAP.AccessAsApp")
    fits = {**claims, "roles": ["IMAP.AccessAsApp"]}
    assert checks.claims(taken, fits, DIRECTORY) == []


def test_application_may_have_its_right_to_send_from_exchange() -> None:
    taken = as_application(saved_smtp())
    [odd] = checks.claims(taken, good(scp="", upn=""), DIRECTORY)
    assert odd.startswith("The token names no permission")


# letter


@pytest.mark.parametrize(
    ("login", "used_by", "sender"),
    [
        ("support@contoso.com", "orders@contoso.com", "support@contoso.com"),
        ("relay", "orders@contoso.com", "orders@contoso.com"),
        ("relay", "", "anna@customers.example"),
    ],
)
def test_letter_comes_from_who_may_send(login: str, used_by: str, sender: str) -> None:
    result = revisions.save_smtp_client(
        client=None, section="", raw=pop_basic(mailbox=login)
    )
    if used_by:
        revisions.save_pop_client(
            client=None,
            address=used_by,
            raw=pop_basic(),
            smtp_client=result.client,  # type: ignore[arg-type]
        )
    taken = snapshots.take(result.client)
    found, message = checks.letter(taken, "anna@customers.example")
    assert found == sender
    assert message["To"] == "anna@customers.example"
    assert result.client.section in message.get_content()


def graph_claims(**found: object) -> dict[str, object]:
    return {"aud": "https://graph.microsoft.com", **found}


@pytest.mark.parametrize(
    ("after_fetch", "scp", "missing"),
    [
        ("leave", "Mail.Read", ""),
        ("leave", "Mail.ReadWrite.Shared", ""),
        ("move", "Mail.ReadWrite", ""),
        ("move", "Mail.Read", "Mail.ReadWrite"),
        ("leave", "Mail.Send", "Mail.Read"),
    ],
)
def test_graph_needs_what_is_done_with_the_mail(
    after_fetch: str, scp: str, missing: str
) -> None:
    taken = snapshot(
        saved_pop(),
        type="GRAPH",
        after_fetch=after_fetch,
        grant_type="authorization_code",
    )
    if not missing:
        assert checks.claims(taken, graph_claims(scp=scp), "") == []
        return
    assert refused(checks.claims, taken, graph_claims(scp=scp), "") == (
        "token-permission",
        {"permission": missing, "granted": [scp]},
    )


def test_graph_as_application_may_have_it_from_exchange() -> None:
    taken = snapshot(saved_pop(), type="GRAPH")
    [odd] = checks.claims(taken, graph_claims(roles=["Mail.Send"]), "")
    assert "RBAC in Exchange" in odd


def test_graph_sends_large_messages_with_another_permission() -> None:
    taken = snapshot(saved_smtp(), server_type="GRAPH")
    assert (
        checks.claims(taken, graph_claims(roles=["Mail.Send", "Mail.ReadWrite"]), "")
        == []
    )
    [odd] = checks.claims(taken, graph_claims(roles=["Mail.Send"]), "")
    assert odd.startswith("Without Mail.ReadWrite no message over 3 MB can be sent")


@pytest.mark.parametrize(
    ("scope", "host"),
    [
        ("https://graph.microsoft.com/.default", "graph.microsoft.com"),
        ("https://graph.microsoft.us/.default", "graph.microsoft.us"),
        ("", "graph.microsoft.com"),
    ],
)
def test_graph_is_asked_where_the_scope_says(scope: str, host: str) -> None:
    taken = snapshot(saved_pop(), type="GRAPH", scope=scope)
    assert (taken.server, taken.port, taken.security) == (host, 0, "ssl-tls")

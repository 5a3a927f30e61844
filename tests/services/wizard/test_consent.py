"""The consent link: bound to its draft, good for one answer and seven days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone

from mailboxes.models import AuditEvent, ConsentLink
from mailboxes.services.wizard import consent, drafts, permissions, powershell
from mailboxes.services.wizard.consent import Answer
from mailboxes.services.wizard.setup import Setup
from tests.fixtures import setups

pytestmark = pytest.mark.django_db
RETURN = "https://mail.contoso.com/consent/"
TENANT = setups.world.TENANT_ID


@pytest.fixture
def draft():
    return setups.app_only()


def link() -> ConsentLink:
    return ConsentLink.objects.get(answered_at=None)


def answered(**query: Any) -> Answer:
    given = {"admin_consent": "True", "tenant": TENANT, **query}
    request = RequestFactory().get("/consent/", given)
    request.user = AnonymousUser()
    return consent.answer(request)


def test_the_link_leads_to_the_authority_and_back(draft) -> None:
    setup = Setup.load(draft.pk)
    shown = urlsplit(consent.address(setup, link(), RETURN))
    assert f"{shown.scheme}://{shown.netloc}{shown.path}" == (
        f"https://login.microsoftonline.com/{TENANT}/v2.0/adminconsent"
    )
    assert dict(parse_qsl(shown.query)) == {
        "client_id": setups.GATEWAY.client_id,
        "scope": "https://outlook.office365.com/.default",
        "redirect_uri": RETURN,
        "state": consent.signed(link()),
    }


def test_the_link_stays_the_same_while_steps_are_saved(draft) -> None:
    before = link()
    setups.save(draft, "fetching", **setups.FETCHING)
    setups.save(draft, "secret", secret="x~1", secret_ends_on="")
    assert link() == before


def test_an_answer_is_recorded_once(draft) -> None:
    state = consent.signed(link())
    assert answered(state=state) == Answer(True)
    row = ConsentLink.objects.get()
    assert (row.outcome, row.code, row.evidence["tenant"]) == ("granted", "", TENANT)
    assert answered(state=state) == Answer(False)
    assert answered(state=state, error="access_denied") == Answer(False)
    event = AuditEvent.objects.get(action="consent.granted")
    assert (event.object_name, event.actor) == (str(draft), None)


@pytest.mark.parametrize("state", ["", "nonsense", "a" * 32 + ":nonsense", "\x00"])
def test_a_state_that_we_did_not_sign_is_nothing(draft, state: str) -> None:
    assert answered(state=state) == Answer(False)
    assert link().outcome == ""


def test_a_link_ends_after_seven_days(draft) -> None:
    state = consent.signed(link())
    ago = timezone.now() - consent.LASTS
    ConsentLink.objects.update(created_at=ago - timedelta(seconds=1))
    assert answered(state=state) == Answer(False)
    ConsentLink.objects.update(created_at=ago + timedelta(seconds=60))
    assert answered(state=state) == Answer(True)


def test_a_newer_link_takes_the_place_of_the_old_one(draft) -> None:
    old = link()
    with transaction.atomic():
        new = consent.ensure(draft, None, renew=True)
    assert new == link() and new != old
    assert answered(state=consent.signed(old)) == Answer(False)
    assert answered(state=consent.signed(new)) == Answer(True)


def test_the_links_of_a_draft_that_is_over_are_good_for_nothing(draft) -> None:
    state = consent.signed(link())
    drafts.discard(draft, None)
    assert answered(state=state) == Answer(False)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"error": "access_denied", "error_description": "no"}, "AADSTS65004"),
        (
            {
                "error": "access_denied",
                "error_description": "AADSTS65004: User declined to consent",
            },
            "AADSTS65004",
        ),
        (
            {"error": "x", "error_description": "AADSTS650052: needs a service"},
            "AADSTS650052",
        ),
        ({"error": "server_error"}, "token-refused"),
        ({"admin_consent": "False"}, "token-refused"),
        ({"tenant": "11111111-2222-3333-4444-555555555555"}, "token-tenant"),
    ],
)
def test_a_refusal_becomes_a_finding(draft, query: dict[str, str], code: str) -> None:
    told = answered(state=consent.signed(link()), **query)
    assert told.known and told.finding is not None
    row = ConsentLink.objects.get()
    assert (row.outcome, row.code, told.finding.code) == ("refused", code, code)
    shown = consent.finding(row)
    assert shown is not None and shown.title == told.finding.title


def test_what_an_answer_holds_is_cut_and_storable(draft) -> None:
    text = "x\x00" * 5000
    answered(state=consent.signed(link()), error="e", error_description=text)
    kept = ConsentLink.objects.get().evidence["answer"]
    assert len(kept) <= 1001 and "\x00" not in kept


# permissions


def names(draft) -> list[tuple[str, str, str]]:
    found = permissions.needed(Setup.load(draft.pk))
    return [(p.api, p.kind, p.name) for p in found]


@pytest.mark.parametrize(
    ("mode", "direction", "expected"),
    [
        (
            "microsoft-app",
            "both",
            [
                ("Office 365 Exchange Online", "Application", "IMAP.AccessAsApp"),
                ("Office 365 Exchange Online", "Application", "SMTP.SendAsApp"),
            ],
        ),
        (
            "microsoft-app",
            "send",
            [("Office 365 Exchange Online", "Application", "SMTP.SendAsApp")],
        ),
        (
            "microsoft-password",
            "both",
            [
                ("Microsoft Graph", "Delegated", "IMAP.AccessAsUser.All"),
                ("Microsoft Graph", "Delegated", "SMTP.Send"),
                ("Microsoft Graph", "Delegated", "User.Read"),
            ],
        ),
        (
            "microsoft-graph",
            "both",
            [
                ("Microsoft Graph", "Application", "Mail.ReadWrite"),
                ("Microsoft Graph", "Application", "Mail.Send"),
            ],
        ),
        ("imap-smtp", "both", []),
    ],
)
def test_permissions_are_those_of_the_protocols(
    mode: str, direction: str, expected: list[tuple[str, str, str]]
) -> None:
    draft = setups.begin("b@contoso.example", direction)
    setups.save(draft, "mode", mode=mode)
    assert names(draft) == [
        (api, f"{kind} permissions", name) for api, kind, name in expected
    ]


def test_delegated_permissions_are_consented_to_at_graph() -> None:
    draft = setups.begin("b@contoso.example")
    setups.save(draft, "mode", mode="microsoft-password")
    scope = permissions.consent_scope(Setup.load(draft.pk))
    assert scope == "https://graph.microsoft.com/.default"


# powershell


def test_lines_for_exchange_hold_the_known_ids(draft) -> None:
    assert "'<Object ID>'" in powershell.service_principal(Setup.load(draft.pk))
    known = setups.GATEWAY.principal_id
    setups.save(draft, "exchange", principal_id=known)
    assert powershell.service_principal(Setup.load(draft.pk)).splitlines() == [
        "Connect-ExchangeOnline",
        f"New-ServicePrincipal -AppId '{setups.GATEWAY.client_id}' -ObjectId"
        f" '{known}' -DisplayName 'mailadmin'",
        f"Add-MailboxPermission -Identity '{setups.ADDRESS}' -User '{known}'"
        " -AccessRights FullAccess",
        f"Get-MailboxPermission -Identity '{setups.ADDRESS}' -User '{known}'",
    ]


def test_lines_for_the_mailbox_switch_on_what_is_used() -> None:
    draft = setups.app_only("o'neill$x@contoso.example", "receive")
    assert powershell.prerequisites(Setup.load(draft.pk)).splitlines()[1] == (
        "Set-CASMailbox -Identity 'o''neill$x@contoso.example' -ImapEnabled $true"
    )

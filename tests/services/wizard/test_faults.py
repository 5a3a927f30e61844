"""Every finding that is mended in the wizard leads to a step and field it has."""

from __future__ import annotations

import pytest

from mailboxes.core.choices import Step
from mailboxes.services.findings import all_codes, find
from mailboxes.services.wizard import faults
from mailboxes.services.wizard.modes import POP, SMTP
from mailboxes.services.wizard.setup import Setup
from tests.fixtures import setups

pytestmark = pytest.mark.django_db
# What a draft for Microsoft 365 always has a place for.
ALWAYS = {
    *(Step.SERVER, Step.NETWORK, Step.PROXY, Step.CLOCK, Step.AUTHORITY, Step.SCOPE),
    *(Step.DIRECTORY_ID, Step.CLIENT_ID, Step.SECRET, Step.PASSWORD, Step.USER_NAME),
    *(Step.REGISTRATION, Step.ACCOUNT_TYPE, Step.PERMISSIONS, Step.MFA, Step.ACCOUNT),
    *(Step.CONDITIONAL_ACCESS, Step.PROTOCOL, Step.RIGHTS, Step.QUOTA),
}


def place(setup: Setup, code: str, kind: str = POP) -> tuple[str, str]:
    found = faults.place(setup, kind, find(code))
    return (found[0].id, found[1]) if found else ("", "")


@pytest.fixture
def app() -> Setup:
    return Setup.load(setups.app_only().pk)


@pytest.fixture
def ropc() -> Setup:
    draft = setups.begin("b@contoso.example")
    setups.save(draft, "mode", mode="microsoft-password")
    setups.save(draft, "ids", **(setups.IDS | {"name": "Other"}))
    return Setup.load(draft.pk)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AADSTS7000215", ("secret", "secret")),
        ("AADSTS7000222", ("secret", "secret")),
        ("AADSTS700016", ("ids", "client_id")),
        ("AADSTS90002", ("ids", "directory_id")),
        ("AADSTS90038", ("ids", "tenant_authority")),
        ("AADSTS65001", ("permissions", "")),
        ("AADSTS500011", ("permissions", "scope")),
        ("token-permission", ("permissions", "")),
        ("authenticated-not-connected", ("exchange", "principal_id")),
        ("dns-unknown", ("network", "server_in")),
        ("tls-not-tls", ("network", "security_in")),
        ("proxy-denied", ("network", "proxy")),
        ("folder-missing", ("fetching", "folder_path")),
        ("token-not-accepted", ("exchange", "principal_id")),
        ("service-down", ("", "")),
    ],
)
def test_of_an_application(app: Setup, code: str, expected: tuple[str, str]) -> None:
    assert place(app, code) == expected


def test_client_secret_of_an_owners_application_leads_to_its_step() -> None:
    draft = setups.begin("b@contoso.example")
    setups.save(draft, "mode", mode="microsoft-sign-in")
    setups.save(draft, "ids", **setups.IDS)
    setup = Setup.load(draft.pk)
    facts = {"side": "authority", "owner": True}
    found = faults.place(setup, POP, find("AADSTS7000222", facts, stage="token"))
    assert found is not None
    assert (found[0].id, found[1]) == ("secret", "secret")
    found = faults.place(setup, POP, find("AADSTS50076", facts, stage="token"))
    assert found is not None
    assert (found[0].id, found[1]) == ("sign-in", "")


def test_rights_of_graph_lead_to_the_whole_step() -> None:
    setup = Setup.load(setups.app_only(mode="microsoft-graph").pk)
    code = "graph-odata-disabled"
    assert find(code).step is Step.RIGHTS
    assert place(setup, code) == ("prerequisites", "")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("AADSTS50126", ("password", "password")),
        ("AADSTS50034", ("password", "login")),
        ("AADSTS50076", ("prerequisites", "")),
        ("AADSTS53003", ("prerequisites", "")),
        ("AADSTS7000218", ("public-client", "")),
        ("smtp-auth-off-mailbox", ("prerequisites", "")),
        ("token-not-accepted", ("prerequisites", "")),
    ],
)
def test_of_a_mailbox_password(
    ropc: Setup, code: str, expected: tuple[str, str]
) -> None:
    assert place(ropc, code) == expected


@pytest.mark.parametrize(
    ("mode", "code", "expected"),
    [
        ("google", "google-imap-off", ("prerequisites", "")),
        ("google", "google-mail-off", ("prerequisites", "")),
        ("google", "google-session-control", ("prerequisites", "")),
        ("google", "google-redirect-mismatch", ("google-client", "")),
        ("google", "google-not-a-test-user", ("google-client", "")),
        ("google", "google-token-refused", ("sign-in", "")),
        ("google-service", "google-delegation-missing", ("google-client", "")),
        ("google-service", "google-scope-invalid", ("google-client", "")),
    ],
)
def test_of_google(mode: str, code: str, expected: tuple[str, str]) -> None:
    draft = setups.begin("g@contoso.example")
    setups.save(draft, "mode", mode=mode)
    assert place(Setup.load(draft.pk), code) == expected


@pytest.mark.parametrize(
    "code", ["exchange-password-gone", "google-app-password-required"]
)
def test_a_server_that_takes_no_passwords_leads_to_the_ways(code: str) -> None:
    draft = setups.begin("p@contoso.example")
    setups.save(draft, "mode", mode="imap-smtp")
    assert place(Setup.load(draft.pk), code) == ("mode", "mode")


def test_of_sending_the_other_server_is_meant(app: Setup) -> None:
    assert place(app, "dns-unknown", SMTP) == ("network", "server_out")
    assert place(app, "tls-not-tls", SMTP) == ("network", "security_out")


def test_every_code_has_a_place_or_is_mended_elsewhere(app: Setup, ropc: Setup) -> None:
    for code in all_codes():
        for setup in (app, ropc):
            for kind in (POP, SMTP):
                found = faults.place(setup, kind, find(code))
                if found is None:
                    assert find(code).step not in ALWAYS, code
                    continue
                step, field = found
                assert step.applies(setup), code
                asked = [one.name for one in step.asked(setup)]
                assert field == "" or field in asked, code

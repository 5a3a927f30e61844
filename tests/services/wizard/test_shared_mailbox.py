"""The wizard's way to a shared mailbox: who signs in, rights, permissions, a test."""

from __future__ import annotations

import pytest

from mailboxes.core.errors import OptionError
from mailboxes.models import Proxy, SetupDraft
from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import PUBLIC_APP_ID, accounts
from mailboxes.services.findings import find
from mailboxes.services.wizard import drafts, faults, making, permissions, powershell
from mailboxes.services.wizard.setup import Setup
from tests.fixtures import setups

pytestmark = pytest.mark.django_db

SHARED, PERSON = "service@contoso.example", "support@contoso.example"


def begun(mode: str, direction: str = "both", account: str = PERSON) -> Setup:
    typed = {"address": SHARED, "direction": direction, "account": account}
    draft = drafts.begin(typed, None)
    setups.save(draft, "mode", mode=mode)
    setups.save(draft, "register", registration="")
    setups.save(draft, "ids", **(setups.IDS | {"client_id": PUBLIC_APP_ID}))
    return Setup.load(draft.pk)


def reloaded(setup: Setup) -> Setup:
    return Setup.load(setup.draft.pk)


@pytest.mark.parametrize("mode", ["microsoft-password", "microsoft-graph-password"])
def test_account_is_typed_once_for_both_directions(
    sandbox: Sandbox, proxy: Proxy, mode: str
) -> None:
    setup = begun(mode)
    password = accounts()[PERSON].password
    setups.save(setup.draft, "password", login="", password=password)
    network = setups.NETWORK | {"proxy": str(proxy.pk)}
    setups.save(setup.draft, "network", **network)
    setups.save(setup.draft, "fetching", **setups.FETCHING)
    assert [run.state for run in setups.tested(setup.draft)] == ["passed"] * 2
    made = making.save_off(setup.draft.pk, None).draft
    assert made.pop_client is not None and made.smtp_client is not None
    assert (made.pop_client.account, made.smtp_client.account) == (PERSON, PERSON)
    assert (made.pop_client.mailbox, made.smtp_client.mailbox) == ("", SHARED)


def test_application_needs_no_account() -> None:
    setup = begun("microsoft-app")
    assert (setup.account, setup.own("pop-client")["account"]) == ("", "")
    assert powershell.shared(setup) == ""


@pytest.mark.parametrize(
    ("direction", "send_as"),
    [
        ("receive", []),
        (
            "both",
            [
                f"Add-RecipientPermission -Identity '{SHARED}' -Trustee '{PERSON}'"
                " -AccessRights SendAs -Confirm:$false"
            ],
        ),
    ],
)
def test_lines_open_the_mailbox_to_the_account(
    direction: str, send_as: list[str]
) -> None:
    lines = powershell.shared(begun("microsoft-sign-in", direction)).split("\n")
    assert lines == [
        "Connect-ExchangeOnline",
        f"Add-MailboxPermission -Identity '{SHARED}' -User '{PERSON}'"
        " -AccessRights FullAccess -AutoMapping $false",
        *send_as,
        f"Get-MailboxPermission -Identity '{SHARED}' -User '{PERSON}'",
    ]


def test_graph_needs_the_permissions_for_shared_mailboxes() -> None:
    found = permissions.needed(begun("microsoft-graph-sign-in"))
    assert [one.name for one in found] == [
        "Mail.ReadWrite.Shared",
        "Mail.Send.Shared",
        "User.Read",
        "offline_access",
    ]


def test_other_protocols_have_no_permissions_for_shared_mailboxes() -> None:
    found = permissions.needed(begun("microsoft-sign-in"))
    assert [one.name for one in found][:2] == ["IMAP.AccessAsUser.All", "SMTP.Send"]


@pytest.mark.parametrize(
    ("account", "message"),
    [
        ("anna", "Enter the user principal name, such as anna@contoso.com."),
        (
            SHARED.upper(),
            "This is the mailbox itself. Enter the account that opens it, or nothing.",
        ),
    ],
)
def test_mistake_in_the_account_is_named(account: str, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        begun("microsoft-sign-in", account=account)
    assert [(p.option, p.message) for p in caught.value.problems] == [
        ("account", message)
    ]
    assert not SetupDraft.objects.exists()


def test_account_is_changed_in_the_first_step() -> None:
    setup = begun("microsoft-sign-in")
    typed = {"address": SHARED, "direction": "both", "account": ""}
    setups.save(setup.draft, "mailbox", **typed)
    assert reloaded(setup).account == ""


def test_disabled_account_leads_to_the_field_of_the_account() -> None:
    setup = begun("microsoft-password", account="")
    found = faults.place(setup, "pop-client", find("AADSTS50057", {}, stage="token"))
    assert found is not None
    assert (found[0].id, found[1]) == ("mailbox", "account")


def test_missing_rights_lead_to_the_lines_to_copy() -> None:
    setup = begun("microsoft-sign-in")
    facts = {"user": SHARED, "account": PERSON}
    finding = find("ews-access-denied", facts, stage="mailbox")
    found = faults.place(setup, "pop-client", finding)
    assert found is not None
    assert (finding.id, found[0].id) == ("shared-rights-missing", "prerequisites")

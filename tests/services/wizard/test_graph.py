"""The wizard's way to Graph: steps, permissions, lines to copy, a green test."""

from __future__ import annotations

import pytest

from mailboxes.models import Proxy
from mailboxes.sandbox.server import Sandbox
from mailboxes.sandbox.world import PUBLIC_APP_ID, accounts
from mailboxes.services.wizard import making, permissions, powershell, steps
from mailboxes.services.wizard.setup import Setup
from tests.fixtures import setups

pytestmark = pytest.mark.django_db

MODE = "microsoft-graph"


SEND, CHANGE = "Mail.Send", "Mail.ReadWrite"


@pytest.mark.parametrize(
    ("direction", "names"),
    [("receive", [CHANGE]), ("send", [SEND, CHANGE]), ("both", [CHANGE, SEND])],
)
def test_permissions_are_those_of_the_direction(
    direction: str, names: list[str]
) -> None:
    setup = Setup.load(setups.app_only(direction=direction, mode=MODE).pk)
    found = permissions.needed(setup)
    assert [(one.kind, one.name) for one in found] == [
        (permissions.APPLICATION, name) for name in names
    ]


def test_steps_ask_for_nothing_of_imap_and_smtp() -> None:
    setup = Setup.load(setups.app_only(mode=MODE).pk)
    shown = steps.of(setup)
    assert "exchange" not in [step.id for step in shown]
    asked = {field.name for step in shown for field in step.asked(setup)}
    assert {"secret", "proxy", "folder_path"} <= asked
    assert not asked & {"server_in", "port_in", "server_out", "password"}
    assert powershell.prerequisites(setup) == ""
    assert permissions.consent_scope(setup) == "https://graph.microsoft.com/.default"


def test_lines_confine_the_application_to_the_mailbox() -> None:
    lines = powershell.confined(Setup.load(setups.app_only(mode=MODE).pk)).split("\n")
    client = setups.GATEWAY.client_id
    assert lines == [
        "Connect-ExchangeOnline",
        f"New-ServicePrincipal -AppId '{client}' -ObjectId '<Object ID>'"
        " -DisplayName 'mailadmin'",
        "New-ManagementScope -Name 'mailadmin' -RecipientRestrictionFilter"
        f" 'EmailAddresses -eq ''smtp:{setups.ADDRESS}'''",
        "New-ManagementRoleAssignment -App '<Object ID>'"
        " -Role 'Application Mail.ReadWrite' -CustomResourceScope 'mailadmin'",
        "New-ManagementRoleAssignment -App '<Object ID>'"
        " -Role 'Application Mail.Send' -CustomResourceScope 'mailadmin'",
        "Test-ServicePrincipalAuthorization -Identity '<Object ID>'"
        f" -Resource '{setups.ADDRESS}'",
    ]


def test_other_protocols_have_no_such_lines() -> None:
    assert powershell.confined(Setup.load(setups.app_only().pk)) == ""


@pytest.mark.parametrize(
    ("mode", "further"),
    [
        ("microsoft-graph-password", ["User.Read"]),
        ("microsoft-graph-sign-in", ["User.Read", "offline_access"]),
        ("microsoft-graph-device", ["User.Read", "offline_access"]),
    ],
)
def test_person_needs_delegated_permissions(mode: str, further: list[str]) -> None:
    setup = Setup.load(setups.app_only(mode=mode).pk)
    found = permissions.needed(setup)
    assert [(one.api, one.kind, one.name) for one in found] == [
        (permissions.GRAPH_API, permissions.DELEGATED, name)
        for name in [CHANGE, SEND, *further]
    ]
    assert permissions.consent_scope(setup) == "https://graph.microsoft.com/.default"
    assert powershell.confined(setup) == ""


def test_mailbox_is_set_up_with_its_password(sandbox: Sandbox, proxy: Proxy) -> None:
    draft = setups.app_only(
        proxy=proxy, mode="microsoft-graph-password", client_id=PUBLIC_APP_ID
    )
    password = accounts()[setups.ADDRESS].password
    setups.save(draft, "password", login="", password=password)
    assert [run.state for run in setups.tested(draft)] == ["passed"] * 2
    setup = making.save_off(draft.pk, None)
    pop = setup.draft.pop_client
    assert pop is not None
    assert (pop.grant_type, pop.server) == ("user_password", "")


def test_mailbox_is_tested_and_turned_on(sandbox: Sandbox, proxy: Proxy) -> None:
    draft = setups.app_only(proxy=proxy, mode=MODE)
    assert [run.state for run in setups.tested(draft)] == ["passed"] * 2
    assert Setup.load(draft.pk).proven
    setup = making.save_off(draft.pk, None)
    pop, smtp = setup.draft.pop_client, setup.draft.smtp_client
    assert pop is not None and smtp is not None
    assert (pop.type, pop.server, smtp.server_type) == ("GRAPH", "", "GRAPH")

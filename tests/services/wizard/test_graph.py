"""The wizard's way to Graph: steps, permissions, lines to copy, a green test."""

from __future__ import annotations

import pytest

from mailboxes.models import Proxy
from mailboxes.sandbox.server import Sandbox
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


def test_mailbox_is_tested_and_turned_on(sandbox: Sandbox, proxy: Proxy) -> None:
    draft = setups.app_only(proxy=proxy, mode=MODE)
    assert [run.state for run in setups.tested(draft)] == ["passed"] * 2
    assert Setup.load(draft.pk).proven
    setup = making.save_off(draft.pk, None)
    pop, smtp = setup.draft.pop_client, setup.draft.smtp_client
    assert pop is not None and smtp is not None
    assert (pop.type, pop.server, smtp.server_type) == ("GRAPH", "", "GRAPH")

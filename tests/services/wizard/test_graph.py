"""The wizard's way to Graph: steps, permissions, lines to copy, a green test."""

from __future__ import annotations

import re

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
        f"New-ManagementScope -Name 'mailadmin {setups.ADDRESS}'"
        " -RecipientRestrictionFilter"
        f" 'EmailAddresses -eq ''smtp:{setups.ADDRESS}'''",
        "New-ManagementRoleAssignment"
        f" -Name 'mailadmin {setups.ADDRESS} Mail.ReadWrite' -App '<Object ID>'"
        " -Role 'Application Mail.ReadWrite'"
        f" -CustomResourceScope 'mailadmin {setups.ADDRESS}'",
        "New-ManagementRoleAssignment"
        f" -Name 'mailadmin {setups.ADDRESS} Mail.Send' -App '<Object ID>'"
        " -Role 'Application Mail.Send'"
        f" -CustomResourceScope 'mailadmin {setups.ADDRESS}'",
        "Test-ServicePrincipalAuthorization -Identity '<Object ID>'"
        f" -Resource '{setups.ADDRESS}'",
    ]


def test_confining_lines_hold_the_object_id_that_is_asked_beside_them() -> None:
    draft = setups.app_only(mode=MODE)
    asked = steps.BY_ID["prerequisites"].asked(Setup.load(draft.pk))
    assert [field.name for field in asked] == ["principal_id"]
    known = setups.GATEWAY.principal_id
    setups.save(draft, "prerequisites", principal_id=known)
    lines = powershell.confined(Setup.load(draft.pk))
    assert (lines.count(f"'{known}'"), lines.count("<Object ID>")) == (4, 0)


def test_confining_lines_of_several_mailboxes_share_no_name() -> None:
    long = "customer-support-escalations-europe-middle-east-{}@contoso.example"
    names = []
    for address in ("a@contoso.example", long.format(1), long.format(2)):
        draft = setups.app_only(address, mode=MODE, name=address[-40:])
        setup = Setup.load(draft.pk)
        names += re.findall(r" -Name '([^']+)'", powershell.confined(setup))
    assert (len(names), len(set(names))) == (9, 9)
    assert max(len(name) for name in names) == 64  # what Exchange takes


@pytest.mark.parametrize(
    ("direction", "roles"),
    [
        ("receive", ["Mail.ReadWrite"]),
        ("send", ["Mail.Send", "Mail.ReadWrite"]),
        ("both", ["Mail.ReadWrite", "Mail.Send"]),
    ],
)
def test_confining_lines_give_a_role_for_each_permission(
    direction: str, roles: list[str]
) -> None:
    setup = Setup.load(setups.app_only(direction=direction, mode=MODE).pk)
    found = re.findall(r"-Role 'Application ([^']+)'", powershell.confined(setup))
    assert found == roles


def test_confining_lines_keep_an_odd_address_literal() -> None:
    draft = setups.app_only("o'neill$x@contoso.example", "receive", mode=MODE)
    line = powershell.confined(Setup.load(draft.pk)).splitlines()[2]
    assert line == (
        "New-ManagementScope -Name 'mailadmin o''neill$x@contoso.example'"
        " -RecipientRestrictionFilter"
        " 'EmailAddresses -eq ''smtp:o''''neill$x@contoso.example'''"
    )


@pytest.mark.parametrize("mark", ["'", "\u2018", "\u2019", "\u201a", "\u201b"])
def test_no_quote_that_powershell_knows_ends_a_literal(mark: str) -> None:
    assert powershell.quoted(f"a{mark}; b") == f"'a{mark}{mark}; b'"


def test_other_protocols_have_no_such_lines() -> None:
    setup = Setup.load(setups.app_only().pk)
    assert powershell.confined(setup) == ""
    assert steps.BY_ID["prerequisites"].asked(setup) == []


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

"""The ways of connecting by EWS, from the draft to the first message, at the sandbox.

The one with the mailbox's password is the procedure of older e-mail servers: public
client, User.Read and EWS.AccessAsUser.All, no second factor, nothing on the mailbox.
"""

from __future__ import annotations

import pytest

from mailboxes.core import choices
from mailboxes.core.choices import Protocol
from mailboxes.models import Message, PopClient, Proxy, SmtpClient
from mailboxes.sandbox import world
from mailboxes.sandbox.server import Sandbox
from mailboxes.services import fetch
from mailboxes.services.wizard import making, permissions, powershell
from mailboxes.services.wizard.setup import Setup
from mailboxes.services.wizard.steps import of
from mailboxes.services.worker.pool import pool
from tests.fixtures import setups

pytestmark = pytest.mark.django_db

OWN = f"https://{world.ON_PREMISES}/EWS/Exchange.asmx"
PUBLIC = world.APPS[world.PUBLIC_APP_ID]
AT_MICROSOFT = "mailbox mode register ids {} permissions prerequisites network fetching"
# mode: address, the steps between, permissions
MODES = {
    "microsoft-ews-app": (
        "returns@contoso.example",
        AT_MICROSOFT.format("secret"),
        ["full_access_as_app"],
    ),
    "microsoft-ews-password": (
        "returns@contoso.example",
        AT_MICROSOFT.format("public-client password"),
        ["EWS.AccessAsUser.All", "User.Read"],
    ),
    "exchange-ews": (
        "legacy@contoso.example",
        "mailbox mode password network fetching",
        [],
    ),
}


@pytest.mark.parametrize("mode", MODES)
def test_mode_leads_to_the_first_message(
    sandbox: Sandbox, proxy: Proxy, mode: str
) -> None:
    address, steps, needed = MODES[mode]
    draft = setups.begin(address)
    setups.save(draft, "mode", mode=mode)
    if mode != "exchange-ews":
        setups.save(draft, "register", registration="")
        app = setups.GATEWAY if mode == "microsoft-ews-app" else PUBLIC
        setups.save(draft, "ids", **(setups.IDS | {"client_id": app.client_id}))
    if mode == "microsoft-ews-app":
        setups.save(draft, "secret", **setups.SECRET)
    else:
        password = world.accounts()[address].password
        setups.save(draft, "password", login="", password=password)
    server = {"server_in": OWN, "server_out": OWN} if mode == "exchange-ews" else {}
    setup = Setup.load(draft.pk)
    known = {
        "server_in": str(setup.own("pop-client")["server"]),
        "server_out": str(setup.own("smtp-client")["server"]),
    }
    setups.save(draft, "network", **(known | server | {"proxy": str(proxy.pk)}))
    setups.save(draft, "fetching", **(setups.FETCHING | {"first_fetch": "everything"}))
    setup = Setup.load(draft.pk)
    assert [step.id for step in of(setup)] == [*steps.split(), "test", "turn-on"]
    assert [one.name for one in permissions.needed(setup)] == needed
    runs = setups.tested(draft)
    assert [run.state for run in runs] == [choices.TestState.PASSED] * 2
    making.turn_on(draft.pk, None)
    client = PopClient.objects.get()
    assert (client.type, SmtpClient.objects.get().server_type) == (
        Protocol.EWS,
        Protocol.EWS,
    )
    fetch.fetch_now(client.pk)
    pool.close_all()
    assert Message.objects.count() == 12


def _ews_app(**ids: str) -> Setup:
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-ews-app")
    if ids:
        setups.save(draft, "register", registration="")
        setups.save(draft, "ids", **ids)
    return Setup.load(draft.pk)


def test_lines_for_the_mailbox_leave_the_tenant_alone() -> None:
    assert powershell.prerequisites(_ews_app(**setups.IDS)).splitlines() == [
        "Connect-ExchangeOnline",
        "Set-CASMailbox -Identity 'returns@contoso.example' -EwsEnabled $true",
        "Get-CASMailbox -Identity 'returns@contoso.example' | Format-List ImapEnabled,"
        "PopEnabled,SmtpClientAuthenticationDisabled,EwsEnabled",
    ]


def test_lines_that_read_the_tenant_stand_apart() -> None:
    assert powershell.ews_state(_ews_app()).splitlines() == [
        "Connect-ExchangeOnline",
        "Get-OrganizationConfig | Format-List EwsEnabled",
        "Get-OrganizationConfig -RetrieveEwsOperationAccessPolicy"
        " | Format-List EwsAllowedAppIDs",
    ]


def test_lines_for_the_tenant_keep_the_list_and_add_once() -> None:
    [admit, shown] = powershell.ews_of_the_tenant(_ews_app(**setups.IDS)).splitlines()
    assert admit == (
        "Set-OrganizationConfig -EwsEnabled $true -EwsAllowedAppIDs"
        ' ((@("$((Get-OrganizationConfig -RetrieveEwsOperationAccessPolicy'
        " -ErrorAction Stop).EwsAllowedAppIDs)\" -split '[,;\\s]+')"
        f" + '{setups.GATEWAY.client_id}' -ne '' | Sort-Object -Unique) -join ',')"
    )
    assert shown == (
        "Get-OrganizationConfig -RetrieveEwsOperationAccessPolicy"
        " | Format-List EwsAllowedAppIDs"
    )


def test_lines_for_the_tenant_wait_for_the_client_id() -> None:
    assert powershell.ews_of_the_tenant(_ews_app()) == ""


def test_other_protocols_have_no_lines_for_ews() -> None:
    setup = Setup.load(setups.app_only().pk)
    assert (powershell.ews_state(setup), powershell.ews_of_the_tenant(setup)) == (
        "",
        "",
    )


def test_a_national_cloud_brings_its_address() -> None:
    draft = setups.begin()
    setups.save(draft, "mode", mode="microsoft-ews-app")
    setups.save(draft, "register", registration="")
    government = {"tenant_authority": "https://login.microsoftonline.us"}
    setups.save(draft, "ids", **(setups.IDS | government))
    setup = Setup.load(draft.pk)
    address = "https://outlook.office365.us/EWS/Exchange.asmx"
    assert setup.own("pop-client")["server"] == address
    assert setup.own("smtp-client")["server"] == address

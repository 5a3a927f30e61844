"""Lines of Exchange Online PowerShell to copy, with the ids of a draft filled in.

Run by an Exchange administrator elsewhere; nothing here runs them. What they are for:
providers.md section 1.5, diagnosis.md rows 92 to 111.
"""

from __future__ import annotations

from ...core.choices import Protocol
from ..findings.rows_ews import EWS_ADMIT, EWS_STATE
from .modes import POP, SMTP
from .setup import Setup

NAME = "mailadmin"
OBJECT_ID = "<Object ID>"  # where it is not known yet
SCOPE = "mailadmin"  # name of a management scope
CONNECT = "Connect-ExchangeOnline"
# Roles of RBAC for Applications, by direction (providers.md section 1.1).
GRAPH_ROLES = {POP: "Application Mail.ReadWrite", SMTP: "Application Mail.Send"}


def quoted(text: str) -> str:
    """A literal of PowerShell: between single quotes nothing is expanded."""
    return "'" + text.replace("'", "''") + "'"


def prerequisites(setup: Setup) -> str:
    """Switches the protocols of the mailbox on; "" where there is nothing to switch."""
    protocols = setup.protocols()
    switches = []
    if protocols.get(POP) == Protocol.IMAP:
        switches.append("-ImapEnabled $true")
    if protocols.get(POP) == Protocol.POP3:
        switches.append("-PopEnabled $true")
    if protocols.get(SMTP) == Protocol.SMTP:
        switches.append("-SmtpClientAuthenticationDisabled $false")
    ews = Protocol.EWS in protocols.values()
    if ews:
        switches.append("-EwsEnabled $true")
    if not switches:
        return ""
    mailbox = quoted(setup.draft.address)
    shown = "ImapEnabled,PopEnabled,SmtpClientAuthenticationDisabled"
    return "\n".join(
        [
            CONNECT,
            f"Set-CASMailbox -Identity {mailbox} {' '.join(switches)}",
            f"Get-CASMailbox -Identity {mailbox} | Format-List"
            f" {shown + ',EwsEnabled' if ews else shown}",
        ]
    )


def ews_state(setup: Setup) -> str:
    """Shows who may use EWS in the tenant, and changes nothing; "" without EWS."""
    if Protocol.EWS not in setup.protocols().values():
        return ""
    return "\n".join([CONNECT, *EWS_STATE])


def ews_of_the_tenant(setup: Setup) -> str:
    """Adds the application to those that Exchange Online still lets use EWS.

    It is a change for every application of the tenant, so it stands apart from the
    lines for the mailbox. "" without EWS, and before the client id is known: a name in
    its place would be written to the list.
    """
    row = setup.registration
    if row is None or not row.client_id or not ews_state(setup):
        return ""
    admit = EWS_ADMIT.replace("{client_id}", quoted(row.client_id))
    return "\n".join([admit, EWS_STATE[-1]])


def service_principal(setup: Setup) -> str:
    """Makes the application known to Exchange and opens the mailbox to it."""
    row = setup.registration
    if row is None:
        return ""
    known = quoted(setup.draft.principal_id or OBJECT_ID)
    mailbox = quoted(setup.draft.address)
    lines = [
        CONNECT,
        f"New-ServicePrincipal -AppId {quoted(row.client_id)} -ObjectId {known}"
        f" -DisplayName {quoted(NAME)}",
        f"Add-MailboxPermission -Identity {mailbox} -User {known}"
        " -AccessRights FullAccess",
        f"Get-MailboxPermission -Identity {mailbox} -User {known}",
    ]
    return "\n".join(lines)


def shared(setup: Setup) -> str:
    """Opens a shared mailbox to the account that signs in; "" where it does itself.

    Without AutoMapping Outlook of that person does not show the mailbox.
    """
    if not setup.account:
        return ""
    mailbox, account = quoted(setup.draft.address), quoted(setup.account)
    sends = [
        f"Add-RecipientPermission -Identity {mailbox} -Trustee {account}"
        " -AccessRights SendAs -Confirm:$false"
    ]
    return "\n".join(
        [
            CONNECT,
            f"Add-MailboxPermission -Identity {mailbox} -User {account}"
            " -AccessRights FullAccess -AutoMapping $false",
            *(sends if SMTP in setup.kinds else ()),
            f"Get-MailboxPermission -Identity {mailbox} -User {account}",
        ]
    )


def confined(setup: Setup) -> str:
    """Lets the application use Graph with this mailbox alone; "" without Graph.

    RBAC for Applications, in place of the permissions that were consented to.
    """
    row, mode = setup.registration, setup.mode
    roles = [
        GRAPH_ROLES[kind]
        for kind, protocol in setup.protocols().items()
        if protocol == Protocol.GRAPH
    ]
    if row is None or mode is None or not mode.app_only or not roles:
        return ""
    known = quoted(setup.draft.principal_id or OBJECT_ID)
    address = setup.draft.address.replace("'", "''")
    only = quoted(f"EmailAddresses -eq 'smtp:{address}'")
    return "\n".join(
        [
            CONNECT,
            f"New-ServicePrincipal -AppId {quoted(row.client_id)} -ObjectId {known}"
            f" -DisplayName {quoted(NAME)}",
            f"New-ManagementScope -Name {quoted(SCOPE)}"
            f" -RecipientRestrictionFilter {only}",
            *(
                f"New-ManagementRoleAssignment -App {known} -Role {quoted(role)}"
                f" -CustomResourceScope {quoted(SCOPE)}"
                for role in roles
            ),
            f"Test-ServicePrincipalAuthorization -Identity {known}"
            f" -Resource {quoted(setup.draft.address)}",
        ]
    )

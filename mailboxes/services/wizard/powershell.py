"""Lines of Exchange Online PowerShell to copy, with the ids of a draft filled in.

Run by an Exchange administrator elsewhere; nothing here runs them. What they are for:
providers.md section 1.5, diagnosis.md rows 92 to 111.
"""

from __future__ import annotations

from ...core.choices import Protocol
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
    if not switches:
        return ""
    mailbox = quoted(setup.draft.address)
    return "\n".join(
        [
            CONNECT,
            f"Set-CASMailbox -Identity {mailbox} {' '.join(switches)}",
            f"Get-CASMailbox -Identity {mailbox} | Format-List ImapEnabled,PopEnabled,"
            "SmtpClientAuthenticationDisabled",
        ]
    )


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

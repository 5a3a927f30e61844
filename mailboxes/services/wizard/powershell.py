"""Lines of Exchange Online PowerShell to copy, with the ids of a draft filled in.

Run by an Exchange administrator elsewhere; nothing here runs them. What they are for:
providers.md section 1.5, diagnosis.md rows 92 to 111.
"""

from __future__ import annotations

import hashlib
import re

from ...core.choices import Protocol
from ..findings.rows_ews import EWS_ADMIT, EWS_STATE
from . import permissions
from .modes import POP, SMTP
from .setup import Setup

NAME = "mailadmin"
OBJECT_ID = "<Object ID>"  # where it is not known yet
CONNECT = "Connect-ExchangeOnline"
LONGEST_NAME = 64  # characters that Exchange takes as the name of an object
# What PowerShell takes for a single quote.
_QUOTES = re.compile("(['\u2018-\u201b])")


def quoted(text: str) -> str:
    """A literal of PowerShell: between single quotes nothing is expanded."""
    return "'" + _QUOTES.sub(r"\1\1", text) + "'"


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

    RBAC for Applications, in place of the permissions that were consented to: a role
    for each of them. Scope and assignments are named by the mailbox, because one
    application may be let into several.
    """
    row, roles = setup.registration, _roles(setup)
    if row is None or not roles:
        return ""
    known = quoted(setup.draft.principal_id or OBJECT_ID)
    address = setup.draft.address
    only = f"EmailAddresses -eq {quoted(f'smtp:{address}')}"
    scope = quoted(_name(f"{NAME} {address}"))
    return "\n".join(
        [
            CONNECT,
            f"New-ServicePrincipal -AppId {quoted(row.client_id)} -ObjectId {known}"
            f" -DisplayName {quoted(NAME)}",
            f"New-ManagementScope -Name {scope}"
            f" -RecipientRestrictionFilter {quoted(only)}",
            *(
                f"New-ManagementRoleAssignment"
                f" -Name {quoted(_name(f'{NAME} {address} {role}'))} -App {known}"
                f" -Role {quoted(f'Application {role}')} -CustomResourceScope {scope}"
                for role in roles
            ),
            f"Test-ServicePrincipalAuthorization -Identity {known}"
            f" -Resource {quoted(address)}",
        ]
    )


def asked_beside(setup: Setup, step_id: str) -> tuple[str, ...]:
    """Fields that a step asks for its lines alone: they may stay empty, and no finding
    leads to them. Those that it has to ask: steps.
    """
    return ("principal_id",) if step_id == "prerequisites" and _roles(setup) else ()


def _roles(setup: Setup) -> list[str]:
    """Permissions of Microsoft Graph that a role of Exchange can stand in for."""
    return [
        one.name
        for one in permissions.needed(setup)
        if (one.api, one.kind) == (permissions.GRAPH_API, permissions.APPLICATION)
    ]


def _name(text: str) -> str:
    """As a name of an object of Exchange: one that is too long ends in a hash."""
    if len(text) <= LONGEST_NAME:
        return text
    end = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"{text[: LONGEST_NAME - len(end) - 1]} {end}"

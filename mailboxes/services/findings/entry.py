"""One entry of the catalogue, and the words that many entries share.

The entries stand in the rows_* modules, a module for each area of diagnosis.md;
`catalogue` puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.choices import Retry, Step
from ..finding import Finding, Who

CONSOLE, ENTRA, EXCHANGE = Who.CONSOLE, Who.ENTRA, Who.EXCHANGE
GOOGLE, OWNER = Who.GOOGLE, Who.OWNER
NETWORK, NOBODY = Who.NETWORK, Who.NOBODY
NOW, BACK_OFF, SIGN_IN = Retry.NOW, Retry.BACK_OFF, Retry.OWNER

# Where to click, as the portals name their pages.
ENTRA_ID = "Entra admin center > Entra ID"
APP = f"{ENTRA_ID} > App registrations > (application)"
PERMISSIONS = f"{APP} > API permissions"
SECRETS = f"{APP} > Certificates & secrets"
AUTHENTICATION = f"{APP} > Authentication"
OVERVIEW = f"{APP} > Overview"
ENTERPRISE = f"{ENTRA_ID} > Enterprise apps > (application)"
USER = f"{ENTRA_ID} > Users > (user)"
POLICIES = f"{ENTRA_ID} > Conditional Access > Policies"
SIGN_IN_LOGS = f"{ENTRA_ID} > Monitoring & health > Sign-in logs"
DEFAULTS = f"{ENTRA_ID} > Overview > Properties > Manage security defaults"
RISKS = "Entra admin center > ID Protection"
USER_365 = "Microsoft 365 admin center > Users > Active users > (user)"
EMAIL_APPS = f"{USER_365} > Mail > Manage email apps"
HEALTH = "Microsoft 365 admin center > Health > Service health"
LICENCES = f"{USER_365} > Licenses and apps"
GOOGLE_CONSENT = "Google Cloud console > Google Auth Platform > Audience"
GOOGLE_CLIENTS = "Google Cloud console > Google Auth Platform > Clients"
GOOGLE_API = "Google Admin console > Security > Access and data control > API controls"

# PowerShell of Exchange Online; {…} are filled from the evidence where it has them.
FULL_ACCESS = (
    "Add-MailboxPermission -Identity {mailbox} -User {user} -AccessRights FullAccess"
)
SEND_AS = "Add-RecipientPermission {mailbox} -Trustee {user} -AccessRights SendAs"
SERVICE_PRINCIPAL = "New-ServicePrincipal -AppId {client_id} -ObjectId {object_id}"
SERVICE_RIGHTS = (
    "Add-MailboxPermission -Identity {mailbox} -User {object_id} -AccessRights"
    " FullAccess"
)
CAS = (
    "Get-CASMailbox {mailbox} | Format-List"
    " ImapEnabled,PopEnabled,EwsEnabled,SmtpClientAuthenticationDisabled"
)


@dataclass(frozen=True)
class Entry:
    """A finding with the numbers of Microsoft's (AADSTS…) that mean it."""

    finding: Finding
    numbers: tuple[int, ...] = ()


def row(
    id: str,
    number: int,
    title: Any,
    cause: Any,
    step: Step,
    option: str,
    fix: Any,
    *,
    who: Who = CONSOLE,
    retry: Retry = Retry.ADMIN,
    likely: bool = False,
    numbers: tuple[int, ...] = (),
    copy: tuple[str, ...] = (),
    portal: str = "",
    generic: bool = False,
) -> Entry:
    """An entry; `number` is its row in diagnosis.md, 0 where that has none."""
    return Entry(
        Finding(
            code=id,
            title=title,
            cause=cause,
            step=step,
            fix=fix,
            option=option,
            who_id=who,
            retry=retry,
            certain=not likely,
            id=id,
            row=number,
            copy=copy,
            portal=portal,
            generic=generic,
        ),
        numbers,
    )

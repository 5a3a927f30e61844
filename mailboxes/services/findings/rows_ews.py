"""Exchange Web Services: diagnosis.md rows 133 to 149."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ...core.choices import Step
from .entry import (
    BACK_OFF,
    ENTRA,
    EXCHANGE,
    FULL_ACCESS,
    LICENCES,
    NOBODY,
    NOW,
    PERMISSIONS,
    SEND_AS,
    Entry,
    row,
)

# The list is read apart: without its switch it comes back empty. The switch itself is
# read without (Microsoft, "Control access to EWS in Exchange").
EWS_STATE = (
    "Get-OrganizationConfig | Format-List EwsEnabled",
    "Get-OrganizationConfig -RetrieveEwsOperationAccessPolicy"
    " | Format-List EwsAllowedAppIDs",
)
# The list is one text with commas and is written whole, so what stands in it is read
# and kept. In one statement: where it cannot be read, nothing is written. A second run
# adds nothing.
EWS_ADMIT = (
    "Set-OrganizationConfig -EwsEnabled $true -EwsAllowedAppIDs"
    ' ((@("$((Get-OrganizationConfig -RetrieveEwsOperationAccessPolicy'
    " -ErrorAction Stop).EwsAllowedAppIDs)\" -split '[,;\\s]+') + {client_id} -ne ''"
    " | Sort-Object -Unique) -join ',')"
)

ROWS: tuple[Entry, ...] = (
    row(
        "ews-wrong-audience",
        133,
        _("The token is not for Exchange"),
        _("Likely it was made for Graph, which EWS does not take."),
        Step.SCOPE,
        "scope",
        _("Choose the scope https://outlook.office365.com/.default."),
        likely=True,
    ),
    row(
        "ews-unauthorized",
        134,
        _("EWS refused the sign-in"),
        _(
            "Likely the permission EWS.AccessAsUser.All (as an application"
            " full_access_as_app) is missing, or a password was used."
        ),
        Step.PERMISSIONS,
        "mail.<type>.auth.mechanisms",
        _("Add the permission, grant admin consent, and sign in by OAuth."),
        who=ENTRA,
        likely=True,
        portal=f"{PERMISSIONS} > Office 365 Exchange Online",
    ),
    row(
        "ews-switched-off",
        135,
        _("EWS is switched off in the tenant"),
        _(
            "Microsoft switches EWS off from October 2026: EWSEnabled is False, or this"
            " client ID is not on the list of admitted applications."
        ),
        Step.PROTOCOL,
        "type",
        _(
            "Read the list first: with EwsEnabled true only what stands in it gets in,"
            " in the whole tenant. Add the client ID (up to a day), and move to Graph"
            " before April 2027."
        ),
        who=EXCHANGE,
        copy=(*EWS_STATE, EWS_ADMIT),
    ),
    row(
        "ews-mailbox-refused",
        136,
        _("EWS refuses this mailbox"),
        _(
            "Likely its licence (F1, F3, Kiosk) has no EWS, or EWS is switched off for"
            " the mailbox or by a policy."
        ),
        Step.LICENCE,
        "",
        _(
            "Assign Exchange Online Plan 1 or better, then switch EWS on for the"
            " mailbox."
        ),
        who=EXCHANGE,
        likely=True,
        portal=LICENCES,
        copy=("Set-CASMailbox {mailbox} -EwsEnabled $true", *EWS_STATE),
    ),
    row(
        "ews-user-agent-refused",
        137,
        _("A policy admits only some programs to EWS"),
        _(
            "EwsApplicationAccessPolicy looks at the User-Agent; it also holds"
            " for Graph."
        ),
        Step.PROTOCOL,
        "",
        _("Add our User-Agent to the list of the policy."),
        who=EXCHANGE,
        copy=(
            "Get-OrganizationConfig | Format-List EwsApplicationAccessPolicy,Ews*List",
        ),
    ),
    row(
        "ews-personal-account",
        138,
        _("Outlook.com has no EWS"),
        _("Likely this is a personal account, for which EWS is not offered."),
        Step.ACCOUNT_TYPE,
        "type",
        _("Choose Graph or IMAP as type."),
        likely=True,
    ),
    row(
        "ews-no-mailbox",
        139,
        _("EWS knows no mailbox by this address"),
        _("Likely it has no licence, lives on premises, or the address is an alias."),
        Step.LICENCE,
        "mailbox",
        _("Enter the primary SMTP address, and check that the user has a mailbox."),
        who=EXCHANGE,
        likely=True,
        portal=LICENCES,
        copy=(
            "Get-EXOMailbox {mailbox} | Format-List"
            " PrimarySmtpAddress,RecipientTypeDetails",
        ),
    ),
    row(
        "ews-access-denied",
        140,
        _("EWS denies access to the folder"),
        _("Likely the log-in has no rights on this mailbox or folder."),
        Step.RIGHTS,
        "mailbox",
        _("Give the log-in Full Access to the mailbox."),
        who=EXCHANGE,
        likely=True,
        copy=(FULL_ACCESS,),
    ),
    row(
        "ews-impersonation-denied",
        141,
        _("The log-in may not act for the mailbox"),
        _(
            "The role ApplicationImpersonation has been removed by Microsoft, or the"
            " mailbox lies outside the scope of the application's role."
        ),
        Step.RIGHTS,
        "mailbox",
        _(
            "Sign in as an application with full_access_as_app, or open the mailbox as"
            " a delegate."
        ),
        who=EXCHANGE,
        portal=f"{PERMISSIONS} > Office 365 Exchange Online > Application permissions",
    ),
    row(
        "ews-impersonation-missing",
        142,
        _("The application must name the mailbox it acts for"),
        _(
            "Likely the request as an application lacked the header that names"
            " the mailbox."
        ),
        Step.SERVER,
        "mailbox",
        _("Enter the address of the mailbox, so that the request can name it."),
        likely=True,
    ),
    row(
        "ews-impersonation-not-allowed",
        142,
        _("This kind of sign-in may not act for another mailbox"),
        _(
            "Likely the token belongs to a user, and the request names a mailbox"
            " to act for."
        ),
        Step.SERVER,
        "grant-type",
        _("Sign in as an application, or open the mailbox as a delegate."),
        likely=True,
    ),
    row(
        "ews-server-busy",
        143,
        _("EWS asks for a pause"),
        _("The budget of this mailbox or application is spent."),
        Step.THROTTLING,
        "cycle-time",
        _("Nothing to do now; if it comes often, raise cycle-time."),
        who=NOBODY,
        retry=BACK_OFF,
    ),
    row(
        "ews-too-many-connections",
        144,
        _("Too many connections to EWS"),
        _("Exchange admits 27 at a time for an account."),
        Step.THROTTLING,
        "",
        _("Close other programs that use this account."),
        retry=BACK_OFF,
    ),
    row(
        "ews-send-as-denied",
        145,
        _("The log-in may not send as this sender"),
        _("Likely Send As is not granted for the sender's mailbox."),
        Step.RIGHTS,
        "mailbox",
        _("Grant Send As, or send from the mailbox that signs in; allow an hour."),
        who=EXCHANGE,
        likely=True,
        copy=(SEND_AS,),
    ),
    row(
        "ews-mailbox-moving",
        146,
        _("The mailbox is being moved, or its store has a fault"),
        _("Likely Exchange moves it to another server; that ends by itself."),
        Step.SERVICE,
        "",
        _("Nothing to do: it is tried again by itself."),
        who=NOBODY,
        retry=BACK_OFF,
        likely=True,
    ),
    row(
        "ews-sync-state-lost",
        147,
        _("Exchange no longer knows where the last fetch ended"),
        _("Likely the mailbox was moved, or the state is too old."),
        Step.SYNC,
        "",
        _("Nothing to do: the folder is read anew, and nothing is stored twice."),
        who=NOBODY,
        retry=NOW,
        likely=True,
    ),
    row(
        "ews-subscription-lost",
        148,
        _("The notification of Exchange has ended"),
        _("Likely it expired, or the mailbox was moved."),
        Step.SYNC,
        "",
        _("Nothing to do: a new one is made by itself."),
        who=NOBODY,
        retry=NOW,
        likely=True,
    ),
    row(
        "ews-quota",
        149,
        _("The mailbox is full"),
        _("Likely its quota is reached; Exchange stores nothing more in it."),
        Step.QUOTA,
        "",
        _("Free space in the mailbox, or raise its quota."),
        who=EXCHANGE,
        likely=True,
    ),
    row(
        "ews-message-too-large",
        149,
        _("The message is larger than Exchange takes"),
        _("Likely an attachment exceeds the limit of the mailbox or of EWS."),
        Step.MESSAGE,
        "",
        _("Shrink the attachments or send a link."),
        likely=True,
    ),
)

"""IMAP, Exchange Online first: diagnosis.md rows 92 to 108; POP3: rows_pop."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ...core.choices import Step
from .entry import (
    BACK_OFF,
    CAS,
    EMAIL_APPS,
    ENTERPRISE,
    EXCHANGE,
    FULL_ACCESS,
    HEALTH,
    NOBODY,
    NOW,
    OWNER,
    PERMISSIONS,
    SERVICE_PRINCIPAL,
    SERVICE_RIGHTS,
    Entry,
    row,
)

ROWS: tuple[Entry, ...] = (
    row(
        "imap-token-refused",
        92,
        _("The IMAP server refused the token"),
        _(
            "The server gives no reason. Likely the token is for another service or"
            " lacks IMAP.AccessAsUser.All (as an application IMAP.AccessAsApp);"
            " else the"
            " log-in has no rights on the mailbox."
        ),
        Step.SCOPE,
        "scope",
        _(
            "Choose the scope of Office 365, not of Graph, then check the permission,"
            " then the rights on the mailbox; a connection test tells which."
        ),
        likely=True,
        portal=PERMISSIONS,
        copy=(CAS,),
    ),
    row(
        "exchange-password-gone",
        93,
        _("Exchange Online takes no passwords"),
        _("Basic authentication is switched off there for good for IMAP and POP."),
        Step.PASSWORD,
        "mail.<type>.auth.mechanisms",
        _("Set the sign-in mode to XOAUTH2."),
    ),
    row(
        "basic-auth-blocked",
        94,
        _("The mail server takes no passwords any more"),
        _("Basic authentication is switched off for this protocol."),
        Step.PASSWORD,
        "mail.<type>.auth.mechanisms",
        _("Set the sign-in mode to XOAUTH2."),
    ),
    row(
        "authenticated-not-connected",
        95,
        _("Signed in, but the mailbox could not be opened"),
        _(
            "Likely the log-in has no rights on the mailbox, IMAP is switched off"
            " for it,"
            " or it has no licence."
        ),
        Step.RIGHTS,
        "mailbox",
        _(
            "Give the log-in Full Access, and check that IMAP is switched on and that"
            " the mailbox has a licence."
        ),
        who=EXCHANGE,
        likely=True,
        copy=(FULL_ACCESS, CAS, "Set-CASMailbox {mailbox} -ImapEnabled $true"),
    ),
    row(
        "exchange-incident",
        96,
        _("Exchange Online refuses many mailboxes from time to time"),
        _("Likely an incident of the service, not a setting."),
        Step.SERVICE,
        "",
        _("Look at Microsoft's service health page and wait; change no setting."),
        who=NOBODY,
        retry=BACK_OFF,
        likely=True,
        portal=HEALTH,
    ),
    row(
        "imap-throttled-backoff",
        97,
        _("The server asks for a pause"),
        _("The budget of this mailbox is spent; the server says how long to wait."),
        Step.THROTTLING,
        "cycle-time",
        _(
            "Nothing to do now; close other programs, or raise cycle-time, if it"
            " repeats."
        ),
        who=NOBODY,
        retry=BACK_OFF,
    ),
    row(
        "server-unavailable",
        98,
        _("{host} is busy or has a fault"),
        _("The server answered that it cannot work at the moment."),
        Step.SERVICE,
        "",
        _("Watch the provider's service health page; it goes on by itself."),
        who=NOBODY,
        retry=BACK_OFF,
        portal=HEALTH,
    ),
    row(
        "server-throttled",
        99,
        _("{host} asks us to slow down"),
        _("The budget of this mailbox is spent."),
        Step.THROTTLING,
        "cycle-time",
        _("Nothing to do now; if it comes often, raise cycle-time."),
        who=NOBODY,
        retry=BACK_OFF,
    ),
    row(
        "server-closed",
        100,
        _("{host} closed the connection"),
        _("The server said goodbye on its own, as after a long pause or at a restart."),
        Step.SERVICE,
        "",
        _("Nothing to do if it stays rare: a new connection is made by itself."),
        who=NOBODY,
        retry=NOW,
    ),
    row(
        "imap-sasl-broken",
        101,
        _("The server did not understand the sign-in with the token"),
        _(
            "Likely the token was cut or wrapped on its way, or data followed a"
            " refusal."
        ),
        Step.SCOPE,
        "scope",
        _("Look for a device that changes the connection; else renew the token."),
        likely=True,
    ),
    row(
        "xoauth2-missing",
        102,
        _("{host} does not offer OAuth sign-in"),
        _(
            "Likely it is not the provider's server, or a device on the way hides the"
            " offer."
        ),
        Step.SERVER,
        "server",
        _("Correct the server, or sign in with a password."),
        likely=True,
    ),
    row(
        "authorization-failed",
        103,
        _("The log-in may not open this mailbox"),
        _("Signing in worked, acting for the mailbox was refused."),
        Step.RIGHTS,
        "mailbox",
        _("Give the log-in name Full Access to the mailbox."),
        who=EXCHANGE,
        copy=(FULL_ACCESS,),
    ),
    row(
        "login-disabled",
        104,
        _("{host} admits no sign-in without encryption"),
        _("The connection is not encrypted."),
        Step.SERVER,
        "pop-connection-security",
        _("Choose TLS or STARTTLS; IMAP with TLS uses port 993."),
    ),
    row(
        "imap-contact-admin",
        105,
        _("The server sends the log-in to its administrator"),
        _("The account was closed or limited there; only its administrator knows why."),
        Step.ACCOUNT,
        "mailbox",
        _("Ask the administrator of the mail server to open the account."),
        who=EXCHANGE,
    ),
    row(
        "imap-password-expired",
        105,
        _("The mail server says that the password has expired"),
        _("The password of the log-in name is past its end date."),
        Step.PASSWORD,
        "password",
        _("Set a new password and enter it here."),
    ),
    row(
        "folder-missing",
        106,
        _("The folder {folder} does not exist"),
        _("folder-path names no folder of the mailbox."),
        Step.FOLDER,
        "folder-path",
        _("Enter the folder as the server names it, or leave it empty for the inbox."),
    ),
    row(
        "quota-full",
        107,
        _("The mailbox is full"),
        _("The server has no room left for it."),
        Step.QUOTA,
        "",
        _("Free space in the mailbox, or raise its quota."),
        who=EXCHANGE,
        copy=("Get-MailboxStatistics {mailbox} | Format-List TotalItemSize,ItemCount",),
    ),
    row(
        "imap-uidvalidity-changed",
        108,
        _("The server has numbered the folder anew"),
        _("The mailbox was rebuilt, restored or moved."),
        Step.SYNC,
        "",
        _("Nothing to do: what is stored is matched, and nothing is fetched twice."),
        who=NOBODY,
        retry=NOW,
    ),
    row(
        "password-refused",
        0,
        _("The mail server refused the password"),
        _("User name or password are wrong, or the server takes no passwords."),
        Step.PASSWORD,
        "password",
        _("Enter the log-in name and its current password."),
    ),
    row(
        "user-unknown",
        0,
        _("The mail server does not know the log-in name"),
        _(
            "Likely it is misspelt or empty, or the server wants the whole address, or"
            " only what stands before the @."
        ),
        Step.USER_NAME,
        "mailbox",
        _("Enter the log-in name as the provider of the mailbox tells it."),
        likely=True,
    ),
    row(
        "too-many-connections",
        0,
        _("Too many connections to this mailbox"),
        _("Other programs use it at the same time, or old connections are still open."),
        Step.THROTTLING,
        "",
        _("Close other programs that use the mailbox."),
        who=OWNER,
        retry=BACK_OFF,
    ),
    row(
        "folder-target-missing",
        106,
        _("The folder to move to does not exist"),
        _("after-fetch-folder names no folder of the mailbox. Fetching goes on."),
        Step.FOLDER,
        "after-fetch-folder",
        _("Make the folder on the server, or enter one that exists."),
    ),
    row(
        "imap-protocol-off",
        95,
        _("IMAP or POP is switched off for the mailbox"),
        _("The server says that the protocol is disabled for this account."),
        Step.PROTOCOL,
        "",
        _("Switch IMAP or POP on for the mailbox; it may take an hour."),
        who=EXCHANGE,
        portal=EMAIL_APPS,
        copy=("Set-CASMailbox {mailbox} -ImapEnabled $true -PopEnabled $true",),
    ),
    row(
        "application-rights-missing",
        95,
        _("The application may not open the mailbox"),
        _(
            "The token carries the application permission. Likely Exchange has no"
            " service principal for it, or one with the Object ID of the wrong page,"
            " or it has no rights on this mailbox."
        ),
        Step.RIGHTS,
        "",
        _(
            "Run the lines below; the Object ID is that of the Enterprise application,"
            " not of App registrations."
        ),
        who=EXCHANGE,
        likely=True,
        portal=f"{ENTERPRISE} > Overview > Object ID",
        copy=(SERVICE_PRINCIPAL, SERVICE_RIGHTS),
    ),
)

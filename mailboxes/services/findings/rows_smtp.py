"""SMTP, Exchange Online first: diagnosis.md rows 114 to 132."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ...core.choices import Step
from .entry import (
    BACK_OFF,
    DEFAULTS,
    EMAIL_APPS,
    ENTRA,
    EXCHANGE,
    NETWORK,
    NOBODY,
    NOW,
    OWNER,
    PERMISSIONS,
    SEND_AS,
    SIGN_IN_LOGS,
    Entry,
    row,
)

SMTP_AUTH_ON = "Set-CASMailbox {mailbox} -SmtpClientAuthenticationDisabled $false"

ROWS: tuple[Entry, ...] = (
    row(
        "smtp-token-refused",
        114,
        _("The SMTP server refused the token"),
        _(
            "The server gives no reason. Likely the token is for another service or"
            " lacks SMTP.Send (as an application SMTP.SendAsApp); else the log-in"
            " has no"
            " rights on the mailbox."
        ),
        Step.SCOPE,
        "scope",
        _(
            "Choose the scope of Office 365, not of Graph, then check the permission,"
            " then the rights on the mailbox; a connection test tells which."
        ),
        likely=True,
        portal=PERMISSIONS,
        copy=(SMTP_AUTH_ON,),
    ),
    row(
        "smtp-auth-off-tenant",
        115,
        _("SMTP sign-in is switched off for the tenant"),
        _("SmtpClientAuthentication is disabled for the organisation."),
        Step.PROTOCOL,
        "",
        _(
            "Switch Authenticated SMTP on for this mailbox by the first line below: it"
            " overrides the organisation."
        ),
        who=EXCHANGE,
        portal="Exchange admin center > Settings > Mail flow",
        copy=(SMTP_AUTH_ON, "Get-TransportConfig | Format-List SmtpClient*"),
    ),
    row(
        "smtp-auth-off-mailbox",
        116,
        _("SMTP sign-in is switched off for the mailbox"),
        _("SmtpClientAuthentication is disabled for this mailbox."),
        Step.PROTOCOL,
        "",
        _("Tick Authenticated SMTP under Manage email apps; it may take an hour."),
        who=EXCHANGE,
        portal=EMAIL_APPS,
        copy=(SMTP_AUTH_ON,),
    ),
    row(
        "smtp-security-defaults",
        117,
        _("Security defaults refuse SMTP sign-in"),
        _("The tenant's security defaults do not admit a password for SMTP."),
        Step.CONDITIONAL_ACCESS,
        "mail.<type>.auth.mechanisms",
        _(
            "Sign in as an application, or replace security defaults by a policy that"
            " excludes this account."
        ),
        who=ENTRA,
        portal=DEFAULTS,
    ),
    row(
        "smtp-basic-auth-off",
        118,
        _("The SMTP server takes no passwords"),
        _("Basic authentication is switched off for sending."),
        Step.PASSWORD,
        "mail.<type>.auth.mechanisms",
        _("Set the sign-in mode to XOAUTH2."),
    ),
    row(
        "smtp-auth-policy",
        119,
        _("A policy refuses SMTP sign-in"),
        _("Security defaults or Conditional Access do not admit it."),
        Step.CONDITIONAL_ACCESS,
        "",
        _("Exclude the account from the policy that the sign-in logs name."),
        who=ENTRA,
        portal=SIGN_IN_LOGS,
    ),
    row(
        "smtp-wrong-password",
        119,
        _("The SMTP server refused the user name or password"),
        _("Exchange Online says that the credentials were incorrect."),
        Step.PASSWORD,
        "password",
        _("Enter the log-in name and its current password, or use OAuth."),
    ),
    row(
        "smtp-basic-auth-removed",
        120,
        _("Exchange Online has done away with passwords for sending"),
        _("Basic authentication is no longer supported for client submission."),
        Step.PASSWORD,
        "mail.<type>.auth.mechanisms",
        _("Set the sign-in mode to XOAUTH2, or send by Graph."),
    ),
    row(
        "smtp-auth-required",
        121,
        _("The server wants a sign-in before it takes mail"),
        _("No log-in name is set, or the sign-in was refused earlier."),
        Step.SERVER,
        "mailbox",
        _("Enter a log-in name and its credential."),
    ),
    row(
        "smtp-auth-before-tls",
        122,
        _("The SMTP server does not know this kind of sign-in"),
        _(
            "Likely the connection is not encrypted yet, or it is another server"
            " than meant."
        ),
        Step.SERVER,
        "smtp-connection-security",
        _("Choose STARTTLS with port 587, and check the server's name."),
        likely=True,
    ),
    row(
        "sender-refused",
        123,
        _("The log-in may not send as this sender"),
        _("The sender is not the log-in, and Send As is not granted."),
        Step.RIGHTS,
        "mailbox",
        _("Grant Send As, or send from the mailbox that signs in; allow an hour."),
        who=EXCHANGE,
        copy=(SEND_AS,),
        portal="Exchange admin center > Recipients > Mailboxes > (mailbox) > Delegation"
        " > Send as",
    ),
    row(
        "smtp-too-many-connections",
        124,
        _("Too many connections send from this mailbox"),
        _("Exchange Online admits three at a time for a mailbox."),
        Step.THROTTLING,
        "",
        _("Let fewer programs send from this mailbox at a time."),
        retry=BACK_OFF,
    ),
    row(
        "smtp-busy",
        125,
        _("The SMTP server asks us to come back later"),
        _("Likely it is busy, or the mailbox sends faster than the server admits."),
        Step.SERVICE,
        "",
        _("Nothing to do if it stays rare: it is tried again by itself."),
        who=NOBODY,
        retry=BACK_OFF,
        likely=True,
    ),
    row(
        "smtp-daily-quota",
        126,
        _("The daily sending limit of the mailbox is reached"),
        _("Exchange Online admits ten thousand recipients in a day for a mailbox."),
        Step.THROTTLING,
        "",
        _("Wait a day, or spread the sending over more mailboxes."),
        who=NOBODY,
        retry=BACK_OFF,
    ),
    row(
        "smtp-external-quota",
        127,
        _("The tenant's limit for external recipients is reached"),
        _("Likely all mailboxes of the tenant together have spent their day."),
        Step.THROTTLING,
        "",
        _("Wait a day, or send bulk mail by a service made for it."),
        who=NOBODY,
        retry=BACK_OFF,
        likely=True,
    ),
    row(
        "smtp-sender-mailbox-full",
        128,
        _("The mailbox that sends is full"),
        _("Each message is also stored in Sent Items, and there is no room left."),
        Step.QUOTA,
        "",
        _("Empty Sent Items or let a retention policy do it."),
        who=EXCHANGE,
        copy=("Get-MailboxStatistics {mailbox} | Format-List TotalItemSize,ItemCount",),
    ),
    row(
        "message-too-large",
        129,
        _("The message is larger than the server takes"),
        _("It exceeds the size that the server announces."),
        Step.MESSAGE,
        "",
        _("Shrink the attachments or send a link; or raise the server's limit."),
        copy=("Set-Mailbox {mailbox} -MaxSendSize 150MB",),
    ),
    row(
        "smtp-sender-blocked",
        130,
        _("The sender is blocked for its reputation"),
        _("Likely the mailbox sent what looked like spam, or the tenant is too new."),
        Step.ACCOUNT,
        "mailbox",
        _(
            "Unblock the sender under Restricted entities, and find out who sent"
            " in its name."
        ),
        who=EXCHANGE,
        likely=True,
        portal="Microsoft Defender portal > Email & collaboration > Review"
        " > Restricted entities",
        copy=("Remove-BlockedSenderAddress -SenderAddress {mailbox}",),
    ),
    row(
        "recipient-refused",
        131,
        _("The server refused every recipient"),
        _("The addresses do not exist or may not be written to."),
        Step.MESSAGE,
        "",
        _("Correct the recipients."),
    ),
    row(
        "smtp-cut-after-auth",
        132,
        _("The SMTP server hung up at the sign-in"),
        _("Likely a device on the way does not let the long line with the token pass."),
        Step.NETWORK,
        "",
        _("Let the connection pass without inspection of SMTP."),
        who=NETWORK,
        retry=NOW,
        likely=True,
    ),
    row(
        "recipient-deferred",
        0,
        _("The server takes these recipients later"),
        _("It answered with a temporary refusal."),
        Step.SERVICE,
        "",
        _("Nothing to do: it is tried again by itself."),
        who=NOBODY,
        retry=BACK_OFF,
    ),
    row(
        "message-refused",
        0,
        _("The server refused the message"),
        _("Its content or its sender breaks a rule of the server."),
        Step.MESSAGE,
        "",
        _("Read the server's answer and change the message."),
    ),
    row(
        "message-deferred",
        0,
        _("The server takes the message later"),
        _("It answered with a temporary refusal."),
        Step.SERVICE,
        "",
        _("Nothing to do: it is tried again by itself."),
        who=NOBODY,
        retry=BACK_OFF,
    ),
    row(
        "sending-quota",
        0,
        _("The sending limit is reached"),
        _("The provider limits recipients or messages in a day."),
        Step.THROTTLING,
        "",
        _("Wait for the provider's day to pass, or spread the sending."),
        who=NOBODY,
        retry=BACK_OFF,
    ),
    row(
        "send-unconfirmed",
        0,
        _("It is not known whether the message was sent"),
        _("The connection or the process ended after the message was handed over."),
        Step.MESSAGE,
        "",
        _("Look in Sent Items, then mark it as sent or send it again."),
    ),
    row(
        "smtp-relay-denied",
        0,
        _("The server does not pass mail on for us"),
        _(
            "Likely no sign-in took place, or the server relays for its own"
            " domains only."
        ),
        Step.SERVER,
        "mailbox",
        _(
            "Enter a log-in name and its credential, or use the provider's"
            " sending server."
        ),
        likely=True,
    ),
    row(
        "smtp-domain-refused",
        0,
        _("The recipient's server does not trust the sender's domain"),
        _("Likely SPF, DKIM or DMARC of the sender's domain do not cover this server."),
        Step.MESSAGE,
        "",
        _("Let the owner of the domain correct its SPF, DKIM and DMARC records."),
        who=NETWORK,
        likely=True,
    ),
    row(
        "smtp-address-blocked",
        0,
        _("The recipient's server blocks the address that sends"),
        _("Likely the IP address of the sending server stands on a block list."),
        Step.NETWORK,
        "server",
        _(
            "Send through the provider's server, or have the address taken off"
            " the list."
        ),
        who=NETWORK,
        likely=True,
    ),
    row(
        "smtp-content-refused",
        0,
        _("The server takes the message for spam or harmful"),
        _("Likely its text, links or attachments look suspicious there."),
        Step.MESSAGE,
        "",
        _("Change the content, and ask the recipient's administrator if it stays."),
        likely=True,
    ),
    row(
        "mail-host-account",
        0,
        _("The mail host has limited or closed the account"),
        _("Likely it is unpaid, not verified yet, or waits for its terms."),
        Step.ACCOUNT,
        "mailbox",
        _("Sign in at the mail host with a browser, and do what it asks there."),
        who=OWNER,
        likely=True,
    ),
)

"""The token itself (diagnosis.md section 3.1), our own house, and what nobody knows."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ...core.choices import Step
from .entry import (
    BACK_OFF,
    CAS,
    ENTRA,
    EXCHANGE,
    FULL_ACCESS,
    NETWORK,
    NOBODY,
    NOW,
    OVERVIEW,
    OWNER,
    PERMISSIONS,
    SIGN_IN,
    Entry,
    row,
)

ROWS: tuple[Entry, ...] = (
    # --- the token, before a mail server sees it ---
    row(
        "token-audience",
        0,
        _("The token is for another service"),
        _("It was made for {audience}, which is not what {protocol} needs."),
        Step.SCOPE,
        "scope",
        _("Choose the scope that belongs to the protocol."),
    ),
    row(
        "token-permission",
        0,
        _("The token lacks the permission {permission}"),
        _("The application does not have it, or nobody has consented to it."),
        Step.PERMISSIONS,
        "",
        _(
            "Add the permission {permission} to the application and grant admin"
            " consent."
        ),
        who=ENTRA,
        portal=PERMISSIONS,
    ),
    row(
        "token-tenant",
        0,
        _("The token comes from another tenant"),
        _("It is from {tenant}, the directory ID stands for {expected}."),
        Step.DIRECTORY_ID,
        "directory-id",
        _("Copy the Directory (tenant) ID from the application's Overview page."),
        portal=OVERVIEW,
    ),
    row(
        "token-client",
        0,
        _("The token belongs to another application"),
        _("It was given to {application}, the client ID is {expected}."),
        Step.CLIENT_ID,
        "client-id",
        _("Copy the Application (client) ID from the application's Overview page."),
        portal=OVERVIEW,
    ),
    row(
        "token-expired",
        0,
        _("The token is outside its time"),
        _("The authority has just made it, so the clock of this host is wrong."),
        Step.CLOCK,
        "",
        _("Synchronise the clock of this host by NTP."),
        who=NETWORK,
    ),
    row(
        "session-token-ended",
        0,
        _("The token ended while {host} was in use"),
        _("The server ended the session: the token is too old, or was revoked."),
        Step.SERVICE,
        "",
        _("Nothing to do: a new token is got, and the work goes on where it was."),
        who=NOBODY,
        retry=NOW,
    ),
    # --- a mail server refused the token, and its claims say why ---
    row(
        "refused-token-ended",
        0,
        _("The mail server refused the token"),
        _("The token had ended already when it was used."),
        Step.CLOCK,
        "",
        _("Synchronise the clock of this host by NTP."),
        who=NETWORK,
    ),
    row(
        "refused-token-audience",
        0,
        _("The mail server refused the token"),
        _("The token was made for {audience}, not for {service}."),
        Step.SCOPE,
        "scope",
        _("Choose the scope that belongs to the type: {scope}."),
    ),
    row(
        "refused-token-permission",
        0,
        _("The mail server refused the token"),
        _("The token lacks the permission {permission}."),
        Step.PERMISSIONS,
        "",
        _("Add the {kind} permission {permission} and grant admin consent."),
        who=ENTRA,
        portal=PERMISSIONS,
    ),
    row(
        "refused-token-other-user",
        0,
        _("The mail server refused the token"),
        _("The token belongs to {user}, the log-in name is {login}."),
        Step.RIGHTS,
        "mailbox",
        _("Give that user Full Access to the mailbox."),
        who=EXCHANGE,
        copy=(FULL_ACCESS,),
    ),
    row(
        "shared-rights-missing",
        0,
        _("The account may not open the shared mailbox"),
        _(
            "The token is right and belongs to {account}. Likely that account has no"
            " Full Access to the mailbox, or not yet."
        ),
        Step.RIGHTS,
        "account",
        _(
            "Give the account Full Access to the mailbox and wait up to an hour, or"
            " enter an account that has it."
        ),
        who=EXCHANGE,
        likely=True,
        copy=(FULL_ACCESS,),
    ),
    row(
        "refused-token-personal",
        0,
        _("The mail server refused the token"),
        _("The token belongs to a personal account, not to one of an organisation."),
        Step.ACCOUNT_TYPE,
        "mailbox",
        _("Sign in with a member account of the tenant."),
    ),
    row(
        "token-not-accepted",
        0,
        _("The mail server refused the token"),
        _(
            "The token itself looks right. Likely the protocol is switched off for the"
            " mailbox, it has no licence, or the log-in name is no mailbox."
        ),
        Step.PROTOCOL,
        "mailbox",
        _("Switch the protocol on for this mailbox, and check its licence and name."),
        who=EXCHANGE,
        likely=True,
        copy=(CAS,),
    ),
    # --- our own house ---
    row(
        "config-incomplete",
        0,
        _("The option set is not complete"),
        _("An option that is needed is empty or cannot be used."),
        Step.SERVER,
        "server",
        _("Fill in the option {option}."),
    ),
    row(
        "transport-missing",
        0,
        _("This version cannot speak {protocol}"),
        _("The type is known, its transport is not part of this version."),
        Step.CONSOLE,
        "type",
        _("Choose another type."),
    ),
    row(
        "grant-missing",
        0,
        _("This version cannot sign in by {grant}"),
        _("The grant is known, signing in by it is not part of this version."),
        Step.CONSOLE,
        "grant-type",
        _("Choose another grant, or keep the client as a draft."),
    ),
    row(
        "sign-in-missing",
        0,
        _("The owner of the mailbox has not signed in yet"),
        _("This grant works with the sign-in of a person, and there is none stored."),
        Step.REFRESH_TOKEN,
        "password",
        _("Start a sign-in on the page of the option set, or send its link."),
        who=OWNER,
        retry=SIGN_IN,
    ),
    row(
        "sign-in-other-account",
        0,
        _("Another account has signed in"),
        _("{account} has signed in, {user} was asked to."),
        Step.REFRESH_TOKEN,
        "account",
        _(
            "Sign in again as {user}; or, if {account} is right, enter it as the"
            " account that signs in."
        ),
        who=OWNER,
        retry=SIGN_IN,
    ),
    row(
        "sign-in-late",
        0,
        _("Nobody has signed in in time"),
        _("The link or code is only good for a while."),
        Step.REFRESH_TOKEN,
        "password",
        _("Start a new sign-in."),
        who=OWNER,
        retry=SIGN_IN,
    ),
    row(
        "secret-unreadable",
        0,
        _("The stored secret cannot be read"),
        _("It was encrypted with a key that this process does not have."),
        Step.CONSOLE,
        "password",
        _("Give the old key in MAILADMIN_ENCRYPTION_KEYS, or enter the secret again."),
    ),
    row(
        "lease-lost",
        0,
        _("The work was taken over by another process"),
        _("This process was too slow to say that it still lives."),
        Step.CONSOLE,
        "",
        _("Nothing to do if it stays rare; else look at the load of this host."),
        retry=NOW,
    ),
    row(
        "database-busy",
        0,
        _("The database could not be written"),
        _("It was locked or unreachable for too long."),
        Step.CONSOLE,
        "",
        _("Look at the disk and the load of the database."),
        retry=BACK_OFF,
    ),
    row(
        "internal-error",
        0,
        _("A fault of this product"),
        _("Something happened that the code did not expect; the log has the details."),
        Step.CONSOLE,
        "",
        _(
            "Report it with the log of the worker; the mailbox is tried again by"
            " itself."
        ),
        retry=BACK_OFF,
    ),
    # --- the fault of whatever program wrote a pasted line ---
    row(
        "program-fault",
        0,
        _("The program that wrote this fails itself"),
        _(
            "Likely it is broken or set up wrongly: a part of it is missing, a call in"
            " it is wrong, or it cannot use its own files."
        ),
        Step.CONSOLE,
        "",
        _(
            "Look at that program: its version, its modules and its settings. Nothing"
            " on the mailbox or at the provider mends it."
        ),
        likely=True,
    ),
    # --- what nobody knows: by stage, counted ---
    row(
        "protocol-error",
        0,
        _("{host} answered something unexpected"),
        _(
            "Likely the server broke its protocol, or a device on the way changed"
            " the answer."
        ),
        Step.SERVICE,
        "",
        _("Look at the server's answer; if it stays, ask its administrator."),
        who=EXCHANGE,
        retry=BACK_OFF,
        likely=True,
        generic=True,
    ),
    row(
        "unexplained-network",
        0,
        _("The way to the server failed"),
        _("Likely the network; the catalogue does not know these words."),
        Step.NETWORK,
        "",
        _("Run a connection test from this host: it names the first step that fails."),
        who=NETWORK,
        retry=BACK_OFF,
        likely=True,
        generic=True,
    ),
    row(
        "unexplained-sign-in",
        0,
        _("The sign-in failed, and the words do not say why"),
        _("Likely the credential; the catalogue does not know these words."),
        Step.PASSWORD,
        "password",
        _("Run a connection test: it tells token, permissions and rights apart."),
        likely=True,
        generic=True,
    ),
    row(
        "unexplained-sending",
        0,
        _("Sending failed, and the words do not say why"),
        _(
            "Likely the server refused the message; the catalogue does not know"
            " its words."
        ),
        Step.MESSAGE,
        "",
        _(
            "Read the server's answer; a connection test with a send shows if all"
            " else works."
        ),
        likely=True,
        generic=True,
    ),
    row(
        "unexplained",
        0,
        _("The catalogue does not know this error"),
        _("Nothing in it is known here; likely it is no fault of a mailbox's set-up."),
        Step.CONSOLE,
        "",
        _("Paste the lines before and after it too, or run a connection test."),
        likely=True,
        generic=True,
    ),
)

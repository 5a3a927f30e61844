"""POP3: diagnosis.md rows 109 to 113. IMAP: rows_imap."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from ...core.choices import Step
from .entry import (
    BACK_OFF,
    EMAIL_APPS,
    EXCHANGE,
    NOBODY,
    OWNER,
    Entry,
    row,
)

ROWS: tuple[Entry, ...] = (
    row(
        "pop-token-refused",
        109,
        _("The POP server refused the token"),
        _(
            "The server gives no reason. Likely the token is for another service or"
            " lacks POP.AccessAsUser.All (as an application POP.AccessAsApp); else POP"
            " is switched off for the mailbox."
        ),
        Step.SCOPE,
        "scope",
        _(
            "Choose the scope of Office 365, then check the permission, then that"
            " POP is"
            " enabled for the mailbox."
        ),
        likely=True,
        portal=EMAIL_APPS,
        copy=("Set-CASMailbox {mailbox} -PopEnabled $true",),
    ),
    row(
        "pop-two-line-auth",
        110,
        _("The POP server did not understand the sign-in"),
        _("Likely it wants the token on a line of its own, after AUTH XOAUTH2."),
        Step.SERVER,
        "server",
        _(
            "Check that server and port are those of the provider; this console"
            " sends two lines."
        ),
        likely=True,
    ),
    row(
        "pop-in-use",
        111,
        _("Another program holds the POP mailbox"),
        _("POP admits one session at a time."),
        Step.THROTTLING,
        "cycle-time",
        _("Let only one program fetch this mailbox by POP."),
        who=OWNER,
        retry=BACK_OFF,
    ),
    row(
        "pop-login-delay",
        112,
        _("The POP server wants longer pauses between sign-ins"),
        _("The mailbox is asked more often than the server admits."),
        Step.THROTTLING,
        "cycle-time",
        _("Raise cycle-time."),
        retry=BACK_OFF,
    ),
    row(
        "pop-no-uidl",
        0,
        _("The POP server gives messages no ids"),
        _(
            "It does not know the command UIDL, so nobody could tell a new message"
            " from one that was fetched before."
        ),
        Step.SERVER,
        "type",
        _("Choose IMAP, or another POP server."),
    ),
    row(
        "pop-temporary",
        112,
        _("The POP server has a passing fault"),
        _("It answered SYS/TEMP: its system cannot work at the moment."),
        Step.SERVICE,
        "",
        _("Nothing to do if it stays rare: it is tried again by itself."),
        who=NOBODY,
        retry=BACK_OFF,
    ),
    row(
        "pop-permanent",
        113,
        _("The POP server has a lasting fault with this mailbox"),
        _("It answered SYS/PERM: somebody must mend the mailbox."),
        Step.ACCOUNT,
        "mailbox",
        _("Ask the administrator of the mail server to look at the mailbox."),
        who=EXCHANGE,
    ),
    row(
        "pop-auth",
        113,
        _("The POP server refused the credential"),
        _("It answered AUTH: user name or password are wrong."),
        Step.PASSWORD,
        "password",
        _("Enter the log-in name and its current password."),
    ),
)

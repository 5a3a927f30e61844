"""Rules on who signs in and how: log-in name, type and grant by provider, reminders.

What proves it stands in option_rules/secret, the application in option_rules/authority.
"""

from __future__ import annotations

import re

from ...core.choices import Grant, Mechanism, Protocol
from ...models.clients import MECHANISMS
from ..options import pins
from .clouds import PERSONAL_DOMAINS
from .rule import Facts, Level, Messages, Rules

RULES = Rules()
MARGIN = "token-expiry-margin-time"
MARGIN_LONGEST = 50 * 60  # seconds; tokens live 60 to 90 minutes (providers.md 4)
MARGIN_SHORTEST = 60
ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")


@RULES.rule("G01-google-type")
def google_type(facts: Facts) -> Messages:
    """Google speaks IMAP, POP3 and SMTP, neither EWS nor GRAPH."""
    if facts.google and facts.url_only:
        instead = "IMAP or POP3" if facts.inbound else "SMTP"
        yield facts.type_option, f"Google has no {facts.protocol}. Choose {instead}."


@RULES.rule("G02-grant-of-provider")
def grant_of_provider(facts: Facts) -> Messages:
    """client_credentials is Microsoft's alone, service_account is Google's."""
    named = facts.text("grant-type")
    if facts.google and named == Grant.CLIENT_CREDENTIALS:
        yield (
            "grant-type",
            "Google has no client_credentials. Choose service_account, or password with"
            " a refresh token.",
        )
    elif facts.microsoft and named == Grant.SERVICE_ACCOUNT:
        yield (
            "grant-type",
            "Microsoft has no service_account. Choose client_credentials.",
        )


@RULES.rule("L01-login-required", Level.REQUIRED)
def login_required(facts: Facts) -> Messages:
    """An smtp-client with a token needs a log-in name."""
    if not facts.inbound and facts.oauth and not facts.text("mailbox"):
        yield (
            "mailbox",
            "Enter the log-in name, such as support@contoso.com: OAuth 2.0 needs it.",
        )


@RULES.rule("L02-login-form")
def login_form(facts: Facts) -> Messages:
    """A log-in name has no spaces, and with a token the form of an address."""
    login = facts.text("mailbox")
    if re.search(r"\s", login):
        yield "mailbox", "A log-in name has no spaces in it."
    elif facts.oauth and login and not ADDRESS.fullmatch(login):
        what = "user principal name" if facts.microsoft else "mail address"
        yield "mailbox", f"Enter the {what}, such as support@contoso.com."


@RULES.rule("L04-account-form")
def account_form(facts: Facts) -> Messages:
    """The account that signs in is a user principal name."""
    account = facts.text("account")
    counts = bool(account) and pins.signs_in_as_person(facts.values)
    if counts and not ADDRESS.fullmatch(account):
        yield "account", "Enter the user principal name, such as anna@contoso.com."


@RULES.rule("L05-account-is-the-mailbox", Level.WARNING)
def account_is_the_mailbox(facts: Facts) -> Messages:
    """The account of the mailbox itself need not be named."""
    account = facts.text("account").lower()
    if pins.signs_in_as_person(facts.values) and account == facts.login.lower() != "":
        yield (
            "account",
            "This is the mailbox itself, which means the same as empty. The address of"
            " a shared mailbox cannot sign in: enter a user with Full Access to it.",
        )


@RULES.rule("L03-personal-account")
def personal_account(facts: Facts) -> Messages:
    """Neither a password nor an application signs in a personal account."""
    named = facts.account
    domain = named.rpartition("@")[2].lower()
    by = (Grant.PASSWORD, Grant.CLIENT_CREDENTIALS)
    if facts.microsoft and facts.grant in by and domain in PERSONAL_DOMAINS:
        yield (
            "mailbox" if named == facts.login else "account",
            f"{domain} has personal accounts: no password and no application signs in"
            " there, only the owner. Choose authorization_code or device_code.",
        )


@RULES.rule("M01-password-grant", Level.WARNING)
def password_grant(facts: Facts) -> Messages:
    """The password grant (ROPC) needs MFA off, and Microsoft advises against it."""
    if facts.microsoft and facts.grant is Grant.PASSWORD:
        yield (
            "grant-type",
            "The mailbox signs in with its password (ROPC): multifactor authentication"
            " must be off for it, and Microsoft advises against this way. Choose"
            " client_credentials where you can.",
        )


@RULES.rule("M02-margin-long", Level.WARNING)
def margin_long(facts: Facts) -> Messages:
    """A margin near the life of a token makes a new connection for each message."""
    margin = facts.number(MARGIN)
    if _by_token(facts) and margin is not None and margin > MARGIN_LONGEST:
        yield (
            MARGIN,
            "Tokens live 60 to 90 minutes. With this margin nearly every message gets a"
            " new token and a new connection.",
        )


@RULES.rule("M03-margin-short", Level.WARNING)
def margin_short(facts: Facts) -> Messages:
    """A token may end under a message; only the vendor's default is not warned of."""
    margin = facts.number(MARGIN)
    if not _by_token(facts) or margin is None or margin >= MARGIN_SHORTEST:
        return
    if margin != facts.options[MARGIN].default:
        yield (
            MARGIN,
            "A token may end while a message is being sent. Enter 00:01:00 or more;"
            " 00:05:00 is advised.",
        )


def _by_token(facts: Facts) -> bool:
    return facts.values[MECHANISMS] == Mechanism.XOAUTH2


@RULES.rule("M04-pop3-token", Level.WARNING)
def pop3_token(facts: Facts) -> Messages:
    """The old server is not known to do OAuth 2.0 with POP3."""
    if facts.protocol == Protocol.POP3 and facts.oauth:
        yield (
            MECHANISMS,
            "The old server had no OAuth 2.0 for POP3 in 8.5.107.06, and no later"
            " version is known to have it. This matters only where you export this"
            " section to it.",
        )

"""Rules on sign-in: authority, directory, application, scope, log-in name, password.

Facts: the seed document, email-server-options.md section 7, providers.md section 5.
The grant of this version is the password grant (RFC 6749 section 4.3).
"""

from __future__ import annotations

import re

from ..core.choices import Mechanism, Protocol
from ..models.clients import (
    GRAPH_SCOPE,
    MECHANISMS,
    MICROSOFT_AUTHORITY,
    OUTLOOK_SCOPE,
)
from .option_rule import GUID, NIL_GUID, Facts, Level, Messages, rule

OTHER_CLOUDS = (
    "https://login.microsoftonline.us",
    "https://login.partner.microsoftonline.cn",
    "https://login.chinacloudapi.cn",
)
ANY_TENANT = ("common", "organizations", "consumers")
_TENANT = r"[a-z0-9][a-z0-9.-]*"
_AUTHORITY = re.compile(
    r"(?:https://)?(?P<host>login\.[a-z.]+)"
    rf"(?:/(?P<tenant>(?!oauth2(?:/|$)|v2\.0(?:/|$)){_TENANT}))?"
    r"(?:/v2\.0(?:/\.well-known/openid-configuration)?"
    r"|/oauth2(?:/v2\.0)?(?:/token|/authorize)?)?/*"
)
_DOMAIN = re.compile(
    r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*"
)
_UPN = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")


def canonical(facts: Facts) -> dict[str, str]:
    """The one form of authority and ids, where what was typed means that form."""
    forms = {}
    for name in ("directory-id", "client-id"):
        text = facts.text(name)
        if GUID.fullmatch(text.strip("{}")):
            forms[name] = text.strip("{}").lower()
        elif name == "directory-id" and _DOMAIN.fullmatch(text.lower()):
            forms[name] = text.lower()
    match = _authority(facts) if facts.oauth else None
    directory = forms.get("directory-id", facts.text("directory-id").lower())
    if match and (not directory or match["tenant"] in (None, directory, *ANY_TENANT)):
        forms["tenant-authority"] = f"https://{match['host']}"
    return forms


def _authority(facts: Facts) -> re.Match[str] | None:
    match = _AUTHORITY.fullmatch(facts.text("tenant-authority").lower())
    known = {MICROSOFT_AUTHORITY, *OTHER_CLOUDS}
    return match if match and f"https://{match['host']}" in known else None


@rule("A01-google-not-yet")
def google_not_yet(facts: Facts) -> Messages:
    if facts.oauth and facts.google:
        yield (
            "tenant-authority",
            "Google sign-in is not available in this version yet. Enter"
            f" {MICROSOFT_AUTHORITY}.",
        )


@rule("A02-authority")
def authority(facts: Facts) -> Messages:
    if not facts.oauth or facts.google:
        return
    match = _authority(facts)
    if match is None:
        yield "tenant-authority", f"Enter {MICROSOFT_AUTHORITY}."
    elif match["tenant"] and facts.text("directory-id"):
        yield (
            "tenant-authority",
            f"The address names the tenant {match['tenant']}, but the Directory"
            f" (tenant) ID is {facts.text('directory-id')}. Enter"
            f" {MICROSOFT_AUTHORITY} and one of the two there.",
        )


@rule("A03-other-cloud", Level.WARNING)
def other_cloud(facts: Facts) -> Messages:
    if facts.oauth and facts.text("tenant-authority") in OTHER_CLOUDS:
        yield (
            "tenant-authority",
            "This is a national cloud. It needs an application registered there, and"
            " its servers and scopes have other names; it is not tested with this"
            " version.",
        )


@rule("D01-directory-required", Level.REQUIRED)
def directory_required(facts: Facts) -> Messages:
    if _microsoft(facts) and not facts.text("directory-id"):
        yield (
            "directory-id",
            "Enter the Directory (tenant) ID from the application's Overview page in"
            " Entra.",
        )


@rule("D02-directory-of-password-grant")
def directory_of_password_grant(facts: Facts) -> Messages:
    word = facts.text("directory-id").lower()
    if _microsoft(facts) and word in ("common", "consumers"):
        yield (
            "directory-id",
            f"Enter the tenant's GUID or domain: a mailbox password cannot sign in at"
            f' "{word}".',
        )


@rule("D03-directory-pasted-twice")
def directory_pasted_twice(facts: Facts) -> Messages:
    directory = facts.text("directory-id")
    if _microsoft(facts) and directory and directory == facts.text("client-id"):
        yield (
            "directory-id",
            "This is the same as the Application (client) ID. Copy the Directory"
            " (tenant) ID from the line below it in Entra.",
        )


@rule("D04-directory-form")
def directory_form(facts: Facts) -> Messages:
    text = facts.text("directory-id").lower()
    if not _microsoft(facts) or not text or text == "organizations":
        return
    if text == NIL_GUID or not (GUID.fullmatch(text) or _DOMAIN.fullmatch(text)):
        yield (
            "directory-id",
            "Enter a GUID such as 11111111-2222-3333-4444-555555555555, or a verified"
            " domain such as contoso.com.",
        )


@rule("C01-client-required", Level.REQUIRED)
def client_required(facts: Facts) -> Messages:
    if _microsoft(facts) and not facts.text("client-id"):
        yield (
            "client-id",
            "Enter the Application (client) ID from the application's Overview page in"
            " Entra.",
        )


@rule("C02-client-form")
def client_form(facts: Facts) -> Messages:
    text = facts.text("client-id").lower()
    if not _microsoft(facts) or not text:
        return
    if text.endswith(".apps.googleusercontent.com"):
        yield (
            "client-id",
            "This is the client ID of a Google application. Enter the Application"
            " (client) ID of the Azure application, a GUID.",
        )
    elif text == NIL_GUID or not GUID.fullmatch(text):
        yield (
            "client-id",
            "Enter a GUID such as 11111111-2222-3333-4444-555555555555.",
        )


@rule("O01-scope-follows-type")
def scope_follows_type(facts: Facts) -> Messages:
    if not _microsoft(facts):
        return
    graph = facts.protocol == Protocol.GRAPH
    needed = GRAPH_SCOPE if graph else OUTLOOK_SCOPE
    if facts.text("scope") != needed:
        yield (
            "scope",
            f"{facts.protocol} needs {needed}: a token for another resource is"
            " refused.",
        )


@rule("L01-login-required", Level.REQUIRED)
def login_required(facts: Facts) -> Messages:
    if not facts.inbound and facts.oauth and not facts.text("mailbox"):
        yield (
            "mailbox",
            "Enter the log-in name, such as support@contoso.com: OAuth 2.0 needs it.",
        )


@rule("L02-login-form")
def login_form(facts: Facts) -> Messages:
    login = facts.text("mailbox")
    if re.search(r"\s", login):
        yield "mailbox", "A log-in name has no spaces in it."
    elif _microsoft(facts) and login and not _UPN.fullmatch(login):
        yield (
            "mailbox",
            "Enter the user principal name, such as support@contoso.com.",
        )


@rule("P01-password-required", Level.REQUIRED)
def password_required(facts: Facts) -> Messages:
    signs_in = facts.oauth or facts.inbound or bool(facts.text("mailbox"))
    if signs_in and not facts.has_password:
        yield "password", "Enter the password of the log-in name."


@rule("P02-password-blanks")
def password_blanks(facts: Facts) -> Messages:
    text = facts.secrets.get("password", "")
    if _microsoft(facts) and text != text.strip():
        yield (
            "password",
            "Enter the password without the blank at its start or end: Microsoft Entra"
            " does not take such passwords.",
        )


@rule("P03-password-looks-like-an-id", Level.WARNING)
def password_looks_like_an_id(facts: Facts) -> Messages:
    if GUID.fullmatch(facts.secrets.get("password", "").strip()):
        yield (
            "password",
            "This looks like a Secret ID. Enter the password of the mailbox.",
        )


@rule("P04-password-without-login", Level.WARNING)
def password_without_login(facts: Facts) -> Messages:
    if facts.inbound or facts.oauth or facts.text("mailbox"):
        return
    if facts.has_password:
        yield "password", "Kept, without effect now: there is no log-in name."


@rule("M01-password-grant", Level.WARNING)
def password_grant(facts: Facts) -> Messages:
    if _microsoft(facts) and facts.values[MECHANISMS] == Mechanism.XOAUTH2:
        yield (
            MECHANISMS,
            "The mailbox signs in with its password (ROPC): multifactor authentication"
            " must be off for it, and Microsoft advises against this way.",
        )


def _microsoft(facts: Facts) -> bool:
    return facts.oauth and not facts.google

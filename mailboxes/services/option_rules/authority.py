"""Rules on the application: authority, directory (tenant) ID, client ID.

Facts: the seed document, email-server-options.md section 7, providers.md section 5.
"""

from __future__ import annotations

import re

from ...core.choices import Grant
from ...models.clients import MICROSOFT_AUTHORITY
from .authority_value import host_in
from .canonical_value import ANY_TENANT, DOMAIN, GOOGLE_CLIENT
from .clouds import GLOBAL, PERSONAL_TENANT
from .rule import GUID, NIL_GUID, Facts, Level, Messages, Rules

RULES = Rules()
GUID_EXAMPLE = "11111111-2222-3333-4444-555555555555"
GOOGLE_ACCOUNT = re.compile(
    r"\d{6,30}|[a-z0-9-]+@[a-z0-9.-]+\.iam\.gserviceaccount\.com"
)
# Hosts that people take for the authority, and why they are not one.
NOT_AUTHORITIES = {
    "sts.windows.net": "sts.windows.net is the issuer named in tokens, not an"
    " authority.",
    "b2clogin.com": "b2clogin.com signs customers in (Azure AD B2C); it gives no tokens"
    " for mailboxes.",
    "ciamlogin.com": "ciamlogin.com signs customers in (Entra External ID); it gives no"
    " tokens for mailboxes.",
    "login.microsoftonline.de": "The German cloud was closed in October 2021.",
}


@RULES.rule("A02-authority")
def authority(facts: Facts) -> Messages:
    """The authority is an https address and names the tenant of the directory ID."""
    if not facts.microsoft:
        return
    host = host_in(facts.text("tenant-authority"))
    why = next((w for h, w in NOT_AUTHORITIES.items() if _is_or_under(host, h)), "")
    tenant = facts.authority.tenant if facts.authority else ""
    if why:
        yield "tenant-authority", f"{why} Enter {MICROSOFT_AUTHORITY}."
    elif facts.authority is None:
        yield "tenant-authority", f"Enter {MICROSOFT_AUTHORITY}."
    elif tenant and facts.text("directory-id"):
        yield (
            "tenant-authority",
            f"The address names the tenant {tenant}, but the Directory (tenant) ID is"
            f" {facts.text('directory-id')}. Enter https://{facts.authority.host} and"
            " one of the two there.",
        )


@RULES.rule("A03-other-cloud", Level.WARNING)
def other_cloud(facts: Facts) -> Messages:
    """A national cloud has applications, servers and scopes of its own."""
    if (
        facts.microsoft
        and facts.authority
        and facts.authority.cloud
        not in (
            None,
            GLOBAL,
        )
    ):
        yield (
            "tenant-authority",
            "This is a national cloud. It needs an application registered there, and"
            " its servers and scopes have other names.",
        )


@RULES.rule("A04-unknown-authority", Level.WARNING)
def unknown_authority(facts: Facts) -> Messages:
    """An https address of another host is used as it is typed."""
    if facts.microsoft and facts.authority and facts.authority.cloud is None:
        yield (
            "tenant-authority",
            f"{facts.authority.host} is no known authority of Microsoft. It is used as"
            " it is typed: test the connection.",
        )


def _is_or_under(host: str, known: str) -> bool:
    return host == known or host.endswith(f".{known}")


@RULES.rule("D01-directory-required", Level.REQUIRED)
def directory_required(facts: Facts) -> Messages:
    """Microsoft needs the directory (tenant) ID."""
    if facts.microsoft and not facts.text("directory-id"):
        yield (
            "directory-id",
            "Enter the Directory (tenant) ID from the application's Overview page in"
            " Entra.",
        )


@RULES.rule("D02-directory-of-grant")
def directory_of_grant(facts: Facts) -> Messages:
    """The password grant and client_credentials need a real tenant."""
    if not facts.microsoft:
        return
    word = facts.text("directory-id").lower()
    personal = word == PERSONAL_TENANT
    if facts.grant is Grant.PASSWORD and (word in ("common", "consumers") or personal):
        who = "a mailbox password cannot"
    elif facts.grant is Grant.CLIENT_CREDENTIALS and (word in ANY_TENANT or personal):
        who = "an application cannot"
    else:
        return
    where = "the tenant of personal accounts" if personal else f'"{word}"'
    yield (
        "directory-id",
        f"Enter the tenant's GUID or domain: {who} sign in at {where}.",
    )


@RULES.rule("D03-directory-pasted-twice")
def directory_pasted_twice(facts: Facts) -> Messages:
    """Directory ID and client ID are not the same."""
    directory = facts.text("directory-id")
    if facts.microsoft and directory and directory == facts.text("client-id"):
        yield (
            "directory-id",
            "This is the same as the Application (client) ID. Copy the Directory"
            " (tenant) ID from the line below it in Entra.",
        )


@RULES.rule("D04-directory-form")
def directory_form(facts: Facts) -> Messages:
    """The directory ID is a GUID, not the nil one, or a domain."""
    text = facts.text("directory-id").lower()
    if not facts.microsoft or not text or text in ANY_TENANT:
        return
    if text == NIL_GUID or not (GUID.fullmatch(text) or DOMAIN.fullmatch(text)):
        yield (
            "directory-id",
            f"Enter a GUID such as {GUID_EXAMPLE}, or a verified domain such as"
            " contoso.com.",
        )


@RULES.rule("C01-client-required", Level.REQUIRED)
def client_required(facts: Facts) -> Messages:
    """A token needs the client ID of an application."""
    if facts.text("client-id"):
        return
    if facts.google:
        service = facts.grant is Grant.SERVICE_ACCOUNT
        yield (
            "client-id",
            "Enter the numeric ID or the address of the service account."
            if service
            else "Enter the client ID from the Clients page of the Google Cloud"
            " console.",
        )
    elif facts.microsoft:
        yield (
            "client-id",
            "Enter the Application (client) ID from the application's Overview page in"
            " Entra.",
        )


@RULES.rule("C02-client-form")
def client_form(facts: Facts) -> Messages:
    """The client ID is one of the provider: a GUID, not the nil one, at Microsoft."""
    text = facts.text("client-id").lower()
    if not facts.microsoft or not text:
        return
    if text.endswith((".googleusercontent.com", ".gserviceaccount.com")):
        yield (
            "client-id",
            "This is the client ID of a Google application. Enter the Application"
            " (client) ID of the Azure application, a GUID.",
        )
    elif text == NIL_GUID or not GUID.fullmatch(text):
        yield "client-id", f"Enter a GUID such as {GUID_EXAMPLE}."


@RULES.rule("C03-google-client-form")
def google_client_form(facts: Facts) -> Messages:
    """At Google the client ID is one of an OAuth client, or of a service account."""
    text = facts.text("client-id").lower()
    if not facts.google or not text:
        return
    of_client = GOOGLE_CLIENT.fullmatch(text) is not None
    of_account = GOOGLE_ACCOUNT.fullmatch(text) is not None
    if GUID.fullmatch(text):
        yield (
            "client-id",
            "This is the ID of an Azure application. Enter the client ID of the Google"
            " application; it ends in .apps.googleusercontent.com.",
        )
    elif facts.grant is Grant.SERVICE_ACCOUNT and not of_account:
        yield (
            "client-id",
            "Enter the numeric ID of the service account, or its address that ends in"
            " .iam.gserviceaccount.com.",
        )
    elif facts.grant is not Grant.SERVICE_ACCOUNT and not of_client:
        yield (
            "client-id",
            "This is the ID of a service account. Choose service_account as grant-type,"
            " or enter the ID of an OAuth client."
            if of_account
            else "Enter an ID such as 1234-abcd.apps.googleusercontent.com.",
        )

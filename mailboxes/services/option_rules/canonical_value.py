"""Brings values to their one form, and says what was understood in a typed one.

For values over which rules go: ids, authority, scope. Blanks, quotes and host names
are read by options/values and options/hosts.
"""

from __future__ import annotations

import re

from ...core.choices import Grant
from . import scope_value as option_rule_scope
from .rule import GUID, Facts

ANY_TENANT = ("common", "organizations", "consumers")
DOMAIN = re.compile(
    r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*"
)
# Older clients are called by the number of their project alone.
GOOGLE_CLIENT = re.compile(r"\d+(?:-[a-z0-9_-]+)?\.apps\.googleusercontent\.com")


def canonical(facts: Facts) -> dict[str, str]:
    """The one form of ids, authority and scope, where what was typed means it.

    facts: own values, before anything is inherited.
    """
    forms = {}
    directory, client = facts.text("directory-id"), facts.text("client-id")
    if GUID.fullmatch(directory.strip("{}")):
        forms["directory-id"] = directory.strip("{}").lower()
    elif DOMAIN.fullmatch(directory.lower()):
        forms["directory-id"] = directory.lower()
    if GUID.fullmatch(client.strip("{}")):
        forms["client-id"] = client.strip("{}").lower()
    elif GOOGLE_CLIENT.fullmatch(client.lower()):
        forms["client-id"] = client.lower()
    if facts.microsoft:
        forms |= _authority(facts, forms.get("directory-id", directory.lower()))
        forms["scope"] = option_rule_scope.tidied(facts.text("scope"))
    return forms


def _authority(facts: Facts, directory: str) -> dict[str, str]:
    """The authority alone; a tenant in it goes where it belongs."""
    authority = facts.authority
    if authority is None:
        return {}
    tenant = authority.tenant
    if not directory and tenant and tenant not in ANY_TENANT:
        return {"tenant-authority": authority.url, "directory-id": tenant}
    if not directory or tenant in ("", directory, *ANY_TENANT):
        return {"tenant-authority": authority.url}
    return {}


def understood(facts: Facts, name: str) -> str:
    """A notice what the good value of an option was understood as, "" for none.

    Only for what is not the vendor's own value, such as a scope of another host.
    """
    value = facts.text(name)
    if name == "grant-type" and facts.google and value == Grant.DEVICE_CODE:
        label = facts.options[name].label
        return f"{label}: {value} is ignored at Google, the refresh token signs in."
    if name != "scope" or not facts.microsoft or facts.scope.cloud is None:
        return ""
    if value in (offered for offered, _ in facts.options[name].choices):
        return ""
    what = "Exchange Online" if facts.scope.exchange else "Microsoft Graph"
    where = facts.scope.cloud.name
    return f"Scope: {facts.scope.host} is {what} in {where}; kept as typed."

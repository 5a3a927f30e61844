"""The permissions of an application, by protocol and sign-in (providers.md 1.1).

Names as the portal writes them, with the list under which each is found there: the
delegated ones of IMAP, POP3 and SMTP stand under Microsoft Graph, the others of
Exchange do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...core.choices import Protocol
from ..option_rules.clouds import GLOBAL
from .modes import POP, SMTP
from .setup import Setup

EXCHANGE_API = "Office 365 Exchange Online"
GRAPH_API = "Microsoft Graph"
# Exchange Online is found by its name, which is not in the list of the usual ones.
WHERE = {
    EXCHANGE_API: "APIs my organization uses",
    GRAPH_API: "Microsoft APIs",
}
APPLICATION = "Application permissions"
DELEGATED = "Delegated permissions"


@dataclass(frozen=True)
class Permission:
    """One permission: the list it is in, its kind and its name."""

    api: str
    kind: str
    name: str

    @property
    def where(self) -> str:
        """The tab of Add a permission that has the API."""
        return WHERE[self.api]


def _app(api: str, name: str) -> Permission:
    return Permission(api, APPLICATION, name)


def _user(api: str, name: str) -> Permission:
    return Permission(api, DELEGATED, name)


AS_APPLICATION: Mapping[tuple[str, Protocol], Permission] = {
    (POP, Protocol.IMAP): _app(EXCHANGE_API, "IMAP.AccessAsApp"),
    (POP, Protocol.POP3): _app(EXCHANGE_API, "POP.AccessAsApp"),
    (SMTP, Protocol.SMTP): _app(EXCHANGE_API, "SMTP.SendAsApp"),
    (POP, Protocol.EWS): _app(EXCHANGE_API, "full_access_as_app"),
    (SMTP, Protocol.EWS): _app(EXCHANGE_API, "full_access_as_app"),
    (POP, Protocol.GRAPH): _app(GRAPH_API, "Mail.ReadWrite"),
    (SMTP, Protocol.GRAPH): _app(GRAPH_API, "Mail.Send"),
}
AS_USER: Mapping[tuple[str, Protocol], Permission] = {
    (POP, Protocol.IMAP): _user(GRAPH_API, "IMAP.AccessAsUser.All"),
    (POP, Protocol.POP3): _user(GRAPH_API, "POP.AccessAsUser.All"),
    (SMTP, Protocol.SMTP): _user(GRAPH_API, "SMTP.Send"),
    (POP, Protocol.EWS): _user(EXCHANGE_API, "EWS.AccessAsUser.All"),
    (SMTP, Protocol.EWS): _user(EXCHANGE_API, "EWS.AccessAsUser.All"),
    (POP, Protocol.GRAPH): _user(GRAPH_API, "Mail.ReadWrite"),
    (SMTP, Protocol.GRAPH): _user(GRAPH_API, "Mail.Send"),
}
# A message over 3 MB is sent as a draft, and one whose answer was lost is looked for.
WITH_SENDING = {
    APPLICATION: _app(GRAPH_API, "Mail.ReadWrite"),
    DELEGATED: _user(GRAPH_API, "Mail.ReadWrite"),
}
# Of Graph alone: the others' permissions open whatever the person may open.
SHARED = {
    "Mail.ReadWrite": "Mail.ReadWrite.Shared",
    "Mail.Send": "Mail.Send.Shared",
}
USER_READ = _user(GRAPH_API, "User.Read")
OFFLINE = _user(GRAPH_API, "offline_access")  # a refresh token may be given


def needed(setup: Setup) -> list[Permission]:
    """All that the application of a draft needs, without repeats."""
    mode = setup.mode
    if mode is None or not mode.registers:
        return []
    table = AS_APPLICATION if mode.app_only else AS_USER
    found = [table[pair] for pair in setup.protocols().items() if pair in table]
    if setup.protocols().get(SMTP) == Protocol.GRAPH:
        found.append(WITH_SENDING[APPLICATION if mode.app_only else DELEGATED])
    if setup.account:
        found = [replace(one, name=SHARED.get(one.name, one.name)) for one in found]
    if not mode.app_only:
        found.append(USER_READ)
    if mode.signs_in:
        found.append(OFFLINE)
    return list(dict.fromkeys(found))


def consent_scope(setup: Setup) -> str:
    """The scope of the admin consent address: everything the registration asks for.

    `.default` of one of its APIs makes Entra ask for all that stands on the
    registration; app-only Exchange permissions are those of outlook.office365.com.
    """
    cloud = setup.cloud or GLOBAL
    apis = {permission.api for permission in needed(setup)}
    hosts = cloud.graph if apis <= {GRAPH_API} else cloud.exchange[-1:]
    return f"https://{hosts[0]}/.default"

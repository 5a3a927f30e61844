"""Why a mail server refuses a token, from the token's own claims (diagnosis.md 3.1).

Servers give no reason, the token does: its end, the service it was made for, its
permissions, whose it is. Names of permissions: providers.md section 1.1; meaning of the
claims: Microsoft's access token claims reference. Claims are read, never verified: they
are good for a diagnosis only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from ...core.choices import Protocol, Stage

# Resource ids of Exchange Online and of Graph, used in place of their addresses.
EXCHANGE_ID = "00000002-0000-0ff1-ce00-000000000000"
GRAPH_ID = "00000003-0000-0000-c000-000000000000"
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
_EXCHANGE = re.compile(
    r"(?:^|\.)(?:outlook[\w-]*\.office(?:365)?|partner\.outlook)\.\w+$"
)
_GRAPH = re.compile(
    r"(?:^|[.-])graph\.microsoft\.\w+$|^microsoftgraph\.chinacloudapi\.cn$"
)
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SENDING = (Stage.ENVELOPE, Stage.DATA)


@dataclass(frozen=True)
class Need:
    """What a token needs for a protocol: the first permission is the one to ask for."""

    delegated: tuple[str, ...]
    application: tuple[str, ...]
    graph: bool = False


_READ = ("Mail.ReadWrite", "Mail.ReadWrite.Shared", "Mail.Read", "Mail.Read.Shared")
_SEND = ("Mail.Send", "Mail.Send.Shared")
NEEDS: Mapping[str, Need] = {
    Protocol.IMAP: Need(("IMAP.AccessAsUser.All",), ("IMAP.AccessAsApp",)),
    Protocol.POP3: Need(("POP.AccessAsUser.All",), ("POP.AccessAsApp",)),
    Protocol.SMTP: Need(("SMTP.Send",), ("SMTP.SendAsApp",)),
    Protocol.EWS: Need(("EWS.AccessAsUser.All",), ("full_access_as_app",)),
    Protocol.GRAPH: Need(_READ, ("Mail.ReadWrite", "Mail.Read"), graph=True),
}
_GRAPH_SEND = Need(_SEND, ("Mail.Send",), graph=True)


@dataclass(frozen=True)
class Decision:
    """id: of the finding. facts: what fills its words."""

    id: str
    facts: Mapping[str, object]


def decide(
    claims: Mapping[str, Any],
    *,
    protocol: str,
    user: str = "",
    account: str = "",
    now: float | None = None,
    stage: str = "",
) -> Decision:
    """Why a token with these claims is refused.

    protocol: a value of `Protocol`. user: log-in name at the mail server, or "".
    account: who signs in for a shared mailbox `user`, or "".
    now: seconds since 1970, None where the claims are old. stage: tells sending at
    Graph from reading.
    """
    need = _GRAPH_SEND if protocol == "GRAPH" and stage in _SENDING else None
    need = need or NEEDS.get(protocol, NEEDS[Protocol.IMAP])
    if account and need.graph:
        shared = tuple(one for one in need.delegated if one.endswith(".Shared"))
        need = replace(need, delegated=shared)
    facts: dict[str, object] = {
        "client_id": _first(claims, "appid", "azp"),
        "object_id": _first(claims, "oid"),
    }
    expires = claims.get("exp")
    if now is not None and isinstance(expires, int | float) and expires < now:
        return Decision("refused-token-ended", facts)
    audience = str(claims.get("aud") or "")
    if audience and not _fits(audience, need):
        facts |= {
            "audience": audience,
            "service": "Graph" if need.graph else "Exchange Online",
            "scope": "https://graph.microsoft.com/.default"
            if need.graph
            else "https://outlook.office365.com/.default",
        }
        return Decision("refused-token-audience", facts)
    if str(claims.get("tid") or "") == PERSONAL_TENANT and protocol == Protocol.EWS:
        return Decision("refused-token-personal", facts)
    return _by_permission(claims, need, (user, account), facts)


def _by_permission(
    claims: Mapping[str, Any],
    need: Need,
    names: tuple[str, str],
    facts: dict[str, object],
) -> Decision:
    user, account = names
    if is_application(claims):
        roles = claims.get("roles")
        held = roles if isinstance(roles, list) else []
        if not any(role in held for role in need.application):
            return _lacks(need.application[0], "application", facts)
        # Of the Graph kind a policy of Exchange decides; of the others its own rights.
        id = "graph-odata-disabled" if need.graph else "application-rights-missing"
        return Decision(id, facts)
    if "scp" in claims:
        held = str(claims.get("scp") or "").split()
        if not any(scope in held for scope in need.delegated):
            return _lacks(need.delegated[0], "delegated", facts)
    owner = _first(claims, "upn", "preferred_username", "unique_name").lower()
    if account and owner in ("", account.lower()):
        # The right person's token: what is left are that person's rights.
        facts |= {"account": account, "login": user}
        return Decision("shared-rights-missing", facts)
    if owner and user and owner != user.lower():
        facts |= {"user": owner, "login": user.lower()}
        return Decision("refused-token-other-user", facts)
    return Decision("token-not-accepted", facts)


def is_application(claims: Mapping[str, Any]) -> bool:
    """Whether an application signed in, not a user."""
    if claims.get("idtyp") == "app":
        return True
    return "scp" not in claims and "roles" in claims and not claims.get("upn")


def _lacks(permission: str, kind: str, facts: dict[str, object]) -> Decision:
    facts |= {"permission": permission, "kind": kind}
    return Decision("refused-token-permission", facts)


def _fits(audience: str, need: Need) -> bool:
    wanted, id = (_GRAPH, GRAPH_ID) if need.graph else (_EXCHANGE, EXCHANGE_ID)
    if _GUID.fullmatch(audience):
        return audience.lower() == id
    host = urlsplit(audience).hostname or audience
    return bool(wanted.search(host.lower()))


def _first(claims: Mapping[str, Any], *names: str) -> str:
    return next((str(claims[name]) for name in names if claims.get(name)), "")

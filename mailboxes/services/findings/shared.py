"""What a refusal means where a person's token opens the mailbox of another.

Servers word a missing Full Access as many things: no rights, no mailbox, no folder
(providers.md section 1.5; ecederstrand/exchangelib issue 430 for EWS). Where the claims
of the token are known they come first (claims).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...core.codes import Code
from ..finding import Finding
from .catalogue import BY_ID

RIGHTS = "shared-rights-missing"
DENIED = ("ews-access-denied", "graph-access-denied")
# EWS does not find the inbox of a mailbox that nothing of is to be seen.
UNSEEN = ("ErrorItemNotFound", "ErrorFolderNotFound")


def claims_decide(code: str, facts: Mapping[str, Any]) -> bool:
    """A refusal whose reason stands in the claims of the token, if anywhere.

    Graph names a missing permission and a missing right alike.
    """
    denied = code == Code.GRAPH_ACCESS_DENIED and bool(facts.get("account"))
    return denied or code == Code.TOKEN_NOT_ACCEPTED


def at_shared(row: Finding, facts: Mapping[str, Any]) -> Finding:
    """`row`, or what is more exact of it for a shared mailbox.

    facts: evidence; of a shared mailbox it has `account`.
    """
    unseen = row.id == "ews-no-mailbox" and facts.get("request_error") in UNSEEN
    if facts.get("account") and (unseen or row.id in DENIED):
        return replace(BY_ID[RIGHTS], retry=row.retry)
    return row

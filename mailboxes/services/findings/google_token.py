"""Why Google's mail servers refuse a token, from what Google itself says of it.

Tokens of Google's are opaque; the connection test asks tokeninfo once a server has
refused one (oauth.google.about). Words: rows_google. The other claims: claims.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .claims import Decision

SCOPE = "https://mail.google.com/"
_HOST = re.compile(r"(?:^|\.)(?:gmail|googlemail|google)\.com$")


def at_google(facts: Mapping[str, Any]) -> bool:
    """Whether the mail server of this evidence is Google's."""
    return bool(_HOST.search(str(facts.get("host") or "").lower()))


def decide(
    told: Mapping[str, Any], *, user: str = "", client_id: str = ""
) -> Decision | None:
    """Why a token of which tokeninfo says this was refused; None where it knows none.

    user: log-in name at the mail server. client_id: whose the token should be, "" where
    that says nothing, as of a service account.
    """
    if "scope" not in told:
        return None
    if SCOPE not in str(told["scope"]).split():
        return Decision("google-scope-narrow", {})
    owner = str(told.get("email") or "").lower()
    if owner and user and owner != user.lower():
        facts = {"user": owner, "login": user.lower()}
        return Decision("google-token-other-account", facts)
    holder = str(told.get("aud") or "")
    if holder and client_id and holder != client_id:
        facts = {"application": holder, "expected": client_id}
        return Decision("token-client", facts)
    return Decision("google-token-right", {})

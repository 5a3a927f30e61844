"""`{% newest_sign_in client %}` on pages of an option set: the sign-in of its owner.

Shows nothing where no person signs in. The page of a sign-in: views/sign_ins.
"""

from __future__ import annotations

from typing import Any

from django import template

from mailboxes.services import sign_ins
from mailboxes.services.options import snapshots
from mailboxes.views.option_set_lookup import Client, may, short_kind
from mailboxes.views.sign_ins import shown

register = template.Library()


@register.inclusion_tag("sign_in/_panel.html", takes_context=True)
def newest_sign_in(context: dict[str, Any], client: Client | None) -> dict[str, Any]:
    """How it stands, and a button for the next one."""
    if client is None or not client.revision:
        return {"wanted": False}
    snapshot = snapshots.take(client)
    if not sign_ins.possible(snapshot):
        return {"wanted": False}
    row = sign_ins.newest(client)
    request = context["request"]
    return {
        "wanted": True,
        "client": client,
        "kind": short_kind(client),
        "login": snapshot.account,
        "stored": bool(snapshot["password"]),
        "may_start": may(request, "change", type(client)),
        "csrf_token": context.get("csrf_token"),
        **(shown(request, row) if row else {"row": None}),
    }

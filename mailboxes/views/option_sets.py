"""The list of option sets, those in the archive too (ux.md section 2.7).

What is saved against what is in effect: option_set_compare. The form: option_set_edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import Mailbox, PopClient
from ..services import status
from ..services.status import ClientStatus
from . import inputs
from .import_options import may_import

PER_PAGE = 50
FIRST = 25  # of each kind, where both are shown


@dataclass(frozen=True)
class Row:
    """One option set in the list."""

    status: ClientStatus
    kind: str
    mailboxes: list[Mailbox]


@login_required
def option_sets(request: HttpRequest) -> HttpResponse:
    """Both kinds; `?kind=` one of them, `?archived=1` the archive, `?q=` searches."""
    archived = request.GET.get("archived") == "1"
    kind = request.GET.get("kind", "")
    query = inputs.text(request.GET, "q").lower()
    now = timezone.now()
    rows = {
        "pop": _found("pop", status.pop_clients(now, archived=archived), query),
        "smtp": _found("smtp", status.smtp_clients(now, archived=archived), query),
    }
    one = kind in rows
    page = Paginator(rows[kind] if one else [], PER_PAGE).get_page(
        request.GET.get("page")
    )
    return render(
        request,
        "option_sets/list.html",
        {
            "panels": [
                _panel(name, found, page if one else found[:FIRST])
                for name, found in rows.items()
                if not one or name == kind
            ],
            "page": page if one else None,
            "archived": archived,
            "may_import": may_import(request),
            "query": query,
            "keep": [
                (name, value)
                for name, value in (("kind", kind), ("archived", "1" * archived))
                if value
            ],
            "filters": _filters(kind if one else "", archived, rows),
            "nav": "option-sets",
        },
    )


def _found(kind: str, statuses: list[ClientStatus], query: str) -> list[Row]:
    serves: dict[int, list[Mailbox]] = {}
    if kind == "smtp" and statuses:
        rows = Mailbox.objects.filter(archived_at=None, smtp_client__isnull=False)
        for mailbox in rows:
            serves.setdefault(mailbox.smtp_client_id or 0, []).append(mailbox)
    found = []
    for one in statuses:
        client = one.client
        mailboxes = (
            [client.mailbox_row]
            if isinstance(client, PopClient)
            else serves.get(client.pk, [])
        )
        names = [one.name, one.type, client.server, *(str(m) for m in mailboxes)]
        if all(word in " ".join(names).lower() for word in query.split()):
            found.append(Row(one, kind, mailboxes))
    return found


def _panel(kind: str, found: list[Row], shown: Sequence[Row] | Page) -> dict[str, Any]:
    return {
        "kind": kind,
        "title": _("Inbound: pop-client")
        if kind == "pop"
        else _("Outbound: smtp-client"),
        "rows": list(shown),
        "more": len(found) if len(found) > len(shown) else 0,
    }


def _filters(
    kind: str, archived: bool, rows: dict[str, list[Row]]
) -> list[dict[str, Any]]:
    count = {name: len(found) for name, found in rows.items()}
    choices: list[tuple[str, str, int | None, bool]] = [
        (_("All"), "?", None, not kind and not archived),
        ("pop-client", "?kind=pop", None, kind == "pop" and not archived),
        ("smtp-client", "?kind=smtp", None, kind == "smtp" and not archived),
        (
            _("Archived"),
            "?archived=1",
            sum(count.values()) if archived else None,
            archived,
        ),
    ]
    return [
        {"label": label, "url": url, "count": number, "current": current}
        for label, url, number, current in choices
    ]

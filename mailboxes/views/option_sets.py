"""Option sets: the list, and what is saved against what is in effect (ux.md 2.7).

The form stands in option_set_edit, the buttons in option_set_actions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from ..core.options import Effect, Group
from ..models import Mailbox, PopClient, Revision, SmtpClient
from ..services import changes, clients, snapshots, status
from ..services.option_rules import clean
from ..services.status import ClientStatus
from .option_set_lookup import Client, find, short_kind, users_of

PER_PAGE = 25


@dataclass(frozen=True)
class Row:
    """One option set in the list."""

    status: ClientStatus
    kind: str
    mailboxes: list[Mailbox]


@login_required
def option_sets(request: HttpRequest) -> HttpResponse:
    """Both kinds, each with its mailboxes and its revisions."""
    now = timezone.now()
    outbound = status.smtp_clients(now)
    serves: dict[int, list[Mailbox]] = {}
    for mailbox in Mailbox.objects.filter(archived_at=None, smtp_client__isnull=False):
        serves.setdefault(mailbox.smtp_client_id or 0, []).append(mailbox)
    return render(
        request,
        "option_sets/list.html",
        {
            "inbound": [
                Row(one, "pop", users_of(one.client)) for one in status.pop_clients(now)
            ],
            "outbound": [
                Row(one, "smtp", serves.get(one.client.pk, [])) for one in outbound
            ],
            "nav": "option-sets",
        },
    )


@dataclass(frozen=True)
class CompareRow:
    """One option as components/compare.html shows it."""

    label: str
    name: str
    effective: str
    saved: str
    differs: bool
    effect: Effect
    group: Group


@login_required
def compare(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Saved against in effect, the revisions, and `?a=&b=` two of them compared."""
    client = find(kind, pk)
    newest, current = snapshots.newest(client), changes.in_effect(client)
    differing = {change.option for change in changes.pending(client)}
    rows = _rows(client, newest, current, differing)
    revisions = client.revisions.select_related("author")
    page = Paginator(revisions, PER_PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    one = (
        status.of_pop_client(client, now)
        if isinstance(client, PopClient)
        else status.of_smtp_client(client, now)
    )
    return render(
        request,
        "option_sets/compare.html",
        {
            "client": client,
            "kind": short_kind(client),
            "status": one,
            "runner": one.runner,
            "newest": newest,
            "current": current,
            "differing": [row for row in rows if row.differs],
            "same": [row for row in rows if not row.differs],
            "compared": _compared(request, client),
            "page": page,
            "mailboxes": users_of(client),
            "machinery": status.machinery(now),
            "warnings": _warnings(client, newest),
            "waiting": clients.waiting_messages(client)
            if isinstance(client, SmtpClient)
            else 0,
            "may_change": request.user.has_perm(
                f"mailboxes.change_{client._meta.model_name}"
            ),
            "may_operate": request.user.has_perm(
                f"mailboxes.change_{'fetcher' if kind == 'pop' else 'sender'}"
            ),
            "nav": "option-sets",
        },
    )


def _rows(
    client: Client, newest: Revision, current: Revision | None, differing: set[str]
) -> list[CompareRow]:
    saved = snapshots.of(newest)
    effective = snapshots.of(current) if current else None
    rows = []
    for option in client.options().values():
        name = option.name
        after = changes.value_text(option, saved[name], saved.pinned)
        before = ""
        if effective:
            before = changes.value_text(option, effective[name], effective.pinned)
        differs = name in differing
        if differs and before == after:
            after = _("%s, replaced") % after
        rows.append(
            CompareRow(
                option.label,
                name,
                before if differs else after,
                after,
                differs,
                option.effect,
                option.group,
            )
        )
    return rows


def _compared(request: HttpRequest, client: Client) -> dict[str, Any] | None:
    """What `?a=&b=` asks for; Http404 for revisions that do not exist."""
    asked = [request.GET.get(name, "") for name in ("a", "b")]
    if not any(asked):
        return None
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in asked):
        raise Http404
    first, second = (
        client.revisions.select_related("author").filter(number=int(text)).first()
        for text in asked
    )
    if first is None or second is None:
        raise Http404
    return {"a": first, "b": second, "changes": changes.diff(first, second)}


def _warnings(client: Client, newest: Revision) -> list[str]:
    values = snapshots.of(newest).own
    cleaned = clean(client.kind, {}, base=values)
    return [problem.message for problem in cleaned.problems + cleaned.warnings]

"""What is saved against what is in effect, as a page and as JSON (ux.md section 2.7).

The buttons on it: option_set_actions, option_set_archive.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from ..models import PopClient, Revision, SmtpClient
from ..services import clients, status
from ..services.option_rules import clean
from ..services.options import changes, snapshots
from ..services.revisions import comparison
from . import links
from .option_set_lookup import Client, find, may, may_test, users_of

PER_PAGE = 25


@login_required
def compare(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Saved against in effect, the revisions, and `?a=&b=` two of them compared."""
    client = find(kind, pk, archived=None)
    both = comparison.of(client)
    revisions = client.revisions.select_related("author")
    now = timezone.now()
    machinery = status.machinery(now)
    request.machinery = machinery  # type: ignore[attr-defined]  # for the frame
    one = (
        status.of_pop_client(client, now)
        if isinstance(client, PopClient)
        else status.of_smtp_client(client, now)
    )
    runner = "fetcher" if kind == "pop" else "sender"
    return render(
        request,
        "option_sets/compare.html",
        {
            "client": client,
            "kind": kind,
            "status": one,
            "fix_url": links.mend_url(request, client, one.finding),
            "runner": one.runner,
            "newest": both.newest,
            "current": both.current,
            "differing": both.differing,
            "same": both.same,
            "compared": _compared(request, client),
            "page": Paginator(revisions, PER_PAGE).get_page(request.GET.get("page")),
            "numbers": range(client.revision, 0, -1)[:200],
            "mailboxes": users_of(client),
            "machinery": machinery,
            "warnings": _warnings(client, both.newest),
            "waiting": clients.waiting_messages(client)
            if isinstance(client, SmtpClient)
            else 0,
            "may_change": may(request, "change", type(client)),
            "may_operate": request.user.has_perm(f"mailboxes.change_{runner}"),
            "testable": may_test(request, type(client)),
            "nav": "option-sets",
        },
    )


@login_required
def compare_json(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """The same facts for scripts: revision numbers, and both values of each option."""
    return JsonResponse(comparison.of(find(kind, pk, archived=None)).as_json())


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
    snapshot = snapshots.of(newest)
    cleaned = clean(client.kind, {}, base=snapshot.own, extra=snapshot.extra)
    return [problem.message for problem in cleaned.problems + cleaned.warnings]

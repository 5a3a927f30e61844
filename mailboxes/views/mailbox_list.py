"""All mailboxes: which ones, filtered how (ux.md section 2.4)."""

from __future__ import annotations

from collections import Counter

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from ..core.choices import HEALTH_WORST_FIRST
from ..services import status
from ..services.status import ClientStatus
from ..templatetags.words import look
from . import inputs
from .dashboard import rows
from .live import live

PER_PAGE = 50


@login_required
@live
def mailbox_list(request: HttpRequest) -> HttpResponse:
    """The list; `?q=` searches address, name, tags and section, `?health=` filters."""
    now = timezone.now()
    query = inputs.text(request.GET, "q")
    wanted = request.GET.get("health", "")
    everything = status.pop_clients(now)
    request.pop_clients = everything  # type: ignore[attr-defined]
    found = [one for one in everything if _matches(one, query)]
    counts = Counter(one.health for one in found)
    shown = [one for one in found if not wanted or one.health == wanted]
    page = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": rows(list(page.object_list), now),
        "filters": _filters(request, counts, len(found), wanted),
        "query": query,
        "keep": [("health", wanted)] if wanted else [],
        "wanted": wanted,
        "shown": look("health", wanted).word if wanted in HEALTH_WORST_FIRST else "",
        "total": len(everything),
        "sending_only": status.sending_only(),
        "region_url": _with(request, region="1"),
        "nav": "mailbox-list",
    }
    region = "region" in request.GET
    name = "console/_mailbox_list.html" if region else "console/mailbox_list.html"
    return render(request, name, context)


def _matches(one: ClientStatus, query: str) -> bool:
    row = one.client.mailbox_row  # type: ignore[union-attr]  # pop-clients only
    text = f"{row.address} {row.alias} {row.tags} {one.name}".lower()
    return all(word in text for word in query.lower().split())


def _with(request: HttpRequest, **changes: str | None) -> str:
    values = request.GET.copy()
    values.pop("page", None) if "region" not in changes else None
    for key, value in changes.items():
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value
    return "?" + values.urlencode()


def _filters(
    request: HttpRequest, counts: Counter[str], total: int, wanted: str
) -> list[dict[str, object]]:
    filters: list[dict[str, object]] = [
        {
            "label": _("All"),
            "count": total,
            "url": _with(request, health=None),
            "current": not wanted,
        }
    ]
    for health in HEALTH_WORST_FIRST:
        if counts[health] or wanted == health:
            filters.append(
                {
                    "label": look("health", health).word,
                    "count": counts[health],
                    "url": _with(request, health=health),
                    "current": wanted == health,
                }
            )
    return filters

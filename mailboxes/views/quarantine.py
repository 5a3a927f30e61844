"""All that was set aside, of every mailbox: what, why, and where (ux.md section 2.11).

One message, and what can be done with it: messages.
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..services.fetch import aside
from ..templatetags.words import reason_text, reason_word
from . import inputs
from .live import live

PER_PAGE = 50


@login_required
@require_safe
@live
def quarantine(request: HttpRequest) -> HttpResponse:
    """The list, newest first; `?reason=` filters."""
    counts = aside.counts()
    reason = inputs.text(request.GET, "reason")
    reason = reason if reason in counts else ""
    page = Paginator(aside.messages(reason), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "reason": reason_word(reason) if reason else "",
        "why": reason_text(reason) if reason else "",
        "total": sum(counts.values()),
        "filters": _filters(counts, reason),
    }
    return render(request, "console/quarantine.html", context)


def _filters(counts: dict[str, int], current: str) -> list[dict[str, object]]:
    everything = {
        "label": _("All"),
        "count": sum(counts.values()),
        "url": "?",
        "current": not current,
    }
    return [
        everything,
        *(
            {
                "label": reason_word(reason),
                "count": count,
                "url": f"?reason={reason}",
                "current": reason == current,
            }
            for reason, count in counts.items()
        ),
    ]

"""The outbox: what is not out, and is it safe to retry? (ux.md section 2.10)

Writing a message is outbox_compose.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..core.choices import OUTBOX_UNSENT, OutboxState
from ..models import OutboundMessage, SmtpClient
from ..services.outbox import listing as outbox_list
from ..templatetags.ui import spell_duration
from ..templatetags.words import look
from . import inputs, links
from .live import live

PER_PAGE = 50
SHOWN = 60  # characters of an answer in the list; the message page has it whole
STATES = tuple(OutboxState)
PARTLY = "partly"  # sent, but not to all


@login_required
@require_safe
@live
def outbox(request: HttpRequest) -> HttpResponse:
    """The list; `?state=`, `?code=` and `?client=` (an smtp-client) filter."""
    state = inputs.text(request.GET, "state")
    code = inputs.text(request.GET, "code")
    if state not in (*STATES, "unsent", PARTLY):
        state = ""
    client = inputs.key(inputs.text(request.GET, "client"))
    counts = outbox_list.counts()
    waiting = sum(counts.get(one, 0) for one in OUTBOX_UNSENT)
    found = outbox_list.messages(state, code, client)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    groups = [g for g in outbox_list.groups() if _belongs(g, state, code, client)]
    may_change = request.user.has_perm("mailboxes.change_outboundmessage")
    context = {
        "page": page,
        "rows": [_row(row) for row in page.object_list],
        "filters": _filters(counts, waiting, outbox_list.partly(), state),
        "shown": _shown(state),
        "only": _only(code, client),
        "all_url": f"?state={state}" if state else "?",
        "groups": [_group(request, one, may_change) for one in groups],
        "nothing": "" if waiting else _nothing(outbox_list.last_sent()),
        "total": sum(counts.values()),
        "may_compose": request.user.has_perm("mailboxes.add_outboundmessage"),
        "region_url": _with(request, region="1"),
    }
    region = "region" in request.GET
    return render(
        request, "outbox/_list.html" if region else "outbox/list.html", context
    )


def _shown(state: str) -> str:
    """The words of a filter, for the heading."""
    if state == PARTLY:
        return _("Sent, not to all")
    return look("outbox", state).word if state in STATES else ""


def _only(code: str, client: int) -> str:
    """What the list is narrowed to beside the state; "" for nothing."""
    name = SmtpClient.objects.filter(pk=client).values_list("section", flat=True)
    return ", ".join([*([code] if code else []), *(name if client else [])])


def _row(row: OutboundMessage) -> dict[str, Any]:
    """A message with its recipients in a line and the last answer about it."""
    to = [one["address"] for one in row.recipients]
    sender = getattr(row.smtp_client, "sender", None)
    answer = str(row.evidence.get("answer", "")) or row.code
    unsent = row.state in (OutboxState.QUEUED, OutboxState.WAITING)
    if unsent and sender is not None and sender.code:
        answer = str(sender.evidence.get("answer", "")) or sender.code
    return {
        "message": row,
        "to": to[0] if to else "",
        "more": len(to) - 1,
        "answer": answer if len(answer) <= SHOWN else answer[:SHOWN] + "…",
        "refused": sum(one["state"] == "refused" for one in row.recipients),
        "next_try": _next_try(row, sender) if unsent else None,
        "stopped": unsent and sender is not None and sender.state == "stopped",
    }


def _next_try(row: OutboundMessage, sender: Any) -> datetime | None:
    if sender is None or sender.state == "stopped" or sender.paused_at:
        return None
    if not sender.enabled:  # a draft, or in the archive
        return None
    return max(row.not_before, sender.not_before or row.not_before)


def _belongs(group: outbox_list.Group, state: str, code: str, client: int) -> bool:
    """Whether a failure is one of what the filter shows."""
    if client and group.client.pk != client:
        return False
    if not state:
        return True
    waits = group.state != OutboxState.FAILED
    if waits and state not in ("unsent", OutboxState.QUEUED, OutboxState.WAITING):
        return False
    if not waits and state != OutboxState.FAILED:
        return False
    return not code or group.code == code


def _group(
    request: HttpRequest, one: outbox_list.Group, may_change: bool
) -> dict[str, Any]:
    again = may_change and one.state == OutboxState.FAILED
    return {
        "again_url": again
        and reverse("outbox-requeue", args=[one.client.pk, one.code]),
        "give_up_url": again
        and reverse("outbox-give-up", args=[one.client.pk, one.code]),
        "group": one,
        "fix_url": links.mend_url(request, one.client, one.finding),
        "list_url": f"?state={one.state}&client={one.client.pk}"
        + (f"&code={one.code}" if one.code else ""),
    }


def _nothing(last: datetime | None) -> str:
    if last is None:
        return _("Nothing waits. Nothing was sent yet.")
    since = spell_duration((timezone.now() - last).total_seconds())
    return _("Nothing waits. Last sent %s ago.") % since


def _filters(
    counts: dict[str, int], waiting: int, partly: int, current: str
) -> list[dict[str, object]]:
    shown = [
        ("", _("All"), sum(counts.values())),
        ("unsent", _("Not out yet"), waiting),
    ]
    for state in STATES:
        shown.append((state, look("outbox", state).word, counts.get(state, 0)))
        if state == OutboxState.SENT and (partly or current == PARTLY):
            shown.append((PARTLY, _("Sent, not to all"), partly))
    return [
        {
            "label": label,
            "count": count,
            "url": f"?state={state}" if state else "?",
            "current": current == state,
        }
        for state, label, count in shown
    ]


def _with(request: HttpRequest, **changes: str) -> str:
    values = request.GET.copy()
    for key, value in changes.items():
        values[key] = value
    return "?" + values.urlencode()

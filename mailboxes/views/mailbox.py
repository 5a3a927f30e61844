"""One mailbox: what is it doing, why did it stop, what is in effect (ux.md 2.5).

Three tabs with addresses of their own; the options stand on the compare page.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ..core.choices import USUAL_PORTS, Outcome
from ..models import Cycle, Mailbox, Message, PopClient, SetupDraft
from ..services import ends_soon, status
from ..services.status import ClientStatus
from ..services.worker import activity
from ..templatetags.charts import Column
from ..templatetags.ui import number
from . import inputs, links
from .live import live
from .option_set_lookup import may_test

RECENT_CYCLES = 10
RECENT_MESSAGES = 10
PER_PAGE = 50
FETCHED = Q(stored__gt=0) | Q(matched__gt=0) | Q(settled__gt=0)


def _mailbox(pk: int) -> tuple[Mailbox, PopClient | None]:
    mailbox = get_object_or_404(
        Mailbox.objects.select_related(
            "pop_client__fetcher__revision",
            "pop_client__fetcher__paused_by",
            "pop_client__proxy",
            "pop_client__registration",
            "smtp_client",
        ),
        pk=pk,
    )
    client: PopClient | None = getattr(mailbox, "pop_client", None)
    if client is not None:
        client.mailbox_row = mailbox
    return mailbox, client


def _context(
    request: HttpRequest, mailbox: Mailbox, client: PopClient | None, tab: str
) -> dict[str, Any]:
    now = timezone.now()
    one = status.of_pop_client(client, now) if client else None
    return {
        "mailbox": mailbox,
        "client": client,
        "status": one,
        "fetcher": one.runner if one else None,
        "fix_url": links.mend_url(request, client, one.finding)
        if client and one
        else "",
        "ends": ends_soon.warning(client, now) if client else "",
        # Who may operate a mailbox may test it, too.
        "may_operate": may_test(request, PopClient),
        "now": now,
        "nav": "mailbox-list",
        "tabs": _tabs(mailbox, client, one, tab),
    }


def _tabs(
    mailbox: Mailbox,
    client: PopClient | None,
    one: ClientStatus | None,
    current: str,
) -> list[dict[str, object]]:
    tabs: list[dict[str, object]] = [
        {
            "label": _("Overview"),
            "url": reverse("mailbox-detail", args=[mailbox.pk]),
            "current": current == "overview",
        }
    ]
    if client is None or one is None:
        return tabs
    return [
        *tabs,
        {
            "label": _("Cycles"),
            "url": reverse("mailbox-cycles", args=[mailbox.pk]),
            "current": current == "cycles",
        },
        {
            "label": _("Messages"),
            "url": reverse("mailbox-messages", args=[mailbox.pk]),
            "current": current == "messages",
            "count": number(one.messages),
        },
        {
            "label": _("Options"),
            "url": reverse("option-set-compare", args=["pop", client.pk]),
            "current": False,
        },
    ]


@login_required
@live
def mailbox_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The overview, or with `?region=1` what a poll replaces."""
    mailbox, client = _mailbox(pk)
    context = _context(request, mailbox, client, "overview")
    if client is not None:
        now = context["now"]
        cycles = _cycles(client)
        machinery = status.machinery(now)
        request.machinery = machinery  # type: ignore[attr-defined]
        context |= {
            "runs": machinery.alive and not machinery.held,
            "draft": _draft(client),
            "facts": _facts(client, context["fetcher"]),
            "cycles": list(cycles[:RECENT_CYCLES]),
            "failed": cycles.filter(outcome=Outcome.FAILED).first()
            if context["status"].finding
            else None,
            "columns": _columns(client, now),
            "mail_rows": list(client.messages.all()[:RECENT_MESSAGES]),
        }
    region = "region" in request.GET
    name = "console/_mailbox.html" if region else "console/mailbox.html"
    return render(request, name, context)


def _draft(client: PopClient) -> SetupDraft | None:
    """Where the wizard was left, of a mailbox that is not switched on yet."""
    if client.enable_client or client.archived_at is not None:
        return None
    return client.drafts.filter(state=SetupDraft.State.OPEN).first()


def _cycles(client: PopClient) -> QuerySet[Cycle]:
    return client.cycles.select_related("revision")


def _columns(client: PopClient, now: datetime) -> list[Column]:
    counts = activity.messages_by_hour([client.pk], now)[client.pk]
    failed = activity.failed_by_hour(client, now)
    return [
        Column(*column)
        for column in zip(activity.hours(now), counts, failed, strict=True)
    ]


def _facts(client: PopClient, fetcher: Any) -> list[dict[str, object]]:
    port = client.port or USUAL_PORTS.get(
        (client.type, client.pop_connection_security), 0
    )
    via = _(" through the proxy %s") % client.proxy.name if client.proxy else ""
    facts: list[dict[str, object]] = [
        {"label": _("Section"), "value": client.section, "mono": True},
        {"label": _("Type"), "value": client.type},
        {
            "label": _("Server"),
            "value": f"{client.server}:{port}",
            "mono": True,
            "hint": via.strip(),
        },
        {
            "label": _("Log-in name"),
            "value": client.mailbox or client.mailbox_row.address,
        },
        {
            "label": _("Sign-in"),
            "value": client.get_mechanisms_display(),  # type: ignore[attr-defined]
        },
        {"label": _("Folder"), "value": client.folder_path or _("Inbox")},
        {
            "label": _("After a message is stored"),
            "value": client.get_after_fetch_display(),  # type: ignore[attr-defined]
        },
        {
            "label": _("Revision"),
            "value": _("%(saved)s saved, %(effect)s in effect")
            % {
                "saved": client.revision,
                "effect": fetcher.revision.number
                if fetcher and fetcher.revision
                else _("none"),
            },
            "url": reverse("option-set-compare", args=["pop", client.pk]),
        },
    ]
    return facts


@login_required
@live
def mailbox_cycles(request: HttpRequest, pk: int) -> HttpResponse:
    """All kept cycles; `?only=failed` or `?only=mail` filters."""
    mailbox, client = _mailbox(pk)
    cycles = _cycles(client) if client else Cycle.objects.none()
    only = request.GET.get("only", "")
    if only == "failed":
        cycles = cycles.filter(outcome__in=[Outcome.FAILED, Outcome.LOST])
    elif only == "mail":
        cycles = cycles.filter(FETCHED)
    page = Paginator(cycles, PER_PAGE).get_page(request.GET.get("page"))
    context = _context(request, mailbox, client, "cycles") | {
        "page": page,
        "cycles": page.object_list,
        "only": only,
        "filters": [
            {"label": label, "url": f"?only={value}" if value else "?", "count": None}
            | {"current": only == value}
            for label, value in (
                (_("All"), ""),
                (_("With mail"), "mail"),
                (_("Failed"), "failed"),
            )
        ],
    }
    return render(request, "console/mailbox_cycles.html", context)


@login_required
@live
def mailbox_messages(request: HttpRequest, pk: int) -> HttpResponse:
    """All stored messages; `?q=` searches subject, sender and Message-ID."""
    mailbox, client = _mailbox(pk)
    messages = client.messages.all() if client else Message.objects.none()
    query = inputs.text(request.GET, "q")
    for word in query.split():
        messages = messages.filter(
            Q(subject__icontains=word)
            | Q(sender__icontains=word)
            | Q(message_id__icontains=word)
        )
    search = {"q": query} if query else {}
    only = request.GET.get("only", "")
    if only == "quarantined":
        messages = messages.filter(parse_state="quarantined")
    page = Paginator(messages, PER_PAGE).get_page(request.GET.get("page"))
    context = _context(request, mailbox, client, "messages") | {
        "page": page,
        "mail_rows": page.object_list,
        "query": query,
        "only": only,
        "keep": [("only", only)] if only else [],
        "filters": [
            {
                "label": _("All"),
                "url": "?" + urlencode(search),
                "count": None,
                "current": not only,
            },
            {
                "label": _("Quarantined"),
                "url": "?" + urlencode(search | {"only": "quarantined"}),
                "count": None,
                "current": only == "quarantined",
            },
        ],
    }
    return render(request, "console/mailbox_messages.html", context)


@login_required
def cycle_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One cycle: phases, counts, and what went wrong."""
    cycle = get_object_or_404(
        Cycle.objects.select_related(
            "revision", "pop_client__mailbox_row", "smtp_client"
        ),
        pk=pk,
    )
    finding = status.finding_of(cycle)
    one: ClientStatus | None = None
    now = timezone.now()
    if cycle.pop_client:
        one = status.of_pop_client(cycle.pop_client, now)
    elif cycle.smtp_client:
        one = status.of_smtp_client(cycle.smtp_client, now)
    return render(
        request,
        "console/cycle.html",
        {
            "cycle": cycle,
            "finding": finding,
            "status": one,
            "client_url": links.client_url(one) if one else "",
            "fix_url": links.mend_url(request, one.client, finding) if one else "",
            "evidence": [
                (key.replace("_", " "), value)
                for key, value in sorted(cycle.evidence.items())
            ],
            "phases": sorted(cycle.phases.items(), key=lambda phase: -phase[1]),
            "seconds": (cycle.ended_at - cycle.started_at).total_seconds()
            if cycle.ended_at
            else None,
            "mail_rows": cycle.messages.all()[:PER_PAGE],
            "nav": "mailbox-list" if cycle.pop_client_id else "option-sets",
        },
    )

"""The system page: is the machinery healthy (ux.md section 2.15)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ..services import instance, retention, status
from ..services.instance import installation
from ..services.status import Machinery
from ..services.worker import schedule
from ..templatetags.ui import size
from . import inputs
from .live import live

KEPT_WORKERS = 5


@login_required
@live
def system(request: HttpRequest) -> HttpResponse:
    """The page, or with `?region=1` what a poll replaces."""
    now = timezone.now()
    machinery = status.machinery(now)
    request.machinery = machinery  # type: ignore[attr-defined]
    region = "region" in request.GET
    context = {
        "answer": _answer(machinery),
        "machinery": machinery,
        "batches": status.batches(),
        "workers": status.workers(now, KEPT_WORKERS),
        "queue": schedule.queue(),
        "may_hold": request.user.has_perm("mailboxes.change_instance"),
        "region": region,
    }
    if not region:
        context |= _installation()
    name = "console/_system.html" if region else "console/system.html"
    return render(request, name, context)


def _answer(machinery: Machinery) -> str:
    if machinery.stuck:
        return _("System: the queue stands still")
    if machinery.starting:
        return _("System: the worker is starting")
    if not machinery.alive:
        return _("System: no worker is alive")
    if machinery.held:
        return _("System: everything is held")
    return _("System: the worker is alive")


def _installation() -> dict[str, Any]:
    """What does not change while somebody looks, and is not polled for."""
    here = installation.look()
    return {
        "short_of_space": here.is_short_of_space,
        "facts": [
            {
                "label": _("Version"),
                "value": settings.MAILADMIN_VERSION,
                "hint": f"Python {here.python}, Django {here.django}",
            },
            {
                "label": _("Database"),
                "value": f"{here.database}, {size(here.database_size)}"
                if here.database_size
                else here.database,
                "hint": "DATABASE_URL",
            },
            {
                "label": _("Space left"),
                "value": _("unknown") if here.free is None else size(here.free),
                "hint": _("on the disk of the data folder"),
            },
            {
                "label": _("Queue broker"),
                "value": "Redis" if settings.REDIS_URL else _("database"),
            },
            {
                "label": _("Worker processes"),
                "value": settings.MAILADMIN_WORKERS,
                "hint": "MAILADMIN_WORKERS",
            },
            {
                "label": _("Data folder"),
                "value": settings.MAILADMIN_DATA,
                "mono": True,
                "hint": "MAILADMIN_DATA",
            },
            {"label": _("Times"), "value": _("UTC, days too")},
            {"label": _("Kept"), "value": _kept()},
        ],
    }


def _kept() -> str:
    return _(
        "cycles %(cycles)d days, connection tests %(tests)d, audit log %(audit)d;"
        " content of sent mail %(sent)s; received mail has no end"
    ) % {
        "sent": settings.MAILADMIN_SENT_DAYS or _("has no end"),
        "cycles": retention.CYCLES.days,
        "tests": retention.TESTS.days,
        "audit": retention.AUDIT.days,
    }


@require_POST
@login_required
@permission_required("mailboxes.change_instance", raise_exception=True)
def hold(request: HttpRequest) -> HttpResponse:
    """Stop all fetching, settling and sending until it is released."""
    reason = inputs.text(request.POST, "reason")
    if not reason:
        messages.error(request, _("Enter a reason for the hold."))
        return redirect("system")
    if instance.hold(reason, request.user):
        messages.success(request, _("Held: nothing is fetched, settled or sent."))
    else:
        messages.info(
            request,
            _("Nothing was changed: everything is held already, for the first reason."),
        )
    return redirect("system")


@require_POST
@login_required
@permission_required("mailboxes.change_instance", raise_exception=True)
def release(request: HttpRequest) -> HttpResponse:
    """Let fetching and sending go on."""
    if instance.release(request.user):
        messages.success(request, _("Released: fetching and sending go on."))
    else:
        messages.info(request, _("Nothing was changed: nothing was held."))
    return redirect("system")

"""The system page: is the machinery healthy (ux.md section 2.15)."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ..models import Worker
from ..services import instance, schedule, status
from . import inputs
from .live import live

KEPT_WORKERS = 5


@login_required
@live
def system(request: HttpRequest) -> HttpResponse:
    """The page, or with `?region=1` what a poll replaces."""
    now = timezone.now()
    queue = schedule.queue()
    context = {
        "machinery": status.machinery(now),
        "batches": status.batches(),
        "workers": Worker.objects.order_by("-beat_at")[:KEPT_WORKERS],
        "queue": queue,
        "facts": [
            {"label": _("Version"), "value": settings.MAILADMIN_VERSION},
            {
                "label": _("Database"),
                "value": settings.DATABASES["default"]["ENGINE"].rsplit(".", 1)[-1],
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
        ],
        "may_hold": request.user.has_perm("mailboxes.change_instance"),
    }
    region = "region" in request.GET
    name = "console/_system.html" if region else "console/system.html"
    return render(request, name, context)


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

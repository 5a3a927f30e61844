"""What the frame of every page needs: bars, counts, theme.

Computed only when a template asks for it, so that polled regions cost nothing here. A
view that has loaded `machinery`, `pop_clients` or `quarantined` leaves them on the
request.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from ..models import Proxy
from ..services import status
from ..services.fetch import aside
from .import_options import may_import

THEMES = ("light", "dark")


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html under the name `frame`."""
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> dict[str, Any]:
    theme = request.COOKIES.get("theme", "")
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    return {
        "bars": _bars(request) if known else [],
        "failing": status.failing_count(getattr(request, "pop_clients", None))
        if known
        else 0,
        "quarantined": _quarantined(request) if known else 0,
        "user_name": user.get_username() if user is not None and known else "",
        "theme": theme if theme in THEMES else "",
        "may_import": known and may_import(request),
        "version": settings.MAILADMIN_VERSION,
    }


def _quarantined(request: HttpRequest) -> int:
    known: int | None = getattr(request, "quarantined", None)
    return aside.count() if known is None else known


def _bars(request: HttpRequest) -> list[dict[str, str]]:
    """Lines under the head, worst first, and only when there is something to say."""
    machinery = getattr(request, "machinery", None) or status.machinery()
    bars = []
    if machinery.stuck:
        bars.append(
            {
                "kind": "worker",
                "text": _("The queue stands still: no mail is fetched or sent."),
                "url": reverse("system"),
                "link": _("What to do"),
            }
        )
    elif not machinery.alive and not machinery.starting:
        bars.append(
            {
                "kind": "worker",
                "text": _("No worker is running: no mail is fetched or sent."),
                "command": "manage.py worker",
                "url": reverse("system"),
                "link": _("What to do"),
            }
        )
    if machinery.held:
        bars.append(
            {
                "kind": "held",
                "text": _("Held: nothing is fetched, settled or sent. %s")
                % machinery.held.held_reason,
                "url": reverse("system"),
                "link": _("Release it on the system page"),
            }
        )
    if Proxy.objects.filter(sandbox=True).exists():
        bar = {
            "kind": "sandbox",
            "text": _("Sandbox: its mailboxes live on this machine only."),
        }
        if getattr(request.user, "is_staff", False):
            bar |= {"url": reverse("sandbox"), "link": _("Let something go wrong")}
        bars.append(bar)
    return bars

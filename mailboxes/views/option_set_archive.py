"""Takes an option set out of use, and brings it back; nothing is ever deleted."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ..models import SmtpClient
from ..services import clients
from .option_set_lookup import find, require, users_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def archive(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Ask, then archive."""
    client = find(kind, pk)
    require(request, "change", type(client))
    if request.method == "POST":
        clients.archive(client, request.user)
        messages.success(
            request, _("%s is in the archive: nothing runs.") % client.section
        )
        return redirect("option-set-compare", kind, pk)
    return render(
        request,
        "option_sets/archive.html",
        {
            "client": client,
            "kind": kind,
            "mailboxes": users_of(client),
            "messages_kept": client.messages.count() if kind == "pop" else None,
            "waiting": clients.waiting_messages(client)
            if isinstance(client, SmtpClient)
            else 0,
            "back": reverse("option-set-compare", args=[kind, pk]),
            "nav": "option-sets",
        },
    )


@require_POST
@login_required
def unarchive(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Bring it back as it was."""
    client = find(kind, pk, archived=True)
    require(request, "change", type(client))
    clients.unarchive(client, request.user)
    messages.success(request, _("%s is back from the archive.") % client.section)
    return redirect("option-set-compare", kind, pk)
